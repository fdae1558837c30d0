"""Finds which column plays which part: by name when told, else by the usual names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from winnow.errors import InputError, nearest
from winnow.ingest.base import DATE_NAMES, ID_NAMES, NESTED_NAMES, SOURCE_NAMES, TEXT_NAMES, URL_NAMES, Reader

Kind = str | Mapping[str, Any]
"""What a column holds: "text", "number", "moment", "other", "nothing", or for a nested object the kinds of its keys."""

Place = tuple[str, ...]
"""Name of a column, followed by the keys to go down when it is nested."""

ROLES = ("id", "source", "url", "date")
_NAMES = {"text": TEXT_NAMES, "id": ID_NAMES, "source": SOURCE_NAMES, "url": URL_NAMES, "date": DATE_NAMES}
_LONGEST_NAME, _MOST_NAMES = 40, 40
_FITTING = {
    "text": ("text",),
    "id": ("text", "number"),
    "source": ("text",),
    "url": ("text",),
    "date": ("moment", "text", "number"),
}


@dataclass(frozen=True)
class Columns:
    """Where each part of a document is found; None where the file has no such column."""

    text: Place
    id: Place | None = None
    source: Place | None = None
    url: Place | None = None
    date: Place | None = None
    constant_source: str | None = None

    @property
    def taken(self) -> frozenset[str]:
        """Return the whole columns that play a part, so that `meta` leaves them out; nested ones stay in it."""
        places = (self.text, *(getattr(self, role) for role in ROLES))
        return frozenset(place[0] for place in places if place is not None and len(place) == 1)


def find_columns(reader: Reader, kinds: Mapping[str, Kind], path: Path) -> Columns:
    """Choose the columns of one file; raises InputError that lists the columns when one is missing."""
    source = reader.source
    constant = source[1:] if source is not None and source.startswith("=") else None
    places: dict[str, Place | None] = {"text": _told_or_usual("text", reader.text, kinds, path)}
    for role in ROLES:
        told = getattr(reader, role)
        skip = role == "source" and constant is not None
        places[role] = None if skip else _told_or_usual(role, told, kinds, path)
    text = places.pop("text")
    if text is None:
        raise _no_column("text", None, kinds, path)
    return Columns(text=text, constant_source=constant, **places)


def more_columns(columns: Columns, reader: Reader, kinds: Mapping[str, Kind], path: Path) -> Columns:
    """Add the parts that only later rows of a file have; what was found before stays."""
    later = find_columns(reader, kinds, path)
    found = {role: getattr(columns, role) or getattr(later, role) for role in ROLES}
    return replace(columns, **found)


def _told_or_usual(role: str, told: str | None, kinds: Mapping[str, Kind], path: Path) -> Place | None:
    if told is None:
        return _usual(role, kinds)
    place = (told,) if told in kinds else tuple(told.split("."))
    if _kind_at(kinds, place) is None:
        raise _no_column(role, told, kinds, path)
    return place


def _usual(role: str, kinds: Mapping[str, Kind]) -> Place | None:
    """Prefer a column that holds the right kind of value, then one inside a nested column, then one still all null."""
    fitting = _FITTING[role]
    here = _first(role, kinds, fitting)
    if here is None and role != "text":
        nested = {name: kind for name, kind in kinds.items() if name.lower() in NESTED_NAMES}
        for name, kind in nested.items():
            inside = _first(role, kind, fitting) if isinstance(kind, Mapping) else None
            if inside is not None:
                return (name, inside)
    if here is None:
        here = _first(role, kinds, ("nothing",))
    if here is None and role == "text":
        here = _first(role, kinds, None)
    return None if here is None else (here,)


def _first(role: str, kinds: Mapping[str, Kind], fitting: tuple[str, ...] | None) -> str | None:
    known = {name.lower(): name for name in reversed(list(kinds)) if fitting is None or kinds[name] in fitting}
    return next((known[name] for name in _NAMES[role] if name in known), None)


def _kind_at(kinds: Mapping[str, Kind], place: Place) -> Kind | None:
    kind: Kind | None = kinds
    for name in place:
        kind = kind.get(name) if isinstance(kind, Mapping) else None
    return kind


def _no_column(role: str, told: str | None, kinds: Mapping[str, Kind], path: Path) -> InputError:
    found = "no column with a usual name for it" if told is None else f"no column '{told}'"
    guess = nearest(told, kinds) if told is not None else ""
    hint = f" ({guess})" if guess.startswith("did") else ""
    return InputError(
        f"{path} needs a {role} column",
        f"found {found}{hint}; its columns are: {_listed(kinds)}",
        f"name it with --{role} COL",
    )


def _listed(kinds: Mapping[str, Kind]) -> str:
    names = [name if len(name) <= _LONGEST_NAME else name[:_LONGEST_NAME] + "…" for name in kinds]
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more or "none"


def add_kinds(kinds: dict[str, Kind], rows: Iterable[Mapping[str, Any]]) -> None:
    """Note what each key of JSON objects holds, judged by its first value that is not null."""
    for row in rows:
        for key, value in row.items():
            known = kinds.get(key, "nothing")
            if known == "nothing":
                kinds[key] = kind_of(key, value)
            elif isinstance(known, dict) and isinstance(value, dict):
                add_kinds(known, (value,))


def kind_of(key: str, value: Any) -> Kind:
    if value is None:
        return "nothing"
    if isinstance(value, str):
        value = object_in(value) if key.lower() in NESTED_NAMES else None
        if value is None:
            return "text"
    if isinstance(value, dict):
        inside: dict[str, Kind] = {}
        add_kinds(inside, (value,))
        return inside
    return "number" if isinstance(value, (int, float)) and not isinstance(value, bool) else "other"


def object_in(text: str) -> dict[str, Any] | None:
    """Return the JSON object that a text holds (some corpora store their `meta` so), or None."""
    if not (text.startswith("{") and text.endswith("}")):
        return None
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def dig(value: Any, keys: Place) -> Any:
    """Follow keys into nested objects or their JSON text; None where the way ends."""
    for key in keys:
        if isinstance(value, str):
            value = object_in(value)
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value
