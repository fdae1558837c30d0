"""Thresholds on columns, as people write them: "quality>=0.4, toxicity<0.5, language=en|fr, words 50..100000"."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from winnow.errors import SettingError, nearest
from winnow.pool import MISSING, Floats, Groups, Pool

HOW = "write thresholds as column>=number, column low..high, column=name or column!=name|name, separated by commas"

_QUOTED = r'"(?:[^"]|"")*"'
_CLAUSE = re.compile(rf"(?:{_QUOTED}|[^,;\n])+")
_COMPARISON = re.compile(
    rf"(?P<column>{_QUOTED}|[^\s<>=!\"]+)\s*(?P<sign>>=|<=|!=|==|=|>|<)\s*(?P<value>[^<>=!].*)", re.DOTALL
)
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_RANGE = re.compile(rf"(?P<low>{_NUMBER})?\s*\.\.\s*(?P<high>{_NUMBER})?")
_NAMED_RANGE = re.compile(rf"(?P<column>{_QUOTED}|[^\s<>=!\"]+)\s+(?P<range>{_RANGE.pattern})")
_ALTERNATIVE = re.compile(rf"\s*({_QUOTED}|[^|\"]+?)\s*(?:\||$)")
_PLAIN = re.compile(r"[^\s<>=!\",;|]+")
_COMPARE: Mapping[str, Callable[[Floats, float], NDArray[np.bool_]]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


@dataclass(frozen=True)
class Threshold:
    """One condition on one column; `str` writes it so that `parse` reads it back.

    `sign` is one of >=, <=, >, < (with `low`), .. (with `low` and `high`, both inclusive), =, != (with `names`).
    A missing value satisfies only != of other names and = of "(none)".
    """

    column: str
    sign: str
    names: tuple[str, ...] = ()
    low: float = -np.inf
    high: float = np.inf

    def __str__(self) -> str:
        column = _quote(self.column)
        if self.names:
            return f"{column}{self.sign}{'|'.join(_quote(name) for name in self.names)}"
        if self.sign == "..":
            return f"{column} {_number(self.low)}..{_number(self.high)}"
        return f"{column}{self.sign}{_number(self.low)}"

    def keeps(self, pool: Pool) -> NDArray[np.bool_]:
        """Return which documents satisfy it, bool [n]; raises MissingNeed, SettingError."""
        if self.names:
            same = _is_one_of(pool, self.column, self.names)
            return same if self.sign == "=" else ~same
        values = pool.number(self.column)
        if self.sign == "..":
            return (values >= self.low) & (values <= self.high)
        return _COMPARE[self.sign](values, self.low)


def parse(text: str) -> tuple[Threshold, ...]:
    """Read thresholds from text; raises SettingError naming the one that cannot be read.

    >>> [str(threshold) for threshold in parse("quality >= 0.40, words 50..")]
    ['quality>=0.4', 'words 50..']
    """
    if text.count('"') % 2:
        raise SettingError(HOW, f"found a quotation mark without its pair in {text!r}")
    return tuple(_parse_one(clause.strip()) for clause in _CLAUSE.findall(text) if clause.strip())


def text_of(table: Mapping[str, Any]) -> str:
    """Write a table {"quality": ">=0.4", "words": [50, 100000], "language": "en"} as the text `parse` reads."""
    return ", ".join(str(_from_item(column, value)) for column, value in table.items())


def _parse_one(clause: str) -> Threshold:
    if found := _NAMED_RANGE.fullmatch(clause):
        return _range(_unquote(found["column"]), found["range"], clause)
    found = _COMPARISON.fullmatch(clause)
    if found is None:
        raise SettingError(HOW, f"found {clause!r}")
    column, sign, value = _unquote(found["column"]), found["sign"].replace("==", "="), found["value"].strip()
    if sign == "=" and _RANGE.fullmatch(value):
        return _range(column, value, clause)
    if sign in ("=", "!="):
        names = _ALTERNATIVE.findall(value)
        if not names or "".join(_ALTERNATIVE.split(value)[::2]).strip():
            raise SettingError(HOW, f"found {clause!r}")
        return Threshold(column, sign, names=tuple(_unquote(name) for name in names))
    if not re.fullmatch(_NUMBER, value) or not np.isfinite(float(value)):
        raise SettingError(f"{sign} needs a number", f"found {clause!r}", HOW)
    return Threshold(column, sign, low=float(value))


def _range(column: str, text: str, clause: str) -> Threshold:
    found = _RANGE.fullmatch(text)
    if found is None or not (found["low"] or found["high"]):
        raise SettingError("a range has at least one end", f"found {clause!r}", HOW)
    low, high = float(found["low"] or -np.inf), float(found["high"] or np.inf)
    if low > high:
        raise SettingError("a range goes from low to high", f"found {clause!r}", f"{column} {high:g}..{low:g}")
    return Threshold(column, "..", low=low, high=high)


def _from_item(column: str, value: Any) -> Threshold:
    if isinstance(value, bool):
        return Threshold(column, "=", names=(str(value).lower(),))
    if isinstance(value, (int, float)):
        return Threshold(column, "=", names=(_number(float(value)),))
    if isinstance(value, str):
        (threshold,) = parse(_quote(column) + (value if value[:1] in ("<", ">", "=", "!") else f"={value}"))
        return threshold
    if isinstance(value, Sequence) and value and all(isinstance(part, str) for part in value):
        return Threshold(column, "=", names=tuple(value))
    if isinstance(value, Sequence) and len(value) == 2:
        low, high = ("" if end is None else _number(float(end)) for end in value)
        return _range(column, f"{low}..{high}", f"{column}: {value!r}")
    raise SettingError(HOW, f"found {column!r}: {value!r}")


def _is_one_of(pool: Pool, column: str, names: tuple[str, ...]) -> NDArray[np.bool_]:
    values = pool.columns.get(column)
    if isinstance(values, Groups):
        code = {name: position for position, name in enumerate(values.names)}
        for name in names:
            if name not in code and name != MISSING:
                raise SettingError(f"no document has {column} '{name}'", "", nearest(name, values.names))
        wanted = [code[name] for name in names if name in code] + ([-1] if MISSING in names else [])
        return np.isin(values.codes, wanted)
    numbers = pool.number(column)
    wanted_numbers = [_as_number(column, name) for name in names if name != MISSING]
    return np.isin(numbers, wanted_numbers) | (np.isnan(numbers) & (MISSING in names))


def _as_number(column: str, name: str) -> float:
    if name.lower() in ("true", "false"):
        return float(name.lower() == "true")
    if not re.fullmatch(_NUMBER, name):
        raise SettingError(f"column '{column}' holds numbers", f"found '{name}'", HOW)
    return float(name)


def _number(value: float) -> str:
    if np.isinf(value):
        return ""
    return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else repr(value)


def _quote(text: str) -> str:
    return text if _PLAIN.fullmatch(text) and ".." not in text else '"' + text.replace('"', '""') + '"'


def _unquote(text: str) -> str:
    return text[1:-1].replace('""', '"') if text[:1] == '"' else text
