"""Where a document may name a person's contacts and accounts."""

from __future__ import annotations

import bisect
import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from winnow.method import param
from winnow.score.base import SPANS, Scorer, Values
from winnow.score.identifiers import Place, addresses, cards, emails, ibans
from winnow.score.phones import phones
from winnow.score.words import Mask, Places, Texts, texts_of

KINDS = ("iban", "card", "ip", "email", "phone")
"""What is looked for, the surest first: where two overlap, the earlier kind stands."""

_DIGIT = np.isin(np.arange(256), list(b"0123456789"))
_UPPER = np.isin(np.arange(256), list(range(65, 91)))
_HEX_OR_COLON = np.isin(np.arange(256), list(b"0123456789abcdefABCDEF:"))


@dataclass(frozen=True, kw_only=True)
class Pii(Scorer):
    """Finds e-mail addresses, telephone numbers, IP addresses, payment cards and bank accounts.

    `pii` counts them all, `pii_<kind>` each kind, `pii_spans` says where (code points, end exclusive, sorted, never
    overlapping). Cards must meet the Luhn sum, IBANs their country's length and mod 97, telephone numbers the numbering
    plan of their country; private network addresses and version numbers do not count. Made for precision: names,
    postal addresses and numbers without a usual form are not found.
    """

    name: ClassVar[str] = "pii"

    regions: tuple[str, ...] = param(
        ("US", "GB", "DE", "FR", "ES", "IT", "NL", "AU", "IN", "BR"),
        "Countries whose telephone numbers are found without a + and country code.",
    )

    def columns(self) -> Mapping[str, pa.DataType]:
        counts = {f"pii_{kind}": pa.int32() for kind in ("email", "phone", "ip", "card", "iban")}
        return {"pii": pa.int32(), **counts, "pii_spans": SPANS}

    def score(self, batch: pa.RecordBatch, prepared: Any) -> Mapping[str, Values]:
        texts = texts_of(batch)
        suspects = _suspects(texts)
        counts = {kind: np.zeros(len(texts), dtype=np.int32) for kind in KINDS}
        found: dict[int, list[tuple[int, int, str]]] = {}
        for row in np.flatnonzero(np.any(list(suspects.values()), axis=0)).tolist():
            text = texts.data[texts.offsets[row] : texts.offsets[row + 1]].tobytes().decode()
            finders = {kind: find for kind, find in self._finders().items() if suspects[kind][row]}
            found[row] = _settle((kind, find(text)) for kind, find in finders.items())
            for _, _, kind in found[row]:
                counts[kind][row] += 1
        return {
            "pii": np.sum(list(counts.values()), axis=0, dtype=np.int32),
            **{f"pii_{kind}": counts[kind] for kind in KINDS},
            "pii_spans": _spans(found, len(texts)),
        }

    def _finders(self) -> dict[str, Callable[[str], Iterable[Place]]]:
        by_region = functools.partial(phones, regions=self.regions)
        return {"iban": ibans, "card": cards, "ip": addresses, "email": emails, "phone": by_region}


def _suspects(texts: Texts) -> dict[str, Mask]:
    """Return, per kind, which documents hold bytes that such a thing cannot do without."""
    data = texts.data
    digits = np.flatnonzero(_DIGIT[data])
    # Seven digits with up to three marks between two of them; thirteen with at most four marks in all.
    numbers = _rows_with(texts, digits[:-6][digits[6:] - digits[:-6] <= 24])
    long_numbers = _rows_with(texts, digits[:-12][digits[12:] - digits[:-12] <= 16])
    pairs = digits[:-1][np.diff(digits) == 1]
    pairs = pairs[pairs >= 2]
    headed = pairs[_UPPER[data[pairs - 1]] & _UPPER[data[pairs - 2]]]
    signs = np.flatnonzero(data == ord("@"))
    dots = _between(data, np.flatnonzero(data == ord(".")), _DIGIT)
    colons = _between(data, np.flatnonzero(data == ord(":")), _HEX_OR_COLON)
    quads = np.concatenate([dots[:-2][dots[2:] - dots[:-2] <= 8], colons[:-1][np.diff(colons) <= 5]])
    return {
        "iban": _rows_with(texts, headed),
        "card": long_numbers,
        "ip": _rows_with(texts, quads),
        "email": _rows_with(texts, signs),
        "phone": numbers,
    }


def _between(data: Any, places: Places, allowed: Mask) -> Places:
    places = places[(places > 0) & (places < len(data) - 1)]
    kept: Places = places[allowed[data[places - 1]] & allowed[data[places + 1]]]
    return kept


def _rows_with(texts: Texts, places: Places) -> Mask:
    rows = np.zeros(len(texts), dtype=np.bool_)
    rows[texts.rows_of(places)] = True
    return rows


def _settle(found: Iterable[tuple[str, Iterable[Place]]]) -> list[tuple[int, int, str]]:
    """Return the places in order, where of two that overlap the one that came first stands."""
    kept: list[tuple[int, int, str]] = []
    for kind, places in found:
        for start, end in places:
            at = bisect.bisect_left(kept, (start, end, kind))
            clear_before = at == 0 or kept[at - 1][1] <= start
            clear_after = at == len(kept) or end <= kept[at][0]
            if clear_before and clear_after:
                kept.insert(at, (start, end, kind))
    return kept


def _spans(found: Mapping[int, list[tuple[int, int, str]]], texts: int) -> pa.Array:
    counts = np.zeros(texts + 1, dtype=np.int32)
    counts[[row + 1 for row in found]] = [len(spans) for spans in found.values()]
    flat = [span for row in sorted(found) for span in found[row]]
    starts, ends, kinds = ([span[part] for span in flat] for part in range(3))
    fields = [pa.array(starts, pa.int32()), pa.array(ends, pa.int32()), pa.array(kinds, pa.string())]
    structs = pa.StructArray.from_arrays(fields, fields=list(SPANS.value_type))
    return pa.ListArray.from_arrays(pa.array(np.cumsum(counts), pa.int32()), structs, type=SPANS)
