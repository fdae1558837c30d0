"""Leaving out lines that stand in many documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from winnow.arrange.base import Tools, Transform, changed, with_columns
from winnow.method import Paper, param


@dataclass(frozen=True, kw_only=True)
class DropBoilerplate(Transform):
    """Leaves out the lines and paragraphs that stand in many documents, and documents that are little else.

    What to leave out is what `boilerplate_spans` marks (the scorer boilerplate finds it: lines in 5 documents or more, as
    it was set there), each with its line break. Every copy goes, the first one too: a menu is no text anywhere. A document
    of which more than `drop_above` of the characters would go, or of which nothing is left, is dropped.
    `boilerplate_chars` counts the characters left out. Source of the idea, for paragraphs seen before: arXiv 1911.00359.
    """

    name: ClassVar[str] = "drop_boilerplate"
    paper: ClassVar[Paper] = Paper(
        "CCNet: Extracting High Quality Monolingual Datasets from Web Crawl Data", "1911.00359", 2019
    )

    drop_above: float = param(
        1.0, "The share of its characters above which a document goes whole; 1 for none but empty ones.", low=0, high=1
    )

    def needs(self) -> frozenset[str]:
        return frozenset({"boilerplate_spans"})

    def columns(self) -> Mapping[str, pa.DataType]:
        return {"boilerplate_chars": pa.int64()}

    def transform(self, batch: pa.RecordBatch, tools: Tools, prepared: Any) -> pa.RecordBatch:
        marked = np.flatnonzero(batch.column("boilerplate_spans").value_lengths().fill_null(0).to_numpy(False))
        removed, kept = np.zeros(batch.num_rows, dtype=np.int64), np.ones(batch.num_rows, dtype=np.bool_)
        texts = batch.column("text").to_pylist() if len(marked) else []
        spans = batch.column("boilerplate_spans")
        for row in marked.tolist():
            before = texts[row]
            texts[row] = without(before, [(span["start"], span["end"]) for span in spans[row].as_py()])
            removed[row] = len(before) - len(texts[row])
            kept[row] = bool(texts[row].strip()) and removed[row] <= self.drop_above * len(before)
        whole = with_columns(changed(batch, texts) if len(marked) else batch, {"boilerplate_chars": pa.array(removed)})
        return whole.filter(pa.array(kept))


def without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """Return the text without the lines that the spans cover, and without their line breaks.

    >>> without("Home | About\\nA story.\\n  Read more  \\nThe end.", [(0, 12), (24, 33)])
    'A story.\\nThe end.'
    """
    parts, place = [], 0
    for start, end in spans:
        first = text.rfind("\n", 0, start) + 1
        after = text.find("\n", end)
        opens = first if not text[first:start].strip() else start
        closes = len(text) if after < 0 else after + 1
        closes = closes if not text[end:closes].strip() else end
        parts.append(text[place : max(opens, place)])
        place = max(closes, place)
    return "".join([*parts, text[place:]])
