"""arrange: a selection's documents changed, put in order and packed on their way into the files of an export."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from winnow.arrange.base import Arranged, Entries, Pieces, Tools, with_columns
from winnow.arrange.course import Course, Tally
from winnow.export.reorder import ENTRY, Reordering, Spool, Texts
from winnow.jobs.progress import Progress
from winnow.pool import Floats, Pool, Rows

PART_BITS = 40
"""Document ids lie below 2^40; the bits above tell generated documents of one source apart."""


@dataclass(frozen=True, eq=False)
class Plan:
    """What is to be arranged: the arrangements, the chosen documents in doc_id order, how often each is seen."""

    course: Course
    pool: Pool
    weights: Floats
    tools: Tools

    @property
    def weighted(self) -> bool:
        return bool(len(self.weights)) and not np.all(self.weights == 1.0)


def made_columns(plan: Plan) -> frozenset[str]:
    """Name the columns that a plan writes; "tokens" is told anew and is not among them."""
    course = plan.course
    made = {name for step in course.transforms for name in step.columns()}
    made |= {"generated"} if course.generates else set()
    made |= set(course.order.marks) if course.order else set()
    made |= {"window", "window_start", "ends", "doc_ids", "starts"} if course.packer else set()
    return frozenset(made | ({"copy" if course.reorders else "weight"} if plan.weighted else set()))


@dataclass
class Read:
    """What is known of the documents after the transforms, an entry a document: row in the pool, part, tokens, bytes."""

    rows: list[Rows] = field(default_factory=list)
    parts: list[Rows] = field(default_factory=list)
    tokens: list[Rows] = field(default_factory=list)
    bytes: list[Rows] = field(default_factory=list)
    phases: list[Rows] = field(default_factory=list)

    def joined(self, name: str) -> Rows:
        found: Rows = np.concatenate([*getattr(self, name), np.empty(0, dtype=np.int64)]).astype(np.int64)
        return found


@dataclass(frozen=True, eq=False)
class Layout:
    """Where everything goes: entry i is a piece of document `rows[i]`, with what is written beside it.

    `cut` int64 [m], the character at which a piece begins in its document, is known once the texts were cut.
    """

    rows: Rows
    marks: Mapping[str, NDArray[Any]]
    pieces: Pieces | None
    cut: Rows


class Arranging:
    """Runs a plan over batches in doc_id order; `report` is complete when all batches were given."""

    def __init__(self, plan: Plan, folder: Path, keep: Sequence[str], progress: Progress) -> None:
        """`folder` is for scratch files; `keep` names the columns that are written besides those the plan makes."""
        self._plan, self._folder, self._progress = plan, folder, progress
        self._keep = list(keep)
        self._tallies = [Tally() for _ in plan.course.transforms]
        self._arranged: Arranged | None = None
        self._layout: Layout | None = None

    def batches(self, source: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the documents as they are to be written; the first batch carries the schema and may be empty."""
        course = self._plan.course
        prepared = [step.prepare(self._plan.pool, self._plan.tools) for step in course.transforms]
        if course.reorders:
            yield from self._reordered(source, prepared)
            return
        for batch in source:
            made, tokens, rows = self._transformed(batch, prepared)
            made = _retold(made, tokens)
            if self._plan.weighted:
                made = with_columns(made, {"weight": pa.array(self._plan.weights[rows])})
            yield self._written(made, ["weight"])

    def report(self) -> dict[str, Any]:
        """Return the seed and what each arrangement did, for the manifest."""
        course, found = self._plan.course, []
        for step, tally in zip(course.transforms, self._tallies, strict=True):
            found.append({"recipe": step.recipe, "what": step.summary(), "counts": asdict(tally)})
        if course.order is not None and self._arranged is not None:
            counts = {"documents": len(self._arranged), **self._arranged.figures}
            found.append({"recipe": course.order.recipe, "what": course.order.summary(), "counts": counts})
        if course.packer is not None and self._layout is not None and self._layout.pieces is not None:
            counts = {"pieces": len(self._layout.pieces), **self._layout.pieces.figures}
            found.append({"recipe": course.packer.recipe, "what": course.packer.summary(), "counts": counts})
        return {"seed": self._plan.tools.seed, "steps": found}

    def _transformed(self, batch: pa.RecordBatch, prepared: Sequence[Any]) -> tuple[pa.RecordBatch, Rows, Rows]:
        """Return the batch after all transforms, its tokens, and the row of each document in the pool."""
        pool, course = self._plan.pool, self._plan.course
        tokens = pool.tokens[np.searchsorted(pool.doc_ids, batch.column("doc_id").to_numpy())]
        if course.transforms:
            flags = pa.array(np.zeros(len(batch), dtype=bool))
            batch = with_columns(batch, {"text": pc.fill_null(batch.column("text"), ""), "generated": flags})
            batch, tokens = course.transformed(batch, tokens, self._plan.tools, prepared, self._tallies)
        return batch, tokens, np.searchsorted(pool.doc_ids, batch.column("doc_id").to_numpy())

    def _written(self, batch: pa.RecordBatch, more: Sequence[str]) -> pa.RecordBatch:
        made = [name for step in self._plan.course.transforms for name in step.columns()]
        made += ["generated"] * self._plan.course.generates
        names = dict.fromkeys([*self._keep, *made, *more])
        return batch.select([name for name in names if name in batch.schema.names])

    def _reordered(self, source: Iterator[pa.RecordBatch], prepared: Sequence[Any]) -> Iterator[pa.RecordBatch]:
        plan, spool = self._plan, Spool(self._folder / "spool.arrow")
        self._folder.mkdir(parents=True, exist_ok=True)
        pool, phase, sizes = plan.pool, None, np.maximum(plan.pool.tokens, 1) * 5
        weights = plan.weights
        if plan.course.transforms:
            read = Read()
            spool.put(self._spooled(source, prepared, read))
            source = spool.batches()
            rows, sizes = read.joined("rows"), read.joined("bytes")
            weights = weights[rows]
            pool = _seen(pool, rows, read.joined("parts"), read.joined("tokens"))
            phase = read.joined("phases") if plan.course.phased else None
        layout = self._lay_out(pool, weights, phase)
        self._progress.stage("put in order", len(layout.rows), "documents")
        share = 1.0 if layout.pieces is None else (layout.pieces.last - layout.pieces.first) / pool.tokens[layout.rows]
        entry_sizes = np.maximum(sizes[layout.rows] * share, 1).astype(np.int64)
        reordering = Reordering(self._folder / "bins", layout.rows, entry_sizes)
        reordering.put(source, _cutter(layout, pool.tokens, plan.tools) if layout.pieces else None)
        spool.path.unlink(missing_ok=True)
        batches = self._marked(reordering, layout)
        yield from plan.course.packer.written(batches) if plan.course.packer else batches

    def _spooled(
        self, source: Iterator[pa.RecordBatch], prepared: Sequence[Any], read: Read
    ) -> Iterator[pa.RecordBatch]:
        for batch in source:
            made, tokens, rows = self._transformed(batch, prepared)
            read.rows.append(rows)
            firsts = np.flatnonzero(np.diff(rows, prepend=-1))
            read.parts.append(np.arange(len(rows)) - np.repeat(firsts, np.diff(firsts, append=len(rows))))
            read.tokens.append(tokens)
            read.bytes.append(pc.binary_length(made.column("text")).to_numpy(zero_copy_only=False).astype(np.int64))
            if self._plan.course.phased:
                read.phases.append(made.column("phase").to_numpy())
            yield _retold(made, tokens)

    def _lay_out(self, pool: Pool, weights: Floats, phase: Rows | None) -> Layout:
        course, seed = self._plan.course, self._plan.tools.seed
        entries = Entries.of(pool, weights, seed)
        self._arranged = arranged = course.ordered(entries, None if phase is None else phase[entries.rows])
        rows = entries.rows[arranged.places]
        marks: dict[str, NDArray[Any]] = dict(arranged.marks)
        if phase is not None:
            marks["phase"] = phase[rows]
        if self._plan.weighted:
            marks["copy"] = entries.copy[arranged.places]
        pieces = course.packed(pool.tokens[rows], marks.get("phase"), seed)
        if pieces is not None:
            rows, marks = rows[pieces.places], {name: mark[pieces.places] for name, mark in marks.items()}
            marks |= {"window": pieces.window, "window_start": pieces.start, "tokens": pieces.last - pieces.first}
            marks["ends"] = pieces.last == pool.tokens[rows]
        self._layout = Layout(rows, marks, pieces, np.zeros(len(rows), dtype=np.int64))
        return self._layout

    def _marked(self, reordering: Reordering, layout: Layout) -> Iterator[pa.RecordBatch]:
        for batch in reordering.batches(BATCH):
            first = int(batch.column(ENTRY)[0].as_py()) if len(batch) else 0
            marks = {name: pa.array(mark[first : first + len(batch)]) for name, mark in layout.marks.items()}
            if layout.pieces is not None and "loss_mask_chars" in batch.schema.names:
                left = batch.column("loss_mask_chars").to_numpy() - layout.cut[first : first + len(batch)]
                sizes = pc.utf8_length(batch.column("text")).to_numpy(zero_copy_only=False)
                marks["loss_mask_chars"] = pa.array(np.clip(left, 0, sizes), pa.int64())
            yield self._written(with_columns(batch.drop_columns([ENTRY]), marks), list(marks))
            self._progress.advance(len(batch))


BATCH = 2048
"""Documents given at once."""


def _seen(pool: Pool, rows: Rows, parts: Rows, tokens: Rows) -> Pool:
    """Return the pool after the transforms: documents dropped or added, tokens as they are now, names that differ."""
    same = len(rows) == len(pool) and bool((rows == np.arange(len(rows))).all())
    now = pool if same else pool.take(rows)
    return replace(now, doc_ids=now.doc_ids + (parts << PART_BITS), tokens=tokens)


def _retold(batch: pa.RecordBatch, tokens: Rows) -> pa.RecordBatch:
    """Return the batch with its column of tokens, if it has one, as they are now."""
    return with_columns(batch, {"tokens": pa.array(tokens)}) if "tokens" in batch.schema.names else batch


def _cutter(layout: Layout, tokens: Rows, tools: Tools) -> Texts:
    pieces = layout.pieces
    assert pieces is not None

    def texts(given: pa.Array, rows: Rows, entries: Rows) -> pa.Array:
        whole = tokens[layout.rows[entries]]
        cut = np.flatnonzero((pieces.first[entries] > 0) | (pieces.last[entries] < whole))
        if not len(cut):
            return given.take(pa.array(rows))
        mine, (rows_cut, row_of) = entries[cut], np.unique(rows[cut], return_inverse=True)
        numbers = np.concatenate([pieces.first[mine], pieces.last[mine]])
        source = given.take(pa.array(rows_cut))
        places = tools.cut(source, np.tile(row_of, 2), numbers, np.tile(whole[cut], 2))
        begins, ends = places[: len(mine)], places[len(mine) :]
        layout.cut[mine] = begins
        texts_cut = source.to_pylist()
        bounds = zip(row_of.tolist(), begins.tolist(), ends.tolist(), strict=True)
        found = [texts_cut[row][begin:end] for row, begin, end in bounds]
        left = np.setdiff1d(np.arange(len(rows)), cut, assume_unique=True)
        both = pa.concat_arrays([given.take(pa.array(rows[left])), pa.array(found, given.type)])
        return both.take(pa.array(np.argsort(np.concatenate([left, cut]))))

    return texts
