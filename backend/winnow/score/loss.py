"""What a language model thinks of each document: the column that model-aware methods are arithmetic over."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from winnow.score.base import Values
from winnow.score.causal import CausalScorer, columns_of, quotient


@dataclass(frozen=True, kw_only=True)
class Loss(CausalScorer):
    """Measures how well a language model predicts each document, in one pass.

    With nll_t = -ln p(x_t | what stands before it in its window), over the tokens of the text: `loss_NAME` is their mean
    (nats per token), `loss_NAME_sum` their sum, `loss_NAME_median` their median, `loss_NAME_bits` the sum / (ln 2 · bytes),
    comparable between tokenizers, and `loss_NAME_top10` the share of tokens among the model's ten likeliest.
    `loss_NAME_learnable` is the median of nll_t with 0 for the tokens outside the ten likeliest (the score of SALT, arXiv
    2410.18779, equation 10; its exact form is a reconstruction). An empty text has no value. Raises MissingNeed without a
    model, InputError for one that cannot be loaded.
    """

    name: ClassVar[str] = "loss"

    def columns(self) -> Mapping[str, pa.DataType]:
        kinds: dict[str, pa.DataType] = {
            "": pa.float32(),
            "_sum": pa.float64(),
            "_median": pa.float32(),
            "_bits": pa.float32(),
        }
        kinds |= {"_top10": pa.float32(), "_learnable": pa.float32()}
        return {f"{self.run_name}{ending}": kind for ending, kind in kinds.items()}

    def score(self, batch: pa.RecordBatch, prepared: Any) -> Mapping[str, Values]:
        told = self.reading(batch)
        sums = told.sums(told.losses)
        found = {
            "": quotient(sums, told.counts),
            "_sum": np.where(told.counts > 0, sums, np.nan),
            "_median": told.medians(told.losses),
            # Only so much of the bytes was read as of the tokens.
            "_bits": quotient(sums * told.whole, math.log(2) * told.bytes * told.counts),
            "_top10": told.means_of(told.hits),
            "_learnable": told.medians(np.where(told.hits, told.losses, 0)),
        }
        return columns_of({f"{self.run_name}{ending}": values for ending, values in found.items()}, self.columns())
