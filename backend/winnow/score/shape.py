"""How long a document is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from winnow.score.base import Scorer, Values
from winnow.score.words import texts_of


@dataclass(frozen=True, kw_only=True)
class Shape(Scorer):
    """Counts characters, words and lines.

    `chars` are Unicode code points, `words` are split on Unicode whitespace, `lines` on newlines (a final newline
    opens no further line, an empty text has none).
    """

    name: ClassVar[str] = "shape"

    def columns(self) -> Mapping[str, pa.DataType]:
        return {"chars": pa.int64(), "words": pa.int32(), "lines": pa.int32()}

    def score(self, batch: pa.RecordBatch, prepared: Any) -> Mapping[str, Values]:
        texts = texts_of(batch)
        words, lines = texts.word_counts.astype("int32"), texts.line_counts.astype("int32")
        return {"chars": texts.chars, "words": words, "lines": lines}
