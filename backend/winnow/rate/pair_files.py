"""Files of judged pairs: one JSON object a line with two documents and the better one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from winnow.errors import InputError

SHAPE = '{"first": ID, "second": ID, "winner": "first" | "second" | "tie"}, or first_text and second_text'
SIDES = {
    "first": 0.0, "a": 0.0, "a1": 0.0, "1": 0.0, "left": 0.0,
    "second": 1.0, "b": 1.0, "a2": 1.0, "2": 1.0, "right": 1.0,
    "tie": 0.5, "equal": 0.5, "0": 0.5,
}  # fmt: skip


@dataclass(frozen=True)
class PairLine:
    """One judged pair: the documents by id or by text, and how likely the second is better."""

    line: int
    first: str
    second: str
    by_text: bool
    share: float
    criterion: str
    group: str


def read_pairs(path: Path) -> Iterator[PairLine]:
    """Yield the pairs of a file; raises InputError naming the first line that is none."""
    try:
        with open(path, "rb") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield _pair(path, number, line)
    except OSError as reason:
        raise InputError(f"the pairs {path} cannot be read", str(reason.strerror), "check the path") from reason


def _pair(path: Path, number: int, line: bytes) -> PairLine:
    try:
        found = orjson.loads(line)
        share = _share(found)
        texts = _named(found, ("first_text", "text_a", "a1")), _named(found, ("second_text", "text_b", "a2"))
        ids = _named(found, ("first", "first_id", "a")), _named(found, ("second", "second_id", "b"))
    except (ValueError, AttributeError, TypeError) as reason:
        raise InputError(f"{path}:{number} is no pair", str(reason), f"one JSON object a line: {SHAPE}") from reason
    by_text = all(texts)
    first, second = texts if by_text else ids
    if share is None or not first or not second:
        raise InputError(
            f"{path}:{number} is no pair", f"found the fields {', '.join(sorted(found))}", f"each line is {SHAPE}"
        )
    told = str(found.get("criterion") or ""), str(found.get("group") or found.get("debate") or found.get("topic") or "")
    return PairLine(number, first, second, by_text, share, *told)


def _named(found: Mapping[str, Any], names: tuple[str, ...]) -> str:
    value = next((found[name] for name in names if found.get(name) is not None), None)
    return "" if value is None or isinstance(value, (dict, list, bool)) else str(value)


def _share(found: Mapping[str, Any]) -> float | None:
    """Return the probability that the second is better, from "share" or from the side that "winner" names."""
    if "share" in found:
        share = float(found["share"])
        if not 0 <= share <= 1:
            raise ValueError(f"share is {share:g}, and a probability lies in [0, 1]")
        return share
    return SIDES.get(str(found.get("winner", found.get("label", ""))).strip().lower())
