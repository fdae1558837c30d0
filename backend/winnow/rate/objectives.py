"""What fitting minimises and what holding out measures, for numbers, yes or no, names and pairs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy.special import expit, logsumexp, softmax

from winnow.rate.evidence import Evidence, Floats, Pairs, Values


@dataclass(frozen=True)
class Objective(ABC):
    """A loss of the documents' scores z, and the measure that people read.

    z is float64 [n, k], k = 1 but for names. `loss` returns Σ over the evidence and its slope by z. `measure` takes
    weights of documents [b, n] (how often a resample holds each) and returns b figures; NaN where a resample cannot
    be measured.
    """

    figure: ClassVar[str]
    """What the figure is called."""

    chance: ClassVar[float]
    """What guessing reaches."""

    intercept: ClassVar[bool] = True

    @abstractmethod
    def loss(self, scores: Floats, evidence: Any) -> tuple[float, Floats]: ...

    @abstractmethod
    def measure(self, scores: Floats, evidence: Any, weights: Floats) -> Floats: ...

    @property
    def width(self) -> int:
        """How many scores a document has."""
        return 1

    def trivial(self, lengths: Floats, evidence: Any) -> tuple[Floats, str]:
        """Return the scores of the rater that only looks at length, [n, k], and what it says.

        Whether longer or shorter wins is read off all the evidence, which flatters it.
        """
        scores = lengths[:, None]
        longer, shorter = (self.measure(way, evidence, whole(evidence))[0] for way in (scores, -scores))
        return (-scores, "the shorter one wins") if shorter > longer else (scores, "the longer one wins")


class Numbers(Objective):
    """Numbers by least squares: Σ (z − y)² / 2; Spearman's rank correlation with the held-out values."""

    figure, chance = "Spearman correlation", 0.0

    def targets(self, evidence: Any) -> Floats:
        return np.asarray(evidence.values, dtype=np.float64)

    def loss(self, scores: Floats, evidence: Values) -> tuple[float, Floats]:
        off = np.where(evidence.known()[:, None], scores - np.nan_to_num(evidence.values)[:, None], 0.0)
        return float((off * off).sum() / 2), off

    def measure(self, scores: Floats, evidence: Values, weights: Floats) -> Floats:
        known = evidence.known()
        # scipy's statistics take a third of a second to load, which every command would wait for.
        from scipy.stats import rankdata

        x, y, w = rankdata(scores[known, 0]), rankdata(evidence.values[known]), weights[:, known]
        total = np.maximum(w.sum(axis=1), 1e-300)
        mx, my = w @ x / total, w @ y / total
        covariance = w @ (x * y) / total - mx * my
        spread = (w @ (x * x) / total - mx * mx) * (w @ (y * y) / total - my * my)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(spread > 1e-12, covariance / np.sqrt(np.maximum(spread, 0)), np.nan)


@dataclass(frozen=True)
class YesNo(Objective):
    """Yes or no by logistic regression, Σ a (ln(1 + exp z) − y z); area under the ROC curve on held-out documents.

    Balanced, each kind counts half whatever their numbers, a = n / (2 n of its kind), so that σ(z) = r / (1 + r) with the
    ratio r of the two densities; else a = 1, and σ(z) is the chance of a yes among documents like the labelled ones.
    Σ a (ln(1 + exp z) − y z), a = n / (2 n of its kind). The column holds σ(z − ln of odds), which is calibrated to the
    balance of the labels: see `prior`.
    """

    balanced: bool = False

    figure, chance = "AUROC", 0.5

    def weights(self, evidence: Values) -> Floats:
        """Return what each document counts, 0 where nothing is known."""
        known, y = evidence.known(), np.nan_to_num(evidence.values)
        if not self.balanced:
            return known.astype(np.float64)
        yes = float((y * known).sum())
        no = float(known.sum()) - yes
        return np.where(known, (yes + no) / 2 * (y / max(yes, 1e-9) + (1 - y) / max(no, 1e-9)), 0.0)

    def loss(self, scores: Floats, evidence: Values) -> tuple[float, Floats]:
        y, z, a = np.nan_to_num(evidence.values), scores[:, 0], self.weights(evidence)
        return float((a * (np.logaddexp(0, z) - y * z)).sum()), (a * (expit(z) - y))[:, None]

    def measure(self, scores: Floats, evidence: Values, weights: Floats) -> Floats:
        known = evidence.known()
        order = np.argsort(scores[known, 0], kind="stable")
        z, y, w = scores[known, 0][order], evidence.values[known][order], weights[:, known][:, order]
        starts = np.flatnonzero(np.r_[True, np.diff(z) > 0])
        yes, no = np.add.reduceat(w * y, starts, axis=1), np.add.reduceat(w * (1 - y), starts, axis=1)
        below = np.cumsum(no, axis=1) - no
        pairs = yes.sum(axis=1) * no.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(pairs > 0, (yes * (below + no / 2)).sum(axis=1) / pairs, np.nan)


class Preference(Objective):
    """Pairs by Bradley and Terry, P(second is better) = σ(z_second − z_first); the share of held-out pairs told right.

    Soft labels: Σ ln(1 + exp g) − p g with the gap g. Ties (p = ½) pull the gap to 0 and are not measured. No
    intercept: only gaps count.
    """

    figure, chance = "pairs told right", 0.5
    intercept = False

    def loss(self, scores: Floats, evidence: Pairs) -> tuple[float, Floats]:
        z = scores[:, 0]
        gap = z[evidence.second] - z[evidence.first]
        slope = expit(gap) - evidence.share
        n = len(z)
        by_document = np.zeros(n)
        by_document += np.bincount(evidence.second, slope, n)
        by_document -= np.bincount(evidence.first, slope, n)
        return float((np.logaddexp(0, gap) - evidence.share * gap).sum()), by_document[:, None]

    def measure(self, scores: Floats, evidence: Pairs, weights: Floats) -> Floats:
        told = evidence.take(evidence.share != 0.5)
        gap = scores[told.second, 0] - scores[told.first, 0]
        right = np.where(gap == 0, 0.5, (gap > 0) == (told.share > 0.5))
        w = weights[:, told.first] * weights[:, told.second]
        total = w.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(total > 0, w @ right / total, np.nan)


@dataclass(frozen=True)
class Names(Objective):
    """One of k names by multinomial logistic regression; the share of held-out documents named right."""

    names: tuple[str, ...] = ()

    figure, chance = "named right", 0.0

    @property
    def width(self) -> int:
        return len(self.names)

    def loss(self, scores: Floats, evidence: Values) -> tuple[float, Floats]:
        known = evidence.known()
        codes = np.where(known, np.nan_to_num(evidence.values), 0).astype(np.int64)
        each = logsumexp(scores, axis=1) - scores[np.arange(len(scores)), codes]
        slope = softmax(scores, axis=1)
        slope[np.arange(len(scores)), codes] -= 1
        return float(each[known].sum()), slope * known[:, None]

    def measure(self, scores: Floats, evidence: Values, weights: Floats) -> Floats:
        known = evidence.known()
        right = scores[known].argmax(axis=1) == evidence.values[known]
        total = weights[:, known].sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(total > 0, weights[:, known] @ right / total, np.nan)

    def trivial(self, lengths: Floats, evidence: Any) -> tuple[Floats, str]:
        codes = evidence.values[evidence.known()].astype(np.int64)
        commonest = int(np.bincount(codes, minlength=1).argmax())
        scores = np.zeros((len(lengths), self.width))
        scores[:, commonest] = 1.0
        return scores, f"always {self.names[commonest]}" if self.names else ""


def whole(evidence: Evidence) -> Floats:
    """Return weights [1, n] that count every document once."""
    return np.ones((1, len(evidence.known())))
