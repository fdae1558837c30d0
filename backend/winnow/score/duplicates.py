"""Which documents say the same, letter for letter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import xxhash
from numpy.typing import NDArray

from winnow.method import param
from winnow.score.base import SketchScorer, Values
from winnow.score.foreign import plain, with_foreign
from winnow.score.twins import POLICIES, Floats, Ids, Twins, TwinScorer, ids_of, twins
from winnow.score.words import Pieces, Texts

Hashes = NDArray[np.uint64]
_PUNCTUATION = b" !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~" + bytes(range(32)) + b"\x7f"
_SPACE = 32
FOLD = np.arange(256, dtype=np.uint8)
FOLD[65:91] += 32
FOLD[list(_PUNCTUATION)] = _SPACE


@dataclass(frozen=True, kw_only=True)
class Duplicates(TwinScorer, SketchScorer):
    """Groups documents whose text is equal after normalisation.

    Normalised: Unicode NFKC, lower case, format characters (zero-width and bidirectional marks) removed, every run
    of anything but letters, digits, combining marks and symbols outside ASCII one space. A text with nothing left is
    compared as it stands. Equality is that of a 64-bit xxh3: among 10^8 different documents the chance of any false pair
    is 0.03 %.

    `duplicate_group` is the smallest doc_id of the group, null for a document without a twin; `duplicate_keep` holds
    for one document of each group, chosen by `policy`, and for every document without a twin.
    """

    name: ClassVar[str] = "duplicates"

    policy: str = param(
        "first",
        "Which document of a group is kept: the longest, the first, the newest, the best by a column, or by source.",
        choices=POLICIES,
    )

    def columns(self) -> Mapping[str, pa.DataType]:
        return {"duplicate_group": pa.int64(), "duplicate_keep": pa.bool_()}

    def needs(self) -> frozenset[str]:
        return super().needs() | {"text"}

    def sketch(self, batch: pa.RecordBatch) -> tuple[Ids, Floats, Hashes]:
        """Hash every text: 24 bytes a document."""
        return ids_of(batch), self.standing(batch), fingerprints(batch.column("text"))

    def learn(self, sketches: Iterable[tuple[Ids, Floats, Hashes]], corpus: Iterable[pa.RecordBatch]) -> Twins:
        """Group the documents of one hash; holds 24 bytes a document."""
        none = (np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.uint64))
        ids, standing, hashes = (np.concatenate(column) for column in zip(none, *sketches, strict=True))
        return twins(ids, np.unique(hashes, return_inverse=True)[1], standing)

    def score(self, batch: pa.RecordBatch, prepared: Twins) -> Mapping[str, Values]:
        groups, kept = prepared.of(ids_of(batch))
        return {"duplicate_group": groups, "duplicate_keep": kept}


def fingerprints(column: Any) -> Hashes:
    """Return the xxh3 hash of each text after normalisation."""
    texts = Texts.of(column)
    pieces = normalised(texts)
    body, hashes = memoryview(pieces.data.tobytes()), np.empty(len(texts), dtype=np.uint64)
    for row, (start, end) in enumerate(zip(pieces.starts.tolist(), pieces.ends.tolist(), strict=True)):
        if start < end:
            hashes[row] = xxhash.xxh3_64_intdigest(body[start:end])
        else:
            raw = texts.data[texts.offsets[row] : texts.offsets[row + 1]].tobytes()
            hashes[row] = xxhash.xxh3_64_intdigest(raw, seed=1)
    return hashes


def normalised(texts: Texts) -> Pieces:
    """Return the normalised texts, one piece each."""
    texts = with_foreign(texts, plain)
    data = FOLD[texts.data]
    solid = data != _SPACE
    keep = solid.copy()
    keep[1:] |= solid[:-1]
    opens = texts.offsets[:-1][np.diff(texts.offsets) > 0]
    keep[opens] = solid[opens]
    kept = np.zeros(len(data) + 1, dtype=np.int64)
    np.cumsum(keep, out=kept[1:])
    starts, ends, data = kept[texts.offsets[:-1]], kept[texts.offsets[1:]], data[keep]
    some = ends > starts
    ends[some] -= data[ends[some] - 1] == _SPACE
    return Pieces(data, starts, ends, np.arange(len(texts)), ends - starts)
