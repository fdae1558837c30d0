"""Changing only what lies outside ASCII: texts are mostly ASCII, and what is not repeats itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from winnow.score.words import Texts


def plain(strings: Any) -> Any:
    """Apply NFKC and lower case, drop format characters, make every run of foreign punctuation a space."""
    changed = pc.utf8_lower(pc.utf8_normalize(strings, form="NFKC"))
    changed = pc.replace_substring_regex(changed, pattern=r"\p{Cf}+", replacement="")
    return pc.replace_substring_regex(changed, pattern=r"[^\x00-\x7f\pL\pN\pM\pS]+", replacement=" ")


def with_foreign(texts: Texts, change: Callable[[Any], Any]) -> Texts:
    """Return the texts with every stretch outside ASCII changed (Arrow strings in, as many out).

    A stretch takes the ASCII character before it along, which an accent may belong to; equal ones are changed once.
    """
    if texts.is_ascii:
        return texts
    outside = texts.data >= 128
    outside[:-1] |= outside[1:]
    firsts = texts.offsets[:-1][np.diff(texts.offsets) > 0]
    # The last byte of one text does not belong to the first letter of the next.
    ends = firsts[1:] - 1
    outside[ends] = texts.data[ends] >= 128
    edges = np.diff(outside, prepend=False)
    edges[firsts] = True
    starts = np.flatnonzero(edges)
    pieces = pa.LargeStringArray.from_buffers(
        len(starts), *map(pa.py_buffer, (np.append(starts, len(texts.data)), np.ascontiguousarray(texts.data)))
    )
    stretch = outside[starts]
    coded = pieces.filter(pa.array(stretch)).dictionary_encode()
    parts = pa.concat_arrays([pieces.filter(pa.array(~stretch)), change(coded.dictionary).cast(pa.large_string())])
    order = np.empty(len(starts), dtype=np.int64)
    order[~stretch] = np.arange((~stretch).sum())
    order[stretch] = coded.indices.to_numpy(zero_copy_only=False) + (~stretch).sum()
    joined = Texts.of(parts.take(pa.array(order)))
    return Texts(joined.data, joined.offsets[np.searchsorted(starts, texts.offsets)])
