"""Control tokens that say which text is wanted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from winnow.arrange.base import Tools, Transform, changed, with_columns
from winnow.errors import SettingError
from winnow.method import Paper, param
from winnow.pool import Pool, Rows

UNIT_BITS = 23
"""Units of a document are numbered below 2^23 (documents below 2^40), so that each has a draw of its own."""

SENTENCE_END = re.compile(r"[.!?]+[\"')\]]*\s+|\n\s*")


@dataclass(frozen=True, kw_only=True)
class ControlTokens(Transform):
    """Keeps unwanted text but tags it, so that a model can be asked for the other kind (conditional training).

    Each unit gets `good` before it if its score is at most the threshold (at least, when high is good), else `bad`, and
    none with a chance of `drop` by (seed, doc_id). With a column of spans, such as pii_spans or toxicity_spans, a unit is
    a sentence and its score the share of its characters in spans; the published threshold for personal data is 0. With
    a column of numbers the unit is the document: choose its threshold from this column and not from a published one,
    which is of sentences. Taking the tokens out gives the very text back; a text that holds one of them already goes
    without. Both tokens belong into the tokenizer and are banned in sampling, which begins with `good`.
    Source: arXiv 2302.08582 (0.01 dropped, toxicity of a sentence above 0.00056 is bad).
    """

    name: ClassVar[str] = "control_tokens"
    paper: ClassVar[Paper] = Paper("Pretraining Language Models with Human Preferences", "2302.08582", 2023)
    tags: ClassVar[bool] = True

    column: str = param("toxicity", "The score of a document, or a column of spans that marks what is unwanted.")
    threshold: float = param(0.5, "Up to this score text is wanted; for spans 0 is usual: no character marked.")
    high: bool = param(False, "High values of the column are the wanted ones.")
    drop: float = param(0.01, "The share of units that go without a token.", low=0, high=1)
    good: str = param("<|aligned|>", "The token before wanted text.")
    bad: str = param("<|misaligned|>", "The token before unwanted text.")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.good or not self.bad or self.good == self.bad:
            raise SettingError(
                "control_tokens needs two tokens that differ", f"found '{self.good}' and '{self.bad}'",
                "--set control_tokens.bad='<|misaligned|>'",
            )  # fmt: skip

    @property
    def by_sentence(self) -> bool:
        return self.column.endswith("_spans")

    def needs(self) -> frozenset[str]:
        return frozenset({self.column})

    def columns(self) -> Mapping[str, pa.DataType]:
        return {"misaligned_share": pa.float64()}

    def remarks(self, pool: Pool) -> list[str]:
        if self.by_sentence:
            return []
        values = pool.number(self.column)
        bad = np.isnan(values) | self._bad(values)
        return (
            [f"All documents get the same token at {self.threshold:g}."]
            if len(values) and bad.min() == bad.max()
            else []
        )

    def recount(self, before: pa.Array, after: pa.Array, tokens: Rows, tools: Tools) -> Rows:
        """Add what the tokens cost by themselves: the texts between them are the same."""
        costs = tools.count(pa.array([self.good, self.bad], pa.large_string()))
        counts = [pc.count_substring(after, token).to_numpy(zero_copy_only=False) for token in (self.good, self.bad)]
        counted: Rows = tokens + counts[0] * costs[0] + counts[1] * costs[1]
        return counted

    def transform(self, batch: pa.RecordBatch, tools: Tools, prepared: Any) -> pa.RecordBatch:
        texts, marks = batch.column("text").to_pylist(), batch.column(self.column)
        if self.by_sentence:
            starts = [sentence_starts(text) for text in texts]
            spans = (spans or [] for spans in marks.to_pylist())
            scores = [
                span_shares(len(text), *told) for text, told in zip(texts, zip(starts, spans, strict=True), strict=True)
            ]
        else:
            starts = [np.zeros(1, dtype=np.int64)] * len(texts)
            scores = list(marks.cast(pa.float64()).to_numpy(zero_copy_only=False)[:, None])
        chance = self._chance(batch, [len(places) for places in starts], tools.seed)
        made, shares = [], []
        for text, places, values, draws in zip(texts, starts, scores, chance, strict=True):
            bad = self._bad(values)
            bare = np.isnan(values) | (draws < self.drop) | (self.good in text) | (self.bad in text)
            made.append(_tagged(text, places, np.where(bare, "", np.where(bad, self.bad, self.good)).tolist()))
            shares.append(float(bad[~bare].mean()) if (~bare).any() else None)
        return with_columns(changed(batch, made), {"misaligned_share": pa.array(shares, pa.float64())})

    def _chance(self, batch: pa.RecordBatch, counts: list[int], seed: int) -> list[np.ndarray]:
        """Return one number in (0, 1) for each unit of each document, by (seed, doc_id, unit)."""
        ends = np.cumsum(counts, dtype=np.int64)
        unit = np.arange(int(ends[-1]) if counts else 0) - np.repeat(ends - counts, counts)
        names = (np.repeat(batch.column("doc_id").to_numpy(), counts) << UNIT_BITS) + unit
        draws = Pool(names, np.zeros(len(names), dtype=np.int64)).uniform(seed, "control_tokens")
        return np.split(draws, ends[:-1]) if counts else []

    def _bad(self, scores: np.ndarray) -> np.ndarray:
        return scores < self.threshold if self.high else scores > self.threshold


def sentence_starts(text: str) -> Rows:
    """Return where sentences and lines begin, int64 [s]; the first is 0.

    >>> sentence_starts("One. Two!\\n\\nThree").tolist()
    [0, 5, 11]
    """
    ends = [match.end() for match in SENTENCE_END.finditer(text)]
    return np.array([0, *(end for end in ends if end < len(text))], dtype=np.int64)


def span_shares(length: int, starts: Rows, spans: list[dict[str, Any]]) -> np.ndarray:
    """Return which share of the characters of each sentence lies in spans, float64 [s]."""
    marked = np.zeros(length, dtype=bool)
    for span in spans:
        marked[span["start"] : span["end"]] = True
    sizes = np.diff(starts, append=length)
    shares: np.ndarray = np.add.reduceat(np.append(marked, False), starts) / np.maximum(sizes, 1)
    return shares


def _tagged(text: str, starts: Rows, tokens: list[str]) -> str:
    bounds = [*starts.tolist(), len(text)]
    return "".join(token + text[begin:end] for token, begin, end in zip(tokens, bounds, bounds[1:], strict=False))
