"""Phases of training: which documents come when, by the mixture of each phase."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from winnow.arrange.base import Arranged, Entries, Order
from winnow.errors import SettingError, nearest
from winnow.method import Paper, param
from winnow.pool import MISSING, Floats, Groups, Rows

OTHERS = "*"
"""The name of all groups that a phase does not name."""

ROUNDING = 0.005
"""How far from 1 rounded shares may sum."""


@dataclass(frozen=True, kw_only=True)
class Phases(Order):
    """The documents of each group are divided among phases of training by the mixture of each phase.

    Phase p takes the part s_p of the tokens and in it group g the share w_pg. The copies of group g, in random order or
    by a column, are cut where the running sums of s_p · w_pg / sum_q s_q · w_qg end (a copy is in the phase that holds
    its middle), so that every copy is written once and none is repeated: a selection of `upsample_late` or `cooldown`
    falls into its own phases exactly; another one keeps its groups' sizes, and what came about stands in the manifest.
    Inside a phase the order is random. An empty mixture is the selection's own; "*" stands for all groups not named, in
    their own proportions. Raises SettingError for shares that do not sum to 1, unknown groups and groups without a phase.
    Source: arXiv 2406.03476, two phases, the last of 10 % to 20 %.
    """

    name: ClassVar[str] = "phases"
    paper: ClassVar[Paper] = Paper(
        "Does your data spark joy? Performance gains from domain upsampling at the end of training", "2406.03476", 2024
    )
    marks: ClassVar[tuple[str, ...]] = ("phase",)
    example: ClassVar[Mapping[str, Any]] = {"plan": "0.8\n0.2 | books:0.5, *:0.5"}

    by: str = param("source", "The column whose groups are divided.", column="group")
    plan: str = param(
        "",
        "A line a phase: its share of the tokens, then | and its mixture, such as 0.2 | books:0.5, *:0.5; empty takes "
        "the phases of the selection's own method.",
        lines=True,
    )
    column: str = param(
        "", "A number by which a group's later phases get its higher values; empty leaves it to chance."
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        read_plan(self.plan)

    def needs(self) -> frozenset[str]:
        return frozenset({self.by, self.column} - {""})

    def arrange(self, entries: Entries) -> Arranged:
        if not self.plan.strip():
            raise SettingError(
                "phases needs a plan", "it is empty, and the selection's method has no phases",
                "--set phases.plan='0.8; 0.2 | books:0.5, *:0.5'",
            )  # fmt: skip
        groups, chance = entries.group(self.by), entries.order("phases")
        parts = self._parts(groups, entries.tokens)
        keys: tuple[Any, ...] = (chance, entries.copy)
        if self.column:
            values = entries.number(self.column)
            keys = (chance, np.where(np.isnan(values), -np.inf, values))
        order = np.lexsort((*keys, groups.codes))
        codes, tokens = groups.codes[order], entries.tokens[order]
        whole = np.bincount(codes + 1, tokens, minlength=parts.shape[1])
        after = np.cumsum(tokens)
        starts = np.flatnonzero(np.diff(codes, prepend=-2))
        before = np.repeat((after - tokens)[starts], np.diff(starts, append=len(order)))
        middle = (after - before - tokens / 2) / np.maximum(whole[codes + 1], 1)
        ends = np.cumsum(parts, axis=0) / np.maximum(parts.sum(axis=0), np.finfo(float).tiny)
        phase = np.empty(len(order), dtype=np.int64)
        phase[order] = (middle > ends[:-1, codes + 1]).sum(axis=0)
        places = np.lexsort((entries.order("inside"), phase))
        spent = np.bincount(phase, entries.tokens, minlength=len(parts))
        return Arranged(
            places,
            {"phase": phase[places]},
            {f"tokens in phase {number}": int(part) for number, part in enumerate(spent)},
        )

    def _parts(self, groups: Groups, tokens: Rows) -> Floats:
        """Return s_p · w_pg, float [phases, groups + 1]; the first column is the group of missing names."""
        names = [MISSING, *groups.names]
        sizes = np.bincount(groups.codes + 1, tokens, minlength=len(names)).astype(np.float64)
        parts = []
        for share, mixture in read_plan(self.plan):
            for name in mixture:
                if name not in names and name != OTHERS:
                    raise SettingError(f"phases name groups of '{self.by}'", f"found '{name}'", nearest(name, names))
            rest = np.array([name not in mixture for name in names]) * sizes
            rest *= (mixture.get(OTHERS, 0.0) if mixture else 1.0) / max(rest.sum(), 1.0)
            parts.append(share * (np.array([mixture.get(name, 0.0) for name in names]) + rest))
        lost = np.flatnonzero((sizes > 0) & (np.sum(parts, axis=0) == 0))
        if len(lost):
            raise SettingError(
                "every group has a phase",
                f"'{names[lost[0]]}' has none",
                f"name it, or add {OTHERS}:0.1 for all others",
            )
        return np.array(parts)


def read_plan(text: str) -> list[tuple[float, dict[str, float]]]:
    """Read phases, lines "share | name:share, name:share" or parted by ";"; raises SettingError.

    >>> read_plan("0.8; 0.2 | books:0.5, *:0.5")
    [(0.8, {}), (0.2, {'books': 0.5, '*': 0.5})]
    """
    phases = []
    for line in text.replace(";", "\n").splitlines():
        share, _, mixture = line.partition("|")
        if line.strip():
            pairs = [pair.rpartition(":") for pair in mixture.split(",") if pair.strip()]
            phases.append((_share(share, line), {name.strip(): _share(value, line) for name, _, value in pairs}))
    for what, total in [
        ("phases", [share for share, _ in phases]),
        *(("a mixture", [*mix.values()]) for _, mix in phases),
    ]:
        if total and abs(math.fsum(total) - 1) > ROUNDING:
            raise SettingError(f"the shares of {what} sum to 1", f"they sum to {math.fsum(total):g}", "mend the plan")
    return phases


def _share(text: str, line: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1:
        raise SettingError(
            "a phase is a share in [0, 1], then | name:share, ...", f"found '{line}'", "0.2 | books:0.5, *:0.5"
        )
    return value
