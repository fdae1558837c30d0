"""SQL written by people: read-only over the one relation `docs`, with no way to files, with a row limit and a timeout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from winnow.catalog.apart import run_apart
from winnow.catalog.conditions import EXPANDING, nodes, syntax
from winnow.catalog.manifest import Manifest
from winnow.catalog.quoting import files, literal, quoted
from winnow.catalog.table import Table
from winnow.errors import QueryError

EXAMPLE = "for example: SELECT source, COUNT(*) FROM docs GROUP BY 1"
MEMORY = 2 * 10**9
"""Bytes that a statement may take."""
LONGEST = 1_000_000
"""How often a statement may repeat something."""


class Sandbox:
    """Runs a person's SELECT on the columns it names.

    DuckDB's parser must read the statement as one SELECT. It runs in a process and a database of its own, with limits of
    memory and time, whose configuration is locked and which reaches no file but the documents' shards; those are read only
    when it names `text`.
    """

    def __init__(self, table: Table, manifest: Manifest) -> None:
        self._table, self._manifest = table, manifest

    def run(self, query: str, *, limit: int = 10_000, seconds: float = 30.0) -> pa.Table:
        """Return the answer's rows, `limit` at most; raises QueryError with DuckDB's own first line."""
        statement = query.strip().rstrip(";")
        with self._table.cursor() as cursor:
            tree = syntax(statement, cursor, EXAMPLE)
            _refuse_expansion(tree)
            types = {row[0]: row[1] for row in cursor.execute("DESCRIBE docs").fetchall()}
            wanted = columns_read(tree, list(types))
            chosen = ", ".join(quoted(name) for name in wanted)
            columns = cursor.execute(f"SELECT {chosen} FROM docs ORDER BY doc_id").to_arrow_table()
        paths = [part.path for part in self._manifest.parts()] if _names_text(tree) else []
        locks = _locks(paths, text=_names_text(tree))
        limited = f"SELECT * FROM (\n{statement}\n) LIMIT {int(limit)}"
        return whole_numbers(run_apart(limited, columns, locks, memory=MEMORY, seconds=seconds))


def whole_numbers(answer: pa.Table) -> pa.Table:
    """Return sums of whole numbers as int64 where they fit: DuckDB sums into 128 bits, which Arrow calls a decimal."""
    for place, field in enumerate(answer.schema):
        if pa.types.is_decimal(field.type) and field.type.scale == 0:
            try:
                answer = answer.set_column(place, field.name, answer.column(place).cast(pa.int64()))
            except pa.ArrowInvalid:
                continue
    return answer


def columns_read(tree: Any, known: Sequence[str]) -> list[str]:
    """Return the columns of `docs` that a statement reads, doc_id first: every one when it says *, or cannot be told."""
    found = list(nodes(tree))
    by_name = {name.lower(): name for name in known}
    named = {str(node["column_names"][-1]).lower() for node in found if node.get("class") == "COLUMN_REF"}
    named |= {str(name).lower() for node in found for name in node.get("using_columns") or ()}
    aliases = {str(node["alias"]).lower() for node in found if "class" in node and node.get("alias")}
    starred = any(node.get("class") == "STAR" for node in found)
    natural = any(node.get("ref_type") == "NATURAL" for node in found)
    if starred or natural or named - set(by_name) - aliases - {"text"}:
        return list(known)
    return ["doc_id", *(name for key, name in by_name.items() if key in named and key != "doc_id")]


def _names_text(tree: Any) -> bool:
    return any(
        node.get("class") == "COLUMN_REF" and str(node["column_names"][-1]).lower() == "text" for node in nodes(tree)
    ) or any("text" in map(str.lower, node.get("using_columns") or ()) for node in nodes(tree))


def _refuse_expansion(tree: Any) -> None:
    """Refuse what makes gigabytes out of a word: a memory limit stops it only afterwards."""
    for node in nodes(tree):
        if node.get("class") == "FUNCTION" and str(node.get("function_name")).lower() in EXPANDING:
            amounts = [_constant(child) for child in node.get("children", ())]
            if any(amount is not None and amount > LONGEST for amount in amounts) or not any(
                amount is not None for amount in amounts
            ):
                name = node["function_name"]
                raise QueryError(f"{name} repeats at most {LONGEST:,} times", "more was asked", "name a smaller number")


def _constant(node: Mapping[str, Any]) -> float | None:
    value = node.get("value") if node.get("class") == "CONSTANT" else None
    number = value.get("value") if isinstance(value, dict) else None
    return float(number) if isinstance(number, (int, float)) else None


def _locks(paths: Sequence[Path], *, text: bool) -> list[str]:
    """Return the statements that give a database its one relation and close every way out of it."""
    joined = "" if not text else ", ''::VARCHAR AS text"
    source = "columns_of_docs c"
    if paths:
        joined = ", t.text"
        source += f" LEFT JOIN (SELECT doc_id AS text_id, text FROM {files(paths)}) t ON t.text_id = c.doc_id"
    return [
        f"SET allowed_paths = [{', '.join(literal(path) for path in paths)}]",
        f"CREATE VIEW docs AS SELECT c.*{joined} FROM {source}",
        "SET temp_directory = ''",
        "SET enable_external_access = false",
        "SET lock_configuration = true",
    ]
