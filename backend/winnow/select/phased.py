"""Mixtures that change during training: a temperature that falls, and groups raised at the end."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from winnow.errors import SettingError
from winnow.method import Paper, param
from winnow.pool import MISSING, Budget, Floats, Pool, Selection
from winnow.select.base import IN_TOKENS, Mixer, group_sizes
from winnow.select.shares import check_groups, check_table, normalized
from winnow.select.sized import Proportional, tempered


@dataclass(frozen=True)
class Phase:
    """A part of training: from where to where (shares of the budget), and the mixture in it (shares sum to 1)."""

    start: float
    end: float
    shares: Mapping[str, float]

    @property
    def length(self) -> float:
        return self.end - self.start


@dataclass(frozen=True, kw_only=True)
class Phased(Mixer):
    """A mixer whose mixture changes: a group's share of the budget is sum over phases of length · share in the phase.

    A selection holds each document once with how often it is seen in all; `times_by_phase` divides that among phases.
    """

    @abstractmethod
    def phases(self, pool: Pool, budget: Budget) -> tuple[Phase, ...]:
        """Return the phases in order, from 0 to 1 without a gap."""

    def shares(self, pool: Pool, budget: Budget = IN_TOKENS) -> Mapping[str, float]:
        phases = self.phases(pool, budget)
        names = dict.fromkeys(name for phase in phases for name in phase.shares)
        return {name: sum(phase.length * phase.shares.get(name, 0.0) for phase in phases) for name in names}

    def times_by_phase(self, pool: Pool, selection: Selection, budget: Budget) -> Floats:
        """Return how often each chosen document is seen in each phase, float [phases, documents].

        A group's copies in their order are cut where its parts of the phases end, to within one document a group; what
        a full group gave away is taken from its phases in proportion. Columns sum to the selection's weights.
        """
        phases, groups = self.phases(pool, budget), pool.group(self.by)
        codes, costs = groups.codes[selection.rows], budget.costs(pool)
        parts = np.array([[p.length * p.shares.get(name, 0.0) for name in (*groups.names, MISSING)] for p in phases])
        ends = np.cumsum(parts, axis=0) / np.maximum(parts.sum(axis=0), np.finfo(float).tiny)
        slots = len(groups.names) + 1  # code -1 is the last
        whole = np.bincount(groups.codes % slots, costs, minlength=slots)
        spent = np.bincount(codes % slots, costs[selection.rows] * selection.weights, minlength=slots)
        order = np.argsort(codes, kind="stable")  # the order of choice inside a group is its order in every epoch
        after = np.cumsum(costs[selection.rows][order])
        starts = np.flatnonzero(np.diff(codes[order], prepend=-2))
        before = np.repeat((after - costs[selection.rows][order])[starts], np.diff(starts, append=len(order)))
        middle = np.empty(len(order))
        middle[order] = after - before - costs[selection.rows][order] / 2
        seen = [np.zeros(len(order))]
        for end in ends[:-1]:
            level = (end * spent)[codes] - middle
            seen.append(np.clip(np.floor(level / np.maximum(whole[codes], 1)) + 1, 0, selection.weights))
        return np.diff(np.array([*seen, selection.weights]), axis=0)


@dataclass(frozen=True, kw_only=True)
class Cooldown(Phased):
    """Groups are balanced by a high temperature first and keep the pool's shares afterwards.

    share_i(tau) = |D_i|^(1/tau) / sum_j |D_j|^(1/tau), with |D| in the budget's unit; tau = `first` up to `switch` of
    the budget, tau = `last` from there on. The temperature falls: one sparse switch beats dense schedules.
    Source: arXiv 2410.04579, tau 5 for the first half, then 1.
    """

    name: ClassVar[str] = "cooldown"
    paper: ClassVar[Paper] = Proportional.paper

    first: float = param(5.0, "The temperature at the start: large values make groups equal.", low=0.01)
    last: float = param(1.0, "The temperature at the end: 1 keeps the pool's shares.", low=0.01)
    switch: float = param(0.5, "At which part of the budget the temperature changes.", low=0, high=1)

    def phases(self, pool: Pool, budget: Budget) -> tuple[Phase, ...]:
        sizes = group_sizes(pool, self.by, budget)
        return (
            Phase(0.0, self.switch, tempered(sizes, self.first)),
            Phase(self.switch, 1.0, tempered(sizes, self.last)),
        )


@dataclass(frozen=True, kw_only=True)
class UpsampleLate(Phased):
    """Chosen groups are raised in the last part of training.

    The mixture is `base` for the first 1 - f of the budget T and `late` for the last f, so that group i is seen
    T · (f · late_i + (1 - f) · base_i) / |D_i| times. The paper tests f from 5 % to 30 % and finds 10 % to 20 % best;
    general language modelling falls with longer f. Its multipliers per data set are not known here, so `late` is the
    person's table. Both tables sum to 1; an empty `base` is the pool's own mixture in the budget's unit.
    Source: arXiv 2406.03476.
    """

    name: ClassVar[str] = "upsample_late"
    reconstruction: ClassVar[bool] = True
    paper: ClassVar[Paper] = Paper(
        "Does your data spark joy? Performance gains from domain upsampling at the end of training", "2406.03476", 2024
    )
    example: ClassVar[Mapping[str, Any]] = {"late": {"books": 0.5, "web": 0.5}}

    late: Mapping[str, Any] = param({}, "The share of each group in the last phase, such as books:0.5, web:0.5.")
    base: Mapping[str, Any] = param({}, "The share of each group before; empty keeps the pool's own shares.")
    fraction: float = param(0.2, "How long the last phase is, as a part of the budget.", low=0, high=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_table(self.name, "late", self.late)
        check_table(self.name, "base", self.base)

    def phases(self, pool: Pool, budget: Budget) -> tuple[Phase, ...]:
        if not self.late:
            raise SettingError(
                f"{self.name} needs the mixture of the last phase", "the table is empty", "--set late=books:0.5,web:0.5"
            )
        check_groups(self.name, "late", self.late, pool, self.by)
        check_groups(self.name, "base", self.base, pool, self.by)
        base = normalized(self.base) if self.base else normalized(group_sizes(pool, self.by, budget))
        switch = 1.0 - self.fraction
        return Phase(0.0, switch, base), Phase(switch, 1.0, normalized(self.late))
