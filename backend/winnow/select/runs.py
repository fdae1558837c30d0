"""Small training runs as a person hands them over: a table of numbers, read from the contents of a CSV file."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from winnow.errors import SettingError, nearest
from winnow.pool import Floats


@dataclass(frozen=True, eq=False)
class Runs:
    """Runs of one law: entry i of every column belongs to run i; `names` holds the one column of names, if any."""

    columns: Mapping[str, Floats]
    names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def __getitem__(self, column: str) -> Floats:
        return self.columns[column]

    def where(self, kept: NDArray[np.bool_]) -> Runs:
        names = tuple(name for name, keep in zip(self.names, kept, strict=True) if keep) if self.names else ()
        return Runs({name: values[kept] for name, values in self.columns.items()}, names)

    def without(self, run: int) -> Runs:
        return self.where(np.arange(len(self)) != run)


@dataclass(frozen=True)
class Estimate:
    """A value read off a fitted law, its standard error by leaving out one run at a time, and what to beware of."""

    value: float
    error: float
    warnings: tuple[str, ...] = ()

    @property
    def interval(self) -> tuple[float, float]:
        """Return value ± 1.96 standard errors, within [0, 1]."""
        return max(self.value - 1.96 * self.error, 0.0), min(self.value + 1.96 * self.error, 1.0)


def read_runs(who: str, text: str, columns: Sequence[str], optional: Mapping[str, float], name: str = "") -> Runs:
    """Read runs from CSV text with a heading; lines end with a new line or ";". Raises SettingError.

    `columns` must be there; an `optional` one that is absent gets its value; `name` is the column that holds names.
    """
    example = ",".join([*([name] if name else []), *columns])
    lines = [line for line in io.StringIO(text.replace(";", "\n")).read().splitlines() if line.strip()]
    if not lines:
        raise SettingError(f"{who} needs the results of small runs", "the table is empty", f"runs begin with {example}")
    heading, *rows = list(csv.reader(lines, skipinitialspace=True))
    heading = [cell.strip() for cell in heading]
    known = [*([name] if name else []), *columns, *optional]
    for cell in heading:
        if cell not in known:
            raise SettingError(f"{who}: runs have columns {', '.join(known)}", f"found '{cell}'", nearest(cell, known))
    for wanted in [*([name] if name else []), *columns]:
        if wanted not in heading:
            raise SettingError(
                f"{who}: runs need column '{wanted}'", f"found {', '.join(heading)}", f"begin: {example}"
            )
    for number, row in enumerate(rows, 2):
        if len(row) != len(heading):
            raise SettingError(
                f"{who}: every run has {len(heading)} values", f"line {number} has {len(row)}", ",".join(heading)
            )
    values = {
        column: np.array([_number(who, column, number, row[place]) for number, row in enumerate(rows, 2)])
        for place, column in enumerate(heading)
        if column != name
    }
    missing = {column: np.full(len(rows), value) for column, value in optional.items() if column not in heading}
    names = tuple(row[heading.index(name)].strip() for row in rows) if name else ()
    return Runs({**values, **missing}, names)


def check_runs(who: str, runs: Runs, *, shares_from_zero: bool, positive: Sequence[str]) -> None:
    """Raise SettingError for a share outside [0, 1] (or of 0, which a power law cannot take) or a number not above 0."""
    low = runs["share"] < 0 if shares_from_zero else runs["share"] <= 0
    for value in runs["share"][low | (runs["share"] > 1)]:
        bounds = "in [0, 1]" if shares_from_zero else "above 0, at most 1"
        raise SettingError(f"{who}: a share is {bounds}", f"found {value:g}", "write shares as 0.25, not 25")
    for column in positive:
        for value in runs[column][runs[column] <= 0]:
            raise SettingError(f"{who}: {column} are above 0", f"found {value:g}", "leave such a run out")


def jackknife(estimates: Floats) -> float:
    """Return the standard error from estimates that each leave out one run: sqrt((n - 1) / n · sum (x - mean)²).

    >>> jackknife(np.array([1.0, 2.0, 3.0])) == (2 / 3 * 2.0) ** 0.5
    True
    """
    n = len(estimates)
    return math.sqrt((n - 1) / n * float(((estimates - estimates.mean()) ** 2).sum())) if n > 1 else math.inf


def _number(who: str, column: str, line: int, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise SettingError(f"{who}: {column} is a number", f"line {line} has {text!r}", "leave such a run out")
    return value
