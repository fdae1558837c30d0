"""Mixtures made from the sizes of groups alone: in proportion, by temperature, and uniform with a cap on repeats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from winnow.errors import SettingError
from winnow.method import Paper, param
from winnow.pool import MISSING, Budget, Pool, Selection
from winnow.select.base import IN_TOKENS, Draw, Mixer, group_sizes
from winnow.select.shares import normalized, shares_by_size


@dataclass(frozen=True, kw_only=True)
class Proportional(Mixer):
    """Every group keeps the share that it has in the pool.

    share_i = |D_i| / sum_j |D_j|, with |D| in the budget's unit: tokens, or documents for a budget of documents. Unlike
    a random draw the shares are met within one document. Documents without a group form one group, "(none)".
    Source: arXiv 2410.04579, temperature 1.
    """

    name: ClassVar[str] = "proportional"
    paper: ClassVar[Paper] = Paper(
        "Upsample or Upweight? Balanced Training on Heavily Imbalanced Datasets", "2410.04579", 2024
    )

    def shares(self, pool: Pool, budget: Budget = IN_TOKENS) -> Mapping[str, float]:
        return shares_by_size(pool, self.by, budget)


@dataclass(frozen=True, kw_only=True)
class Temperature(Mixer):
    """Small groups get more than their share of the pool, by a temperature.

    share_i = |D_i|^(1/tau) / sum_j |D_j|^(1/tau), with |D| in the budget's unit. tau = 1 keeps the pool's shares, a
    large tau makes the groups equal, tau below 1 favours the largest. With `upweight` documents are drawn in
    proportion and weigh share_i(tau) / share_i(1) instead: equal in expectation, of higher variance (theorem 2). Draws
    meet the shares to within a document, so these weights are scaled by one number such that they sum to the documents'
    own cost: what is spent is what was asked either way. A group that its share exceeds gives the rest to the others, or is repeated up to `max_epochs`.
    Source: arXiv 2410.04579, whose high temperature is 5; mT5 (arXiv 2010.11934) uses 3.33.
    """

    name: ClassVar[str] = "temperature"
    paper: ClassVar[Paper] = Proportional.paper

    temperature: float = param(
        5.0, "How even the groups become: 1 keeps the pool's shares, large values make them equal.", low=0.01
    )
    upweight: bool = param(
        False, "Draw in proportion and write the ratio of shares as a loss weight, instead of drawing more or less."
    )

    def shares(self, pool: Pool, budget: Budget = IN_TOKENS) -> Mapping[str, float]:
        return tempered(group_sizes(pool, self.by, budget), 1.0 if self.upweight else self.temperature)

    def choose(self, pool: Pool, budget: Budget, draw: Draw) -> Selection:
        selection = super().choose(pool, budget, draw)
        if not self.upweight:
            return selection
        groups, weights = pool.group(self.by), self.loss_weights(pool, budget)
        by_code = np.array([weights.get(name, 1.0) for name in (*groups.names, MISSING)])
        weights_of_rows = selection.weights * by_code[groups.codes[selection.rows]]
        costs = budget.costs(pool)[selection.rows]
        weighed = float(weights_of_rows @ costs)
        scale = float(selection.weights @ costs) / weighed if weighed > 0 else 1.0
        return Selection(selection.rows, weights_of_rows * scale)

    def loss_weights(self, pool: Pool, budget: Budget) -> dict[str, float]:
        """Return share(tau) / share(1) per group: what a loss must weigh to match the draw; 1 for an empty group."""
        natural, wanted = self._before_and_after(pool, budget)
        return {name: wanted[name] / share if share > 0 else 1.0 for name, share in natural.items()}

    def variance_proxy(self, pool: Pool, budget: Budget) -> float:
        """Return sum_i share_i(tau)^2 / share_i(1), the second moment of the weights; 1 where nothing is balanced."""
        natural, wanted = self._before_and_after(pool, budget)
        return float(sum(wanted[name] ** 2 / share for name, share in natural.items() if share > 0))

    def _before_and_after(self, pool: Pool, budget: Budget) -> tuple[dict[str, float], dict[str, float]]:
        sizes = group_sizes(pool, self.by, budget)
        return normalized(sizes), tempered(sizes, self.temperature)


@dataclass(frozen=True, kw_only=True)
class UniMax(Mixer):
    """Every group gets the same, but none is repeated more often than a limit.

    From the smallest group to the largest, each gets min(max_epochs · |D_i|, budget left / groups left), with |D| in
    the budget's unit (characters in the paper). Group shares that are equal under one water level give the same.
    Source: arXiv 2304.09151.
    """

    name: ClassVar[str] = "unimax"
    paper: ClassVar[Paper] = Paper(
        "UniMax: Fairer and more Effective Language Sampling for Large-Scale Multilingual Pretraining",
        "2304.09151",
        2023,
    )

    by: str = param("source", "The column whose groups get equal parts, such as language.", column="group")

    def shares(self, pool: Pool, budget: Budget = IN_TOKENS) -> Mapping[str, float]:
        return {name: 1.0 for name, _ in pool.group(self.by).members()}


def tempered(shares: Mapping[str, float], temperature: float) -> dict[str, float]:
    """Return shares^(1/temperature), normalised; a group of size 0 keeps 0. Raises SettingError.

    >>> tempered({"a": 900, "b": 100}, 2.0)
    {'a': 0.75, 'b': 0.25}
    """
    if not temperature > 0:
        raise SettingError("a temperature is above 0", f"found {temperature:g}", "--set temperature=5")
    largest = max(shares.values(), default=0.0)
    if largest <= 0 or temperature == 1:
        return normalized(shares)
    return normalized({name: (share / largest) ** (1 / temperature) for name, share in shares.items()})
