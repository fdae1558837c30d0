"""How much a language model gains from looking far back in a document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from winnow.errors import SettingError
from winnow.lm.windows import IGNORED, Windows, windows
from winnow.method import Paper, param
from winnow.score.base import Values
from winnow.score.causal import TOP, CausalScorer, Floats, columns_of, quotient, shortened


@dataclass(frozen=True, kw_only=True)
class InformationGain(CausalScorer):
    """Measures how much better a language model predicts a document when it may look further back.

    Cut into blocks of 2c tokens, each begun afresh, a text is read with an average context of c:
    information_gain_NAME = CE(short) - CE(long), CE in nats per token over all tokens of the text; about 0 or more, and 0
    for a text that fits into a short block. The block lengths are a reconstruction of arXiv 2306.15091, which has a short
    context of 128 and a long one of 256, 512 or 1,024, and finds documents that teach in-context learning to gain less,
    not more. Two readings of each text, one of them in short blocks. An empty text has no value.
    """

    name: ClassVar[str] = "information_gain"
    reconstruction: ClassVar[bool] = True
    paper: ClassVar[Paper] = Paper(
        "Understanding In-Context Learning via Supportive Pretraining Data", "2306.15091", 2023
    )

    short: int = param(0, "Average context of the short reading in tokens; 0 is a quarter of the long one.", low=0)
    long: int = param(0, "Average context of the long reading in tokens; 0 is half the model's context.", low=0)

    def columns(self) -> Mapping[str, pa.DataType]:
        return {self.run_name: pa.float32()}

    def score(self, batch: pa.RecordBatch, prepared: Any) -> Mapping[str, Values]:
        short, long = self.lengths(self.opened().context)
        gain = self._entropy(batch, 2 * short) - self._entropy(batch, 2 * long)
        return columns_of({self.run_name: gain}, self.columns())

    def lengths(self, context: int) -> tuple[int, int]:
        """Return the short and the long average context for a model of this context; raises SettingError."""
        long = self.long or context // 2
        short = self.short or max(1, long // 4)
        if not short <= long <= context // 2:
            raise SettingError(
                "information_gain: short ≤ long ≤ half the model's context", f"found {short}, {long} and {context // 2}",
                f"--set short={max(1, context // 8)} --set long={context // 2}",
            )  # fmt: skip
        return short, long

    def _entropy(self, batch: pa.RecordBatch, block: int) -> Floats:
        """Return the mean loss of each text's tokens, read in blocks that know nothing of one another."""
        from winnow.lm import models

        model = self.opened()
        cut = begun_afresh(
            shortened(windows(self.beginnings(batch), model.tokenizer, block), self.tokens, block), model.tokenizer.end
        )
        # As many tokens at once as the other scorers read.
        told = models.places(model, cut, batch=max(1, self.batch * model.context // block), top=TOP)
        sums = np.bincount(cut.text, told.losses.sum(axis=1, dtype=np.float64), cut.texts)
        return quotient(sums, np.bincount(cut.text, (cut.targets != IGNORED).sum(axis=1), cut.texts))


def begun_afresh(cut: Windows, end: int) -> Windows:
    """Let every window begin after an end mark, as the first of a text does, and not after the token before it."""
    inputs = cut.inputs.copy()
    inputs[:, :1] = end
    return Windows(inputs, cut.targets, cut.text, cut.bytes)
