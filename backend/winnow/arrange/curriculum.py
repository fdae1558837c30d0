"""Order by a column, exactly or in bins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from winnow.arrange.base import Arranged, Entries, Order
from winnow.method import Paper, param
from winnow.pool import unit_interval


@dataclass(frozen=True, kw_only=True)
class Curriculum(Order):
    """Documents by the value of a column, rising or falling, in bins of equal tokens that are shuffled inside.

    key_i = value_i + temperature · Gumbel noise of (seed, copy, doc_id); entries are sorted by key (or by -key), cut into
    `bins` of equal tokens (an entry is in the bin that holds its middle), and in random order inside a bin. With 0 bins
    the order is exact and ties are broken by chance. Documents without a value come last either way. A falling order
    with the temperature that chose the documents is the order in which `gumbel` drew them.
    Source: arXiv 2402.09739, which orders the data of a 1.3B model by its ratings.
    """

    name: ClassVar[str] = "curriculum"
    paper: ClassVar[Paper] = Paper(
        "QuRating: Selecting High-Quality Data for Training Language Models", "2402.09739", 2024
    )
    marks: ClassVar[tuple[str, ...]] = ("bin",)

    column: str = param("quality", "The column that gives the order.", column="number")
    falling: bool = param(False, "The highest values come first.")
    bins: int = param(10, "In how many bins of equal tokens documents are shuffled; 0 sorts exactly.", low=0)
    temperature: float = param(0.0, "How much chance is mixed in, in units of the column.", low=0)

    def needs(self) -> frozenset[str]:
        return frozenset({self.column})

    def arrange(self, entries: Entries) -> Arranged:
        chance, values = entries.order("curriculum"), entries.number(self.column)
        noise = -np.log(-np.log(unit_interval(entries.order("gumbel")))) if self.temperature else 0.0
        keys = values + self.temperature * noise
        keys = np.where(np.isnan(keys), np.inf, -keys if self.falling else keys)
        places = np.lexsort((chance, keys))
        if not self.bins:
            return Arranged(places, {"bin": np.zeros(len(places), dtype=np.int64)})
        tokens = entries.tokens[places]
        after = np.cumsum(tokens)
        middle = (after - tokens / 2) / max(int(after[-1]), 1)
        bin_of = np.minimum((middle * self.bins).astype(np.int64), self.bins - 1)
        order = np.lexsort((chance[places], bin_of))
        return Arranged(places[order], {"bin": bin_of[order]})
