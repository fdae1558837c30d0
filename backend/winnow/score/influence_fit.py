"""How influence is predicted from vectors: a linear model, and how documents learnt before a document dampen it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from winnow.pool import Floats

PENALTIES = tuple(10.0**power for power in range(-3, 5))
FOLDS = 5
FEWEST = 20
"""Probes below which nothing is fitted."""
ROUNDS = 5
HUBER = 1.345
"""Deviations beyond which a residual counts linearly: 95 % efficient for normal errors."""


@dataclass(frozen=True, eq=False)
class Fit:
    """I(x) = weights · x + intercept, in deviations of the probes; α and τ of groups.

    `held_out` [probes] is the prediction of each probe by a fit to the other four fifths of them.
    """

    weights: Floats
    intercept: float
    penalty: float
    alpha: float
    tau: float
    held_out: Floats

    def predict(self, vectors: NDArray[np.floating]) -> Floats:
        if len(self.weights) == 0:
            return np.full(len(vectors), self.intercept)
        return np.asarray(vectors.astype(np.float64) @ self.weights + self.intercept)


def standardised(values: Floats) -> Floats:
    """Return (x - mean) / deviation, 0 where nothing differs."""
    if len(values) == 0:
        return values
    spread = float(values.std())
    return np.asarray((values - values.mean()) / spread if spread > 0 else values * 0.0)


def earlier_cosines(vectors: NDArray[np.float32], rollout: int) -> Floats:
    """Return the mean cosine of each document to those before it in its row, NaN for the first; vectors are unit length."""
    rows = vectors.reshape(-1, rollout, vectors.shape[1]) if len(vectors) else vectors.reshape(0, rollout, 0)
    means = np.full(rows.shape[:2], np.nan)
    for place in range(1, rollout):
        cosines = np.einsum("rd,rjd->rj", rows[:, place], rows[:, :place], dtype=np.float64)
        means[:, place] = cosines.mean(axis=1)
    return means.ravel()


def fitted(vectors: NDArray[np.float32], z: Floats, cosines: Floats, *, robust: bool) -> Fit:
    """Fit I, and α and τ where documents came after others, to z [n]; `cosines` as `earlier_cosines` gives them.

    By turns: given α and τ, I is a ridge regression of z / f on the vectors with weights f², f = α · (1 - cosine / τ)
    and 1 for the first of a row; given I on rows it was not fitted to, z = α · I - (α / τ) · I · cosine is least squares.
    """
    if len(z) < FEWEST or not np.any(z):
        return Fit(np.zeros(vectors.shape[1]), 0.0, 0.0, 1.0, 1.0, np.zeros(len(z)))
    features, later = vectors.astype(np.float64), np.isfinite(cosines)
    alpha = tau = 1.0
    for _ in range(ROUNDS if later.any() else 1):
        factor = np.where(later, alpha * (1 - np.nan_to_num(cosines) / tau), 1.0)
        how = _Manner(_penalty(features, z, factor), robust)
        parts = _folds(len(z))
        held_out = np.concatenate(
            [_Ridge.of(features, z, factor, rows=~part, how=how).predict(features[part]) for part in parts]
        )
        if later.any():
            alpha, tau = _dampening(held_out[later], z[later], cosines[later])
    whole = _Ridge.of(features, z, factor, rows=np.ones(len(z), dtype=bool), how=how)
    return Fit(whole.weights, whole.intercept, how.penalty, alpha, tau, held_out)


@dataclass(frozen=True)
class _Manner:
    penalty: float
    robust: bool


@dataclass(frozen=True, eq=False)
class _Ridge:
    weights: Floats
    intercept: float

    @classmethod
    def of(cls, features: Floats, z: Floats, factor: Floats, *, how: _Manner, rows: NDArray[np.bool_]) -> _Ridge:
        """Fit z = factor · (w · x + b) on some rows; robust fits weigh residuals by Huber's function, again and again."""
        from sklearn.linear_model import Ridge

        usable = rows & (np.abs(factor) > 1e-3)
        x, f = features[usable], factor[usable]
        y, trust = z[usable] / f, np.ones(int(usable.sum()))
        for _ in range(10 if how.robust else 1):
            model = Ridge(alpha=how.penalty).fit(x, y, sample_weight=f**2 * trust)
            off = np.abs(f * (y - model.predict(x)))
            scale = 1.4826 * float(np.median(off))
            if scale <= 0:
                break
            trust = np.minimum(1.0, HUBER * scale / np.maximum(off, 1e-12))
        return cls(np.asarray(model.coef_, dtype=np.float64), float(model.intercept_))

    def predict(self, features: Floats) -> Floats:
        return np.asarray(features @ self.weights + self.intercept)


def _penalty(features: Floats, z: Floats, factor: Floats) -> float:
    """Return the ridge penalty that generalised cross-validation likes best."""
    from sklearn.linear_model import RidgeCV

    usable = np.abs(factor) > 1e-3
    model = RidgeCV(alphas=PENALTIES)
    model.fit(features[usable], z[usable] / factor[usable], sample_weight=factor[usable] ** 2)
    return float(model.alpha_)


def _folds(count: int) -> list[NDArray[np.bool_]]:
    """Return five runs of probes, in order: they were drawn by chance, and rows of them stay together but at the ends."""
    fold = np.arange(count) * FOLDS // count
    return [fold == number for number in range(FOLDS)]


def _dampening(influence: Floats, z: Floats, cosines: Floats) -> tuple[float, float]:
    """Return α and τ by least squares; 1 and 1 where the data would turn the sign of either."""
    columns = np.stack([influence, -influence * cosines], axis=1)
    (alpha, ratio), *_ = np.linalg.lstsq(columns, z, rcond=None)
    return (float(alpha), float(alpha / ratio)) if alpha > 0 and ratio > 0 else (1.0, 1.0)
