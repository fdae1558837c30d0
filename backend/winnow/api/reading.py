"""What requests say: filters in the grammar of Explore's address, and cursors that say where a list goes on."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection, Mapping

import orjson

from winnow.catalog.filters import Filter
from winnow.catalog.listing import Place
from winnow.errors import QueryError, nearest

GRAMMAR = """Filters are written as in Explore's address, so an address may be copied: `search` (words, "a phrase", -not,
field:word), `near` (meaning), `regex` (a pattern in the text), `like` (a document's number), `where` (SQL over the document's columns), `selection`
(its name, with - in front for what it dropped), `in.COLUMN=["a","b"]`, `not.COLUMN=["a"]`, `range.COLUMN=[low,high]`
(null is open, a third "(none)" keeps missing values), `lasso=x,y;x,y;x,y`, `or=[{…}]` (alternatives of the same grammar)."""

PLAIN = ("search", "near", "like", "where", "selection", "regex", "lasso", "or")


def filter_of(query: Mapping[str, str], own: Collection[str] = ()) -> Filter:
    """Return the filter that parameters say, besides those of the address itself.

    Raises QueryError for a parameter that is neither: a slip of the pen must not show every document.
    """
    told = {name: text for name, text in query.items() if name not in own}
    filter = Filter.from_query(told)
    for alternative in orjson.loads(told.get("or") or "[]"):
        filter_of(alternative)
    known = filter.to_query()
    unknown = next((name for name, text in told.items() if name not in known and text), "")
    if unknown:
        fix = nearest(unknown, [*own, *PLAIN, "in.COLUMN", "not.COLUMN", "range.COLUMN"])
        raise QueryError(f"no condition is called '{unknown}'", "", fix)
    return filter


def list_key(*parts: object) -> str:
    """Name the list that a cursor belongs to."""
    return hashlib.sha256(repr(parts).encode("utf-8", "replace")).hexdigest()[:12]


def cursor_of(place: Place | None, key: str) -> str | None:
    """Write a place as a cursor: opaque, and good for its own list alone."""
    if place is None:
        return None
    # NaN is a value that documents are ordered by, which JSON cannot say: repr can.
    value = repr(place.value) if isinstance(place.value, float) else place.value
    told = [key, place.doc_id, "f" if isinstance(place.value, float) else "", value, place.manifest]
    return base64.urlsafe_b64encode(orjson.dumps(told)).decode().rstrip("=")


def place_of(cursor: str, key: str) -> Place | None:
    """Read a cursor; raises QueryError for one that is none, or that belongs to another list."""
    if not cursor:
        return None
    try:
        told = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        of, doc_id, kind, value, manifest = told
        if kind == "f":
            value = float(value)
        if not isinstance(value, (int, float, str, type(None))):
            raise TypeError("a place is a number or a text")
        place = Place(int(doc_id), value, int(manifest))
    except (ValueError, TypeError) as reason:
        raise QueryError("this is no cursor", "", "take `next` of the answer before") from reason
    if of != key:
        raise QueryError("this cursor belongs to another list", "", "keep filter, sort and columns as they were")
    return place
