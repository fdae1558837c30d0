"""The filter: which documents a person looks at, as one value that travels through every page and lives in the URL."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self

from winnow.errors import QueryError

MISSING = "(none)"
"""How a missing value is written wherever values are listed."""

WORDS = ("search", "near", "regex", "where", "selection")
PICKED = ("examples", "against")
"""Conditions that are one text, and those that are documents."""


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
    """A conjunction of conditions, and alternatives to it. The empty filter keeps everything."""

    search: str = ""
    """Keywords, "a phrase", -not, field:word (BM25)."""
    near: str = ""
    """A sentence: the documents whose vectors are nearest to it."""
    like: int | None = None
    """A document: the documents nearest to it."""
    regex: str = ""
    """A pattern in the text (RE2): "(?i)colou?r"."""
    examples: tuple[int, ...] = ()
    """Documents of a kind: those that a scorer learnt from them takes for the same kind."""
    against: tuple[int, ...] = ()
    """Documents that are not of that kind."""
    ranges: Mapping[str, Range] = field(default_factory=dict)
    values: Mapping[str, Values] = field(default_factory=dict)
    lasso: tuple[tuple[float, float], ...] = ()
    """A polygon on the map (map_x, map_y)."""
    added: tuple[tuple[tuple[float, float], ...], ...] = ()
    """Further polygons: a document lies in the lasso or in one of them."""
    where: str = ""
    """A SQL condition over `docs`."""
    selection: str = ""
    """Documents kept by a named selection; with a leading "-", those it dropped."""
    also: tuple[Filter, ...] = ()
    """Alternatives: a document stays when it meets the conditions above or one of these; without conditions of its own
    the filter keeps what the alternatives keep."""

    def __post_init__(self) -> None:
        # Corners are kept as the address writes them, so that a filter equals what its address says.
        first, *rest = (_polygon(corners) for corners in (self.lasso, *self.added))
        for name in PICKED:
            object.__setattr__(self, name, tuple(dict.fromkeys(getattr(self, name))))
        object.__setattr__(self, "lasso", first)
        object.__setattr__(self, "added", tuple(rest))
        if rest and not first:
            raise QueryError("a polygon is added to a lasso", "there is none", "draw it again")
        flat = [one for part in self.also for one in ((part.own, *part.also) if part.own else part.also)]
        object.__setattr__(self, "also", tuple(dict.fromkeys(flat)))

    def __bool__(self) -> bool:
        return self != Filter()

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def key(self) -> str:
        """Return a canonical text of the filter: equal filters, equal keys."""
        return json.dumps(self.to_query(), sort_keys=True, ensure_ascii=False)

    @property
    def digest(self) -> str:
        """Return a short name of the filter: equal filters, equal names."""
        return hashlib.sha256(self.key.encode()).hexdigest()[:12]

    @property
    def own(self) -> Self:
        """Return the filter without its alternatives."""
        return replace(self, also=())

    @property
    def lassos(self) -> tuple[tuple[tuple[float, float], ...], ...]:
        """Return every polygon."""
        return (self.lasso, *self.added) if self.lasso else ()

    def with_lassos(self, *polygons: tuple[tuple[float, float], ...]) -> Self:
        """Return the filter with other polygons, or none."""
        return replace(self, lasso=polygons[0] if polygons else (), added=polygons[1:])

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
        if kind == "also":
            return replace(self, also=tuple(other for other in self.also if other.digest != column))
        if kind == "examples":
            return replace(self, examples=(), against=())
        if kind == "lasso":
            return self.with_lassos()
        changed: dict[str, Any] = {item.name: item.default for item in fields(self) if item.name == kind}
        return replace(self, **changed)

    def pills(self) -> list[tuple[str, str]]:
        """Return (part, words for people) per condition, in a fixed order."""
        pills = [
            (f"also.{part.digest}", f"{' and '.join(words for _, words in part.pills())} — or") for part in self.also
        ]
        if self.search:
            pills.append(("search", f"contains “{self.search}”"))
        if self.near:
            pills.append(("near", f"near “{self.near}”"))
        if self.like is not None:
            pills.append(("like", f"like document {self.like}"))
        if self.regex:
            pills.append(("regex", f"matches /{self.regex}/"))
        if self.examples or self.against:
            pills.append(("examples", _concept_words(len(self.examples), len(self.against))))
        for column, chosen in sorted(self.values.items()):
            verb = "is not" if chosen.exclude else "is"
            pills.append((f"in.{column}", f"{column} {verb} {' or '.join(chosen.values)}"))
        for column, bounds in sorted(self.ranges.items()):
            pills.append((f"range.{column}", _range_words(column, bounds)))
        if self.lasso:
            pills.append(("lasso", f"inside {len(self.lassos)} lassos" if self.added else "inside the lasso"))
        if self.where:
            pills.append(("where", self.where))
        if self.selection:
            kept = not self.selection.startswith("-")
            pills.append(("selection", f"{'kept' if kept else 'dropped'} by {self.selection.lstrip('-')}"))
        return pills

    def to_query(self) -> dict[str, str]:
        """Return the filter as URL parameters; `from_query` inverts it."""
        query = {name: text for name in WORDS if (text := getattr(self, name))}
        query |= {name: ",".join(map(str, ids)) for name in PICKED if (ids := getattr(self, name))}
        if self.like is not None:
            query["like"] = str(self.like)
        for column, chosen in self.values.items():
            query[f"{'not' if chosen.exclude else 'in'}.{column}"] = json.dumps(list(chosen.values), ensure_ascii=False)
        for column, bounds in self.ranges.items():
            ends = [bounds.low, bounds.high] + ([MISSING] if bounds.missing else [])
            query[f"range.{column}"] = json.dumps(ends, ensure_ascii=False)
        if self.lasso:
            query["lasso"] = "|".join(";".join(f"{x:.5g},{y:.5g}" for x, y in corners) for corners in self.lassos)
        if self.also:
            query["or"] = json.dumps([part.to_query() for part in self.also], ensure_ascii=False)
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
            lasso, *added = (_corners(polygon) for polygon in query.get("lasso", "").split("|"))
            told: dict[str, Any] = {name: _word(query[name]) for name in WORDS if name in query}
            told |= {name: _numbers(query[name]) for name in PICKED if name in query}
            return cls(
                **told,
                like=int(query["like"]) if "like" in query else None,
                values=values,
                ranges=ranges,
                lasso=lasso,
                added=tuple(polygon for polygon in added if polygon),
                also=tuple(map(cls.from_query, _alternatives(query.get("or", "[]")))),
            )
        except (ValueError, TypeError, AttributeError, RecursionError) as reason:
            raise QueryError(
                "the address names a filter that cannot be read", str(reason), "clear the filter"
            ) from reason


Polygon = tuple[tuple[float, float], ...]


def _polygon(corners: Polygon) -> Polygon:
    """Return the corners as the address writes them; raises QueryError for what is no polygon."""
    rounded = tuple((float(f"{x:.5g}"), float(f"{y:.5g}")) for x, y in corners)
    if not all(math.isfinite(x) and math.isfinite(y) for x, y in rounded):
        raise QueryError("a lasso has corners on the map", "found one at infinity", "draw it again")
    if 0 < len(rounded) < 3:
        raise QueryError("a lasso has at least three corners", f"found {len(rounded)}", "draw it again")
    return rounded


def _corners(text: str) -> Polygon:
    split = [corner.split(",") for corner in text.split(";") if corner]
    return tuple((float(x), float(y)) for x, y in split)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(word) for word in text.split(",") if word.strip())


def _alternatives(text: str) -> list[dict[str, str]]:
    found = _listed(text)
    if not all(isinstance(part, dict) and all(isinstance(value, str) for value in part.values()) for part in found):
        raise TypeError("alternatives are filters")
    return found


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


def _concept_words(examples: int, against: int) -> str:
    def documents(count: int) -> str:
        return f"{count} document{'' if count == 1 else 's'}"

    if not examples:
        return f"unlike {documents(against)}"
    return f"of a kind with {documents(examples)}" + (f", unlike {against}" if against else "")


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
