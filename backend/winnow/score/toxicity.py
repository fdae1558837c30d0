"""How likely a reader would call a text toxic, and which of its sentences say so."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.method import Paper, param
from winnow.score.base import SPANS, Scorer, Values, vectors_of
from winnow.score.linear import Floats64, Head, load, sigmoid
from winnow.score.ngrams import grams
from winnow.score.passages import Block, Ints, Windows, blocks, places, windows

THRESHOLD = 0.89
"""Fitted: above it, nine in ten flagged texts of the labelled sets kept for choices were toxic (weights as in the fit)."""


@dataclass(frozen=True)
class Hashed:
    """Weights of hashed words and letters: z = s_w Σw / √n_w + s_l Σl / √n_l + b for a window's n-grams."""

    tables: Mapping[str, NDArray[np.int8]]
    scales: Mapping[str, float]
    bias: float

    def logits(self, block: Block, cut: Windows) -> Floats64:
        """Return float64 [windows]: NaN where a window holds no n-gram at all."""
        total, found = np.full(len(cut.starts), self.bias), np.zeros(len(cut.starts), dtype=bool)
        for kind, parts in grams(block, cut).items():
            counts = sum(part.counts() for part in parts)
            sums = sum(part.sums(self.tables[kind]) for part in parts)
            total += self.scales[kind] * sums / np.sqrt(np.maximum(counts, 1))
            found |= counts > 0
        return np.where(found, total, np.nan)


@dataclass(frozen=True)
class Found:
    """Every window of a batch: its row, place in its text, size and logit."""

    rows: Ints
    starts: Ints
    ends: Ints
    sizes: Ints
    logits: Floats64


@dataclass(frozen=True)
class Blend:
    """The calibrated sum of what the parts say.

    z = b + mean · (windows' mean logit, by length) + peak · (highest window's logit) + head · (logit on the vectors)
      + count · ln(number of windows); a sentence alone: z = sentence_slope · logit + sentence_bias.
    """

    mean: float
    peak: float
    head: float
    count: float
    bias: float
    sentence_slope: float
    sentence_bias: float

    def documents(self, found: Found, head: Floats64) -> Floats64:
        """Return probabilities float64 [n], 0 for a text without a letter."""
        size = len(head)
        windows_of = np.bincount(found.rows, minlength=size)
        length = np.bincount(found.rows, weights=found.sizes, minlength=size)
        mean = np.bincount(found.rows, weights=found.sizes * found.logits, minlength=size) / np.maximum(length, 1)
        peak = np.full(size, -np.inf)
        np.maximum.at(peak, found.rows, found.logits)
        some = windows_of > 0
        count = np.log(np.maximum(windows_of, 1))
        z = self.bias + self.mean * mean + self.peak * np.where(some, peak, 0) + self.head * head + self.count * count
        return np.where(some, sigmoid(z), 0.0)

    def sentences(self, logits: Floats64) -> Floats64:
        return sigmoid(self.sentence_slope * logits + self.sentence_bias)


@dataclass(frozen=True)
class Model:
    """The shipped weights, put together."""

    hashed: Hashed
    head: Head
    blend: Blend


@functools.cache
def model() -> Model:
    """Read the shipped weights once a process."""
    stored = load("toxicity")
    kinds = ("words", "letters")
    hashed = Hashed(
        {kind: stored[kind] for kind in kinds},
        {kind: float(stored[f"{kind}_scale"]) for kind in kinds},
        float(stored["hashed_bias"]),
    )
    return Model(hashed, Head.of(stored), Blend(*(float(value) for value in stored["blend"])))


def read(texts: pa.Array, hashed: Hashed) -> Found:
    """Give every window of the texts that holds a letter its logit; memory is bounded by a block of 128 kB."""
    parts: list[tuple[Ints, Ints, Ints, Ints, Floats64]] = []
    for block in blocks(texts):
        cut = windows(block)
        starts, ends = places(block, cut)
        parts.append((block.rows[cut.pieces], starts, ends, cut.ends - cut.starts, hashed.logits(block, cut)))
    if not parts:
        none = np.zeros(0, dtype=np.int64)
        return Found(none, none, none, none, np.zeros(0))
    rows, starts, ends, sizes, logits = (np.concatenate(part) for part in zip(*parts, strict=True))
    some = ~np.isnan(logits)
    return Found(rows[some], starts[some], ends[some], sizes[some], logits[some])


def marked(found: Found, sentences: Floats64, documents: Floats64, threshold: float) -> NDArray[np.bool_]:
    """Choose the sentences to show: those at the threshold, and the worst one of each text that is at it itself."""
    worst = np.full(len(documents), -np.inf)
    np.maximum.at(worst, found.rows, found.logits)
    answers = (found.logits == worst[found.rows]) & (documents >= threshold)[found.rows]
    chosen: NDArray[np.bool_] = (sentences >= threshold) | answers
    return chosen


def spans(found: Found, chosen: NDArray[np.bool_], size: int) -> pa.Array:
    """Return the chosen windows as SPANS of kind "toxic", one list a text."""
    edges = np.searchsorted(found.rows[chosen], np.arange(size + 1))
    kinds = pa.array(["toxic"]).take(pa.array(np.zeros(int(chosen.sum()), dtype=np.int32)))
    fields = [pa.array(found.starts[chosen], pa.int32()), pa.array(found.ends[chosen], pa.int32()), kinds]
    entries = pa.StructArray.from_arrays(fields, fields=list(SPANS.value_type))
    return pa.ListArray.from_arrays(pa.array(edges, pa.int32()), entries, type=SPANS)


@dataclass(frozen=True, kw_only=True)
class Toxicity(Scorer):
    """Estimates how likely a reader would call a text toxic, and marks the sentences that say so.

    toxicity = σ(b + a·mean + c·peak + h·head + k·ln(windows)): mean and peak are the length-weighted mean and the
    maximum, over windows of about a sentence, of a linear model on hashed words, word pairs and character 3–5-grams;
    head is a perceptron on the static vector of the whole text. Weights, blend and calibration are fitted on permissive
    sets of insults, hate and ordinary text; tests/truth/README.md says which, and what was measured. English first,
    with German and Chinese; a low score in another language says nothing. It knows words better than intentions:
    irony, threats in plain words and reclaimed slurs are its weak spots.
    """

    name: ClassVar[str] = "toxicity"
    paper: ClassVar[Paper | None] = Paper("Bag of Tricks for Efficient Text Classification", "1607.01759", 2016)

    threshold: float = param(
        THRESHOLD, "Sentences at or above this are marked; the default is chosen for precision.", low=0, high=1
    )

    def columns(self) -> Mapping[str, pa.DataType]:
        return {"toxicity": pa.float32(), "toxicity_spans": SPANS}

    def needs(self) -> frozenset[str]:
        return frozenset({"text", "vectors:static"})

    def score(self, batch: pa.RecordBatch, prepared: Any) -> Mapping[str, Values]:
        fitted = model()
        found = read(batch.column("text"), fitted.hashed)
        documents = fitted.blend.documents(found, fitted.head.logits(vectors_of(batch, "static")))
        sentences = fitted.blend.sentences(found.logits)
        chosen = marked(found, sentences, documents, self.threshold)
        return {"toxicity": documents.astype(np.float32), "toxicity_spans": spans(found, chosen, len(documents))}
