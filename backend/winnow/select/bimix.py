"""A mixture read off a law of loss over shares and tokens, fitted to small runs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy.optimize import brentq, least_squares, nnls

from winnow.errors import SettingError
from winnow.method import Paper, param
from winnow.pool import Budget, Floats, Pool
from winnow.select.base import IN_TOKENS, Mixer
from winnow.select.runs import Estimate, Runs, check_runs, jackknife, read_runs
from winnow.select.shares import check_groups

EXPONENTS = (0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5)
LARGEST_EXPONENT = 5.0


@dataclass(frozen=True)
class GroupLaw:
    """Loss of one group at share r after s tokens: r^-alpha · (b · (s / unit)^-beta + c)."""

    alpha: float
    beta: float
    b: float
    c: float
    unit: float

    def level(self, tokens: float) -> float:
        """Return the loss at share 1."""
        return self.b * math.pow(tokens / self.unit, -self.beta) + self.c

    def loss(self, share: Floats, tokens: Floats) -> Floats:
        return np.asarray(share**-self.alpha * (self.b * (tokens / self.unit) ** -self.beta + self.c))


@dataclass(frozen=True, kw_only=True)
class BiMixLaw(Mixer):
    """The mixture of least total loss by a law that is fitted to the losses of small runs.

    L_i(r, s) = r^-alpha_i · (B_i / s^beta_i + C_i) for group i at share r after s tokens, fitted to ln L by least
    squares; the law's fifth coefficient A_i is 1, since B_i and C_i take up its scale. Shares minimise sum_i L_i(r_i, s)
    under sum r = 1, where alpha_i K_i / r_i^(alpha_i + 1) is the same for all and K_i = B_i / s^beta_i + C_i. Runs all
    of one length leave K_i alone to fit. No share becomes 0: a loss at share 0 would be infinite; a group without runs
    gets nothing. Losses of different groups are taken as independent. Source: arXiv 2405.14908; the formula is a
    restatement. Raises SettingError for runs that cannot be fitted.
    """

    name: ClassVar[str] = "bimix_law"
    reconstruction: ClassVar[bool] = True
    paper: ClassVar[Paper] = Paper(
        "BiMix: Bivariate Data Mixing Law for Language Model Pretraining", "2405.14908", 2024
    )
    example: ClassVar[Mapping[str, Any]] = {
        "runs": "group,share,tokens,loss\nbooks,0.2,1e9,3.4\nbooks,0.5,1e9,3.1\nbooks,0.8,1e9,3.0\n"
        "web,0.8,1e9,3.2\nweb,0.5,1e9,3.3\nweb,0.2,1e9,3.7"
    }

    runs: str = param("", "The small runs, one a line, under the heading group,share,tokens,loss.", lines=True)
    tokens: float = param(0.0, "How many tokens the mixture is for; 0 means as many as the longest run.", low=0)

    def shares(self, pool: Pool, budget: Budget = IN_TOKENS) -> Mapping[str, float]:
        runs = self._runs()
        check_groups(self.name, "runs", dict.fromkeys(runs.names, 0.0), pool, self.by)
        return best_shares(self.laws(), self._horizon(runs))

    def laws(self) -> dict[str, GroupLaw]:
        """Return the fitted law of each group; raises SettingError."""
        return {name: fit_group(name, runs) for name, runs in self._by_group().items()}

    def estimates(self) -> dict[str, Estimate]:
        """Return each group's share, its standard error by leaving out one run at a time, and warnings."""
        laws, parts, horizon = self.laws(), self._by_group(), self._horizon(self._runs())
        best = best_shares(laws, horizon)
        variance = dict.fromkeys(laws, 0.0)
        for group, runs in parts.items():
            left_out = [
                best_shares({**laws, group: fit_group(group, runs.without(run), enough=2)}, horizon)
                for run in range(len(runs))
                if len(np.unique(runs.without(run)["share"])) > 1
            ]
            for name in laws:
                variance[name] += jackknife(np.array([shares[name] for shares in left_out])) ** 2
        return {
            name: Estimate(share, math.sqrt(variance[name]), _warnings(share, parts[name], horizon))
            for name, share in best.items()
        }

    def _runs(self) -> Runs:
        runs = read_runs(self.name, self.runs, ("share", "tokens", "loss"), {}, name="group")
        check_runs(self.name, runs, shares_from_zero=False, positive=("tokens", "loss"))
        return runs

    def _by_group(self) -> dict[str, Runs]:
        runs = self._runs()
        return {name: runs.where(np.array(runs.names) == name) for name in dict.fromkeys(runs.names)}

    def _horizon(self, runs: Runs) -> float:
        return self.tokens or float(runs["tokens"].max(initial=1.0))


def fit_group(name: str, runs: Runs, enough: int = 3) -> GroupLaw:
    """Fit one group's law to its runs; raises SettingError when they are too few, all alike, or do not fall."""
    several = len(np.unique(runs["tokens"])) > 1
    needed = enough + 2 * several
    if len(runs) < needed or len(np.unique(runs["share"])) < 2:
        found = f"'{name}' has {len(runs)} with {len(np.unique(runs['share']))} different shares"
        raise SettingError(f"bimix_law needs {needed} runs of a group with different shares", found, "add runs")
    unit, share, loss = float(runs["tokens"].max()), np.log(runs["share"]), np.log(runs["loss"])
    slope, constant = np.polyfit(share, loss, 1)
    if several:
        alpha, beta, b, c = _fit_all(runs, max(-float(slope), 0.01), unit)
    else:
        alpha, beta, b, c = -float(slope), 0.0, 0.0, float(np.exp(constant))
    if alpha <= 1e-9:
        raise SettingError(
            "bimix_law needs losses that fall as a share grows", f"those of '{name}' do not", "add or mend its runs"
        )
    return GroupLaw(alpha, beta, b, c, unit)


def _fit_all(runs: Runs, alpha: float, unit: float) -> tuple[float, float, float, float]:
    """Return alpha, beta, B and C of least squared error in ln L, from several starts."""
    share, tokens, loss = runs["share"], runs["tokens"] / unit, runs["loss"]

    def residuals(free: Floats) -> Floats:
        level = free[2] * tokens ** -free[1] + free[3]
        return np.asarray(np.log(level) - free[0] * np.log(share) - np.log(loss))

    best = None
    for beta in EXPONENTS:
        (b, c), _ = nnls(np.column_stack([tokens**-beta, np.ones(len(tokens))]), loss * share**alpha)
        start = [alpha, beta, max(b, 1e-6), max(c, 1e-6)]
        bounds = ([0, 1e-4, 0, 1e-12], [LARGEST_EXPONENT, LARGEST_EXPONENT, np.inf, np.inf])
        found = least_squares(residuals, start, bounds=bounds, x_scale="jac", xtol=1e-14, ftol=1e-14, gtol=1e-14)
        best = found if best is None or found.cost < best.cost else best
    assert best is not None
    alpha, beta, b, c = best.x.tolist()
    return alpha, beta, b, c


def best_shares(laws: Mapping[str, GroupLaw], tokens: float) -> dict[str, float]:
    """Return the shares, summing to 1, of least total loss.

    >>> laws = {"a": GroupLaw(1, 0, 0, 1, 1), "b": GroupLaw(1, 0, 0, 4, 1)}
    >>> {name: round(share, 4) for name, share in best_shares(laws, 1).items()}
    {'a': 0.3333, 'b': 0.6667}
    """
    alpha = np.array([law.alpha for law in laws.values()])
    steep = np.log(alpha) + np.log([law.level(tokens) for law in laws.values()])

    def excess(price: float) -> float:
        return float(np.exp((steep - price) / (alpha + 1)).sum()) - 1

    # at the lower end one share alone is 1, at the upper end none is above 1 / n
    low, high = float(steep.max()), float((steep + (alpha + 1) * np.log(len(alpha))).max())
    price = float(brentq(excess, low, high, xtol=1e-14)) if len(alpha) > 1 else low
    shares = np.exp((steep - price) / (alpha + 1))
    return dict(zip(laws, (shares / shares.sum()).tolist(), strict=True))


def _warnings(share: float, runs: Runs, tokens: float) -> tuple[str, ...]:
    low, high, longest = runs["share"].min(), runs["share"].max(), runs["tokens"].max()
    found = []
    if not low <= share <= high:
        found.append(f"the share {share:.3g} lies outside the runs' {low:.3g} to {high:.3g}")
    if tokens > longest:
        found.append(f"{tokens:.3g} tokens are more than the longest run's {longest:.3g}")
    return tuple(found)
