"""Random order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from winnow.arrange.base import Arranged, Entries, Order
from winnow.method import param


@dataclass(frozen=True, kw_only=True)
class Shuffle(Order):
    """Random order, the same for the same seed, in which the copies of a document lie far apart by chance alone.

    Entries are sorted by hash(seed, again, copy, doc_id), so that shards and batches change nothing. No paper.
    """

    name: ClassVar[str] = "shuffle"

    again: int = param(
        0, "Another number gives another order of the same selection, such as one for each epoch.", low=0
    )

    def arrange(self, entries: Entries) -> Arranged:
        return Arranged(np.argsort(entries.order(f"shuffle {self.again}"), kind="stable"))
