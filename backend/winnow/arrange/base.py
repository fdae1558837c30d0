"""The interfaces of every arrangement: transforms of documents, an order of them, and their packing into windows."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from winnow.errors import MissingNeed
from winnow.judge.base import Answer, Prompt
from winnow.method import Method, param
from winnow.pool import Floats, Groups, Hashes, Pool, Rows

Ask = Callable[[Iterable[Prompt]], Iterator[Answer]]
"""Sends prompts to a judge and yields its answers in their order; one with an error says nothing."""


def _bytes_over_four(texts: pa.Array) -> Rows:
    sizes = np.array([len(text.encode()) for text in texts.to_pylist()], dtype=np.int64)
    counted: Rows = -(-sizes // 4)
    return counted


def _even_cut(texts: pa.Array, rows: Rows, numbers: Rows, totals: Rows) -> Rows:
    lengths = np.array([len(text) for text in texts.to_pylist()], dtype=np.int64)
    cut: Rows = lengths[rows] * numbers // np.maximum(totals, 1)
    return cut


@dataclass(frozen=True, eq=False)
class Tools:
    """What an arrangement is handed besides documents: the seed, a counter of tokens, a cutter and a judge.

    `count` returns the tokens of each text, int64 [n]; `cut(texts, rows, numbers, totals)` the character at which token
    `numbers[i]` begins in text `rows[i]`, which was counted as `totals[i]`, int64 [m]. Whoever runs the arrangement gives
    the corpus's own tokenizer; alone, a token is four bytes. `ask` is None unless a judge was named.
    """

    seed: int = 0
    count: Callable[[pa.Array], Rows] = field(default=_bytes_over_four)
    cut: Callable[[pa.Array, Rows, Rows, Rows], Rows] = field(default=_even_cut)
    ask: Ask | None = None


@dataclass(frozen=True, kw_only=True)
class Arrangement(Method):
    """Anything done to chosen documents on their way into files."""

    example: ClassVar[Mapping[str, Any]] = {}
    """Settings to try the method with, for one that asks for something and so does nothing by its defaults alone."""

    def needs(self) -> frozenset[str]:
        """Name the columns it reads beside doc_id, id, text, source, url and date, and "vectors:<model>"."""
        return frozenset()

    def remarks(self, pool: Pool) -> list[str]:
        """Return what a person should heed before these documents are written, a sentence each."""
        return []


@dataclass(frozen=True, kw_only=True)
class Transform(Arrangement):
    """Changes, drops or adds documents, a batch at a time; randomness comes from (seed, doc_id) alone."""

    generates: ClassVar[bool] = False
    """Whether it adds documents; they carry the doc_id of the one they come from and generated = true."""

    tags: ClassVar[bool] = False
    """Whether it only adds to texts what a later change would damage, so that no change may come after it."""

    @property
    def asks(self) -> bool:
        """Return whether it sends prompts to a judge."""
        return False

    def recount(self, before: pa.Array, after: pa.Array, tokens: Rows, tools: Tools) -> Rows:
        """Return the tokens of changed texts that had `tokens`; where text was put in front or behind, only it is counted."""
        told: list[str] = []
        more = np.zeros(len(after), dtype=bool)
        for place, (old, new) in enumerate(zip(before.to_pylist(), after.to_pylist(), strict=True)):
            more[place] = bool(old) and (new.endswith(old) or new.startswith(old))
            told.append(new if not more[place] else new[: -len(old)] if new.endswith(old) else new[len(old) :])
        counted: Rows = tools.count(pa.array(told, pa.large_string())) + np.where(more, tokens, 0)
        return counted

    def prompts(self, batch: pa.RecordBatch, tools: Tools) -> Iterator[Prompt]:
        """Yield what it would ask about a batch, to know the cost; where questions rest on answers, the most there can be."""
        return iter(())

    @property
    def phased(self) -> bool:
        """Return whether it makes the column "phase", by which documents are then written: phase 0 first."""
        return "phase" in self.columns()

    def columns(self) -> Mapping[str, pa.DataType]:
        """Name the columns it adds and their Arrow types."""
        return {}

    def prepare(self, pool: Pool, tools: Tools) -> Any:
        """Learn from all chosen documents before the first batch; the default learns nothing.

        `pool` holds tokens, the columns of `needs`, and `text_batches()`, each as they stand before any transform. What
        is returned is small and handed to `transform`: a transform is frozen and picklable.
        """
        return None

    @abstractmethod
    def transform(self, batch: pa.RecordBatch, tools: Tools, prepared: Any) -> pa.RecordBatch:
        """Return the batch with texts changed, documents dropped or documents added, each after the one it comes from.

        The batch holds doc_id int64 rising, text large_string without nulls, id, source, url, date, generated bool, what
        `needs` names and what earlier transforms added ("pii_spans" is a list of start, end, kind in characters). The
        result has the same columns, in any order, and those of `columns()`. `changed`, `with_columns` and `added` help.
        """


@dataclass(frozen=True, eq=False)
class Entries:
    """The documents to be put in order, each as often as it is seen: entry i is copy `copy[i]` of row `rows[i]`.

    `pool` holds each document once, with tokens as they are after all transforms; `rows`, `copy` int64 [m]. All first
    copies come first, in the pool's order, then all second ones.
    """

    pool: Pool
    rows: Rows
    copy: Rows
    seed: int

    @classmethod
    def of(cls, pool: Pool, weights: Floats, seed: int) -> Entries:
        """Repeat documents by weight: floor(w) times, and once more with a chance of w - floor(w) by (seed, doc_id)."""
        whole = np.floor(weights)
        times = (whole + (pool.uniform(seed, "copies") < weights - whole)).astype(np.int64)
        epochs = [np.flatnonzero(times > copy) for copy in range(int(times.max(initial=0)))]
        rows = np.concatenate([*epochs, np.empty(0, dtype=np.int64)]).astype(np.int64)
        return cls(pool, rows, np.repeat(np.arange(len(epochs)), [len(epoch) for epoch in epochs]), seed)

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, places: Rows) -> Entries:
        return Entries(self.pool, self.rows[places], self.copy[places], self.seed)

    @property
    def tokens(self) -> Rows:
        return self.pool.tokens[self.rows]

    def number(self, column: str) -> Floats:
        return self.pool.number(column)[self.rows]

    def group(self, column: str) -> Groups:
        return self.pool.group(column).take(self.rows)

    def order(self, stream: str) -> Hashes:
        """Return one key per entry from (seed, stream, copy, doc_id), distinct within a copy; sorting is a shuffle."""
        keys = np.empty(len(self), dtype=np.uint64)
        for copy in range(int(self.copy.max(initial=-1)) + 1):
            mine = self.copy == copy
            keys[mine] = self.pool.hashes(self.seed, f"{stream} {copy}")[self.rows[mine]]
        return keys


@dataclass(frozen=True, eq=False)
class Arranged:
    """Entries in the order in which they are written, int64 [m], and what is written beside each: name → int64 [m].

    `figures` say in numbers what came about, for the manifest: {"batches": 12}.
    """

    places: Rows
    marks: Mapping[str, Rows] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.places)


@dataclass(frozen=True, kw_only=True)
class Order(Arrangement):
    """Puts documents in the order in which they are written."""

    marks: ClassVar[tuple[str, ...]] = ()
    """The columns written beside each document: "phase", "batch", "bin"."""

    def order(self, entries: Entries) -> Arranged:
        """Return entries, each at most once, and the marks of each; raises MissingNeed, SettingError."""
        entries.pool.require(type(self).name, self.needs())
        if len(entries) == 0:
            nothing = np.empty(0, dtype=np.int64)
            return Arranged(nothing, dict.fromkeys(self.marks, nothing))
        return self.arrange(entries)

    @abstractmethod
    def arrange(self, entries: Entries) -> Arranged: ...


@dataclass(frozen=True, eq=False)
class Pieces:
    """Documents, or parts of them, in windows: entry i is the tokens first[i] … last[i] of document `places[i]`.

    `places` counts documents in the order given; `window` rises; `start` is the piece's first token in its window. All
    int64 [p]. `figures` as in Arranged.
    """

    places: Rows
    first: Rows
    last: Rows
    window: Rows
    start: Rows
    figures: Mapping[str, float] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.places)


@dataclass(frozen=True, kw_only=True)
class Packer(Arrangement):
    """Puts documents, in the order given, into windows of a number of tokens."""

    tokens: int = param(2048, "How many tokens a window holds.", low=1)

    @property
    def joins(self) -> bool:
        """Return whether a row of the files is a window, which has no columns of documents."""
        return False

    @abstractmethod
    def pack(self, tokens: Rows, seed: int) -> Pieces:
        """Return pieces by window; `tokens` int64 [m] are the lengths in order, a document of none is left out."""

    def written(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Return the rows of the files from pieces in order, with window, window_start, tokens and ends (a bool)."""
        return batches


def uniform(batch: pa.RecordBatch, seed: int, stream: str) -> Floats:
    """Return one number in (0, 1) per document from (seed, stream, doc_id), float64 [n]."""
    ids = batch.column("doc_id").to_numpy()
    return Pool(ids, np.zeros(len(ids), dtype=np.int64)).uniform(seed, stream)


def changed(batch: pa.RecordBatch, texts: Sequence[str] | pa.Array) -> pa.RecordBatch:
    """Return the batch with other texts."""
    column = texts if isinstance(texts, pa.Array) else pa.array(texts, pa.large_string())
    return with_columns(batch, {"text": column})


def with_columns(batch: pa.RecordBatch, columns: Mapping[str, pa.Array]) -> pa.RecordBatch:
    """Return the batch with columns set, in their places when they are there, else at the end."""
    values = {name: batch.column(name) for name in batch.schema.names} | dict(columns)
    return pa.RecordBatch.from_arrays(list(values.values()), names=list(values))


def added(batch: pa.RecordBatch, rows: Sequence[int] | Rows, texts: Sequence[str]) -> pa.RecordBatch:
    """Return the batch with generated documents, each after the row it comes from and with that row's columns."""
    origins = np.asarray(rows, dtype=np.int64)
    order = np.argsort(np.concatenate([np.arange(len(batch)), origins]), kind="stable")
    whole = batch.take(pa.array(np.concatenate([np.arange(len(batch)), origins])))
    fresh = np.arange(len(whole)) >= len(batch)
    given = batch.column("generated").to_numpy(zero_copy_only=False)
    written = pa.concat_arrays([batch.column("text").cast(pa.large_string()), pa.array(texts, pa.large_string())])
    flags = np.where(fresh, True, np.concatenate([given, np.zeros(len(origins), dtype=bool)]))
    return with_columns(whole, {"text": written, "generated": pa.array(flags)}).take(pa.array(order))


def asked(who: str, tools: Tools) -> Ask:
    """Return the judge; raises MissingNeed when none was named."""
    if tools.ask is None:
        raise MissingNeed(f"{who} asks a language model", "no judge was named", "name one with --judge")
    return tools.ask
