"""The critical mixture ratio: how much domain data continued pretraining bears before general ability suffers."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from winnow.errors import SettingError
from winnow.method import Paper, param
from winnow.pool import Floats
from winnow.select.power_law import fit_power_law
from winnow.select.replay import ReplayLaw, each_ratio, first_above, loss_before
from winnow.select.runs import Estimate, Runs, check_runs, jackknife, read_runs

FINE = np.linspace(1e-6, 1.0, 20_001)
FEWEST = 4
"""How many ratios, or checkpoints, determine the three coefficients of a power law with one to spare."""


@dataclass(frozen=True, kw_only=True)
class CMRLaw(ReplayLaw):
    """The largest domain share that keeps the general loss within a tolerance, by runs at a few shares.

    The general loss after T tokens at domain share R is L(R) = alpha R^s + beta, fitted to runs at four shares or more,
    such as 1/8, 1/4, 1/3 and 1/2. A share is feasible where L(R) <= L before + tolerance, and where the general loss
    has turned down by then: its last change along the run is no rise, the zero between two shares read off a straight
    line. The ratio is the largest up to which all are feasible. For more `tokens` than were run, the ratio at each
    checkpoint follows R(T) = a T^s + b. The ratio is the share of domain data, not of general data.
    Source: arXiv 2407.17467, tolerance 0.05; how the turn is found is a restatement. Raises SettingError.
    """

    name: ClassVar[str] = "cmr_law"
    reconstruction: ClassVar[bool] = True
    paper: ClassVar[Paper] = Paper(
        "CMR Scaling Law: Predicting Critical Mixture Ratios for Continual Pre-training of Language Models",
        "2407.17467",
        2024,
    )
    example: ClassVar[Mapping[str, Any]] = {
        "domain": "books",
        "before": 2.8,
        "runs": "share,tokens,general_loss\n0.125,2e10,2.79\n0.25,2e10,2.81\n0.333,2e10,2.83\n0.5,2e10,2.89",
    }

    before: float | None = param(None, "The general loss before training; empty takes it from runs with 0 tokens.")
    tolerance: float = param(0.05, "How far the general loss may rise above what it was before training.", low=0)
    tokens: float = param(0.0, "How many tokens the ratio is for; 0 means as many as the longest run.", low=0)

    def ratio(self) -> float:
        runs, before = self._runs()
        return self._ratio(runs, before)

    def estimate(self) -> Estimate:
        runs, before = self._runs()
        value, parts = self._ratio(runs, before), each_ratio(runs)
        left_out: list[float] = []
        for mask in parts:
            with contextlib.suppress(SettingError):
                left_out.append(self._ratio(runs.where(~mask), before))
        # a share without which there is no ratio leaves its error unknown
        error = jackknife(np.array(left_out)) if len(left_out) == len(parts) else np.inf
        low, high, longest = runs["share"].min(), runs["share"].max(), runs["tokens"].max()
        warnings = []
        if not low <= value <= high:
            warnings.append(f"the ratio {value:.3g} lies outside the runs' {low:.3g} to {high:.3g}")
        if self.tokens > longest:
            warnings.append(f"{self.tokens:.3g} tokens are more than the longest run's {longest:.3g}")
        if len(_checkpoints(runs)) < 2:
            warnings.append("one checkpoint a share does not tell whether the general loss has turned down")
        return Estimate(value, error, tuple(warnings))

    def _runs(self) -> tuple[Runs, float]:
        runs = read_runs(self.name, self.runs, ("share", "tokens", "general_loss"), {"domain_loss": 0.0})
        check_runs(self.name, runs, shares_from_zero=True, positive=("general_loss",))
        before = loss_before(self.name, runs, self.before)
        trained = runs.where((runs["tokens"] > 0) & (runs["share"] > 0))
        if len(found := np.unique(trained["share"])) < FEWEST:
            raise SettingError(
                f"{self.name} needs runs at {FEWEST} domain shares", f"found {len(found)}", "such as 1/8, 1/4, 1/3, 1/2"
            )
        return trained, before

    def _ratio(self, runs: Runs, before: float) -> float:
        longest = float(runs["tokens"].max())
        if self.tokens <= longest:
            tokens = self.tokens or longest
            return min(self._within_tolerance(runs, before, tokens), _turned_down(runs, tokens))
        found = []
        for tokens in _checkpoints(runs)[1:]:  # a turn needs a checkpoint before
            with contextlib.suppress(SettingError):  # so early that all still rise
                found.append((tokens, min(self._within_tolerance(runs, before, tokens), _turned_down(runs, tokens))))
        if len(found) < FEWEST:
            raise SettingError(
                f"{self.name} needs {FEWEST} checkpoints with a ratio, besides the first, to look beyond the runs",
                f"found {len(found)} that all shares have in common",
                f"--set tokens={longest:g}, or add checkpoints",
            )
        checkpoints, ratios = np.array(found).T
        return float(np.clip(fit_power_law(checkpoints, ratios).at(np.array([self.tokens]))[0], 0.0, 1.0))

    def _within_tolerance(self, runs: Runs, before: float, tokens: float) -> float:
        """Return the largest share up to which the law of loss over shares stays within the tolerance."""
        shares = np.unique(runs["share"])
        law = fit_power_law(shares, _losses(runs, tokens) - before)
        fine = FINE if law.a * law.s >= 0 else np.linspace(shares[0], 1.0, len(FINE))
        rise = law.at(fine) - self.tolerance
        place = first_above(rise, 0.0)
        if place in (0, len(rise)):
            return 0.0 if place == 0 else 1.0
        return float(np.interp(0.0, rise[place - 1 : place + 1], fine[place - 1 : place + 1]))


def _losses(runs: Runs, tokens: float) -> Floats:
    """Return the general loss of each share, rising, after so many tokens, between checkpoints by a straight line."""
    found = []
    for mask in each_ratio(runs):
        order = np.argsort(runs["tokens"][mask])
        found.append(np.interp(tokens, runs["tokens"][mask][order], runs["general_loss"][mask][order]))
    return np.array(found)


def _turned_down(runs: Runs, tokens: float) -> float:
    """Return the share up to which the general loss falls at the end; 1 where no share has two checkpoints."""
    shares, slopes = [], []
    for mask in each_ratio(runs):
        seen = mask & (runs["tokens"] <= tokens)
        order = np.argsort(runs["tokens"][seen])[-2:]
        if len(order) == 2:
            (start, end), (first, last) = runs["tokens"][seen][order], runs["general_loss"][seen][order]
            shares.append(float(runs["share"][mask][0]))
            slopes.append((last - first) / (end - start) if end > start else 0.0)
    place = first_above(np.array(slopes), 0.0)
    if place == len(slopes):
        return 1.0
    if place == 0:
        raise SettingError(
            "cmr_law needs runs whose general loss has turned down",
            f"at domain share {shares[0]:g} it still rises after {tokens:g} tokens",
            "train longer, or add runs of smaller shares",
        )
    return float(np.interp(0.0, slopes[place - 1 : place + 1], shares[place - 1 : place + 1]))


def _checkpoints(runs: Runs) -> Floats:
    """Return the tokens at which every share has a loss."""
    every = [runs["tokens"][mask] for mask in each_ratio(runs)]
    return np.asarray(functools.reduce(np.intersect1d, every))
