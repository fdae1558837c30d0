"""A fitted head at work on a corpus: a scorer like any other, so that it is published like any other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from winnow.rate.head import Head
from winnow.rate.reference import shares
from winnow.score.base import Scorer, Values, vectors_of


class Rated(Scorer):
    """Gives every document the columns of a fitted head: one matrix product over the stored vectors."""

    name: ClassVar[str] = "rated"
    default: ClassVar[bool] = False

    def __init__(self, title: str, run: str, head: Head) -> None:
        for key, value in {"name": title, "run": run, "head": head}.items():
            object.__setattr__(self, key, value)

    run: str
    head: Head

    @property
    def recipe(self) -> dict[str, Any]:
        return {"method": "rated", "rater": self.name, "run": self.run}

    def columns(self) -> Mapping[str, pa.DataType]:
        return self.head.columns(self.name)

    def needs(self) -> frozenset[str]:
        if not self.head.model:
            return frozenset({"text"})
        return frozenset({f"vectors:{self.head.model}", *(("chars",) if self.head.reads_length else ())})

    def score(self, batch: pa.RecordBatch, prepared: Any) -> Mapping[str, Values]:
        if not self.head.model:
            return self.head.rate(shares(batch.column("text"), self.head.ngram), None, self.name)
        chars = np.asarray(batch.column("chars")) if self.head.reads_length else None
        return self.head.rate(vectors_of(batch, self.head.model), chars, self.name)
