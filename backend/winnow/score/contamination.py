"""Which documents hold the items of benchmarks."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.errors import MissingNeed
from winnow.method import Paper, param
from winnow.score.base import SPANS, Scorer, Values
from winnow.score.benchmarks import Benchmarks, read_benchmarks, state_of
from winnow.score.folded import FoldedWords, word_places
from winnow.score.overlap import Hits, Index, Pairs, build, find, pairs, words_covered
from winnow.score.words import Places, share

TULU = Paper("Tulu 3: Pushing Frontiers in Open Language Model Post-Training", "2411.15124", 2024)
FLOOR = 0.2
"""The least coverage of an item that is written down for a document: below, it is a phrase that many texts share."""

HITS = pa.list_(
    pa.struct(
        [
            ("benchmark", pa.string()),
            ("row", pa.int64()),
            ("coverage", pa.float32()),
            ("run", pa.int32()),
            ("of", pa.int32()),
        ]
    )
)
"""The items that a document holds: benchmark, row in its file, share of its words, longest run, items in the benchmark."""


@dataclass(frozen=True)
class Sought:
    """The items and the index of their runs."""

    benchmarks: Benchmarks
    index: Index


@dataclass(frozen=True, kw_only=True)
class Contamination(Scorer):
    """Finds documents that hold items of benchmarks, by runs of words that both share.

    Texts are compared by their words: NFKC, lower case, without punctuation. A word of an item is covered by a document
    when both share a run of `ngram` words with it in; `contamination` is the covered share of the item of which the
    document covers most, 0 when it shares no run. By the rule "coverage" (TÜLU 3: runs of 8, more than half of the item
    in the same document) a document is `contaminated` above `threshold`; by "run" (GPT-3: 13 words) when it shares
    `least_run` words in a row. An item shorter than a run is found where it is the whole document. Runs of numbers
    alone do not count. Benchmarks are compared by what a model is asked (question, prompt, …) unless `fields` names
    others.

    `contamination_share` is the share of the document's words in shared runs; `contamination_run` the longest run;
    `contamination_benchmark` and `contamination_item` name the item covered most; `contamination_items` counts the
    items that meet the rule; `contamination_hits` lists all covered by a fifth or more, `contamination_spans` says where.
    Raises MissingNeed without benchmarks, InputError for files that cannot be read.
    """

    name: ClassVar[str] = "contamination"
    paper: ClassVar[Paper | None] = TULU
    default: ClassVar[bool] = False

    benchmarks: tuple[str, ...] = param(
        (),
        "Files or folders of benchmark items: JSON lines, JSON, Parquet, CSV, TSV, or text with a blank line between.",
    )
    fields: tuple[str, ...] = param(
        (), "The fields compared, for example question, choices; none for the prompt alone."
    )
    ngram: int = param(8, "How many words in a row must be the same.", low=2, high=50)
    rule: str = param(
        "coverage",
        "What makes a document contaminated: the covered share of an item, or the words of one shared run.",
        choices=("coverage", "run"),
    )
    threshold: float = param(0.5, "The covered share of an item above which rule 'coverage' holds.", low=FLOOR, high=1)
    least_run: int = param(13, "The words in a row from which rule 'run' holds.", low=2, high=1000)

    def __post_init__(self) -> None:
        super().__post_init__()
        # A job runs in another folder than the command that asked for it.
        paths = tuple(os.path.abspath(path) if os.path.exists(path) else path for path in self.benchmarks)
        object.__setattr__(self, "benchmarks", paths)

    def columns(self) -> Mapping[str, pa.DataType]:
        return {
            "contamination": pa.float32(),
            "contamination_share": pa.float32(),
            "contamination_run": pa.int32(),
            "contamination_benchmark": pa.string(),
            "contamination_item": pa.string(),
            "contamination_items": pa.int32(),
            "contaminated": pa.bool_(),
            "contamination_hits": HITS,
            "contamination_spans": SPANS,
        }

    def state(self) -> str:
        return state_of(self.benchmarks)

    def prepare(self, corpus: Iterable[pa.RecordBatch]) -> Sought:
        """Read and index the benchmarks; the corpus is not read."""
        if not self.benchmarks:
            found, fix = "none was named", "--set benchmarks=FILE,FOLDER"
            raise MissingNeed("contamination needs benchmarks to look for", found, fix)
        items = read_benchmarks(self.benchmarks, self.fields)
        if not len(items):
            raise MissingNeed("contamination needs benchmarks with items", "the files hold none", "name other files")
        return Sought(items, build(items.texts, self.ngram))

    def tables(self, prepared: Sought) -> Mapping[str, pa.Table]:
        items = prepared.benchmarks.table().append_column("words", pa.array(prepared.index.lengths, pa.int64()))
        return {"items": items}

    def score(self, batch: pa.RecordBatch, prepared: Sought) -> Mapping[str, Values]:
        words, index = FoldedWords.of(batch.column("text")), prepared.index
        hits = find(words, index)
        found, documents = pairs(hits, index), batch.num_rows
        met = found.coverage > self.threshold if self.rule == "coverage" else found.run >= self.least_run
        best, highest, longest = _best(found, documents), np.zeros(documents), np.zeros(documents, dtype=np.int32)
        some = best >= 0
        highest[some] = found.coverage[best[some]]
        np.maximum.at(longest, found.rows, found.run.astype(np.int32))
        counts = np.bincount(found.rows[met], minlength=documents).astype(np.int32)
        kept = np.flatnonzero((found.coverage >= FLOOR) | met)
        items = found.items[best[some]]
        return {
            "contamination": highest.astype(np.float32),
            "contamination_share": share(words_covered(hits, index, documents), words.counts).astype(np.float32),
            "contamination_run": longest,
            "contamination_benchmark": _names(prepared.benchmarks, items, some),
            "contamination_item": _items(prepared.benchmarks, items, some),
            "contamination_items": counts,
            "contaminated": counts > 0,
            "contamination_hits": _listed(found, kept, prepared.benchmarks, documents),
            "contamination_spans": _spans(batch, words, hits, _Kept(found, kept, prepared)),
        }


@dataclass(frozen=True)
class _Kept:
    """The pairs that are written down, and what their items are called."""

    pairs: Pairs
    kept: Places
    sought: Sought

    def ranked(self, row: int) -> Places:
        """Return the items of a document, the least covered first."""
        rows = self.pairs.rows[self.kept]
        mine = self.kept[np.searchsorted(rows, row) : np.searchsorted(rows, row, side="right")]
        items: Places = self.pairs.items[mine[np.argsort(self.pairs.coverage[mine], kind="stable")]]
        return items


def _best(found: Pairs, documents: int) -> Places:
    """Return the pair of each document whose item is covered most, the first of equals; -1 without one."""
    best = np.full(documents, -1, dtype=np.int64)
    order = np.lexsort((-found.items, found.coverage))
    best[found.rows[order]] = order
    return best


def _names(benchmarks: Benchmarks, items: Places, some: NDArray[np.bool_]) -> pa.Array:
    of = np.zeros(len(some), dtype=np.int32)
    of[some] = np.array(benchmarks.of, dtype=np.int32)[items]
    return pa.array(benchmarks.names, pa.string()).take(pa.array(of, mask=~some))


def _items(benchmarks: Benchmarks, items: Places, some: NDArray[np.bool_]) -> pa.Array:
    called: list[str | None] = [None] * len(some)
    for row, item in zip(np.flatnonzero(some).tolist(), items.tolist(), strict=True):
        called[row] = _called(benchmarks, item)
    return pa.array(called, pa.string())


def _called(benchmarks: Benchmarks, item: int) -> str:
    return f"{benchmarks.names[benchmarks.of[item]]} item {benchmarks.rows[item]}"


def _listed(found: Pairs, kept: Places, benchmarks: Benchmarks, documents: int) -> pa.Array:
    of, rows = np.array(benchmarks.of, dtype=np.int32), np.array(benchmarks.rows, dtype=np.int64)
    items = found.items[kept]
    sizes = np.bincount(of, minlength=len(benchmarks.names)).astype(np.int32)
    values = [
        pa.array(benchmarks.names, pa.string()).take(pa.array(of[items])),
        pa.array(rows[items]),
        pa.array(found.coverage[kept].astype(np.float32)),
        pa.array(found.run[kept].astype(np.int32)),
        pa.array(sizes[of[items]]),
    ]
    structs = pa.StructArray.from_arrays(values, fields=list(HITS.value_type))
    edges = np.searchsorted(found.rows[kept], np.arange(documents + 1)).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(edges), structs, type=HITS)


def _spans(batch: pa.RecordBatch, words: FoldedWords, hits: Hits, kept: _Kept) -> pa.Array:
    """Mark the words of shared runs, each for the item that is covered most."""
    spans: list[list[dict[str, object]]] = [[] for _ in range(batch.num_rows)]
    hits = hits.take(np.argsort(hits.rows, kind="stable"))
    for row in np.unique(kept.pairs.rows[kept.kept]).tolist():
        first, after = np.searchsorted(hits.rows, [row, row + 1])
        mine, owner = hits.take(np.arange(first, after)), np.full(words.counts[row], -1, dtype=np.int64)
        for item in kept.ranked(row).tolist():
            runs = mine.words[mine.items == item]
            width = min(kept.sought.index.size, int(kept.sought.index.lengths[item]))
            owner[(runs[:, None] + np.arange(width)).ravel()] = item
        places = _places(batch.column("text")[row].as_py(), words, row)
        cuts = np.flatnonzero(np.diff(owner, prepend=-1, append=-1))
        for opens, closes in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
            if owner[opens] >= 0 and closes <= len(places):
                start, end = places[opens][0], places[closes - 1][1]
                kind = _called(kept.sought.benchmarks, int(owner[opens]))
                spans[row].append({"start": start, "end": end, "kind": kind})
    return pa.array(spans, SPANS)


def _places(text: str, words: FoldedWords, row: int) -> list[tuple[int, int]]:
    if not text.isascii():
        return word_places(text)
    mine = slice(int(words.begins[row]), int(words.begins[row] + words.counts[row]))
    starts, ends = words.starts[mine] - words.offsets[row], words.ends[mine] - words.offsets[row]
    return list(zip(starts.tolist(), ends.tolist(), strict=True))
