"""What a language model says of a batch, token by token: read once, however many scorers ask."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from winnow.errors import MissingNeed, SettingError
from winnow.lm.windows import IGNORED, Windows, windows
from winnow.method import param
from winnow.score.base import Scorer
from winnow.score.words import texts_of

NAME = re.compile(r"[a-z0-9_]{1,40}")
TOP = 10
LONGEST_TOKEN = 16
"""Characters that a token may stand for: what lies behind them in a text is not even cut into tokens."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class CausalScorer(Scorer):
    """A scorer that reads documents with a causal language model.

    Texts are read in windows of the model's context, one after the other, the first token too; a text longer than
    `tokens` is measured on its beginning. `model` is a folder that a lesson or a proof kept, or a Hugging Face causal
    model by path or name; in a corpus also the name of one of its models, PROOF/ARM, or a tier, which means the newest of
    its models of that size. Scorers of one model and as many tokens share one reading of a batch.
    """

    default: ClassVar[bool] = False

    model: str = param(
        "", "Folder of a kept model, a tier (the newest lab model of it), or a Hugging Face causal language model."
    )
    called: str = param("", "NAME at the end of the column names (default: the last part of the model's path).")
    tokens: int = param(4096, "Tokens of a document that are read at most.", low=1, high=1_000_000)
    batch: int = param(32, "Windows that are read at once.", low=1, high=4096)

    def __post_init__(self) -> None:
        super().__post_init__()
        # A job runs in another folder than the command that asked for it.
        if os.path.exists(self.model):
            object.__setattr__(self, "model", os.path.abspath(self.model))
        if self.called and not NAME.fullmatch(self.called):
            raise SettingError(
                f"{self.name}: called is small letters, digits and _", f"found '{self.called}'", "--set called=prior"
            )

    @property
    def run_name(self) -> str:
        last = re.sub(r"[^a-z0-9]+", "_", Path(self.model).name.lower()).strip("_")[:40]
        return f"{self.name}_{self.called or last or 'model'}"

    def state(self) -> str:
        folder = Path(self.model)
        if not self.model or not folder.is_dir():
            return ""
        return str(max((path.stat().st_mtime_ns for path in folder.iterdir()), default=0))

    def reading(self, batch: pa.RecordBatch, *, moments: bool = False) -> Reading:
        """Return what the model says of the batch; raises MissingNeed, InputError."""
        memo = texts_of(batch).memo
        key = f"reading {self.tokens} {self.model}"
        found = memo.get(key)
        if not isinstance(found, Reading) or (moments and found.variances is None):
            memo[key] = found = self._read(batch, moments)
        return found

    def opened(self) -> Any:
        """Return the model, loaded once a process; raises MissingNeed, InputError."""
        if not self.model:
            raise MissingNeed(f"{self.name} needs a language model", "none was named", "--model FOLDER, or --model ci")
        # torch comes with the models: who does not read with one need not wait for it.
        from winnow.lm import models

        return models.open_model(self.model)

    def beginnings(self, batch: pa.RecordBatch) -> Any:
        """Return the texts without what surely lies behind the tokens that are read, as large_string."""
        return pc.utf8_slice_codeunits(batch.column("text"), 0, LONGEST_TOKEN * self.tokens)

    def _read(self, batch: pa.RecordBatch, moments: bool) -> Reading:
        model = self.opened()
        from winnow.lm import models

        whole = windows(self.beginnings(batch), model.tokenizer, model.context)
        cut = shortened(whole, self.tokens, model.context)
        told = models.places(model, cut, batch=self.batch, top=TOP, moments=moments)
        measured = cut.targets != IGNORED
        return Reading(
            text=np.repeat(cut.text, measured.sum(axis=1)),
            tokens=cut.targets[measured],
            losses=told.losses[measured],
            hits=told.hits[measured],
            means=None if told.means is None else told.means[measured],
            variances=None if told.variances is None else told.variances[measured],
            bytes=cut.bytes,
            whole=np.bincount(whole.text, (whole.targets != IGNORED).sum(axis=1), whole.texts).astype(np.float64),
        )


@dataclass(frozen=True, eq=False)
class Reading:
    """Every measured token of a batch, text after text in reading order: arrays [tokens].

    `text` int64 is the row of its text, `losses` float32 -ln p, `hits` whether it is among the ten likeliest, `means` and
    `variances` those of ln p over the vocabulary under p, when asked for. Per text: `bytes`, and `whole`, how many tokens
    it had before it was cut short.
    """

    text: NDArray[np.int64]
    tokens: NDArray[np.int64]
    losses: NDArray[np.float32]
    hits: NDArray[np.bool_]
    means: NDArray[np.float32] | None
    variances: NDArray[np.float32] | None
    bytes: NDArray[np.int64]
    whole: Floats

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """Measured tokens per text."""
        return np.bincount(self.text, minlength=len(self.bytes))

    def sums(self, values: NDArray[Any]) -> Floats:
        """Return the sum of a value per token over each text."""
        return np.bincount(self.text, values, len(self.bytes)).astype(np.float64)

    def means_of(self, values: NDArray[Any]) -> Floats:
        """Return the mean of a value per token over each text, NaN for a text without tokens."""
        return quotient(self.sums(values), self.counts)

    def lowest(self, values: NDArray[Any], share: float) -> Floats:
        """Return the mean over the lowest share of each text's values, one of them at least; NaN for no token."""
        ranked = self._ranked(values)
        rank = np.arange(len(values)) - np.repeat(np.cumsum(self.counts) - self.counts, self.counts)
        taken = np.maximum(1, np.floor(share * self.counts + 1e-9).astype(np.int64))
        kept = rank < np.repeat(taken, self.counts)
        return quotient(np.bincount(self.text[kept], ranked[kept], len(self.bytes)), taken * (self.counts > 0))

    def medians(self, values: NDArray[Any]) -> Floats:
        """Return the median over each text's tokens, NaN for none."""
        ranked = self._ranked(values)
        starts, some = np.cumsum(self.counts) - self.counts, self.counts > 0
        medians = np.full(len(self.bytes), np.nan)
        low, high = starts[some] + (self.counts[some] - 1) // 2, starts[some] + self.counts[some] // 2
        medians[some] = (ranked[low] + ranked[high]) / 2
        return medians

    def _ranked(self, values: NDArray[Any]) -> Floats:
        """Return each text's values in rising order, text after text.

        One sort of whole numbers and fractions: values are laid side by side, each text's in a stretch of its own, where
        float64 keeps more digits of them than float32 has.
        """
        if not len(values):
            return np.empty(0)
        low = float(values.min())
        apart = self.text * (2.0 ** np.ceil(np.log2(float(values.max()) - low + 1.0)))
        return np.asarray(np.sort(values.astype(np.float64) - low + apart) - apart + low)


def quotient(part: NDArray[Any], whole: NDArray[Any]) -> Floats:
    """Divide, NaN where there is nothing to divide by."""
    found = np.full(len(part), np.nan)
    np.divide(part, whole, out=found, where=whole > 0)
    return found


def shortened(cut: Windows, tokens: int, context: int) -> Windows:
    """Leave out what stands behind so many tokens of a text."""
    within = np.arange(len(cut)) - np.searchsorted(cut.text, cut.text)
    kept = within * context < tokens
    inputs, targets, within = cut.inputs[kept], cut.targets[kept].copy(), within[kept]
    targets[(within[:, None] * context + np.arange(context)) >= tokens] = IGNORED
    return Windows(inputs, targets, cut.text[kept], cut.bytes)


def columns_of(found: dict[str, Floats], kinds: Any) -> dict[str, pa.Array]:
    """Return columns in their types, null for NaN."""
    return {name: pa.array(values, kinds[name], mask=np.isnan(values)) for name, values in found.items()}
