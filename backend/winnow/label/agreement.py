"""How far annotators agree beyond chance."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
RESAMPLES = 1000
Distance = Callable[[str, str], float]


@dataclass(frozen=True)
class Agreement:
    """Two annotators on the documents both labelled: the share they agree on, and Cohen's kappa (NaN when undefined).

    `low` and `high` are kappa's 95 % interval over resampled documents.
    """

    first: str
    second: str
    documents: int
    share: float
    kappa: float
    low: float
    high: float


def cohen_kappa(first: Sequence[str], second: Sequence[str]) -> float:
    """Return Cohen's kappa, (p_o − p_e) / (1 − p_e).

    p_o is the share of equal labels; p_e the share expected by chance, Σ_v p_first(v)·p_second(v). NaN when there is
    nothing to compare or both always say the same one thing (Cohen 1960).

    >>> round(cohen_kappa(["a", "a", "b", "b"], ["a", "b", "b", "b"]), 3)
    0.5
    """
    if not first:
        return float("nan")
    names, codes = np.unique([*first, *second], return_inverse=True)
    table = np.zeros((len(names), len(names)))
    np.add.at(table, (codes[: len(first)], codes[len(first) :]), 1.0)
    table /= table.sum()
    observed, expected = float(np.trace(table)), float(table.sum(axis=1) @ table.sum(axis=0))
    return (observed - expected) / (1 - expected) if expected < 1 else float("nan")


def pairwise(labels: Mapping[str, Mapping[Hashable, str]]) -> list[Agreement]:
    """Compare each two annotators: `labels` is who → doc_id → value; pairs without a common document are left out."""
    found = []
    for first, second in combinations(sorted(labels), 2):
        both = [document for document in labels[first] if document in labels[second]]
        if both:
            a, b = [labels[first][doc] for doc in both], [labels[second][doc] for doc in both]
            share = sum(x == y for x, y in zip(a, b, strict=True)) / len(both)
            interval = cohen_interval(a, b)
            found.append(Agreement(first, second, len(both), share, cohen_kappa(a, b), interval.low, interval.high))
    return found


@dataclass(frozen=True)
class Measured:
    """A measure of agreement with its 95 % interval over resampled documents; NaN where it is undefined."""

    value: float
    low: float
    high: float
    documents: int


@dataclass(frozen=True, eq=False)
class Ratings:
    """What several people said about the same documents: counts [documents, values] of people per value.

    Documents of fewer than two people are left out.
    """

    counts: Floats
    values: tuple[str, ...]

    @classmethod
    def of(cls, labels: Mapping[str, Mapping[Hashable, str]], values: Sequence[str] = ()) -> Ratings:
        """Gather who → document → value; values that the question does not list follow in the order of their names."""
        by_document: dict[Hashable, list[str]] = {}
        for said in labels.values():
            for document, value in said.items():
                by_document.setdefault(document, []).append(value)
        several = [found for found in by_document.values() if len(found) > 1]
        used = {value for found in several for value in found}
        names = tuple([value for value in values if value in used] + sorted(used - set(values)))
        place = {value: code for code, value in enumerate(names)}
        counts = np.zeros((len(several), len(names)))
        for row, found in enumerate(several):
            for value in found:
                counts[row, place[value]] += 1
        return cls(counts, names)

    def patterns(self) -> tuple[Floats, NDArray[np.int64]]:
        """Return the different rows of counts, and how many documents have each."""
        found, times = np.unique(self.counts, axis=0, return_counts=True)
        return found, times.astype(np.int64)

    def only(self, value: str) -> Ratings:
        """Return whether people gave one value or not."""
        mine = self.counts[:, [self.values.index(value)]]
        return Ratings(np.hstack([mine, self.counts.sum(axis=1, keepdims=True) - mine]), (value, f"not {value}"))


def fleiss_kappa(ratings: Ratings) -> Measured:
    """Return Fleiss' kappa, (P − P_e) / (1 − P_e), over documents of two people or more.

    P_i = (Σ_j n_ij² − n_i) / (n_i (n_i − 1)), P their mean; P_e = Σ_j p_j² with p_j the share of all answers that are j.
    Fleiss 1971 has as many answers for each document; where their number differs, every document counts once.
    """
    counts, times = ratings.patterns()
    people = counts.sum(axis=1)
    agreed = ((counts**2).sum(axis=1) - people) / (people * (people - 1))

    def kappa(weights: Floats) -> Floats:
        total = weights.sum(axis=1)
        answers = weights @ counts
        chance = ((answers / answers.sum(axis=1, keepdims=True)) ** 2).sum(axis=1)
        return np.where(chance < 1, (weights @ agreed / total - chance) / (1 - chance), np.nan)

    return _measured(kappa, times)


def krippendorff_alpha(ratings: Ratings, distance: Distance | str = "nominal") -> Measured:
    """Return Krippendorff's alpha, 1 − D_o / D_e, over documents of two people or more.

    D_o = 1/n Σ_u Σ_{c,k} o_uck δ²_ck with the coincidences o_uck = n_uc (n_uk − [c = k]) / (m_u − 1) of a document u with
    m_u answers; D_e = 1/(n (n − 1)) Σ_{c,k} n_c n_k δ²_ck, n answers in all. δ² is [c ≠ k] ("nominal"),
    (Σ_{c ≤ g ≤ k} n_g − (n_c + n_k) / 2)² ("ordinal", in the order of the values), or a distance of two values. Source:
    Krippendorff, Computing Krippendorff's Alpha-Reliability, 2011.
    """
    (counts, times), k = ratings.patterns(), len(ratings.values)
    people = counts.sum(axis=1, keepdims=True)
    if distance == "ordinal":
        pairs = counts[:, :, None] * counts[:, None, :] - np.eye(k) * counts[:, None, :]
        coincidences = (pairs / np.maximum(people - 1, 1)[:, :, None]).reshape(len(counts), k * k)

        def alpha(weights: Floats) -> Floats:
            answers = weights @ counts
            apart = np.stack([_ordinal(row) for row in answers])
            observed = ((weights @ coincidences) * apart.reshape(len(answers), -1)).sum(axis=1)
            return _alpha(observed, np.einsum("rc,rck,rk->r", answers, apart, answers), answers)
    else:
        apart = _apart(ratings.values, distance)
        gaps = ((counts @ apart) * counts).sum(axis=1) / np.maximum(people[:, 0] - 1, 1)

        def alpha(weights: Floats) -> Floats:
            answers = weights @ counts
            return _alpha(weights @ gaps, ((answers @ apart) * answers).sum(axis=1), answers)

    return _measured(alpha, times)


def cohen_interval(first: Sequence[str], second: Sequence[str]) -> Measured:
    """Return Cohen's kappa of two people with its interval."""
    names, codes = np.unique([*first, *second], return_inverse=True)
    k, n = len(names), len(first)
    times = np.bincount(codes[:n] * k + codes[n:], minlength=k * k)

    def kappa(weights: Floats) -> Floats:
        tables = weights.reshape(-1, k, k) / weights.sum(axis=1)[:, None, None]
        observed = np.trace(tables, axis1=1, axis2=2)
        chance = (tables.sum(axis=2) * tables.sum(axis=1)).sum(axis=1)
        return np.where(chance < 1 - 1e-12, (observed - chance) / np.where(chance < 1, 1 - chance, 1), np.nan)

    return _measured(kappa, times)


def sets_apart(first: str, second: str) -> float:
    """Return 1 − |A ∩ B| / |A ∪ B| of two labels with several answers.

    >>> sets_apart("news; spam", "spam")
    0.5
    """
    a, b = set(first.split("; ")), set(second.split("; "))
    return 1 - len(a & b) / len(a | b)


def _apart(values: Sequence[str], distance: Distance | str) -> Floats:
    if not callable(distance):
        return 1 - np.eye(len(values))
    return np.array([[distance(first, second) for second in values] for first in values]).reshape(len(values), -1)


def _ordinal(answers: Floats) -> Floats:
    upto = np.cumsum(answers)
    low, high = (
        np.minimum.outer(range(len(upto)), range(len(upto))),
        np.maximum.outer(range(len(upto)), range(len(upto))),
    )
    between = upto[high] - upto[low] + answers[low]
    apart = (between - (answers[low] + answers[high]) / 2) ** 2
    np.fill_diagonal(apart, 0.0)
    return np.asarray(apart, dtype=np.float64)


def _alpha(observed: Floats, expected: Floats, answers: Floats) -> Floats:
    return np.where(
        expected > 0, 1 - (answers.sum(axis=1) - 1) * observed / np.where(expected > 0, expected, 1), np.nan
    )


def _measured(measure: Callable[[Floats], Floats], times: NDArray[np.int64], seed: int = 0) -> Measured:
    """Return a measure of all documents, and the 2.5 and 97.5 % quantiles over resamples of them.

    `times` is how many documents say each different thing: how often a resample draws each is multinomial, whatever the
    number of documents.
    """
    documents = int(times.sum())
    if not documents:
        return Measured(float("nan"), float("nan"), float("nan"), 0)
    drawn = np.random.default_rng(seed).multinomial(documents, times / documents, RESAMPLES)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = float(measure(times[None, :].astype(np.float64))[0])
        spread = measure(drawn.astype(np.float64))
    known = spread[np.isfinite(spread)]
    low, high = np.quantile(known, (0.025, 0.975)) if len(known) else (np.nan, np.nan)
    return Measured(value, float(low), float(high), documents)
