"""Which documents say the same, letter for letter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash
from numpy.typing import NDArray

from winnow.score.base import Scorer, Values
from winnow.score.words import Pieces, Texts

Hashes = NDArray[np.uint64]
_PUNCTUATION = b" !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~" + bytes(range(32)) + b"\x7f"
_SPACE = 32
_FOLD = np.arange(256, dtype=np.uint8)
_FOLD[65:91] += 32
_FOLD[list(_PUNCTUATION)] = _SPACE


@dataclass(frozen=True)
class Groups:
    """What one pass over the corpus found: the documents with a twin, sorted, and the smallest doc_id of their group."""

    members: NDArray[np.int64]
    groups: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Duplicates(Scorer):
    """Groups documents whose text is equal after normalisation.

    Normalised: Unicode NFKC, lower case, format characters (zero-width and bidirectional marks) removed, every run
    of anything but letters, digits, combining marks and symbols outside ASCII one space. A text with nothing left is
    compared as it stands. Equality is that of a 64-bit xxh3: among 10^8 different documents the chance of any false pair
    is 0.03 %.

    `duplicate_group` is the smallest doc_id of the group, null for a document without a twin; `duplicate_keep` holds
    for one document of each group and for every document without a twin.
    """

    name: ClassVar[str] = "duplicates"
    whole_corpus: ClassVar[bool] = True

    def columns(self) -> Mapping[str, pa.DataType]:
        return {"duplicate_group": pa.int64(), "duplicate_keep": pa.bool_()}

    def prepare(self, corpus: Iterable[pa.RecordBatch]) -> Groups:
        """Hash every text; holds 16 bytes a document."""
        hashes, doc_ids = [np.zeros(0, dtype=np.uint64)], [np.zeros(0, dtype=np.int64)]
        for batch in corpus:
            hashes.append(fingerprints(batch.column("text")))
            doc_ids.append(batch.column("doc_id").to_numpy(zero_copy_only=False).astype(np.int64))
        return group(np.concatenate(hashes), np.concatenate(doc_ids))

    def score(self, batch: pa.RecordBatch, prepared: Groups) -> Mapping[str, Values]:
        doc_ids = batch.column("doc_id").to_numpy(zero_copy_only=False).astype(np.int64)
        place = np.searchsorted(prepared.members, doc_ids)
        twin = np.zeros(len(doc_ids), dtype=np.bool_)
        inside = place < len(prepared.members)
        twin[inside] = prepared.members[place[inside]] == doc_ids[inside]
        groups = np.zeros(len(doc_ids), dtype=np.int64)
        groups[twin] = prepared.groups[place[twin]]
        return {
            "duplicate_group": pa.array(groups, mask=~twin),
            "duplicate_keep": ~twin | (groups == doc_ids),
        }


def group(hashes: Hashes, doc_ids: NDArray[np.int64]) -> Groups:
    """Find the hashes that occur at least twice."""
    order = np.lexsort((doc_ids, hashes))
    hashes, doc_ids = hashes[order], doc_ids[order]
    first = np.flatnonzero(np.append(True, hashes[1:] != hashes[:-1])) if len(hashes) else np.zeros(0, dtype=np.int64)
    sizes = np.diff(np.append(first, len(hashes)))
    twin = np.repeat(sizes > 1, sizes)
    members, groups = doc_ids[twin], np.repeat(doc_ids[first], sizes)[twin]
    by_id = np.argsort(members)
    return Groups(members[by_id], groups[by_id])


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
    if not texts.is_ascii:
        texts = _plain(texts)
    data = _FOLD[texts.data]
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


def _plain(texts: Texts) -> Texts:
    column = texts.column()
    foreign = pa.array(np.diff(texts.offsets) != texts.chars)
    changed = pc.utf8_lower(pc.utf8_normalize(column.filter(foreign), form="NFKC"))
    changed = pc.replace_substring_regex(changed, pattern=r"\p{Cf}+", replacement="")
    changed = pc.replace_substring_regex(changed, pattern=r"[^\x00-\x7f\pL\pN\pM\pS]+", replacement=" ")
    return Texts.of(pc.replace_with_mask(column, foreign, changed))
