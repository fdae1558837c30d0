"""Labels that look wrong, by confident learning: what a label says against what held-out probabilities say."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def thresholds(chances: Floats, codes: Ints) -> Floats:
    """Return, per class j, the mean probability of j over the documents labelled j, [k]; infinite without any."""
    k = chances.shape[1]
    sums, counts = np.bincount(codes, chances[np.arange(len(codes)), codes], k), np.bincount(codes, minlength=k)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.inf)


def counted_as(chances: Floats, codes: Ints) -> Ints:
    """Return the class that each document is confidently of, −1 for none: the likeliest that reaches its threshold."""
    able = chances >= thresholds(chances, codes) - 1e-12
    likeliest = np.where(able, chances, -1.0).argmax(axis=1)
    return np.where(able.any(axis=1), likeliest, -1).astype(np.int64)


def confident_joint(chances: Floats, codes: Ints) -> Ints:
    """Return C [k, k]: how many documents labelled i are confidently of class j.

    `chances` [n, k] are out-of-sample probabilities, `codes` [n] the labels. Source: Northcutt, Jiang, Chuang 2021,
    Confident Learning (arXiv:1911.00068), equation 1 with the collision rule of its text.
    """
    k = chances.shape[1]
    found = counted_as(chances, codes)
    joint = np.zeros((k, k), dtype=np.int64)
    np.add.at(joint, (codes[found >= 0], found[found >= 0]), 1)
    return joint


def noise(chances: Floats, codes: Ints) -> Floats:
    """Return the estimated joint distribution [k, k] of given label i and true label j, Σ = 1.

    Rows of the confident joint are scaled to the labels' own counts (equation 2): a class whose documents were seldom
    confident counts as much as it is labelled. A class without a confident document keeps its labels as they are.
    """
    joint = confident_joint(chances, codes).astype(np.float64)
    counts = np.bincount(codes, minlength=len(joint)).astype(np.float64)
    empty = joint.sum(axis=1) == 0
    joint[empty, empty.nonzero()[0]] = 1.0
    scaled = joint / joint.sum(axis=1, keepdims=True) * counts[:, None]
    total = scaled.sum()
    return np.asarray(scaled / total if total else scaled, dtype=np.float64)


def suspects(chances: Floats, codes: Ints) -> tuple[Ints, Floats]:
    """Return the places of labels that look wrong, the surest first, and how sure: the normalised margin, 0 to 1.

    A label is suspect when its document is confidently of another class (the off-diagonal of the confident joint) and
    that class is the likelier one. Margin: max over j ≠ label of p_j, minus p_label (arXiv:1911.00068, section 3.2).
    """
    found, rows = counted_as(chances, codes), np.arange(len(codes))
    rival = chances.copy()
    rival[rows, codes] = -1.0
    margin = rival.max(axis=1) - chances[rows, codes] if chances.shape[1] > 1 else np.full(len(codes), -1.0)
    wrong = np.flatnonzero((found >= 0) & (found != codes) & (margin > 0))
    order = wrong[np.argsort(-margin[wrong], kind="stable")]
    return order, margin[order]
