"""The columns that came with the documents: fixed ones, and those that their JSON holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

from winnow.catalog.manifest import Part
from winnow.catalog.quoting import files, literal, quoted

BASE = ("doc_id", "id", "source", "url", "date")


def own_columns(
    cursor: duckdb.DuckDBPyConnection, parts: Sequence[Part], facets: Mapping[str, tuple[str, str]]
) -> dict[str, str]:
    """Return name → DuckDB type of the columns that the documents' JSON holds; `facets` says (key, type) of each.

    A column whose type was learnt from a part of the documents and does not hold for all of them takes the next wider
    type, so that no value is lost.
    """
    tried = [(name, kind) for name, (_, first) in facets.items() for kind in _WIDER[first]]
    if not parts or all(kind == "VARCHAR" for _, kind in tried):
        return {name: kind for name, kind in tried if kind == "VARCHAR"}
    counts = [f"COUNT(*) FILTER ({_MISFIT[kind].format(value=quoted(name))})" for name, kind in tried]
    query = f"SELECT {', '.join(counts)} FROM {documents_of(parts, dict.fromkeys(facets, 'VARCHAR'), facets)}"
    misfits = cursor.execute(query).fetchone() or ()
    chosen: dict[str, str] = {}
    for (name, kind), misfit in zip(tried, misfits, strict=True):
        if not misfit:
            chosen.setdefault(name, kind)
    return chosen


def documents_of(parts: Sequence[Part], own: Mapping[str, str], facets: Mapping[str, tuple[str, str]]) -> str:
    """Return a relation of the documents of some shards: the fixed columns, and those of their JSON with a type each."""
    if not parts:
        return _EMPTY
    source = files([part.path for part in parts])
    if not own:
        return f"(SELECT {', '.join(BASE)} FROM {source})"
    pointers = ", ".join(literal(json_pointer(facets[name][0])) for name in own)
    values = f"json_extract_string(meta, [{pointers}]) AS meta_values"
    chosen = [
        f"CAST(meta_values[{place}] AS {kind}) AS {quoted(name)}"
        for place, (name, kind) in enumerate(own.items(), start=1)
    ]
    return f"(SELECT {', '.join([*BASE, *chosen])} FROM (SELECT {', '.join(BASE)}, {values} FROM {source}))"


_WIDER = {
    "BOOLEAN": ("BOOLEAN", "VARCHAR"),
    "BIGINT": ("BIGINT", "DOUBLE", "VARCHAR"),
    "DOUBLE": ("DOUBLE", "VARCHAR"),
    "VARCHAR": ("VARCHAR",),
}
_MISFIT = {
    "BOOLEAN": "{value} NOT IN ('true', 'false')",
    "BIGINT": "{value} IS NOT NULL AND (TRY_CAST({value} AS BIGINT) IS NULL OR regexp_matches({value}, '[.eE]|^-?0[0-9]'))",
    "DOUBLE": "{value} IS NOT NULL AND (TRY_CAST({value} AS DOUBLE) IS NULL OR regexp_matches({value}, '^-?0[0-9]'))",
    "VARCHAR": "false",
}


def json_pointer(key: str) -> str:
    """Return the JSON pointer (RFC 6901) of a key, which may hold any character."""
    return "/" + key.replace("~", "~0").replace("/", "~1")


_EMPTY = "(SELECT NULL::BIGINT AS doc_id, '' AS id, '' AS source, '' AS url, NULL::TIMESTAMP AS date WHERE false)"
