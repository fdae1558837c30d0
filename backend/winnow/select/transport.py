"""Optimal transport between two clouds of points, smoothed by entropy (Sinkhorn)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from winnow.pool import Floats
from winnow.select.products import Matrix

ROUNDS, TOLERANCE = 2000, 1e-4
"""How often masses are balanced at most, and the error in them, summed, at which balancing ends."""

STEEPEST = 600.0
"""The largest cost over epsilon: beyond it exp(-cost / epsilon) leaves the range of float64."""


@dataclass(frozen=True, eq=False)
class Plan:
    """The least costly way to carry equal masses from n points to m: `cost`, the potentials f [n] and h [m], epsilon."""

    cost: float
    f: Floats
    h: Floats
    epsilon: float

    def potential(self, costs: Matrix) -> Floats:
        """Return f at other points from their costs to the m, [m, b]: -epsilon ln mean_j exp((h_j - c_j) / epsilon)."""
        exponent = (self.h.astype(np.float32)[:, None] - costs) / np.float32(self.epsilon)
        highest = exponent.max(axis=0)
        np.subtract(exponent, highest, out=exponent)
        np.exp(exponent, out=exponent)
        answer: Floats = -self.epsilon * (highest + np.log(exponent.mean(axis=0, dtype=np.float64)))
        return answer


def carry(costs: Matrix, smoothing: float) -> Plan:
    """Solve min_P <P, c> + epsilon KL(P | a b^T) over plans with row sums a = 1/n and column sums b = 1/m.

    `costs` [n, m] from 0 up; epsilon = smoothing · mean cost, at least the largest cost / 600. P_ij = a_i b_j
    exp((f_i + h_j - c_ij) / epsilon).
    """
    c = costs.astype(np.float64)
    epsilon = max(smoothing * float(c.mean()), float(c.max()) / STEEPEST, 1e-12)
    kernel = np.exp(-c / epsilon)
    n, m = kernel.shape
    u, v = np.ones(n), np.ones(m)
    for _ in range(ROUNDS):
        u = 1 / (kernel @ v / m)
        column = u @ kernel / n
        if float(np.abs(v * column - 1).mean()) < TOLERANCE:
            break
        v = 1 / column
    plan = u[:, None] * kernel * v / (n * m)
    return Plan(float((plan * c).sum()), epsilon * np.log(u), epsilon * np.log(v), epsilon)


def chords(cosines: Matrix) -> Matrix:
    """Return the distances of unit vectors from their cosines, |x - y| = (2 - 2 cos)^(1/2)."""
    answer: Matrix = np.sqrt(np.maximum(2 - 2 * cosines, 0), dtype=np.float32)
    return answer
