"""What a head is fitted to: values of documents, or which of two documents is the better one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
Mask = NDArray[np.bool_]


class Evidence(Protocol):
    """Something known about documents that are named by their places 0 … n − 1."""

    def __len__(self) -> int: ...

    def among(self, documents: Mask) -> Evidence:
        """Keep what speaks of these documents alone."""

    def inside(self, folds: Places) -> Evidence:
        """Keep what speaks of one fold at a time: a pair across two folds cannot be held out."""

    def known(self) -> Mask:
        """Return which documents it speaks of."""

    def narrowed(self, documents: Mask) -> Evidence:
        """Number the documents anew: those of the mask alone, in order, and all that is said is about them."""


@dataclass(frozen=True, eq=False)
class Values:
    """One number per document, NaN where none is known: a rating, 0 or 1, or the code of a name."""

    values: Floats

    def __len__(self) -> int:
        return int(np.isfinite(self.values).sum())

    def known(self) -> Mask:
        return np.isfinite(self.values)

    def narrowed(self, documents: Mask) -> Values:
        return Values(self.values[documents])

    def among(self, documents: Mask) -> Values:
        return Values(np.where(documents, self.values, np.nan))

    def inside(self, folds: Places) -> Values:
        return self


@dataclass(frozen=True, eq=False)
class Pairs:
    """Of two documents, how likely the second is the better one: 1 it is, 0 the first is, ½ a tie. Of n documents."""

    first: Places
    second: Places
    share: Floats
    documents: int

    def __len__(self) -> int:
        return len(self.share)

    def known(self) -> Mask:
        found = np.zeros(self.documents, dtype=bool)
        found[self.first] = found[self.second] = True
        return found

    def narrowed(self, documents: Mask) -> Pairs:
        place = np.cumsum(documents) - 1
        return Pairs(place[self.first], place[self.second], self.share, int(documents.sum()))

    def among(self, documents: Mask) -> Pairs:
        return self.take(documents[self.first] & documents[self.second])

    def inside(self, folds: Places) -> Pairs:
        return self.take(folds[self.first] == folds[self.second])

    def take(self, kept: Mask) -> Pairs:
        return Pairs(self.first[kept], self.second[kept], self.share[kept], self.documents)
