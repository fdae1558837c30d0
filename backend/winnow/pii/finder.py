"""Personal data in a batch of texts: which documents may hold some, and where it stands."""

from __future__ import annotations

import bisect
import functools
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from winnow.pii.identifiers import Place, addresses, cards, emails, ibans
from winnow.pii.national_ids import national_ids
from winnow.pii.phones import phones
from winnow.pii.secrets import SUSPECTS, secrets

Span = tuple[int, int, str]
"""Start and end in code points, end exclusive, and the kind."""

Mask = NDArray[np.bool_]
Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]

KINDS = ("secret", "iban", "card", "national_id", "ip", "email", "phone")
"""What is looked for, the surest first: where two overlap, the earlier kind stands."""

REGIONS = ("US", "GB", "DE", "FR", "ES", "IT", "NL", "AU", "IN", "BR")
"""Countries whose telephone numbers are found without a + and country code."""

_DIGIT = np.isin(np.arange(256), list(b"0123456789"))
_UPPER = np.isin(np.arange(256), list(range(65, 91)))
_HEX_OR_COLON = np.isin(np.arange(256), list(b"0123456789abcdefABCDEF:"))


def find(texts: pa.Array, kinds: Sequence[str] = KINDS, regions: Sequence[str] = REGIONS) -> dict[int, list[Span]]:
    """Return, for each row of a large_string column that holds personal data, its places in order; none overlap.

    A first look at the bytes of the whole batch says which rows can hold which kind; only those are read.
    """
    suspects = {kind: rows for kind, rows in _suspects(texts).items() if kind in kinds}
    found: dict[int, list[Span]] = {}
    if not suspects:
        return found
    look_for = finders(regions)
    for row in np.flatnonzero(np.any(list(suspects.values()), axis=0)).tolist():
        text = texts[row].as_py() or ""
        places = settle((kind, look_for[kind](text)) for kind in KINDS if kind in suspects and suspects[kind][row])
        if places:
            found[row] = places
    return found


def finders(regions: Sequence[str]) -> Mapping[str, Callable[[str], Iterable[Place]]]:
    """Return what finds each kind in one text."""
    return {
        "secret": secrets,
        "iban": ibans,
        "card": cards,
        "national_id": national_ids,
        "ip": addresses,
        "email": emails,
        "phone": functools.partial(phones, regions=regions),
    }


def settle(found: Iterable[tuple[str, Iterable[Place]]]) -> list[Span]:
    """Return the places in order, where of two that overlap the one that came first stands."""
    kept: list[Span] = []
    for kind, places in found:
        for start, end in places:
            at = bisect.bisect_left(kept, (start, end, kind))
            clear_before = at == 0 or kept[at - 1][1] <= start
            clear_after = at == len(kept) or end <= kept[at][0]
            if clear_before and clear_after:
                kept.insert(at, (start, end, kind))
    return kept


def _suspects(texts: pa.Array) -> dict[str, Mask]:
    """Return, per kind, which documents hold bytes that such a thing cannot do without."""
    data, offsets = _bytes(texts)
    digits = np.flatnonzero(_DIGIT[data])

    def close(count: int, within: int) -> Places:
        """Return the digits that open a run of `count` digits at most `within` bytes long."""
        return digits[: 1 - count][digits[count - 1 :] - digits[: 1 - count] <= within]

    pairs = digits[:-1][np.diff(digits) == 1]
    pairs = pairs[pairs >= 2]
    glued = _UPPER[data[pairs - 1]] & _UPPER[data[pairs - 2]]
    headed = glued | ((data[pairs - 1] == ord(" ")) & _UPPER[data[pairs - 2]] & _UPPER[data[pairs - 3]])
    dots = _between(data, np.flatnonzero(data == ord(".")), _DIGIT)
    colons = _between(data, np.flatnonzero(data == ord(":")), _HEX_OR_COLON)
    quads = np.concatenate([dots[:-2][dots[2:] - dots[:-2] <= 8], colons[:-1][np.diff(colons) <= 5]])
    rows = functools.partial(_rows_with, offsets)
    return {
        "secret": pc.match_substring_regex(texts, pattern=SUSPECTS).to_numpy(zero_copy_only=False).astype(np.bool_),
        "iban": rows(pairs[glued]),
        # Seven digits with up to three marks between two of them; thirteen with at most four marks in all.
        "card": rows(close(13, 16)),
        "national_id": rows(np.concatenate([close(7, 6), close(9, 20), pairs[headed]])),
        "ip": rows(quads),
        "email": rows(np.flatnonzero(data == ord("@"))),
        "phone": rows(close(7, 24)),
    }


def _bytes(texts: pa.Array) -> tuple[Bytes, Places]:
    """Return the bytes of a large_string column and where each row's begin and end, without a copy."""
    if not len(texts):
        return np.zeros(0, dtype=np.uint8), np.zeros(1, dtype=np.int64)
    _, places, body = texts.buffers()
    offsets = np.frombuffer(places, dtype=np.int64)[texts.offset : texts.offset + len(texts) + 1]
    data = np.frombuffer(body, dtype=np.uint8) if body is not None else np.zeros(0, dtype=np.uint8)
    return data[offsets[0] : offsets[-1]], offsets - offsets[0]


def _between(data: Bytes, places: Places, allowed: Mask) -> Places:
    places = places[(places > 0) & (places < len(data) - 1)]
    kept: Places = places[allowed[data[places - 1]] & allowed[data[places + 1]]]
    return kept


def _rows_with(offsets: Places, places: Places) -> Mask:
    rows = np.zeros(len(offsets) - 1, dtype=np.bool_)
    rows[np.searchsorted(offsets, places, side="right") - 1] = True
    return rows
