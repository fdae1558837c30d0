"""A mixture that a person writes down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from winnow.errors import SettingError
from winnow.method import param
from winnow.pool import Budget, Pool
from winnow.select.base import IN_TOKENS, Mixer
from winnow.select.shares import check_groups, check_table


@dataclass(frozen=True, kw_only=True)
class Manual(Mixer):
    """Every group gets the share that a table names, and chance decides inside groups.

    The weights sum to 1 (0.005 is forgiven for rounding), or are divided by their sum with `normalize`. A group that
    the table does not name gets nothing; "(none)" stands for documents without a group. What a group cannot fill goes
    to the others by their weights. Raises SettingError for an empty table, an unknown group, and weights that are no
    numbers, negative, or do not sum to 1. No paper: the mixture is the person's own.
    """

    name: ClassVar[str] = "manual"
    example: ClassVar[Mapping[str, Any]] = {"weights": {"books": 0.4, "web": 0.6}}

    weights: Mapping[str, Any] = param({}, "The share of each group, such as books:0.4, web:0.6; they sum to 1.")
    normalize: bool = param(False, "Divide the weights by their sum, so that they need not sum to 1.")

    def __post_init__(self) -> None:
        super().__post_init__()
        check_table(self.name, "weights", self.weights, to_one=not self.normalize)

    def shares(self, pool: Pool, budget: Budget = IN_TOKENS) -> Mapping[str, float]:
        if not self.weights:
            names = [name for name, _ in pool.group(self.by).members()]
            table = ",".join(f"{name}:{1 / len(names):.3g}" for name in names[:8])
            raise SettingError(f"{self.name} needs the weights of the groups", "the table is empty", f"weights={table}")
        check_groups(self.name, "weights", self.weights, pool, self.by)
        return {name: float(weight) for name, weight in self.weights.items()}
