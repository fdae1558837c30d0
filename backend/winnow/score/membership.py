"""Whether a language model has probably seen a document: evidence, no proof."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.errors import SettingError
from winnow.method import Paper, param
from winnow.score.base import SketchScorer, Values
from winnow.score.causal import CausalScorer, Reading, columns_of, quotient


@dataclass(frozen=True, kw_only=True)
class MinK(CausalScorer):
    """Tells how likely the least likely tokens of a document are to a model: texts it was trained on have few surprises.

    `min_k_NAME` is the mean of ln p over the `share` of tokens with the lowest ln p (Min-K%, arXiv 2310.16789), one token
    at least; `min_k_NAME_zlib` is ln p of the whole text / its bytes after zlib (arXiv 2012.07805); with `plus`,
    `min_k_NAME_plus` is the mean of the lowest (ln p - μ) / σ, μ and σ of ln p over the vocabulary under the model's own
    chances (Min-K%++, arXiv 2404.02936). Higher means more likely a member. Evidence, not proof: text that is easy, or
    nearer in time and kind to what the model read, looks the same as text it read; compare with documents of the same
    kind that it surely did not. An empty text has no value.
    """

    name: ClassVar[str] = "min_k"
    paper: ClassVar[Paper] = Paper("Detecting Pretraining Data from Large Language Models", "2310.16789", 2023)

    share: float = param(0.2, "Share of a document's tokens, the least likely ones, that count.", low=0.01, high=1.0)
    plus: bool = param(False, "Also Min-K%++, which looks at the whole vocabulary for every token.")

    def columns(self) -> Mapping[str, pa.DataType]:
        endings = ("", "_zlib", *(("_plus",) if self.plus else ()))
        return {f"{self.run_name}{ending}": pa.float32() for ending in endings}

    def score(self, batch: pa.RecordBatch, prepared: Any) -> Mapping[str, Values]:
        told = self.reading(batch, moments=self.plus)
        read = quotient(told.counts, told.whole)
        found = {
            self.run_name: told.lowest(-told.losses, self.share),
            f"{self.run_name}_zlib": quotient(-told.sums(told.losses), np.nan_to_num(read) * _squeezed(self, batch)),
        }
        if told.means is not None and told.variances is not None and self.plus:
            # One token that is certain has no spread and says nothing: it stands at the mean.
            spread = np.sqrt(np.maximum(told.variances, 1e-12))
            found[f"{self.run_name}_plus"] = told.lowest((-told.losses - told.means) / spread, self.share)
        return columns_of(found, self.columns())


def _squeezed(scorer: CausalScorer, batch: pa.RecordBatch) -> NDArray[np.int64]:
    texts = scorer.beginnings(batch).to_pylist()
    return np.array([len(zlib.compress(text.encode("utf-8", "replace"))) for text in texts], dtype=np.int64)


@dataclass(frozen=True, kw_only=True)
class DcPdd(CausalScorer, SketchScorer):
    """Tells how surprisingly sure a model is of a document's rare tokens: membership with the divergence calibrated.

    With token frequencies f of the corpus, f_v = (c_v + 1) / (Σ c + V) over the first `reference` tokens of each document,
    and p_i the model's chance of the first occurrence of each token of the document: `dc_pdd_NAME` is the mean of
    min(p_i · ln(1 / f_i), cap). Higher means more likely a member (the released code stores the negative). The corpus
    stands where the paper counts 15 files of C4, so values of two corpora do not compare. At the paper's cap of 0.01
    nearly every token is cut, and the score is about the share of tokens above it. The first token is predicted from the
    mark before a text. Evidence, not proof: compare with documents of the same kind that the model surely did not read.
    An empty text has no value. Source: arXiv 2409.14781, which reads 1,024 tokens.
    """

    name: ClassVar[str] = "dc_pdd"
    whole_corpus: ClassVar[bool] = True
    paper: ClassVar[Paper] = Paper(
        "Pretraining Data Detection for Large Language Models: A Divergence-based Calibration Method",
        "2409.14781",
        2024,
    )

    cap: float = param(0.01, "Above this value one token counts no more.", low=1e-6)
    reference: int = param(1024, "Tokens of each document of the corpus that are counted.", low=1, high=1_000_000)

    def columns(self) -> Mapping[str, pa.DataType]:
        return {self.run_name: pa.float32()}

    def sketch(self, batch: pa.RecordBatch) -> NDArray[np.int64]:
        tokenizer = self.opened().tokenizer
        tokens, offsets = tokenizer.encode(self.beginnings(batch))
        within = np.arange(len(tokens)) - np.repeat(offsets[:-1], np.diff(offsets))
        ends = np.zeros(len(tokens), dtype=bool)
        ends[offsets[1:] - 1] = True
        return np.bincount(tokens[(within < self.reference) & ~ends].astype(np.int64), minlength=tokenizer.vocabulary)

    def learn(self, sketches: Iterable[NDArray[np.int64]], corpus: Iterable[pa.RecordBatch]) -> NDArray[np.float64]:
        """Return ln(1 / f) of every token, float64 [vocabulary]; the counts are smoothed first, not the raw list used."""
        counts = sum(sketches, np.zeros(1, dtype=np.int64))
        return np.asarray(np.log((counts.sum() + len(counts)) / (counts + 1.0)))

    def score(self, batch: pa.RecordBatch, prepared: NDArray[np.float64]) -> Mapping[str, Values]:
        told = self.reading(batch)
        if len(told.tokens) and len(prepared) <= int(told.tokens.max()):
            raise SettingError(
                "dc_pdd counts tokens of the model it reads with", "the vocabulary has changed", "winnow score dc_pdd"
            )
        first = first_occurrences(told)
        values = np.minimum(np.exp(-told.losses[first].astype(np.float64)) * prepared[told.tokens[first]], self.cap)
        text = told.text[first]
        size = len(told.bytes)
        mean = quotient(np.bincount(text, values, size), np.bincount(text, minlength=size))
        return columns_of({self.run_name: mean}, self.columns())


def first_occurrences(told: Reading) -> NDArray[np.int64]:
    """Return the places of the first occurrence of each distinct token of each text, in order."""
    distinct = told.text * (int(told.tokens.max(initial=0)) + 1) + told.tokens
    return np.sort(np.unique(distinct, return_index=True)[1])
