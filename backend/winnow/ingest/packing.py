"""Columns without a part of their own, packed as one JSON object per document.

Keys whose value is null are left out; nested values are kept; decimals, durations and the like become text. Bytes
become base64 text up to 1,024 bytes; longer ones (pictures, sound) are left out and only their size stays:
{"bytes": 52133}. So are values nested deeper than JSON is written here: {"levels": "more than 250"}.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray

LARGEST_BINARY = 1024


def pack(row: dict[str, Any]) -> bytes | None:
    """Return the JSON object of a row, or None when it has no value at all."""
    kept = {key: value for key, value in row.items() if value is not None}
    try:
        return _dumped(kept) if kept else None
    except orjson.JSONEncodeError:
        return _dumped({key: _bounded(value) for key, value in kept.items()})


def _dumped(value: Any) -> bytes:
    return orjson.dumps(value, default=_other, option=orjson.OPT_NON_STR_KEYS)


def _bounded(value: Any) -> Any:
    """Return a value, or a note of its depth: more levels can be read than written, and one more is around it."""
    try:
        _dumped([value])
    except orjson.JSONEncodeError:
        return {"levels": "more than 250"}
    return value


def pack_columns(names: Sequence[str], columns: Sequence[pa.Array], rows: int) -> pa.Array:
    """Pack Arrow columns row by row; `names` are unique and all columns have `rows` values."""
    if not columns:
        return pa.nulls(rows, pa.string())
    values = [python_values(column) for column in columns]
    return pa.array([pack(dict(zip(names, row, strict=True))) for row in zip(*values, strict=True)], pa.string())


def python_values(column: pa.Array) -> list[Any]:
    """Return a column as Python values: moments to the microsecond, maps as dicts where their keys are unique."""
    kind = column.type
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        column = column.cast(pa.timestamp("us", kind.tz), safe=False)
    elif pa.types.is_duration(kind) and kind.unit == "ns":
        column = column.cast(pa.duration("us"), safe=False)
    try:
        return list(column.to_pylist(maps_as_pydicts="strict"))
    except KeyError:
        return list(column.to_pylist())
    except UnicodeDecodeError:
        raise
    except (ValueError, OverflowError):
        return [_python_value(value) for value in column]


def _python_value(value: pa.Scalar) -> Any:
    try:
        return value.as_py()
    except (ValueError, OverflowError):
        return f"{value.type} out of range"


def valid_text(columns: Sequence[pa.Array]) -> NDArray[np.bool_]:
    """Say for each row whether all its text is valid UTF-8, which Arrow files do not promise.

    Raises pyarrow.ArrowInvalid when a column is damaged in another way, so that its rows cannot even be told apart.
    """
    rows = len(columns[0]) if columns else 0
    good = np.ones(rows, np.bool_)
    for column in columns:
        if not is_valid(column):
            good &= np.array([is_valid(column.take(pa.array([row]))) for row in range(rows)], np.bool_)
    return good


def is_valid(column: pa.Array) -> bool:
    """Say whether all text in a column is UTF-8; raises pyarrow.ArrowInvalid for any other damage."""
    try:
        column.validate(full=True)
    except pa.ArrowInvalid as reason:
        if "UTF8" not in str(reason):
            raise
        return False
    return True


def _other(value: Any) -> Any:
    if isinstance(value, (bytes, bytearray, memoryview)):
        raw = bytes(value)
        return base64.b64encode(raw).decode() if len(raw) <= LARGEST_BINARY else {"bytes": len(raw)}
    return str(value)
