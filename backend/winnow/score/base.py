"""The interface of every scorer: batches of documents in, columns out."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.method import Method

Values: TypeAlias = NDArray[Any] | pa.Array


@dataclass(frozen=True, kw_only=True)
class Scorer(Method):
    """Adds columns to a corpus.

    What a scorer learns from the corpus is returned by `prepare` and handed to `score`, never stored: a scorer is
    frozen and picklable, so it runs in any process. Columns of numbers, booleans and strings become facets; nested
    columns (spans) are read only when a document is opened.
    """

    version: ClassVar[int] = 1
    """Raised when the same settings would give other values; older columns are then out of date."""

    default: ClassVar[bool] = True
    """Whether `winnow score --all` runs it."""

    whole_corpus: ClassVar[bool] = False
    """Whether a value depends on other documents, so that new documents make every value stale."""

    @property
    def run_name(self) -> str:
        """Return the name under which its columns are kept: those of an earlier run of that name are replaced."""
        return self.name

    @abstractmethod
    def columns(self) -> Mapping[str, pa.DataType]:
        """Name the columns it makes and their Arrow types."""

    def needs(self) -> frozenset[str]:
        """Name the batch columns it reads: "text", "source", "words", "vectors:static"."""
        return frozenset({"text"})

    def state(self) -> str:
        """Name the state of files it reads beside the corpus: another state makes older columns out of date."""
        return ""

    def prepare(self, corpus: Iterable[pa.RecordBatch]) -> Any:
        """Learn from the corpus; the default learns nothing and reads nothing.

        Each iteration over `corpus` is a new pass over the same batches in the same order, doc_id and what `needs`
        names.
        """
        return None

    def tables(self, prepared: Any) -> Mapping[str, pa.Table]:
        """Return what it found in the corpus as a whole, as small tables for people; the default has none."""
        return {}

    def minutes(self, documents: int) -> float | None:
        """Return about how many minutes so many documents take, where they are many; the default says nothing."""
        return None

    @abstractmethod
    def score(self, batch: pa.RecordBatch, prepared: Any) -> Mapping[str, Values]:
        """Return every declared column for the batch, aligned with it.

        The batch holds doc_id int64, text large_string (never null) and what else `needs` names;
        "vectors:<model>" is a fixed-size list of float32, read with `vectors_of`.
        """


@dataclass(frozen=True, kw_only=True)
class SketchScorer(Scorer):
    """Learns from the corpus in two steps: a sketch of each batch, made in any process, then one look at all sketches.

    The second step sees the sketches in the corpus's order, whatever process made them; so any number of processes
    learns the same.
    """

    @abstractmethod
    def sketch(self, batch: pa.RecordBatch) -> Any:
        """Return what `learn` needs of a batch: small and picklable."""

    @abstractmethod
    def learn(self, sketches: Iterable[Any], corpus: Iterable[pa.RecordBatch]) -> Any:
        """Return what `score` needs; `sketches` is read once, `corpus` as in `prepare`."""

    def prepare(self, corpus: Iterable[pa.RecordBatch]) -> Any:
        return self.learn(map(self.sketch, corpus), corpus)


def vectors_of(batch: pa.RecordBatch, model: str) -> NDArray[np.float32]:
    """Return the batch's vectors as float32 [n, d]."""
    column = batch.column(f"vectors:{model}")
    flat: NDArray[Any] = column.flatten().to_numpy(zero_copy_only=False)
    return flat.reshape(len(column), column.type.list_size).astype(np.float32, copy=False)


SPANS = pa.list_(pa.struct([("start", pa.int32()), ("end", pa.int32()), ("kind", pa.string())]))
"""Places in a text to highlight: character offsets (code points), end exclusive, and what was found there."""


class Watch(Protocol):
    """Hears how far long work in `prepare` is, and may stop it."""

    def stage(self, name: str, total: float, unit: str) -> None:
        """Begin work of `total` units."""

    def advance(self, amount: float) -> None:
        """Say that so much more is done; raises Cancelled when a person stopped the job."""


class Unwatched:
    """Hears nothing."""

    def stage(self, name: str, total: float, unit: str) -> None: ...

    def advance(self, amount: float) -> None: ...


def watch_of(corpus: Iterable[pa.RecordBatch]) -> Watch:
    """Return who is told of long work in `prepare`: what the corpus brings as `progress`, or nobody."""
    watch: Watch = getattr(corpus, "progress", Unwatched())
    return watch
