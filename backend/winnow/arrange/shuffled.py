"""Random order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from winnow.arrange.base import Arranged, Chosen, Order


@dataclass(frozen=True, kw_only=True)
class Shuffle(Order):
    """Random order, the same for the same seed, in which the copies of a document lie far apart by chance alone.

    Entries are sorted by hash(seed, copy, doc_id), so that shards and batches change nothing. No paper.
    """

    name: ClassVar[str] = "shuffle"

    def arrange(self, chosen: Chosen) -> Arranged:
        return Arranged(np.argsort(chosen.order("shuffle"), kind="stable"))
