"""Shares of groups as people give them: a table checked against the groups that a pool has."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from winnow.errors import SettingError, nearest
from winnow.pool import MISSING, Budget, Pool
from winnow.select.base import group_sizes

ROUNDING = 0.005
"""How far from 1 a table of rounded shares may sum."""


def shares_by_size(pool: Pool, column: str, budget: Budget) -> dict[str, float]:
    """Return each group's part of the pool, in the budget's unit; equal parts where nothing costs anything."""
    return normalized(group_sizes(pool, column, budget))


def normalized(table: Mapping[str, float]) -> dict[str, float]:
    """Return the table divided by its sum; equal parts where the sum is 0."""
    total = math.fsum(table.values())
    return {name: value / total if total > 0 else 1 / len(table) for name, value in table.items()}


def check_table(
    who: str, setting: str, table: Mapping[str, Any], *, to_one: bool = True, positive: bool = True
) -> None:
    """Raise SettingError unless the values are numbers from 0 up that sum to 1, or to anything above 0, or to anything."""
    for name, value in table.items():
        number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
        if not number or value < 0:
            raise SettingError(
                f"{who}: {setting} are numbers from 0 up", f"found {value!r} for '{name}'", f"--set {setting}=name:0.5"
            )
    total = math.fsum(table.values())
    if table and positive and total <= 0:
        raise SettingError(f"{who}: {setting} give at least one group a share", "all are 0", f"--set {setting}=name:1")
    if table and to_one and abs(total - 1) > ROUNDING:
        mended = ",".join(f"{name}:{value / total:.4g}" for name, value in table.items())
        raise SettingError(f"{who}: {setting} sum to 1", f"they sum to {total:g}", f"--set {setting}={mended}")


def check_groups(who: str, setting: str, table: Mapping[str, Any], pool: Pool, column: str) -> None:
    """Raise SettingError when a name is no group of the column."""
    known = {*pool.group(column).names, MISSING}
    for name in table:
        if name not in known:
            raise SettingError(f"{who}: {setting} name groups of '{column}'", f"found '{name}'", nearest(name, known))
