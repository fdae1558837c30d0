"""What the laws of continued pretraining share: one domain group, the rest as general replay, and a ratio to read off."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from winnow.errors import SettingError
from winnow.method import param
from winnow.pool import MISSING, Budget, Floats, Pool
from winnow.select.base import IN_TOKENS, Mixer, group_sizes
from winnow.select.runs import Estimate, Runs
from winnow.select.shares import check_groups, normalized


@dataclass(frozen=True, kw_only=True)
class ReplayLaw(Mixer):
    """A mixer that gives one group the ratio read off a law, and the rest to the others by size."""

    by: str = param("source", "The column that tells the domain group from the others.", column="group")
    domain: str = param("", "The group that is the domain; all others are general data.")
    runs: str = param("", "The small runs, one a line, under a heading.", lines=True)

    @abstractmethod
    def ratio(self) -> float:
        """Return the domain's share of the budget; raises SettingError."""

    @abstractmethod
    def estimate(self) -> Estimate:
        """Return the ratio, its standard error by leaving out one run at a time, and warnings; raises SettingError."""

    def shares(self, pool: Pool, budget: Budget = IN_TOKENS) -> Mapping[str, float]:
        if not self.domain:
            raise SettingError(
                f"{self.name} needs the group that is the domain", "none is named", f"domain={_first(pool, self.by)}"
            )
        check_groups(self.name, "domain", {self.domain: 1.0}, pool, self.by)
        ratio, sizes = self.ratio(), group_sizes(pool, self.by, budget)
        others = {name: size for name, size in sizes.items() if name != self.domain}
        general = normalized(others) if others else {}
        return {self.domain: ratio, **{name: (1 - ratio) * share for name, share in general.items()}}


def loss_before(who: str, runs: Runs, given: float | None) -> float:
    """Return the general loss before training: as given, or as the runs have it at 0 tokens; raises SettingError."""
    if given is not None:
        return given
    at_start = runs["general_loss"][runs["tokens"] == 0]
    if not len(at_start):
        raise SettingError(
            f"{who} needs the general loss before training",
            "no run has 0 tokens",
            "--set before=LOSS, or add a run with tokens 0",
        )
    return float(at_start.mean())


def each_ratio(runs: Runs) -> list[NDArray[np.bool_]]:
    """Return one mask per share, rising: leaving out a run means all checkpoints of a share."""
    return [np.asarray(runs["share"] == share) for share in np.unique(runs["share"])]


def first_above(values: Floats, limit: float) -> int:
    """Return the place of the first value above a limit, or their number."""
    above = np.flatnonzero(values > limit)
    return int(above[0]) if len(above) else len(values)


def _first(pool: Pool, column: str) -> str:
    names = pool.group(column).names
    return names[0] if names else MISSING
