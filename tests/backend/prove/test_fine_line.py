from __future__ import annotations

import json
import pickle

import numpy as np
import pytest

from winnow.errors import SettingError
from winnow.method import methods
from winnow.prove.diagnoses.base import Curves, Diagnosis
from winnow.prove.diagnoses.fine_line import FineLine, Settled

TIMES = np.arange(1, 11)
TOKENS = 1000 * TIMES


def curves(**losses: object) -> Curves:
    """Return curves of one seed each, or of several."""
    return Curves(TOKENS, {arm: np.atleast_2d(np.asarray(values, dtype=np.float64)) for arm, values in losses.items()})


def settled(**losses: object) -> Settled:
    return FineLine().read({"target": curves(**losses)}).settled["target"]


def test_power_laws_in_a_fixed_order_are_decided_at_once() -> None:
    found = settled(a=1 + 1 / TIMES, b=2 + 1 / TIMES, c=3 + 2 / TIMES)
    assert (found.checkpoint, found.tokens, found.share) == (0, 1000, 0.1)
    assert found.agreement == (1.0,) * 10
    assert found.words == "the ranking of 3 arms was final from 10% of the tokens on (no interval, n = 1 seed)"


def test_crossing_curves_are_decided_after_the_crossing() -> None:
    # 4 / t falls below 1 between t = 4 (equal) and t = 5.
    found = settled(falls=4 / TIMES, flat=np.ones(10))
    assert (found.checkpoint, found.tokens) == (4, 5000)
    # Before it is the other way round, at the tie neither, then the same.
    assert found.agreement == (-1.0, -1.0, -1.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)


def test_a_ranking_that_returns_counts_from_its_last_return() -> None:
    flat = np.full(10, 2.0)
    found = settled(flat=flat, waves=flat + np.array([1, 1, -1, 1, 1, 1, -1, 1, 1, 1]))
    assert found.checkpoint == 7


def test_a_crossing_at_the_very_end_is_said() -> None:
    found = settled(a=[1] * 9 + [3], b=[2] * 10)
    assert found.checkpoint == 9
    assert found.words.startswith("the ranking of 2 arms was not final before the end")


def test_kendalls_tau_by_hand() -> None:
    # Final order a b c; at first b a c: of three pairs one is turned round, (2 - 1) / 3.
    found = settled(a=[2] + [1] * 9, b=[1] + [2] * 9, c=[3] * 10)
    assert found.agreement[0] == pytest.approx(1 / 3)
    assert found.checkpoint == 1


def test_the_order_of_the_arms_changes_nothing() -> None:
    rng = np.random.default_rng(0)
    losses = {name: np.round(rng.random((3, 10)), 1) for name in "abcd"}
    turned = dict(reversed(losses.items()))
    assert settled(**losses) == settled(**turned)


def test_seeds_drawn_again_show_what_one_seed_decided() -> None:
    # Seed 0 decides at once, seed 1 crosses after the sixth checkpoint; equal seeds have no interval to speak of.
    early = np.stack([np.full(10, 1.0), np.full(10, 1.0)])
    late = np.stack([np.full(10, 2.0), np.array([0.5] * 6 + [2.0] * 4)])
    found = settled(a=early, b=late)
    assert found.seeds == 2
    assert (found.low, found.high) == (0.1, 0.7)
    assert "95 % of redrawn seeds: 10% to 70%, n = 2 seeds" in found.words
    same = settled(a=early, b=np.stack([late[0], late[0]]))
    assert (same.low, same.high) == (0.1, 0.1)


def test_sets_that_move_together_are_alike() -> None:
    first = curves(a=1 + 1 / TIMES, b=2 - 0.1 * TIMES)
    shifted = curves(a=3 + 2 * (1 + 1 / TIMES), b=3 + 2 * (2 - 0.1 * TIMES))
    turned = curves(a=2 - 0.1 * TIMES, b=1 + 1 / TIMES)
    found = FineLine().read({"one": first, "two": shifted, "turned": turned}).alike
    assert found["one"]["two"] == pytest.approx(1.0)
    assert found["one"]["turned"] == pytest.approx(-1.0)
    assert found["one"]["one"] == pytest.approx(1.0)


def test_uncentred_all_falling_curves_seem_alike() -> None:
    # The arms stand the other way round, and yet both sets fall from 10 to 1.
    falls = np.linspace(10, 1, 10)
    one, other = curves(a=falls, b=falls + 0.1), curves(a=falls + 0.1, b=falls)
    assert FineLine(centred=False).read({"one": one, "other": other}).alike["one"]["other"] > 0.9
    assert FineLine().read({"one": one, "other": other}).alike["one"]["other"] < -0.4


def test_sets_without_a_curve_are_left_out() -> None:
    empty = Curves(np.empty(0, np.int64), {})
    assert FineLine().read({"none": empty}).settled == {}
    flat = FineLine().read({"flat": curves(a=np.ones(10), b=np.ones(10))})
    assert flat.alike["flat"]["flat"] is None
    assert flat.settled["flat"].checkpoint == 0


@pytest.mark.parametrize("kind", methods(Diagnosis).values(), ids=methods(Diagnosis).keys())
def test_every_diagnosis_describes_itself_and_reads(kind: type[Diagnosis]) -> None:
    assert kind.summary().endswith(".")
    assert kind.paper is not None
    assert kind.from_recipe(json.loads(json.dumps(kind().recipe))) == kind()
    assert pickle.loads(pickle.dumps(kind())) == kind()
    made = {"target": curves(a=1 / TIMES, b=2 / TIMES)}
    assert kind().read(made) == kind().read(made)
    kind().read({})


def test_it_draws_at_least_once() -> None:
    with pytest.raises(SettingError, match="draws is in"):
        FineLine(draws=0)
