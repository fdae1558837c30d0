"""Confident learning against cases worked out by hand, and on labels that were turned over on purpose."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from winnow.label.confident import confident_joint, counted_as, noise, suspects, thresholds

FIRST = np.array([0.9, 0.8, 0.2, 0.4, 0.1])
CHANCES, CODES = np.column_stack([FIRST, 1 - FIRST]), np.array([0, 0, 0, 1, 1])
"""Three documents labelled 0, of which the third looks like a 1, and two labelled 1."""


def test_thresholds_are_the_classes_own_mean_probabilities() -> None:
    """t_0 = (.9 + .8 + .2) / 3 = .6333, t_1 = (.6 + .9) / 2 = .75; a class without labels is never reached."""
    assert thresholds(CHANCES, CODES) == pytest.approx([1.9 / 3, 0.75])
    assert thresholds(np.column_stack([CHANCES, np.zeros(5)]), CODES)[2] == np.inf


def test_the_confident_joint_of_a_case_worked_out_by_hand() -> None:
    """Documents 0 and 1 reach t_0, 2 and 4 reach t_1, 3 (.4, .6) reaches neither: C = [[2, 1], [0, 1]]."""
    assert counted_as(CHANCES, CODES).tolist() == [0, 0, 1, -1, 1]
    assert confident_joint(CHANCES, CODES).tolist() == [[2, 1], [0, 1]]


def test_the_joint_distribution_is_scaled_to_the_labels() -> None:
    """Row 0 has 3 labels: (2, 1) / 3 · 3; row 1 has 2: (0, 1) / 1 · 2; all over 5."""
    assert noise(CHANCES, CODES) == pytest.approx(np.array([[0.4, 0.2], [0.0, 0.4]]))


def test_a_suspect_is_named_with_its_margin() -> None:
    places, margins = suspects(CHANCES, CODES)
    assert places.tolist() == [2]
    assert margins == pytest.approx([0.8 - 0.2])


def test_where_a_document_reaches_two_classes_the_likelier_counts() -> None:
    chances = np.array([[0.5, 0.45], [0.4, 0.6], [0.1, 0.3]])
    codes = np.array([0, 1, 1])
    # t = (.5, .45): document 0 reaches both and counts as 0, document 1 counts as 1, document 2 as none.
    assert counted_as(chances, codes).tolist() == [0, 1, -1]


def test_one_class_alone_has_no_suspects() -> None:
    assert suspects(np.ones((3, 1)), np.zeros(3, dtype=np.int64))[0].tolist() == []


def test_labels_turned_over_are_found() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(3, size=600)
    chances = rng.dirichlet([1, 1, 1], size=600) * 0.1
    chances[np.arange(600), truth] += 0.9
    given, turned = truth.copy(), rng.permutation(600)[:30]
    given[turned] = (truth[turned] + 1) % 3
    found = suspects(chances, given)[0]
    assert set(turned.tolist()) <= set(found.tolist())
    assert len(found) == 30
    assert noise(chances, given).diagonal().sum() == pytest.approx(0.95, abs=0.01)


@given(st.integers(0, 2**32), st.integers(1, 40), st.integers(2, 5))
def test_the_joint_keeps_the_share_of_every_label(seed: int, n: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    chances, codes = rng.dirichlet(np.ones(k), size=n), rng.integers(k, size=n)
    joint = noise(chances, codes)
    assert joint.sum(axis=1) == pytest.approx(np.bincount(codes, minlength=k) / n)
    assert (joint >= 0).all()
