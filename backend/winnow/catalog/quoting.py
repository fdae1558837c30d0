"""Names, values and files as SQL writes them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def quoted(name: str) -> str:
    """Quote a column name for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: object) -> str:
    """Quote a value for SQL."""
    return "'" + str(text).replace("'", "''") + "'"


def files(paths: Sequence[Path]) -> str:
    """Return the relation of Parquet files."""
    return "read_parquet([" + ", ".join(literal(path) for path in paths) + "])"
