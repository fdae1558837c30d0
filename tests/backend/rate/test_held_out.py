"""Holding out: whole groups, both documents of a pair, and an honest word beside length."""

from __future__ import annotations

import numpy as np

from winnow.rate.evidence import Pairs, Values
from winnow.rate.fitting import Axes
from winnow.rate.held_out import hold_out, learning_curve, make_folds, resamples
from winnow.rate.objectives import Numbers, Preference, YesNo


def test_a_group_is_never_cut() -> None:
    groups = [f"debate {row % 7}" for row in range(70)]
    folds = make_folds(Values(np.ones(70)), groups, 0)
    assert all(len({folds[row] for row in range(70) if groups[row] == group}) == 1 for group in set(groups))
    assert set(folds) == set(range(5))


def test_folds_are_as_large_as_each_other() -> None:
    folds = make_folds(Values(np.ones(103)), None, 0)
    assert sorted(np.bincount(folds)) == [20, 20, 21, 21, 21]


def test_separate_pairs_are_all_held_out() -> None:
    first = np.arange(0, 60, 2)
    pairs = Pairs(first, first + 1, np.ones(30), 60)
    folds = make_folds(pairs, None, 0)
    assert len(pairs.inside(folds)) == 30


def test_separate_pairs_are_all_held_out_though_a_few_documents_are_copies() -> None:
    first = np.arange(0, 60, 2)
    pairs = Pairs(first, first + 1, np.ones(30), 60)
    copies = [f"text {row}" for row in range(60)]
    copies[7] = copies[0]  # a copy in another pair joins both pairs to one set of four
    folds = make_folds(pairs, copies, 0)
    assert folds[0] == folds[7]
    assert len(pairs.inside(folds)) == 30
    assert set(folds) == set(range(5))


def test_pairs_across_a_few_groups_are_held_out_in_three_folds() -> None:
    first, second = np.random.default_rng(0).integers(60, size=(2, 900))
    groups = [f"site {row % 15}" for row in range(60)]
    folds = make_folds(Pairs(first, second, np.ones(900), 60), groups, 0)
    assert set(folds) == {0, 1, 2}
    assert all(len({folds[row] for row in range(60) if row % 15 == site}) == 1 for site in range(15))


def test_entangled_pairs_are_held_out_by_document() -> None:
    first, second = np.random.default_rng(0).integers(60, size=(2, 900))
    folds = make_folds(Pairs(first, second, np.ones(900), 60), None, 0)
    # With three folds a third of the pairs lies inside one.
    assert set(folds) == {0, 1, 2}
    assert 200 < len(Pairs(first, second, np.ones(900), 60).inside(folds)) < 400


def test_a_rater_that_knows_only_length_does_not_beat_length() -> None:
    rng = np.random.default_rng(0)
    lengths = rng.normal(size=200)
    y = (lengths + rng.normal(size=200) > 0).astype(float)
    held = hold_out(Axes.of(lengths[:, None]).x, lengths, Values(y), YesNo(), groups=None, seed=0)
    assert held.quality.value > 0.7
    assert held.trivial_says == "the longer one wins"
    assert not held.beats_trivial


def test_noise_is_called_noise() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(200, 50)), rng.normal(size=200)
    held = hold_out(Axes.of(x).x, rng.normal(size=200), Values(y), Numbers(), groups=None, seed=0)
    assert abs(held.quality.value) < 0.25
    assert held.quality.low < 0 < held.quality.high
    assert not held.beats_trivial


def test_what_beats_length_says_so() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(200, 5))
    first, second = rng.integers(200, size=(2, 800))
    first, second = first[first != second], second[first != second]
    pairs = Pairs(first, second, (x[second, 0] > x[first, 0]).astype(float), 200)
    held = hold_out(Axes.of(x).x, rng.normal(size=200), pairs, Preference(), groups=None, seed=0)
    assert held.quality.value > 0.9
    assert held.gain.low > 0
    assert held.beats_trivial


def test_a_label_that_leaks_through_a_copy_is_not_measured() -> None:
    # Every document stands there twice with a coin's label: only a copy on the other side of a cut could be told.
    rng = np.random.default_rng(3)
    x = np.repeat(rng.normal(size=(60, 100)), 2, axis=0)
    y = np.repeat((rng.random(60) < 0.5).astype(float), 2)
    kept = [str(row // 2) for row in range(120)]
    apart = hold_out(Axes.of(x).x, rng.normal(size=120), Values(y), YesNo(), groups=None, seed=0)
    together = hold_out(Axes.of(x).x, rng.normal(size=120), Values(y), YesNo(), groups=kept, seed=0)
    assert apart.quality.value > 0.7
    assert together.quality.value < 0.65


def test_the_learning_curve_ends_at_the_held_out_figure() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(300, 20))
    y = (x[:, 0] + rng.normal(size=300) > 0).astype(float)
    axes = Axes.of(x)
    held = hold_out(axes.x, rng.normal(size=300), Values(y), YesNo(), groups=None, seed=0)
    curve = learning_curve(axes.x, Values(y), YesNo(), held, 0)
    assert [labels for labels, _ in curve] == sorted(labels for labels, _ in curve)
    assert curve[-1] == (240, held.quality.value)
    assert curve[0][1] < curve[-1][1]


def test_a_resample_draws_as_many_documents() -> None:
    drawn = resamples(40, 0)
    assert (drawn.sum(axis=1) == 40).all()
    assert (drawn != drawn[0]).any()


def test_noise_is_not_worse_than_chance() -> None:
    # One label in ten is a yes: a fold that holds more of them leaves fewer to be fitted on.
    found = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        x, y = rng.normal(size=(150, 4)), (rng.random(150) < 0.1).astype(float)
        held = hold_out(Axes.of(x).x, rng.normal(size=150), Values(y), YesNo(), groups=None, seed=0)
        found.append(held.quality.value)
    assert 0.43 < np.mean(found) < 0.57
