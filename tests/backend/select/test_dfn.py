"""DFN: filters are judged by what they keep, and an impure trusted set spoils them."""

from __future__ import annotations

import doctest
import math

import numpy as np
import pyarrow as pa
import pytest

from winnow.errors import SettingError
from winnow.pool import Budget, Pool, Target
from winnow.select import dfn as module
from winnow.select.dfn import Dfn, cross_entropy

GOOD, BAD = "theorem proof lemma number", "click offer buy banner"


def pool_of(good: int = 60, bad: int = 340, trusted: int = 30, seed: int = 0) -> Pool:
    """Return good documents first, then bad ones: two clouds of vectors, and texts of other words."""
    chance = np.random.default_rng(seed)

    def cloud(n: int, side: float) -> np.ndarray:
        return (chance.normal(size=(n, 8)) * 0.35 + side * np.eye(8)[0]).astype(np.float32)

    texts = [GOOD] * good + [BAD] * bad
    aim = Target("trusted", (GOOD,) * trusted, {"static": cloud(trusted, 1)})
    return Pool(
        np.arange(good + bad),
        np.ones(good + bad),
        vectors={"static": np.vstack([cloud(good, 1), cloud(bad, -1)])},
        target=aim,
        texts=lambda ids: pa.array([texts[i] for i in ids], pa.large_string()),
    )


def test_the_examples_hold() -> None:
    assert doctest.testmod(module).failed == 0


def test_cross_entropy_by_hand() -> None:
    # wanted counts (2, 0): p = (1, 0); a model of counts (1, 1): q = (2/4, 2/4): ln 2; of (3, 0): q = (4/5, 1/5)
    assert cross_entropy([2, 0], [1, 1]) == pytest.approx(math.log(2))
    assert cross_entropy([2, 0], [3, 0]) == pytest.approx(math.log(5 / 4))
    assert cross_entropy([2, 0], [0, 3]) == pytest.approx(math.log(5))


def test_the_share_that_passes_is_kept_by_count() -> None:
    # ceil(.15 · 400) = 60, the good ones; ceil(.15 · 7) = 2
    pool = pool_of()
    kept = Dfn().select(pool, Budget(docs=400)).rows
    assert len(kept) == 60
    assert (kept < 60).mean() > 0.95
    assert len(Dfn(keep=1.0).select(pool, Budget(docs=400))) == 400
    assert len(Dfn().select(pool_of(good=1, bad=6), Budget(docs=7))) == 2


def test_filters_are_judged_by_what_they_keep_and_not_by_their_accuracy(monkeypatch: pytest.MonkeyPatch) -> None:
    # two filters: one is right more often on the held-out texts, the other keeps the better documents
    kept = {"right": np.arange(300, 360), "useful": np.arange(60)}
    accuracy = {"right": 0.99, "useful": 0.6}
    scores = {name: np.isin(np.arange(400), rows).astype(float) for name, rows in kept.items()}
    wanted, losses = np.array([4.0, 0.0]), {}
    for name, rows in kept.items():
        model = np.array([(rows < 60).sum(), (rows >= 60).sum()])
        losses[name] = cross_entropy(wanted, model)
    # q of useful = (61/62, 1/62): -ln(61/62) = .0163; of right (1/62, 61/62): ln 62 = 4.127
    assert losses == {"right": pytest.approx(math.log(62)), "useful": pytest.approx(math.log(62 / 61))}
    trials = [module.Trial(name, accuracy[name], losses[name]) for name in kept]
    monkeypatch.setattr(module._Bench, "trials", lambda self: trials)
    monkeypatch.setattr(module._Bench, "train", lambda self, name, trusted: name)
    monkeypatch.setattr(module._Bench, "scores", lambda self, name: scores[name])
    chosen = Dfn().select(pool_of(), Budget(docs=60)).rows
    assert (chosen < 60).all()


def test_the_lab_lists_every_filter_with_both_figures() -> None:
    trials = Dfn().lab(pool_of())
    assert {trial.filter for trial in trials} == {
        "centroid", "logistic 0.1", "logistic 1", "logistic 10", "logistic 100"}  # fmt: skip
    assert [trial.loss for trial in trials] == sorted(trial.loss for trial in trials)
    # a random document is good by a chance of .15, and then right half the time: 1 - .15 / 2 = .925 at best
    assert all(trial.accuracy > 0.9 for trial in trials)
    # a model of good documents: three kinds of pairs and four of words, seven buckets at 1/7 each but for smoothing
    assert trials[0].loss < 1 + math.log(7) + math.log(1 + module.BUCKETS / (60 * 7))


def test_noise_among_the_trusted_spoils_the_filter() -> None:
    # trap: a filter's own accuracy falls slowly, what it keeps gets worse fast: shown by the purity of what is kept
    pool = pool_of(good=40, bad=360, trusted=40, seed=3)
    pure = (Dfn(keep=0.1).select(pool, Budget(docs=400)).rows < 40).mean()
    spoilt = (Dfn(keep=0.1, noise=0.9).select(pool, Budget(docs=400)).rows < 40).mean()
    assert spoilt < pure
    assert min(t.loss for t in Dfn(keep=0.1, noise=0.9).lab(pool)) > min(t.loss for t in Dfn(keep=0.1).lab(pool))


def test_shuffled_pairs_of_vector_and_document_keep_no_better_than_chance() -> None:
    # the check that a user's data has a signal at all: vectors that belong to other documents
    pool = pool_of()
    mixed = np.random.default_rng(5).permutation(400)
    other = Pool(pool.doc_ids, pool.tokens, vectors={"static": pool.vectors["static"][mixed]}, target=pool.target,
                 texts=pool.texts)  # fmt: skip
    assert (Dfn().select(pool, Budget(docs=60)).rows < 60).mean() > 0.9
    assert (Dfn().select(other, Budget(docs=60)).rows < 60).mean() < 0.4


def test_few_trusted_texts_filter_without_a_trial() -> None:
    pool = pool_of(trusted=4)
    assert (Dfn().select(pool, Budget(docs=60)).rows < 60).mean() > 0.9
    with pytest.raises(SettingError, match="10 trusted texts to judge filters; found 4"):
        Dfn().lab(pool)
