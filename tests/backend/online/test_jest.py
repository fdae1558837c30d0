from __future__ import annotations

import numpy as np
import pytest

from winnow.online.base import Offer
from winnow.online.jest import Jest, chances, joint

OWN = np.array([1.0, 1.0, 0.9, 0.0])
BETWEEN = np.zeros((4, 4))
BETWEEN[0, 1] = BETWEEN[1, 0] = -2.0


def shares(keys: np.ndarray) -> np.ndarray:
    raised = np.exp(keys)
    return raised / raised.sum()


def test_what_was_chosen_changes_the_chances_of_the_rest() -> None:
    # The second loses 2 twice: e^-3 = .0498, e^.9 = 2.4596, e^0 = 1; their sum is 3.5094.
    found = shares(chances(OWN, BETWEEN, np.array([0])))
    assert found == pytest.approx([0.0, 0.0142, 0.7009, 0.2849], abs=6e-5)
    # Without terms between them: e, 2.4596, 1; their sum is 6.1779.
    assert shares(chances(OWN, None, np.array([0]))) == pytest.approx([0.0, 0.4400, 0.3981, 0.1619], abs=6e-5)


def test_draws_follow_the_chances() -> None:
    rng = np.random.default_rng(0)
    seconds = [rows[1] for _ in range(6000) if (rows := joint(OWN, BETWEEN, 2, 2, rng))[0] == 0]
    counts = np.bincount(seconds, minlength=4) / len(seconds)
    # About 2,640 draws: a standard deviation of at most .009.
    assert counts == pytest.approx([0.0, 0.0142, 0.7009, 0.2849], abs=0.04)


def test_equal_scores_without_terms_are_drawn_evenly() -> None:
    rng = np.random.default_rng(1)
    counts = np.bincount(np.concatenate([joint(np.ones(8), None, 2, 2, rng) for _ in range(4000)]), minlength=8)
    assert counts / 8000 == pytest.approx([0.125] * 8, abs=0.015)


@pytest.mark.parametrize(("size", "chunks"), [(4, 16), (64, 16), (10, 16), (33, 4), (1, 1)])
def test_a_step_has_its_size_whatever_the_chunks(size: int, chunks: int) -> None:
    # The ports truncate size · (1 - filter) / chunks and lose the rest.
    method = Jest(chunks=chunks)
    n = method.offered(size)
    offer = Offer(np.random.default_rng(2).random(n), np.zeros(n), np.zeros((n, n)))
    chosen = method.choose(offer, size, np.random.default_rng(3))
    assert len(set(chosen.tolist())) == len(chosen) == size


def test_four_fifths_are_not_read_and_without_a_filter_all_are() -> None:
    assert Jest().offered(64) == 320
    assert Jest(filter=0.0).offered(64) == 64
    offer = Offer(np.arange(5.0), np.zeros(5), np.zeros((5, 5)))
    assert sorted(Jest(filter=0.0).choose(offer, 5, np.random.default_rng(0))) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("score", "best", "asks"),
    [("learnable", 1, {"learner", "reference"}), ("hard", 2, {"learner"}), ("easy", 0, {"reference"})],
)
def test_what_counts_is_learnable_hard_or_easy(score: str, best: int, asks: set[str]) -> None:
    # Known to both; hard for the learner alone; hard for both, as noise is.
    offer = Offer(np.array([0.5, 3.0, 8.0]), np.array([0.4, 1.0, 8.0]), np.zeros((3, 3)))
    method = Jest(score=score, gain=1e6)
    assert method.choose(offer, 1, np.random.default_rng(0)).tolist() == [best]
    assert method.asks == asks
    assert method.needs() == ({"model:conditional"} if "reference" in asks else frozenset())


def test_redundancy_keeps_twins_apart() -> None:
    likeness = np.array([[1.0, 0.99, 0.0], [0.99, 1.0, 0.0], [0.0, 0.0, 1.0]])
    offer = Offer(np.array([5.0, 5.0, 1.0]), np.zeros(3), likeness)
    rng = np.random.default_rng(0)
    plain = Jest(gain=10.0).choose(offer, 2, rng)
    apart = Jest(gain=10.0, redundancy=200.0, alike=0.5).choose(offer, 2, rng)
    assert sorted(plain) == [0, 1]
    assert 2 in apart
