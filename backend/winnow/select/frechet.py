"""Fréchet distance between clouds of vectors, taken as Gaussians, from running sums."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from winnow.pool import Floats, Rows
from winnow.select.products import Matrix

AT_ONCE = 500
"""How many covariances are turned into distances at once."""


@dataclass(frozen=True, eq=False)
class Moments:
    """Sums over clouds of vectors: `count` [k], `total` [k, d], `square` [k, d, d], the sum of x x^T."""

    count: Floats
    total: Floats
    square: Floats

    @classmethod
    def of(cls, blocks: Iterable[NDArray[np.floating]]) -> Moments:
        """Return the sums of one cloud that comes in blocks."""
        count, total, square = 0, np.zeros(1), np.zeros((1, 1))
        for block in blocks:
            x = block.astype(np.float64)
            count, total, square = count + len(x), total + x.sum(axis=0), square + x.T @ x
        return cls(np.array([float(count)]), total[None], square[None])

    @classmethod
    def stacked(cls, parts: Sequence[Moments]) -> Moments:
        return cls(
            np.concatenate([part.count for part in parts]),
            np.concatenate([part.total for part in parts]),
            np.concatenate([part.square for part in parts]),
        )

    def running(self, order: Rows) -> Moments:
        """Return the sums of the first, the first two, ... clouds in an order: no vector is read again."""
        return Moments(
            np.cumsum(self.count[order]), np.cumsum(self.total[order], axis=0), np.cumsum(self.square[order], axis=0)
        )

    def gaussian(self) -> tuple[Floats, Floats]:
        """Return the mean [d] and the covariance [d, d] of the first cloud."""
        means, covariances = self.gaussians(slice(0, 1))
        return means[0], covariances[0]

    def gaussians(self, some: slice) -> tuple[Floats, Floats]:
        """Return means [k, d] and covariances [k, d, d] of some clouds, over n, not n - 1."""
        means = self.total[some] / self.count[some, None]
        covariances = self.square[some] / self.count[some, None, None] - means[:, :, None] * means[:, None, :]
        return means, covariances


def square_root(covariance: Floats) -> Floats:
    """Return the symmetric square root of a covariance [d, d].

    >>> square_root(np.array([[4.0, 0.0], [0.0, 9.0]])).round(6).tolist()
    [[2.0, 0.0], [0.0, 3.0]]
    """
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    root: Floats = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    return root


def distances(clouds: Moments, mean: Floats, root: Floats) -> Floats:
    """Return FD = |m1 - m2|^2 + Tr(S1) + Tr(S2) - 2 Tr((S1^(1/2) S2 S1^(1/2))^(1/2)) of each cloud to a Gaussian given
    by its mean and the root of its covariance, [k]; singular covariances need nothing added."""
    found = []
    for start in range(0, len(clouds.count), AT_ONCE):
        means, covariances = clouds.gaussians(slice(start, start + AT_ONCE))
        inner = root @ covariances @ root
        values = np.linalg.eigvalsh((inner + np.swapaxes(inner, 1, 2)) / 2)
        shared = np.sqrt(np.maximum(values, 0)).sum(axis=1)
        spread = np.trace(covariances, axis1=1, axis2=2) + float((root * root).sum())
        found.append(((means - mean) ** 2).sum(axis=1) + spread - 2 * shared)
    answer: Floats = np.maximum(np.concatenate(found), 0)
    return answer


def principal(target: Matrix, pool: Matrix, dimensions: int) -> Matrix:
    """Return the orthonormal directions [d, k] in which target and pool, each counting half, vary most."""
    d = target.shape[1]
    if dimensions >= d:
        return np.eye(d, dtype=np.float32)
    both = [Moments.of([part]).gaussian() for part in (target, pool)]
    between = (both[0][0] - both[1][0]) / 2
    covariance = (both[0][1] + both[1][1]) / 2 + np.outer(between, between)
    _, vectors = np.linalg.eigh(covariance)
    return np.ascontiguousarray(vectors[:, ::-1][:, :dimensions], dtype=np.float32)
