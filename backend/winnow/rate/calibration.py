"""Whether a probability means what it says: Platt's scale from held-out scores, bins with intervals, a safe threshold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit

from winnow.rate.evidence import Floats, Pairs, Values
from winnow.rate.fitting import fit
from winnow.rate.objectives import Names, Numbers, Objective, YesNo

BINS = 10
FEWEST = 40
"""Below so many labels, a bin would hold fewer than four."""


@dataclass(frozen=True)
class Bin:
    """What was predicted and what was observed among `labels` held-out labels, with its 95 % interval."""

    predicted: float
    observed: float
    low: float
    high: float
    labels: int


@dataclass(frozen=True)
class Precision:
    """Above the threshold `labels` held-out labels lie, of which this share is a yes, and at least `low` (Wilson, 95 %)."""

    wanted: float
    threshold: float
    precision: float
    low: float
    labels: int


def platt(scores: Floats, evidence: Any, objective: Objective) -> tuple[float, float]:
    """Return (a, b) so that a z + b fits the evidence best, from held-out scores z; (1, 0) when they tell nothing.

    A penalty makes scores too timid; this undoes it by two numbers and never turns the order round. Of n labels of a
    kind, each counts as (n + 1) / (n + 2) of it, so that labels which can be told apart without a fault do not promise
    certainty. Source: Platt 1999.
    """
    if isinstance(objective, Names):
        return 1.0, 0.0
    deviation = float(scores.std()) or 1.0
    found = fit(scores / deviation, _cautious(evidence, objective), objective, 1e-6)
    slope, shift = float(found.weights[0, 0]) / deviation, float(found.bias[0])
    return (slope, shift) if np.isfinite(slope) and 0 < slope < 1e3 else (1.0, 0.0)


def _cautious(evidence: Any, objective: Objective) -> Any:
    if isinstance(evidence, Pairs):
        least = 1 / (len(evidence) + 2)
        return Pairs(evidence.first, evidence.second, np.clip(evidence.share, least, 1 - least), evidence.documents)
    if not isinstance(objective, YesNo):
        return evidence
    yes, no = (float((evidence.values == kind).sum()) for kind in (1, 0))
    return Values(
        np.where(evidence.values == 1, (yes + 1) / (yes + 2), np.where(evidence.values == 0, 1 / (no + 2), np.nan))
    )


def bins(scores: Floats, evidence: Any, objective: Objective) -> list[Bin]:
    """Return equally full bins of calibrated held-out scores; none for names or too few labels."""
    if isinstance(objective, Names) or len(evidence) < FEWEST:
        return []
    if isinstance(evidence, Pairs):
        gap = scores[evidence.second, 0] - scores[evidence.first, 0]
        # Told the other way round, a pair says the same: without this, bins would depend on who stands first.
        predicted, observed = np.r_[expit(gap), expit(-gap)], np.r_[evidence.share, 1 - evidence.share]
        weights, halved = np.ones(len(predicted)), 2
    else:
        known = evidence.known()
        z, observed, halved = scores[known, 0], evidence.values[known], 1
        predicted = z if isinstance(objective, Numbers) else expit(z)
        weights = objective.weights(evidence)[known] if isinstance(objective, YesNo) else np.ones(len(z))
    parts = np.array_split(np.argsort(predicted, kind="stable"), BINS)
    return [
        _bin(predicted[part], observed[part], weights[part], isinstance(objective, Numbers), halved) for part in parts
    ]


def _bin(predicted: Floats, observed: Floats, weights: Floats, numbers: bool, halved: int) -> Bin:
    total = float(weights.sum())
    mean = float(weights @ observed / total)
    effective = total**2 / float((weights**2).sum()) / halved
    if numbers:
        half = 1.96 * float(observed.std()) / np.sqrt(max(effective, 1))
        low, high = mean - half, mean + half
    else:
        low, high = wilson(mean, effective)
    return Bin(float(weights @ predicted / total), mean, low, high, len(observed) // halved)


def wilson(share: float, n: float) -> tuple[float, float]:
    """Return the 95 % interval of a share seen in n trials.

    >>> [round(float(x), 3) for x in wilson(0.9, 100)]
    [0.826, 0.945]
    """
    z = 1.959964
    if n <= 0:
        return 0.0, 1.0
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return float(middle - half), float(middle + half)


def safe_threshold(scores: Floats, evidence: Any, wanted: float) -> Precision | None:
    """Return the lowest probability above which held-out precision is surely at least `wanted`, None when there is none.

    Surely: the lower end of Wilson's interval reaches it. `scores` are calibrated, [n, 1].
    """
    known = evidence.known()
    order = np.argsort(-scores[known, 0], kind="stable")
    z, yes = scores[known, 0][order], np.cumsum(evidence.values[known][order])
    last = np.flatnonzero(np.r_[np.diff(z) < 0, True]) if len(z) else np.empty(0, dtype=np.int64)
    for place in last[::-1]:
        n = int(place) + 1
        low, _ = wilson(float(yes[place] / n), n)
        if low >= wanted:
            return Precision(wanted, float(expit(z[place])), float(yes[place] / n), low, n)
    return None
