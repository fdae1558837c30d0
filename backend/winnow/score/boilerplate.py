"""Which lines and paragraphs stand in many documents: menus, notices, signatures, templates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.method import Paper, param
from winnow.score.base import SPANS, SketchScorer, Values
from winnow.score.counting import repeated
from winnow.score.duplicates import fingerprints
from winnow.score.folded import DIGITS, SPACE, Hashes, piece_hashes
from winnow.score.spool import spool
from winnow.score.twins import Ids, ids_of
from winnow.score.words import Bytes, Mask, Pieces, Texts, per_text, share, texts_of

LISTED, SHOWN_CHARS = 1000, 500
_PARAGRAPH = np.uint64(0x5851F42D4C957F2D)


class Sketch(NamedTuple):
    """A batch's doc_ids and fingerprints, the hashes of each document's lines and paragraphs, and how many it has."""

    doc_ids: Ids
    texts: Hashes
    hashes: Hashes
    counts: NDArray[np.int64]


@dataclass(frozen=True)
class Repeated:
    """The hashes of what stands in enough documents, sorted, in how many, and the table of the most repeated."""

    hashes: Hashes
    documents: NDArray[np.int64]
    table: pa.Table

    def of(self, hashes: Hashes) -> NDArray[np.int64]:
        """Return in how many documents each stands, 0 for too few."""
        place = np.searchsorted(self.hashes, hashes)
        counts = np.zeros(len(hashes), dtype=np.int64)
        inside = place < len(self.hashes)
        inside[inside] = self.hashes[place[inside]] == hashes[inside]
        counts[inside] = self.documents[place[inside]]
        return counts


@dataclass(frozen=True)
class Letters:
    """The folded letters and digits of a batch, and how many of their bytes and characters stand before each byte."""

    data: Bytes
    bytes: NDArray[Any]
    chars: NDArray[Any]

    @classmethod
    def of(cls, texts: Texts) -> Letters:
        data = DIGITS[texts.data]
        solid = data != SPACE
        counter: type[np.signedinteger[Any]] = np.int32 if len(data) < 2**31 - 1 else np.int64
        before = np.zeros(len(data) + 1, dtype=counter)
        np.cumsum(solid, dtype=counter, out=before[1:])
        if texts.is_ascii:
            return cls(data[solid], before, before)
        chars = np.zeros(len(data) + 1, dtype=counter)
        np.cumsum(solid & ((data & 0xC0) != 0x80), dtype=counter, out=chars[1:])
        return cls(data[solid], before, chars)


@dataclass(frozen=True)
class Stretches:
    """The lines of a batch and its paragraphs of more than one line, those that are long enough, with hashes."""

    lines: Pieces
    line_hashes: Hashes
    paragraphs: Pieces
    paragraph_hashes: Hashes


@dataclass(frozen=True, kw_only=True)
class Boilerplate(SketchScorer):
    """Finds lines and paragraphs that stand in many documents.

    Lines, and paragraphs of more than one line (between blank lines), are compared by their letters and digits alone:
    ASCII lower case, every digit 0, without ASCII punctuation and white space (CCNet keeps ASCII punctuation). Those of fewer than
    `least_chars` such characters are left out. A line counts once a document, and documents of equal text count once
    together. Counts are exact up to collisions of 64-bit hashes.

    `boilerplate` is the share of a document's characters (in lines that are not blank) in a line or paragraph that
    stands in at least `least_documents` documents; `boilerplate_lines` and `boilerplate_paragraphs` count them,
    `boilerplate_spans` says where. The table "lines" lists the 1,000 most repeated with their counts.
    """

    name: ClassVar[str] = "boilerplate"
    paper: ClassVar[Paper | None] = Paper(
        "CCNet: Extracting High Quality Monolingual Datasets from Web Crawl Data", "1911.00359", 2019
    )
    whole_corpus: ClassVar[bool] = True

    least_documents: int = param(5, "In how many documents a line must stand.", low=2)
    least_chars: int = param(8, "Lines of fewer letters and digits are left out.", low=1)

    def columns(self) -> Mapping[str, pa.DataType]:
        return {
            "boilerplate": pa.float32(),
            "boilerplate_lines": pa.int32(),
            "boilerplate_paragraphs": pa.int32(),
            "boilerplate_spans": SPANS,
        }

    def sketch(self, batch: pa.RecordBatch) -> Sketch:
        """Hash every line and paragraph: 8 bytes each, and 24 a document."""
        found = self.stretches(texts_of(batch))
        rows = np.concatenate([found.lines.rows, found.paragraphs.rows])
        hashes = np.concatenate([found.line_hashes, found.paragraph_hashes])
        order = np.lexsort((hashes, rows))
        rows, hashes = rows[order], hashes[order]
        once = np.ones(len(rows), dtype=np.bool_)
        once[1:] = (np.diff(rows) > 0) | (hashes[1:] != hashes[:-1])
        counts = np.bincount(rows[once], minlength=batch.num_rows)
        return Sketch(ids_of(batch), fingerprints(batch.column("text")), hashes[once], counts)

    def learn(self, sketches: Iterable[Sketch], corpus: Iterable[pa.RecordBatch]) -> Repeated:
        """Count in temporary files of 16 bytes a line; holds 24 bytes a document and 16 for what is repeated."""
        texts, counts = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)]
        with spool(np.uint64) as lines:
            for sketch in sketches:
                lines.append(sketch.hashes)
                texts.append(sketch.texts)
                counts.append(sketch.counts)
            held, sizes = lines.read(), np.concatenate(counts)
            first = np.zeros(len(sizes), dtype=np.bool_)
            first[np.unique(np.concatenate(texts), return_index=True)[1]] = True
            hashes, documents = repeated(_of_documents(held, sizes, first), len(held), self.least_documents)
            most = np.sort(np.argsort(-documents, kind="stable")[:LISTED])
            places = _first_places(held, sizes, hashes[most])
            del held
        table = self._table(corpus, hashes[most], documents[most], places)
        return Repeated(hashes, documents, table)

    def tables(self, prepared: Repeated) -> Mapping[str, pa.Table]:
        return {"lines": prepared.table}

    def score(self, batch: pa.RecordBatch, prepared: Repeated) -> Mapping[str, Values]:
        texts = texts_of(batch)
        found = self.stretches(texts)
        lines, paragraphs = prepared.of(found.line_hashes), prepared.of(found.paragraph_hashes)
        blocks, every = found.paragraphs.take(paragraphs > 0), texts.lines
        alone = (lines > 0) & ~_covered(found.lines, blocks)
        # A short line inside a repeated paragraph belongs to it.
        inside = _covered(every, blocks) | np.isin(every.starts, found.lines.starts[alone])
        chars = per_text(every.rows, len(texts), every.chars)
        return {
            "boilerplate": share(per_text(every.rows, len(texts), every.chars * inside), chars).astype(np.float32),
            "boilerplate_lines": per_text(found.lines.rows[lines > 0], len(texts)).astype(np.int32),
            "boilerplate_paragraphs": per_text(blocks.rows, len(texts)).astype(np.int32),
            "boilerplate_spans": _spans(
                texts,
                (blocks, paragraphs[paragraphs > 0], "paragraph"),
                (found.lines.take(alone), lines[alone], "line"),
            ),
        }

    def stretches(self, texts: Texts) -> Stretches:
        """Return what is compared of each text."""
        every, blocks = texts.lines, texts.paragraphs
        long = np.searchsorted(texts.newlines, blocks.ends) > np.searchsorted(texts.newlines, blocks.starts)
        letters = Letters.of(texts)
        lines, line_hashes = self._hashed(every, letters)
        paragraphs, paragraph_hashes = self._hashed(blocks.take(long), letters)
        return Stretches(lines, line_hashes, paragraphs, paragraph_hashes ^ _PARAGRAPH)

    def _hashed(self, pieces: Pieces, letters: Letters) -> tuple[Pieces, Hashes]:
        """Return the pieces that are long enough, and the hashes of their letters and digits."""
        pieces = pieces.take(letters.chars[pieces.ends] - letters.chars[pieces.starts] >= self.least_chars)
        starts, ends = (letters.bytes[edges].astype(np.int64) for edges in (pieces.starts, pieces.ends))
        return pieces, piece_hashes(letters.data, starts, ends)

    def _table(
        self, corpus: Iterable[pa.RecordBatch], hashes: Hashes, documents: NDArray[np.int64], places: Ids
    ) -> pa.Table:
        """Find the text of each hash in the first document that holds it, and list them by count."""
        rows: list[dict[str, object]] = []
        seen, wanted = 0, np.unique(places)
        for batch in corpus:
            mine = wanted[(wanted >= seen) & (wanted < seen + batch.num_rows)] - seen
            if len(mine):
                few = batch.take(pa.array(mine))
                asked = np.isin(places, mine + seen)
                rows += self._examples(few, dict(zip(hashes[asked].tolist(), documents[asked].tolist(), strict=True)))
            seen += batch.num_rows
            if not len(wanted) or seen > wanted[-1]:
                break
        rows.sort(key=lambda row: (-int(str(row["documents"])), str(row["text"])))
        return pa.Table.from_pylist(rows, schema=TABLE)

    def _examples(self, batch: pa.RecordBatch, asked: dict[int, int]) -> Iterator[dict[str, object]]:
        texts, ids = Texts.of(batch.column("text")), ids_of(batch)
        found = self.stretches(texts)
        kinds = (("line", found.lines, found.line_hashes), ("paragraph", found.paragraphs, found.paragraph_hashes))
        for kind, pieces, hashes in kinds:
            for place in np.flatnonzero(np.isin(hashes, np.array(list(asked), dtype=np.uint64))).tolist():
                count = asked.pop(int(hashes[place]), None)
                if count is not None:
                    text = pieces.data[pieces.starts[place] : pieces.ends[place]].tobytes().decode()
                    row = {"kind": kind, "documents": count, "chars": len(text), "text": text[:SHOWN_CHARS]}
                    yield {**row, "doc_id": int(ids[pieces.rows[place]])}


TABLE = pa.schema(
    [
        ("kind", pa.string()),
        ("documents", pa.int64()),
        ("chars", pa.int64()),
        ("text", pa.large_string()),
        ("doc_id", pa.int64()),
    ]
)
"""What is listed of a repeated line: in how many documents it stands, its text as the first of them has it, and that."""


def _of_documents(held: Hashes, sizes: NDArray[np.int64], chosen: Mask) -> Iterator[Hashes]:
    """Yield the hashes of the chosen documents, block by block."""
    bounds = np.concatenate([[0], np.cumsum(sizes)])
    for start in range(0, len(sizes), 1 << 16):
        after = min(start + (1 << 16), len(sizes))
        keep = np.repeat(chosen[start:after], sizes[start:after])
        yield held[bounds[start] : bounds[after]][keep]


def _first_places(held: Hashes, sizes: NDArray[np.int64], hashes: Hashes) -> Ids:
    """Return the place in the corpus of the first document that holds each of the sorted hashes."""
    ends, first = np.cumsum(sizes), np.full(len(hashes), -1, dtype=np.int64)
    for start in range(0, len(held), 1 << 22):
        block = np.asarray(held[start : start + (1 << 22)])
        place = np.searchsorted(hashes, block)
        hit = np.flatnonzero(hashes[np.minimum(place, len(hashes) - 1)] == block) if len(hashes) else place[:0]
        found, at = np.unique(place[hit], return_index=True)
        new = first[found] < 0
        first[found[new]] = start + hit[at[new]]
        if (first >= 0).all():
            break
    return np.searchsorted(ends, first, side="right")


def _covered(lines: Pieces, paragraphs: Pieces) -> Mask:
    """Say which lines lie inside one of the paragraphs."""
    owner = np.searchsorted(paragraphs.starts, lines.starts, side="right") - 1
    return (owner >= 0) & (np.append(paragraphs.ends, 0)[owner] >= lines.ends)


def _spans(texts: Texts, *kinds: tuple[Pieces, NDArray[np.int64], str]) -> pa.Array:
    """Return the pieces as spans in order, with what they are and in how many documents they stand."""
    starts, ends, rows = (
        np.concatenate([getattr(pieces, name) for pieces, _, _ in kinds]) for name in ("starts", "ends", "rows")
    )
    words = [f"{kind} in {count:,} documents" for _, counts, kind in kinds for count in counts.tolist()]
    order = np.argsort(starts, kind="stable")
    starts, ends, rows = starts[order], ends[order], rows[order]
    opens = texts.offsets[rows]
    fields = [
        pa.array(texts.code_points(opens, starts), pa.int32()),
        pa.array(texts.code_points(opens, ends), pa.int32()),
        pa.array(words, pa.string()).take(pa.array(order)),
    ]
    edges = np.searchsorted(rows, np.arange(len(texts) + 1)).astype(np.int32)
    structs = pa.StructArray.from_arrays(fields, fields=list(SPANS.value_type))
    return pa.ListArray.from_arrays(pa.array(edges), structs, type=SPANS)
