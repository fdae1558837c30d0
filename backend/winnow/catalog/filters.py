"""The filter: which documents a person looks at, as one value that travels through every page and lives in the URL."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self

from winnow.errors import QueryError

MISSING = "(none)"
"""How a missing value is written wherever values are listed."""


@dataclass(frozen=True)
class Range:
    """A numeric or date column within [low, high]; either end may be open. `missing` keeps rows without a value too."""

    low: float | str | None = None
    high: float | str | None = None
    missing: bool = False


@dataclass(frozen=True)
class Values:
    """A column equal to one of the values, or to none of them when `exclude`; "(none)" stands for missing."""

    values: tuple[str, ...]
    exclude: bool = False


@dataclass(frozen=True)
class Filter:
    """A conjunction of conditions. The empty filter keeps everything."""

    search: str = ""
    """Keywords, "a phrase", -not, field:word (BM25)."""
    near: str = ""
    """A sentence: the documents whose vectors are nearest to it."""
    like: int | None = None
    """A document: the documents nearest to it."""
    ranges: Mapping[str, Range] = field(default_factory=dict)
    values: Mapping[str, Values] = field(default_factory=dict)
    lasso: tuple[tuple[float, float], ...] = ()
    """A polygon on the map (map_x, map_y)."""
    where: str = ""
    """A SQL condition over `docs`."""
    selection: str = ""
    """Documents kept by a named selection; with a leading "-", those it dropped."""

    def __post_init__(self) -> None:
        # Corners are kept as the address writes them, so that a filter equals what its address says.
        object.__setattr__(self, "lasso", tuple((float(f"{x:.5g}"), float(f"{y:.5g}")) for x, y in self.lasso))
        if not all(math.isfinite(x) and math.isfinite(y) for x, y in self.lasso):
            raise QueryError("a lasso has corners on the map", "found one at infinity", "draw it again")
        if 0 < len(self.lasso) < 3:
            raise QueryError("a lasso has at least three corners", f"found {len(self.lasso)}", "draw it again")

    def __bool__(self) -> bool:
        return self != Filter()

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def key(self) -> str:
        """Return a canonical text of the filter: equal filters, equal keys."""
        return json.dumps(self.to_query(), sort_keys=True, ensure_ascii=False)

    def with_values(self, column: str, *values: str, exclude: bool = False) -> Self:
        """Return the filter with one column's values set; no values removes the condition."""
        rest = {name: condition for name, condition in self.values.items() if name != column}
        return replace(self, values={**rest, column: Values(tuple(values), exclude)} if values else rest)

    def with_range(self, column: str, low: float | str | None, high: float | str | None, missing: bool = False) -> Self:
        """Return the filter with one column's range set; two open ends remove the condition."""
        rest = {name: condition for name, condition in self.ranges.items() if name != column}
        bounded = low is not None or high is not None
        return replace(self, ranges={**rest, column: Range(low, high, missing)} if bounded else rest)

    def without(self, part: str) -> Self:
        """Return the filter without one condition, named as in `pills`: "search", "in.source", "range.quality" ..."""
        kind, _, column = part.partition(".")
        if kind == "in":
            return self.with_values(column)
        if kind == "range":
            return self.with_range(column, None, None)
        changed: dict[str, Any] = {item.name: item.default for item in fields(self) if item.name == kind}
        return replace(self, **changed)

    def pills(self) -> list[tuple[str, str]]:
        """Return (part, words for people) per condition, in a fixed order."""
        pills = []
        if self.search:
            pills.append(("search", f"contains “{self.search}”"))
        if self.near:
            pills.append(("near", f"near “{self.near}”"))
        if self.like is not None:
            pills.append(("like", f"like document {self.like}"))
        for column, chosen in sorted(self.values.items()):
            verb = "is not" if chosen.exclude else "is"
            pills.append((f"in.{column}", f"{column} {verb} {' or '.join(chosen.values)}"))
        for column, bounds in sorted(self.ranges.items()):
            pills.append((f"range.{column}", _range_words(column, bounds)))
        if self.lasso:
            pills.append(("lasso", "inside the lasso"))
        if self.where:
            pills.append(("where", self.where))
        if self.selection:
            kept = not self.selection.startswith("-")
            pills.append(("selection", f"{'kept' if kept else 'dropped'} by {self.selection.lstrip('-')}"))
        return pills

    def to_query(self) -> dict[str, str]:
        """Return the filter as URL parameters; `from_query` inverts it."""
        query = {name: text for name in ("search", "near", "where", "selection") if (text := getattr(self, name))}
        if self.like is not None:
            query["like"] = str(self.like)
        for column, chosen in self.values.items():
            query[f"{'not' if chosen.exclude else 'in'}.{column}"] = json.dumps(list(chosen.values), ensure_ascii=False)
        for column, bounds in self.ranges.items():
            ends = [bounds.low, bounds.high] + ([MISSING] if bounds.missing else [])
            query[f"range.{column}"] = json.dumps(ends, ensure_ascii=False)
        if self.lasso:
            query["lasso"] = ";".join(f"{x:.5g},{y:.5g}" for x, y in self.lasso)
        return query

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Self:
        """Read URL parameters, ignoring those of pages; raises QueryError for a condition that cannot be read."""
        values: dict[str, Values] = {}
        ranges: dict[str, Range] = {}
        try:
            for name, text in query.items():
                kind, _, column = name.partition(".")
                if kind in ("in", "not") and column:
                    values[column] = Values(tuple(map(_word, _listed(text))), exclude=kind == "not")
                elif kind == "range" and column:
                    low, high, *missing = _listed(text)
                    ranges[column] = Range(_bound(low), _bound(high), bool(missing))
            corners = [corner.split(",") for corner in query.get("lasso", "").split(";") if corner]
            return cls(
                **{name: _word(query[name]) for name in ("search", "near", "where", "selection") if name in query},
                like=int(query["like"]) if "like" in query else None,
                values=values,
                ranges=ranges,
                lasso=tuple((float(x), float(y)) for x, y in corners),
            )
        except (ValueError, TypeError) as reason:
            raise QueryError(
                "the address names a filter that cannot be read", str(reason), "clear the filter"
            ) from reason


def _listed(text: str) -> list[Any]:
    found = json.loads(text)
    if not isinstance(found, list):
        raise TypeError(f"{text} is no list")
    return found


def _word(value: Any) -> str:
    """Return the value as text; half a surrogate pair, which no document holds, raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise TypeError(f"{value!r} is no value")
    return str(value).encode().decode()


def _bound(value: Any) -> float | str | None:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} is no bound")
    word = None if value is None else _word(value)
    return value if isinstance(value, (int, float)) else word


def _range_words(column: str, bounds: Range) -> str:
    def word(value: float | str | None) -> str:
        return f"{value:g}" if isinstance(value, (int, float)) else str(value)

    if bounds.low is None:
        words = f"{column} ≤ {word(bounds.high)}"
    elif bounds.high is None:
        words = f"{column} ≥ {word(bounds.low)}"
    else:
        words = f"{word(bounds.low)} ≤ {column} ≤ {word(bounds.high)}"
    return words + (" or missing" if bounds.missing else "")
