"""How good a head is on documents it was not fitted on, with an interval, beside the rater that only looks at length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse.csgraph import connected_components

from winnow.rate.evidence import Evidence, Floats, Pairs, Places
from winnow.rate.fitting import Linear, fit
from winnow.rate.objectives import Names, Objective, whole

FOLDS = 5
RESAMPLES = 500
PENALTIES = (0.1, 1.0, 10.0, 100.0)
SHARES = (0.1, 0.3, 0.6)


@dataclass(frozen=True)
class Figure:
    """A measured value and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class HeldOut:
    """What cross-validation found. `scores` are those of each document by a head that never saw its fold, [n, k]."""

    scores: Floats
    folds: Places
    penalty: float
    quality: Figure
    trivial: Figure
    trivial_says: str
    gain: Figure
    measured: int

    @property
    def beats_trivial(self) -> bool:
        """Whether it is better than the trivial rater beyond doubt: the interval of the difference lies above 0."""
        return bool(self.gain.low > 0)


def make_folds(evidence: Evidence, groups: Sequence[str] | None, seed: int) -> Places:
    """Return a fold per document; a group is never cut, and neither are pairs more than need be.

    Without groups, documents are dealt at random. Pairs are held out by document: both of them outside what is fitted.
    When pairs and groups together fall into many separate sets, those are held out whole; where most pairs join groups
    that do not hang together otherwise, there are 3 folds, of which each holds a ninth of the pairs.
    """
    n = len(evidence.known())
    codes = np.arange(n)
    if groups is not None and len(set(groups)) > 1:
        codes = np.unique(np.asarray(groups, dtype=str), return_inverse=True)[1]
    crossing = False
    if isinstance(evidence, Pairs) and len(evidence):
        codes = _islands(evidence, codes)
        crossing = bool((codes[evidence.first] != codes[evidence.second]).mean() > 0.5)
    kinds = int(codes.max()) + 1 if n else 0
    count = min(3 if crossing else FOLDS, kinds)
    # The largest groups are dealt first, each to the emptiest fold; equal ones in random order.
    order = np.random.default_rng(seed).permutation(kinds)
    sizes = np.bincount(codes[evidence.known()], minlength=kinds)
    fold_of, load = np.zeros(kinds, dtype=np.int64), np.zeros(max(count, 1))
    for group in order[np.argsort(-sizes[order], kind="stable")]:
        fold_of[group] = int(load.argmin())
        load[fold_of[group]] += sizes[group]
    return fold_of[codes]


def _islands(pairs: Pairs, groups: Places) -> Places:
    """Return the set that pairs and groups join each document to, when there are many such sets, else its group."""
    from scipy.sparse import coo_matrix

    kinds = int(groups.max()) + 1
    ties = coo_matrix((np.ones(len(pairs)), (groups[pairs.first], groups[pairs.second])), shape=(kinds, kinds))
    count, joined = connected_components(ties, directed=False)
    codes = joined.astype(np.int64)[groups]
    return codes if count >= 2 * FOLDS and int(np.bincount(codes).max()) <= pairs.documents / FOLDS else groups


def hold_out(
    x: Any, lengths: Floats, evidence: Any, objective: Objective, *, groups: Sequence[str] | None, seed: int
) -> HeldOut:
    """Cross-validate a head. Its penalty is one of four, chosen on further folds inside the fitting parts and then kept.

    `lengths` are ln(1 + characters) [n]. Intervals are the 2.5 and 97.5 % quantiles over resamples of documents, not of
    pairs: pairs that share a document are not independent.
    """
    folds = make_folds(evidence, groups, seed)
    count = int(folds.max()) + 1 if len(folds) else 0
    k = objective.width
    scores = np.zeros((len(folds), k))
    tried = np.zeros((count, len(PENALTIES)))
    for fold in range(count):
        out, inner = folds == fold, folds == (fold + 1) % count
        outside = evidence.among(~out)
        checked = outside.among(inner) if count > 2 else outside
        tried[fold] = _try(x, outside.among(~inner) if count > 2 else outside, checked, objective)
    penalty = PENALTIES[int(tried.mean(axis=0).argmax())] if count else PENALTIES[1]
    for fold in range(count):
        outside = evidence.among(folds != fold)
        scores[folds == fold] = _centred(fit(x, outside, objective, penalty), x, outside, objective)(x[folds == fold])
    measured = evidence.inside(folds)
    by_length, says = objective.trivial(lengths, evidence)
    quality, trivial, gain = _figures(scores, by_length, measured, objective, seed)
    return HeldOut(scores, folds, penalty, quality, trivial, says, gain, len(measured))


def _try(x: Any, fitted: Any, checked: Any, objective: Objective) -> Floats:
    """Return the measure on `checked` for each penalty, the strongest first so that each warms up the next."""
    found, start = np.zeros(len(PENALTIES)), None
    for place in reversed(range(len(PENALTIES))):
        start = fit(x, fitted, objective, PENALTIES[place], start)
        found[place] = objective.measure(start(x), checked, whole(checked))[0]
    return np.nan_to_num(found, nan=-1.0)


def _figures(
    ours: Floats, length: Floats, evidence: Any, objective: Objective, seed: int
) -> tuple[Figure, Figure, Figure]:
    weights = resamples(len(evidence.known()), seed)
    a = np.r_[objective.measure(ours, evidence, whole(evidence)), objective.measure(ours, evidence, weights)]
    b = np.r_[objective.measure(length, evidence, whole(evidence)), objective.measure(length, evidence, weights)]
    return _figure(a), _figure(b), _figure(a - b)


def resamples(documents: int, seed: int) -> Floats:
    """Return how often each document is drawn in resamples of as many documents, [RESAMPLES, n]."""
    drawn = np.random.default_rng(seed).integers(max(documents, 1), size=(RESAMPLES, documents))
    drawn += np.arange(RESAMPLES)[:, None] * documents
    return np.bincount(drawn.ravel(), minlength=RESAMPLES * documents).reshape(RESAMPLES, documents).astype(np.float64)


def _figure(values: Floats) -> Figure:
    spread = values[1:][np.isfinite(values[1:])]
    low, high = np.quantile(spread, (0.025, 0.975)) if len(spread) else (np.nan, np.nan)
    return Figure(float(values[0]), float(low), float(high))


def learning_curve(x: Any, evidence: Any, objective: Objective, held: HeldOut, seed: int) -> list[tuple[int, float]]:
    """Return (labels fitted on, measure on the held-out ones) for growing parts of the labels: is it still rising?"""
    order = np.random.default_rng(seed).random(len(held.folds))
    points = []
    for share in SHARES:
        scores, used = np.zeros_like(held.scores), []
        for fold in range(int(held.folds.max()) + 1):
            part = evidence.among(
                (held.folds != fold) & (order < share**0.5 if isinstance(evidence, Pairs) else order < share)
            )
            used.append(len(part))
            out = held.folds == fold
            scores[out] = (
                _centred(fit(x, part, objective, held.penalty), x, part, objective)(x[out]) if len(part) else 0.0
            )
        measured = evidence.inside(held.folds)
        points.append((round(float(np.mean(used))), float(objective.measure(scores, measured, whole(measured))[0])))
    whole_parts = [len(evidence.among(held.folds != fold)) for fold in range(int(held.folds.max()) + 1)]
    return [*points, (round(float(np.mean(whole_parts))), held.quality.value)]


def final(x: Any, evidence: Any, objective: Objective, held: HeldOut) -> Linear:
    """Fit on everything with the penalty that cross-validation preferred."""
    return _centred(fit(x, evidence, objective, held.penalty), x, evidence, objective)


def _centred(head: Linear, x: Any, evidence: Any, objective: Objective) -> Linear:
    """Move a head so that its mean score is 0 where it was fitted.

    A fold with more of one kind leaves fewer of it to be fitted on, which moves the intercept the wrong way: without
    this, folds pooled together would look worse than they are, and noise worse than chance.
    """
    known = evidence.known()
    if isinstance(objective, Names) or not known.any():
        return head
    return Linear(head.weights, head.bias - head(x[known]).mean(axis=0))
