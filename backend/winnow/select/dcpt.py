"""The D-CPT law: the domain ratio of continued pretraining, from losses over ratio, tokens and model size."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares, nnls

from winnow.errors import SettingError
from winnow.method import Paper, param
from winnow.pool import Floats
from winnow.select.replay import ReplayLaw, each_ratio, first_above, loss_before
from winnow.select.runs import Estimate, Runs, check_runs, jackknife, read_runs

FINE = np.linspace(0.0, 1.0, 5001)
STARTS = list(itertools.product((1.0, 2.0, 4.0), (0.1, 0.3, 0.6), (0.5, 1.0, 2.0), (0.02, 0.1, 0.5), (0.1, 0.4)))
LOWEST = np.array([1.0, 1e-3, 0.05, 1e-3, 1e-3])
HIGHEST = np.array([12.0, 3.0, 6.0, 2.0, 3.0])
OUTLIER = 0.01
"""From which error in the loss on the Huber loss grows no faster than linearly."""


@dataclass(frozen=True)
class LossLaw:
    """L(N, D, r) = e + a / N^alpha + b r^eta / D^beta + c / (r + epsilon)^gamma, N and D over the largest of the runs."""

    e: float
    a: float
    b: float
    c: float
    eta: float
    beta: float
    gamma: float
    epsilon: float
    alpha: float
    size_unit: float = 1.0
    token_unit: float = 1.0

    def at(self, share: Floats, tokens: Floats | float, size: float) -> Floats:
        """Return the loss on a corpus of which the share r is of the kind whose loss it is."""
        data = np.asarray(tokens) / self.token_unit
        return np.asarray(
            self.e
            + self.a * (size / self.size_unit) ** -self.alpha
            + self.b * share**self.eta * data**-self.beta
            + self.c * (share + self.epsilon) ** -self.gamma
        )

    def falls(self, low: float, high: float, tokens: float, size: float) -> bool:
        """Return whether the loss falls as the share grows from low to high, as the law demands of its fit."""
        losses = self.at(np.linspace(low, high, 1001), tokens, size)
        return bool((np.diff(losses) <= 1e-9).all())


@dataclass(frozen=True, kw_only=True)
class DCPTLaw(ReplayLaw):
    """The domain share that a law of loss over ratio, tokens and model size finds best.

    L(N, D, r) = E + A / N^alpha + B r^eta / D^beta + C / (r + epsilon)^gamma, fitted by Huber loss from several starts,
    once to the general loss with r = 1 - domain share, once to the domain loss with r = domain share; E, A, B, C are
    not negative, eta is at least 1. Runs of one size or one length leave A or beta out. The ratio is the largest up to
    which the general loss stays within (1 + `rise`) times the loss before; or, with `domain_tokens` X, the one of least
    domain loss when the domain's X tokens are all used, so that D = X / r. A fitted loss that does not fall with its
    share is warned of. Left out is the paper's cross-domain term F / K^mu, which carries a law over to a domain without
    runs of its own: every fit here is of one domain's runs. Source: arXiv 2406.01375, law 3. Raises SettingError for runs that cannot be fitted.
    """

    name: ClassVar[str] = "dcpt_law"
    reconstruction: ClassVar[bool] = True
    paper: ClassVar[Paper] = Paper(
        "D-CPT Law: Domain-specific Continual Pre-Training Scaling Law for Large Language Models", "2406.01375", 2024
    )
    example: ClassVar[Mapping[str, Any]] = {
        "domain": "books",
        "before": 2.8,
        "runs": "share,tokens,general_loss,domain_loss\n0,1e9,2.70,2.60\n0.1,1e9,2.71,2.40\n0.33,1e9,2.74,2.25\n"
        "0.5,1e9,2.77,2.18\n0.67,1e9,2.82,2.13\n0.8,1e9,2.88,2.10\n0.9,1e9,2.97,2.08\n1,1e9,3.30,2.07",
    }

    before: float | None = param(None, "The general loss before training; empty takes it from runs with 0 tokens.")
    rise: float = param(0.03, "By which part the general loss may rise above what it was before.", low=0)
    tokens: float = param(0.0, "How many tokens the ratio is for; 0 means as many as the longest run.", low=0)
    size: float = param(0.0, "How many parameters the model has; 0 means as many as the largest of the runs.", low=0)
    domain_tokens: float = param(
        0.0, "How many tokens the domain has, to get the least domain loss from them; 0 keeps the general loss.", low=0
    )

    def ratio(self) -> float:
        runs, before = self._runs()
        return self._ratio(self.law(runs), runs, before)

    def estimate(self) -> Estimate:
        runs, before = self._runs()
        law = self.law(runs)
        value, low, high = self._ratio(law, runs, before), float(runs["share"].min()), float(runs["share"].max())
        left_out = [self._ratio(self.law(part, start=law), part, before) for part in map(runs.where, _others(runs))]
        warnings = []
        if not low <= value <= high:
            warnings.append(f"the ratio {value:.3g} lies outside the runs' {low:.3g} to {high:.3g}")
        ends = (low, high) if self.domain_tokens else (1 - high, 1 - low)
        if not law.falls(*ends, self._tokens(runs), self._size(runs)):
            warnings.append("the fitted loss does not fall everywhere as its share grows: do not trust it between runs")
        for asked, most, unit in [(self.tokens, runs["tokens"], "tokens"), (self.size, runs["size"], "parameters")]:
            if asked > most.max():
                warnings.append(f"{asked:.3g} {unit} are more than the runs' {most.max():.3g}")
        return Estimate(value, jackknife(np.array(left_out)), tuple(warnings))

    def law(self, runs: Runs, start: LossLaw | None = None) -> LossLaw:
        """Return the fitted law of the loss that the ratio is read off: the domain's, or the general one."""
        if self.domain_tokens:
            return fit_law(runs["share"], runs["tokens"], runs["size"], runs["domain_loss"], start=start)
        return fit_law(1 - runs["share"], runs["tokens"], runs["size"], runs["general_loss"], start=start)

    def _runs(self) -> tuple[Runs, float]:
        wanted = ("share", "tokens", "domain_loss" if self.domain_tokens else "general_loss")
        other = "general_loss" if self.domain_tokens else "domain_loss"
        runs = read_runs(self.name, self.runs, wanted, {other: 1.0, "size": 1.0})
        check_runs(self.name, runs, shares_from_zero=True, positive=("general_loss", "domain_loss", "size"))
        before = 0.0 if self.domain_tokens else loss_before(self.name, runs, self.before)
        trained = runs.where(runs["tokens"] > 0)
        needed = 6 + 2 * (len(np.unique(trained["size"])) > 1) + (len(np.unique(trained["tokens"])) > 1)
        shares = len(np.unique(trained["share"]))
        if len(trained) < needed or shares < 4:
            raise SettingError(
                f"{self.name} needs {needed} runs at 4 domain shares or more",
                f"found {len(trained)} at {shares}",
                "such as 0, 0.1, 0.33, 0.5, 0.67, 0.8, 0.9, 1",
            )
        return trained, before

    def _tokens(self, runs: Runs) -> float:
        return self.tokens or float(runs["tokens"].max())

    def _size(self, runs: Runs) -> float:
        return self.size or float(runs["size"].max())

    def _ratio(self, law: LossLaw, runs: Runs, before: float) -> float:
        if self.domain_tokens:
            shares = FINE[1:]
            return float(shares[law.at(shares, self.domain_tokens / shares, self._size(runs)).argmin()])
        excess = law.at(1 - FINE, self._tokens(runs), self._size(runs)) - (1 + self.rise) * before
        place = first_above(excess, 0.0)
        if place in (0, len(FINE)):
            return 0.0 if place == 0 else 1.0
        return float(np.interp(0.0, excess[place - 1 : place + 1], FINE[place - 1 : place + 1]))


def fit_law(share: Floats, tokens: Floats, size: Floats, loss: Floats, *, start: LossLaw | None = None) -> LossLaw:
    """Fit the law to runs [n] with shares of the kind whose loss it is; `start` replaces the search for one."""
    size_unit, token_unit = float(size.max()), float(tokens.max())
    n, d = size / size_unit, tokens / token_unit
    several = len(np.unique(size)) > 1

    def terms(free: Floats) -> Floats:
        eta, beta, gamma, epsilon, alpha = free
        by_size = n**-alpha if several else np.zeros(len(n))
        return np.column_stack([np.ones(len(n)), by_size, share**eta * d**-beta, (share + epsilon) ** -gamma])

    def residuals(both: Floats) -> Floats:
        return np.asarray(terms(both[4:]) @ both[:4] - loss)

    starts = STARTS if several else STARTS[::2]
    tried = []
    for free in starts if start is None else []:
        linear, error = nnls(terms(np.array(free)), loss)
        tried.append((error, [*linear, *free]))
    chosen = [found for _, found in sorted(tried)[:3]]
    if start is not None:
        chosen = [[start.e, start.a, start.b, start.c, start.eta, start.beta, start.gamma, start.epsilon, start.alpha]]
    fits = [_polish(residuals, np.array(found)) for found in chosen]
    both = min(fits, key=lambda fit: fit[0])[1]
    e, a, b, c, eta, beta, gamma, epsilon, alpha = both.tolist()
    a = a if several else 0.0
    return LossLaw(e, a, b, c, eta, beta, gamma, epsilon, alpha, size_unit=size_unit, token_unit=token_unit)


def _polish(residuals: Callable[[Floats], Floats], start: Floats) -> tuple[float, Floats]:
    """Return the Huber loss and the nine coefficients near a start."""
    low, high = np.concatenate([np.zeros(4), LOWEST]), np.concatenate([np.full(4, np.inf), HIGHEST])
    inside = np.clip(start, low + 1e-9, high - 1e-9)
    fit = least_squares(
        residuals,
        inside,
        bounds=(low, high),
        loss="huber",
        f_scale=OUTLIER,
        x_scale="jac",
        max_nfev=150,
        xtol=1e-10,
        ftol=1e-10,
        gtol=1e-10,
    )
    return float(fit.cost), fit.x


def _others(runs: Runs) -> list[NDArray[np.bool_]]:
    return [~mask for mask in each_ratio(runs)]
