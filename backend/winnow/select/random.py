"""Selection by chance: the control every other method is measured against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from winnow.pool import Budget, Floats, Pool
from winnow.select.base import IN_TOKENS, Draw, Mixer, Ranker


@dataclass(frozen=True, kw_only=True)
class Random(Ranker):
    """Every document has the same chance.

    Documents are taken in a random order until the budget is reached. No paper: this is the control.
    """

    name: ClassVar[str] = "random"

    def rank(self, pool: Pool, draw: Draw) -> Floats:
        return draw.uniform("random")


@dataclass(frozen=True, kw_only=True)
class BalancedRandom(Mixer):
    """Every group gets the same share of the budget, and chance decides inside groups.

    What a small group cannot fill goes to the others in equal parts. Documents without a group form one group,
    "(none)". No paper: this is the control for methods that balance sources or clusters.
    """

    name: ClassVar[str] = "balanced_random"

    def shares(self, pool: Pool, budget: Budget = IN_TOKENS) -> Mapping[str, float]:
        return {name: 1.0 for name, _ in pool.group(self.by).members()}
