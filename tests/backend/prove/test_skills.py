from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from winnow.lm.tokenizer import Bytes
from winnow.lm.windows import training_windows, windows
from winnow.prove.skills import Skills, edges, run_mixture, run_part
from winnow.prove.tiers import Tier

TIER = Tier(
    name="ci", layers=1, width=16, heads=1, context=16, vocabulary=0, tokens=16 * 4 * 40, batch=4, rate=1e-2,
    evaluation_bytes=1000,
)  # fmt: skip
TEXTS = {"hard": "zq%x9&Kw", "easy": "aaaaaaaa"}


@pytest.fixture(scope="module")
def skills() -> Skills:
    """Two skills: one of a single letter, one of eight signs."""
    texts = {name: pa.array([text * 3], pa.large_string()) for name, text in TEXTS.items()}
    tokens = tuple(np.frombuffer((text * 800).encode(), np.uint8).astype(np.uint16) for text in TEXTS.values())
    sets = {name: windows(one, Bytes(), 16) for name, one in texts.items()}
    return Skills(tuple(TEXTS), TIER, 257, tokens, sets)


def folder(parent: Path, name: str) -> Path:
    """Make a folder for one run: a run goes on from the checkpoint that it finds."""
    (parent / name).mkdir()
    return parent / name


def test_a_pair_reads_as_much_as_one_alone_and_half_of_each(skills: Skills) -> None:
    alone, pair = skills.part([0], 0), skills.part([0, 1], 0)
    assert len(alone.order) == len(pair.order) == TIER.steps * TIER.batch
    of_easy = training_windows(pair.tokens, 16)[pair.order, 0] == ord("a")
    assert of_easy.mean() == pytest.approx(0.5, abs=0.02)
    assert skills.part([0, 1], 0).digest == pair.digest != skills.part([0, 1], 1).digest


def test_every_window_of_the_whole_is_of_its_skill(skills: Skills) -> None:
    shown, group = skills.whole()
    first = training_windows(shown.tokens, 16)[:, 0]
    assert len(first) == len(group)
    assert ((first == ord("a")) == (group == 1)).all()


def test_held_out_windows_are_full_ones_of_the_held_out_texts(skills: Skills) -> None:
    hard, easy = skills.held_out()
    # 24 letters are one full window of 16, which begins after the end mark; the 8 behind it are none.
    assert bytes(easy[0, 1:].astype(np.uint8)) == b"a" * 16
    assert easy.shape == hard.shape == (1, 17)
    assert easy[0, 0] == Bytes.end


def test_what_is_read_alone_is_read_best(skills: Skills, tmp_path: Path) -> None:
    found = [run_part(skills, [one], 0, folder(tmp_path, str(one)))["losses"] for one in (0, 1)]
    assert found[0]["hard"] < found[1]["hard"]
    assert found[1]["easy"] < found[0]["easy"]


def test_edges_compare_a_pair_with_one_alone_over_seeds() -> None:
    # Two seeds: loss of b alone 2.0 and 2.2, with a 1.9 and 2.1: -0.1 both times. a gets worse: .2 and .4.
    alone = np.array([[1.0, 2.0], [1.0, 2.2]])
    together = {(0, 1): np.array([[1.2, 1.9], [1.4, 2.1]])}
    ab, ba = edges(("a", "b"), alone, together)
    assert (ab.source, ab.to, ab.there, ab.sure) == ("a", "b", True, True)
    assert ab.mean == pytest.approx(-0.1)
    assert (ba.source, ba.to, ba.there) == ("b", "a", False)
    # t(.975, 1) · s / sqrt(2) with s = .1414: 12.706 · .1.
    assert (ba.mean, ba.half) == (pytest.approx(0.3), pytest.approx(1.2706, abs=1e-3))


def test_the_mixture_follows_the_losses(skills: Skills, tmp_path: Path) -> None:
    made = run_mixture(skills, np.eye(2), 0, folder(tmp_path, "one"), rounds=5, eta=0.5, window=2)
    shares = [told["hard"] for _, told in made["shares"]]
    # It begins with equal losses; later the skill that is read worse gets more, as its losses have it.
    assert len(made["history"]) == 4
    last = np.array(made["history"])[-2:].sum(axis=0)
    assert shares[-1] == pytest.approx(1 / (1 + np.exp(0.5 * (last[1] - last[0]))))
    assert shares[-1] > 0.6
    equal = run_mixture(skills, None, 0, folder(tmp_path, "two"), rounds=5, eta=0.5, window=2)
    assert {told["hard"] for _, told in equal["shares"]} == {0.5}
    again = run_mixture(skills, np.eye(2), 0, folder(tmp_path, "three"), rounds=5, eta=0.5, window=2)
    assert again["losses"] == made["losses"]
