"""How likely a reader would call a text toxic, in what way, and which of its sentences say so."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.method import Paper, param
from winnow.score.base import SPANS, Scorer, Values
from winnow.score.chunks import Survey, survey
from winnow.score.linear import Floats64, load
from winnow.score.ngrams import Spelled
from winnow.score.toxic_blend import HARMS, MEANINGS, Blend, Features, Reading, highest

THRESHOLD = 0.75
"""Fitted: above it, 84 in 100 flagged texts of the labelled sets kept for choices were toxic (weights as in the fit)."""
NAMED = 0.5
"""A marked sentence is named after its likeliest category from this probability on, else it is "toxic"."""


@dataclass(frozen=True)
class Hashed:
    """Weights of hashed words and letters: z = s_w Σw / √n_w + s_l Σl / √n_l + b for a window's n-grams."""

    tables: Mapping[str, NDArray[np.int8]]
    scales: Mapping[str, float]
    bias: float

    def logits(self, plain: Spelled) -> Floats64:
        """Return float64 [windows]: NaN where a window holds no n-gram at all."""
        total, found = np.full(len(plain.bounds) - 1, self.bias), np.zeros(len(plain.bounds) - 1, dtype=bool)
        for kind, parts in plain.grams().items():
            counts = sum(part.counts() for part in parts)
            sums = sum(part.sums(self.tables[kind]) for part in parts)
            total += self.scales[kind] * sums / np.sqrt(np.maximum(counts, 1))
            found |= counts > 0
        return np.where(found, total, np.nan)


@dataclass(frozen=True)
class Model:
    """The shipped weights beside the network's."""

    hashed: Hashed
    blend: Blend

    def look(self, texts: pa.Array) -> tuple[Survey, Reading]:
        """Cut the texts, give every window its n-gram logit, and read with the network what the gate lets through."""
        # torch comes with the network: who only asks which scorers there are need not wait for it.
        from winnow.score.network.toxic import network

        found = survey(texts, self.hashed.logits, self.blend.gate)
        return found, network().read(found)


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
    return Model(hashed, Blend.of(stored))


def marked(rows: NDArray[np.int64], sentences: Floats64, documents: Floats64, threshold: float) -> NDArray[np.bool_]:
    """Choose the sentences to show: those at the threshold, and the worst one of each text that is at it itself."""
    worst = highest(rows, sentences, len(documents))
    answers = (sentences == worst[rows]) & (documents >= threshold)[rows]
    chosen: NDArray[np.bool_] = (sentences >= threshold) | answers
    return chosen


def kinds_of(found: Survey, reading: Reading, blend: Blend) -> NDArray[np.int64]:
    """Return the category of each window as a place in HARMS, len(HARMS) for none of them."""
    chance = np.zeros((len(found.rows), len(HARMS)))
    chance[found.open[found.chunks]] = np.nan_to_num(blend.categories(reading.windows[:, 1 : 1 + len(HARMS)]))
    return np.where(chance.max(axis=1, initial=0) >= NAMED, chance.argmax(axis=1), len(HARMS))


def spans(found: Survey, chosen: NDArray[np.bool_], kinds: NDArray[np.int64], size: int) -> pa.Array:
    """Return the chosen windows as SPANS, one list a text, each named after its category or "toxic"."""
    edges = np.searchsorted(found.rows[chosen], np.arange(size + 1))
    names = pa.array([*(harm.replace("_", " ") for harm in HARMS), "toxic"]).take(pa.array(kinds[chosen]))
    fields = [pa.array(found.starts[chosen], pa.int32()), pa.array(found.ends[chosen], pa.int32()), names]
    entries = pa.StructArray.from_arrays(fields, fields=list(SPANS.value_type))
    return pa.ListArray.from_arrays(pa.array(edges, pa.int32()), entries, type=SPANS)


@dataclass(frozen=True, kw_only=True)
class Toxicity(Scorer):
    """Estimates how likely a reader would call a text toxic and in what way, and marks the sentences that say so.

    Two models look. A linear model on hashed words, word pairs and character 3–5-grams gives every sentence a logit;
    obfuscated spelling is undone first. Where that logit is at a gate, a network of three transformer layers (the lower
    half of all-MiniLM-L6-v2, fine-tuned) reads the sentence with its neighbours, in chunks of about 280 characters.
    toxicity = σ(w · features): the length-weighted mean and the maximum of both, the number of chunks, and how far
    word pieces fit the language. `toxicity_<category>` = σ(a · highest chunk logit + b) for insult, threat, obscene,
    identity attack, sexual and self-harm. What is called toxic differs from place to place, so two more columns say it
    in one sense each: `toxicity_as_hate` (an attack on a group, in whatever words; rude words alone are none)
    and `toxicity_as_forum` (hate as moderators of a forum see it). Categories and senses are null where most of the text is in a script the network does not know: there
    the linear model alone decides. tests/truth/README.md says what the weights are fitted on and what was measured.
    English first, with German, Portuguese, Italian, Hindi and Chinese by the linear model; a low score in another
    language says nothing. Raises MissingNeed without its weights or the package of all-MiniLM-L6-v2.
    """

    name: ClassVar[str] = "toxicity"
    paper: ClassVar[Paper | None] = Paper(
        "MiniLM: Deep Self-Attention Distillation for Task-Agnostic Compression of Pre-Trained Transformers",
        "2002.10957",
        2020,
    )
    version: ClassVar[int] = 4

    threshold: float = param(
        THRESHOLD, "Sentences at or above this are marked; the default is chosen for precision.", low=0, high=1
    )

    def columns(self) -> Mapping[str, pa.DataType]:
        names = (*HARMS, *(f"as_{meaning}" for meaning in MEANINGS))
        return {
            "toxicity": pa.float32(),
            **{f"toxicity_{name}": pa.float32() for name in names},
            "toxicity_spans": SPANS,
        }

    def score(self, batch: pa.RecordBatch, prepared: Any) -> Mapping[str, Values]:
        fitted, size = model(), batch.num_rows
        found, reading = fitted.look(batch.column("text"))
        features = Features.of(found, reading, size)
        documents = fitted.blend.documents(features)
        sentences = fitted.blend.sentences(found, reading)
        chosen = marked(found.rows, sentences, documents, self.threshold)
        told = np.concatenate([fitted.blend.categories(features.harms), fitted.blend.senses(features)], axis=1)
        told = np.where(features.some[:, None], told, 0.0).astype(np.float32)
        unread = features.foreign & features.some
        names = [name for name in self.columns() if name not in ("toxicity", "toxicity_spans")]
        return {
            "toxicity": documents.astype(np.float32),
            **{name: pa.array(told[:, i], mask=unread) for i, name in enumerate(names)},
            "toxicity_spans": spans(found, chosen, kinds_of(found, reading, fitted.blend), size),
        }
