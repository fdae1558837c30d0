"""How far measured and predicted influences can be trusted, as a table for people."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa

from winnow.pool import Floats, Rows
from winnow.score.influence_fit import Fit, standardised

CARD = pa.schema(
    [("what", pa.string()), ("value", pa.float64()), ("low", pa.float64()), ("high", pa.float64()), ("n", pa.int64())]
)


def card(gains: Floats, fit: Fit, *, lengths: Rows, rollout: int) -> pa.Table:
    """Return what was measured and how the prediction ranks it, with 95 % intervals of Fisher's z.

    gains are [probes, 4]: in nats on all texts of the target, on its two halves, and a first-order estimate. "reliability" says
    how far the ranks would be the same on other texts of the target: the correlation of the halves, stepped up to both by
    2r / (1 + r) (Spearman 1910, Brown 1910).
    """
    n = len(gains)
    whole, even, odd, estimate = gains.T
    firsts = np.arange(n) % rollout == 0
    halves = _pearson(even, odd)
    rows: list[tuple[str, float, float, float]] = [
        (
            "mean gain of a step, its momentum included, nats per token",
            float(whole.mean()) if n else math.nan,
            math.nan,
            math.nan,
        ),
        ("deviation of the gains", float(whole.std()) if n else math.nan, math.nan, math.nan),
        ("reliability of a gain", 2 * halves / (1 + halves) if halves > -1 else math.nan, math.nan, math.nan),
        ("rank correlation of prediction and measure", *_spearman(fit.held_out, standardised(whole))),
        ("rank correlation of length and measure", *_spearman(lengths.astype(np.float64), whole)),
        ("rank correlation of first-order estimate and measure", *_spearman(estimate[firsts], whole[firsts])),
        ("penalty of the fit", fit.penalty, math.nan, math.nan),
    ]
    if rollout > 1:
        rows += [("alpha", fit.alpha, math.nan, math.nan), ("tau", fit.tau, math.nan, math.nan)]
    told = [dict(zip(CARD.names, (*row, n), strict=True)) for row in rows]
    return pa.Table.from_pylist(told, schema=CARD)


def _spearman(left: Floats, right: Floats) -> tuple[float, float, float]:
    """Return the rank correlation and its interval tanh(atanh r ± 1.96 · sqrt(1.06 / (n - 3))); NaN where it is undefined."""
    from scipy.stats import rankdata

    r = _pearson(rankdata(left), rankdata(right)) if len(left) > 2 else math.nan
    if len(left) <= 3 or math.isnan(r):
        return r, math.nan, math.nan
    half, middle = 1.96 * math.sqrt(1.06 / (len(left) - 3)), math.atanh(max(-0.999999, min(0.999999, r)))
    return r, math.tanh(middle - half), math.tanh(middle + half)


def _pearson(left: Floats, right: Floats) -> float:
    if len(left) < 2 or left.std() == 0 or right.std() == 0:
        return math.nan
    return float(np.corrcoef(left, right)[0, 1])
