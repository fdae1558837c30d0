"""Differences between arms with their uncertainty: pairs over seeds, documents within them, and many arms at once.

A difference is arm minus control, in nats per byte: below zero, the arm is better.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

Verdict = Literal["better", "worse", "not distinguishable"]

ALPHA = 0.05


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A mean difference over paired seeds: mean ± half is the t interval, p two-sided, `held` after Holm's correction."""

    mean: float
    half: float
    deviation: float
    seeds: int
    p: float
    adjusted: float
    low: float
    high: float

    @property
    def verdict(self) -> Verdict:
        """Return what may be said: a difference only when both the corrected p and the interval say so."""
        if not self.adjusted < ALPHA:
            return "not distinguishable"
        return "better" if self.mean < 0 else "worse"


def paired(differences: NDArray[np.float64], alpha: float = ALPHA) -> tuple[float, float, float, float]:
    """Return mean, half-width of the t interval, standard deviation and two-sided p of differences over seeds.

    half = t(1 - alpha/2, n - 1) · s / sqrt(n). One seed gives an infinite interval and p = 1.
    """
    n = len(differences)
    mean = float(np.mean(differences))
    if n < 2:
        return mean, float("inf"), float("nan"), 1.0
    deviation = float(np.std(differences, ddof=1))
    half = half_width(deviation, n, alpha)
    if deviation == 0.0:
        return mean, 0.0, 0.0, 1.0 if mean == 0.0 else 0.0
    return mean, half, deviation, float(2 * student.sf(abs(mean) / (deviation / np.sqrt(n)), n - 1))


def half_width(deviation: float, seeds: int, alpha: float = ALPHA) -> float:
    """Return half the t interval for a standard deviation of differences: what can be detected before it is measured.

    >>> round(half_width(1.0, 4), 2)
    1.59
    """
    if seeds < 2:
        return float("inf")
    return float(student.ppf(1 - alpha / 2, seeds - 1) * deviation / np.sqrt(seeds))


def holm(values: Sequence[float]) -> list[float]:
    """Return p-values corrected for as many comparisons, in their order (Holm 1979): max over smaller ones of (m - i)·p.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(np.asarray(values), kind="stable").tolist()
    adjusted = [0.0] * len(values)
    highest = 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(values) - rank) * values[place]))
        adjusted[place] = round(highest, 12)
    return adjusted


def hierarchical(
    arm: NDArray[np.float64],
    control: NDArray[np.float64],
    lengths: NDArray[np.int64],
    *,
    draws: int = 2000,
    seed: int = 0,
) -> tuple[float, float]:
    """Return the 2.5 and 97.5 percentiles of the difference when seeds, then documents within them, are drawn again.

    `arm`, `control`: nats per document, float64 [seeds, documents]; `lengths`: bytes per document. The figure is
    sum(nats of arm - nats of control) / sum(bytes) over the drawn documents.
    """
    rng = np.random.default_rng(seed)
    difference = arm - control
    seeds, documents = difference.shape
    found = np.empty(draws)
    for draw in range(draws):
        total = length = 0.0
        for _ in range(seeds):
            row = int(rng.integers(seeds))
            counts = np.bincount(rng.integers(documents, size=documents), minlength=documents)
            total += float(difference[row] @ counts)
            length += float(lengths @ counts)
        found[draw] = total / length
    low, high = np.percentile(found, [2.5, 97.5])
    return float(low), float(high)


def compare(
    arms: Mapping[str, NDArray[np.float64]], control: NDArray[np.float64], lengths: NDArray[np.int64]
) -> dict[str, Difference]:
    """Compare every arm with the control, seed by seed; values are nats per document [seeds, documents]."""
    total = float(lengths.sum())
    plain = {name: paired((losses - control).sum(axis=1) / total) for name, losses in arms.items()}
    adjusted = holm([p for *_, p in plain.values()])
    compared = {}
    for (name, (mean, half, deviation, p)), corrected in zip(plain.items(), adjusted, strict=True):
        low, high = hierarchical(arms[name], control, lengths)
        compared[name] = Difference(
            mean=mean, half=half, deviation=deviation, seeds=len(control),
            p=p, adjusted=corrected, low=low, high=high,
        )  # fmt: skip
    return compared


def tokens_to_reach(tokens: Sequence[int], losses: Sequence[float], level: float) -> float:
    """Return after how many tokens a curve first stands at a level, between its points on a straight line; inf if never.

    >>> tokens_to_reach([0, 100, 200], [4.0, 3.0, 2.0], 2.5)
    150.0
    """
    for place, loss in enumerate(losses):
        if loss <= level:
            if place == 0:
                return float(tokens[0])
            share = (losses[place - 1] - level) / (losses[place - 1] - loss)
            return float(tokens[place - 1] + share * (tokens[place] - tokens[place - 1]))
    return float("inf")
