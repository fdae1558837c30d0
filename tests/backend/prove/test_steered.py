from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from winnow.errors import InputError, SettingError
from winnow.lm.decoder import Decoder
from winnow.lm.kept import keep
from winnow.lm.tokenizer import Bytes
from winnow.online.loss_reweight import LossReweight
from winnow.prove.arms import Shown
from winnow.prove.steered import Material, effort, online, outcome, per_document, steer
from winnow.prove.steering import Weighed
from winnow.prove.tiers import TIERS

TINY = replace(TIERS["ci"], layers=1, width=32, context=8, batch=2, tokens=8 * 2 * 10)
IDS = np.arange(10, 22)
GROUPS = np.array(["even" if doc_id % 2 == 0 else "odd" for doc_id in IDS], dtype=object)


def texts(ids: np.ndarray) -> pa.Array:
    """Nineteen letters and an end mark: two windows and a half."""
    return pa.array([chr(97 + int(doc_id) - 10) * 19 for doc_id in ids], pa.large_string())


MATERIAL = Material(IDS, GROUPS, texts, Bytes())
NOTHING = pa.array([], pa.large_string())


def steered(recipe: dict, tmp_path: Path, guide: pa.LargeStringArray = NOTHING):
    return steer(recipe, MATERIAL, TINY, 0, reference=tmp_path / "reference", guide=guide)


def test_a_document_takes_from_each_window_by_its_tokens_in_it() -> None:
    # Windows of 4 tokens; a stands at tokens 0-5, b at 6-11; the windows weighed 1, 3 and 0, each read once.
    shown = Shown(np.zeros(13, dtype=np.uint16), np.arange(3), "", 2, 12, np.array([7, 9]), np.array([6, 12]))
    steering = Weighed(np.zeros((3, 5), dtype=np.uint16), np.arange(3), 1, 0, LossReweight())
    for row, weight in enumerate((1.0, 3.0, 0.0)):
        steering.tally.add(np.array([row]), np.array([weight]))
    ids, weight, deviation, tokens = per_document(steering, shown, 4)
    assert ids.tolist() == [7, 9]
    # a: 4 tokens at 1 and 2 at 3 are 10 / 6; b: 2 at 3 and 4 at 0 are 6 / 6.
    assert weight == pytest.approx([10 / 6, 1.0])
    # Mean squares 22 / 6 and 18 / 6, less the squares of the means.
    assert deviation == pytest.approx([np.sqrt(22 / 6 - (10 / 6) ** 2), np.sqrt(3 - 1)])
    assert tokens.tolist() == [6, 6]


def test_a_document_shown_twice_weighs_by_both_showings() -> None:
    shown = Shown(np.zeros(9, dtype=np.uint16), np.arange(2), "", 1, 4, np.array([7, 7]), np.array([4, 8]))
    steering = Weighed(np.zeros((2, 5), dtype=np.uint16), np.arange(2), 1, 0, LossReweight())
    steering.tally.add(np.array([0, 1]), np.array([0.5, 2.5]))
    _, weight, deviation, tokens = per_document(steering, shown, 4)
    assert (weight.tolist(), deviation.tolist(), tokens.tolist()) == ([1.5], [1.0], [8])


def test_shares_of_groups_are_of_tokens_and_sum_to_one(tmp_path: Path) -> None:
    steering, shown = steered({"method": "loss_reweight"}, tmp_path)
    steering.tally.add(shown.order, np.where(np.arange(len(shown.order)) % 2, 1.5, 0.5))
    table, told = outcome(steering, shown, MATERIAL, TINY.context)
    offered, read = np.array(list(told["groups"].values())).T
    assert offered.sum() == pytest.approx(1.0)
    assert read.sum() == pytest.approx(1.0)
    assert set(told["groups"]) == {"even", "odd"}
    assert table.column("tokens").to_numpy().sum() == 20 * 8


def test_groups_lie_behind_each_other_in_whole_windows(tmp_path: Path) -> None:
    guide = pa.array(["a" * 40], pa.large_string())
    steering, shown = steered({"method": "dga", "by": "source"}, tmp_path, guide)
    # Six documents of 20 tokens are 120, fifteen windows of 8; the last one lacks the token behind it.
    assert steering.names == ("even", "odd")
    assert np.bincount(steering.group).tolist() == [14, 14]
    letters = {chr(letter) for letter in shown.tokens[: 14 * 8].tolist() if letter < 256}
    assert letters <= set("acegik")
    ids, _, _, tokens = per_document(steering, shown, TINY.context)
    assert tokens.sum() == 28 * 8
    assert set(ids.tolist()) == set(IDS.tolist())


def test_a_group_without_a_window_is_left_out_and_a_short_guide_is_refused(tmp_path: Path) -> None:
    lone = np.array(["long"] * 11 + ["short"], dtype=object)
    tiny = replace(
        MATERIAL, group=lone, texts=lambda ids: pa.array(["x" * (3 if i == 21 else 30) for i in ids], pa.large_string())
    )
    guide = pa.array(["a" * 40], pa.large_string())
    steering, _ = steer({"method": "dga"}, tiny, TINY, 0, reference=tmp_path, guide=guide)
    assert steering.names == ("long",)
    with pytest.raises(InputError, match="the guide is too short"):
        steered({"method": "dga"}, tmp_path, pa.array(["a"], pa.large_string()))


def test_a_reference_reads_the_same_tokens_and_as_many(tmp_path: Path) -> None:
    keep(Decoder(replace(TINY, context=4).shape(257)), Bytes(), tmp_path / "reference")
    with pytest.raises(InputError, match="sees too little"):
        steered({"method": "jest"}, tmp_path)
    keep(Decoder(TINY.shape(257)), Bytes(), tmp_path / "reference")
    steering, shown = steered({"method": "jest"}, tmp_path)
    # Ten steps are chosen from ten windows each.
    assert len(shown.order) == 100
    assert len(steering.windows) == 100


def test_effort_counts_gradients_and_readings() -> None:
    # Nine gradients (eight groups and the target) every 16 steps; five times as many windows read by two models.
    assert effort({"method": "dga"}, 4, 8) == pytest.approx(1 + 9 / 16)
    assert effort({"method": "jest"}, 4, 8) == pytest.approx(1 + 2 * 5 / 3)
    assert effort({"method": "loss_reweight"}, 4, 8) == 1.0


def test_an_unknown_method_is_named() -> None:
    with pytest.raises(SettingError, match="did you mean 'dga'"):
        online({"method": "dgs"})
