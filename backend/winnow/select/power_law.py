"""Power laws y = a x^s + b, fitted to a few points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from winnow.pool import Floats

STEEPEST, STEPS, NEAREST = 6.0, 121, 1e-3


@dataclass(frozen=True)
class PowerLaw:
    """y = a (x / unit)^s + b for x above 0."""

    a: float
    s: float
    b: float
    unit: float = 1.0

    def at(self, x: Floats) -> Floats:
        return np.asarray(self.a * (x / self.unit) ** self.s + self.b)


def fit_power_law(x: Floats, y: Floats) -> PowerLaw:
    """Fit by least squares: a and b in closed form for each s of a grid, then s refined around the best; x [n] above 0.

    >>> law = fit_power_law(np.array([1.0, 2, 3, 4]), np.array([1.0, 4, 9, 16]) * 3 + 5)
    >>> round(law.s, 4), round(float(law.at(np.array([5.0]))[0]), 4)
    (2.0, 80.0)
    """
    unit = float(x.max())
    scaled = x / unit
    grid = np.linspace(-STEEPEST, STEEPEST, STEPS)
    grid = grid[np.abs(grid) > NEAREST]  # s = 0 is a constant, and its neighbours on either side fit logarithms
    errors = [_fit(scaled, y, s)[2] for s in grid]
    best = int(np.argmin(errors))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    refined = minimize_scalar(
        lambda s: _fit(scaled, y, s)[2], bounds=(low, high), method="bounded", options={"xatol": 1e-12}
    )
    s = float(refined.x) if refined.fun <= errors[best] else float(grid[best])
    a, b, _ = _fit(scaled, y, s)
    return PowerLaw(a, s, b, unit)


def _fit(x: Floats, y: Floats, s: float) -> tuple[float, float, float]:
    """Return a, b and the sum of squared errors for one exponent."""
    power = x**s
    centred = power - power.mean()
    spread = float(centred @ centred)
    a = float(centred @ (y - y.mean())) / spread if spread > 0 else 0.0
    b = float(y.mean() - a * power.mean())
    rest = y - (a * power + b)
    return a, b, float(rest @ rest)
