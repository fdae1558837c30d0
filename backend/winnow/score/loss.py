"""What a language model thinks of each document: the column that model-aware methods are arithmetic over."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from winnow.errors import MissingNeed, SettingError
from winnow.lm.windows import IGNORED, Windows, windows
from winnow.method import param
from winnow.score.base import Scorer, Values

NAME = re.compile(r"[a-z0-9_]{1,40}")
TOP = 10
LONGEST_TOKEN = 16
"""Characters that a token may stand for: what lies behind them in a text is not even cut into tokens."""


@dataclass(frozen=True, kw_only=True)
class Loss(Scorer):
    """Measures how well a language model predicts each document, in one pass.

    With nll_t = -ln p(x_t | what stands before it in its window), over the tokens of the text: `loss_NAME` is their mean
    (nats per token), `loss_NAME_sum` their sum, `loss_NAME_median` their median, `loss_NAME_bits` the sum / (ln 2 · bytes),
    comparable between tokenizers, and `loss_NAME_top10` the share of tokens among the model's ten likeliest. `loss_NAME_learnable` is the median
    of nll_t with 0 for the tokens outside the ten likeliest (the score of SALT, arXiv 2410.18779, equation 10; its exact
    form is a reconstruction). Texts are read
    in windows of the model's context, one after the other, the first token too; a text longer than `tokens` is measured on
    its beginning. An empty text has no value. `model` is a folder that a proof kept, or a Hugging Face causal model by path
    or name. Raises MissingNeed without a model, InputError for one that cannot be loaded.
    """

    name: ClassVar[str] = "loss"
    default: ClassVar[bool] = False

    model: str = param("", "Folder of a kept model, or path or name of a Hugging Face causal language model.")
    called: str = param("", "NAME in the columns loss_NAME (default: the last part of the model's path).")
    tokens: int = param(4096, "Tokens of a document that are read at most.", low=1, high=1_000_000)
    batch: int = param(32, "Windows that are read at once.", low=1, high=4096)

    def __post_init__(self) -> None:
        super().__post_init__()
        # A job runs in another folder than the command that asked for it.
        if os.path.exists(self.model):
            object.__setattr__(self, "model", os.path.abspath(self.model))
        if self.called and not NAME.fullmatch(self.called):
            raise SettingError(
                "loss: called is small letters, digits and _", f"found '{self.called}'", "--set called=prior"
            )

    @property
    def run_name(self) -> str:
        return f"loss_{self._called}"

    @property
    def _called(self) -> str:
        last = re.sub(r"[^a-z0-9]+", "_", Path(self.model).name.lower()).strip("_")[:40]
        return self.called or last or "model"

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
        if not self.model:
            raise MissingNeed("loss needs a language model", "none was named", "--set model=FOLDER")
        # torch comes with the models: who does not measure losses need not wait for it.
        from winnow.lm.models import open_model, places

        model = open_model(self.model)
        texts = pc.utf8_slice_codeunits(batch.column("text"), 0, LONGEST_TOKEN * self.tokens)
        whole = windows(texts, model.tokenizer, model.context)
        cut = _shortened(whole, self.tokens, model.context)
        losses, hits = places(model, cut, batch=self.batch, top=TOP)
        measured = cut.targets != IGNORED
        counts = np.bincount(cut.text, measured.sum(axis=1), cut.texts)
        everything = np.bincount(whole.text, (whole.targets != IGNORED).sum(axis=1), whole.texts)
        sums = np.bincount(cut.text, losses.sum(axis=1), cut.texts)
        top = np.bincount(cut.text, hits.sum(axis=1), cut.texts)
        with np.errstate(invalid="ignore", divide="ignore"):
            found = {
                "": sums / counts,
                "_sum": np.where(counts > 0, sums, np.nan),
                "_median": _medians(losses, measured, cut),
                "_bits": sums / (math.log(2) * cut.bytes * counts / everything),
                "_top10": top / counts,
                "_learnable": _medians(np.where(hits, losses, 0), measured, cut),
            }
        kinds = self.columns()
        named = {f"{self.run_name}{ending}": values for ending, values in found.items()}
        return {name: pa.array(values, kinds[name], mask=np.isnan(values)) for name, values in named.items()}


def _shortened(cut: Windows, tokens: int, context: int) -> Windows:
    """Leave out what stands behind so many tokens of a text."""
    within = np.arange(len(cut)) - np.searchsorted(cut.text, cut.text)
    kept = within * context < tokens
    inputs, targets, within = cut.inputs[kept], cut.targets[kept].copy(), within[kept]
    targets[(within[:, None] * context + np.arange(context)) >= tokens] = IGNORED
    return Windows(inputs, targets, cut.text[kept], cut.bytes)


def _medians(losses: NDArray[np.float32], measured: NDArray[np.bool_], cut: Windows) -> NDArray[np.float64]:
    """Return the median over each text's tokens, NaN for none."""
    text = np.repeat(cut.text, measured.sum(axis=1))
    values = losses[measured]
    order = np.lexsort((values, text))
    values = values[order]
    counts = np.bincount(text, minlength=cut.texts)
    starts = np.cumsum(counts) - counts
    some = counts > 0
    medians = np.full(cut.texts, np.nan)
    low, high = starts[some] + (counts[some] - 1) // 2, starts[some] + counts[some] // 2
    medians[some] = (values[low].astype(np.float64) + values[high]) / 2
    return medians
