"""The interface of every encoder: texts in, unit vectors out."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from winnow.method import Method


@dataclass(frozen=True, kw_only=True)
class Embedder(Method):
    """Turns texts into unit vectors."""

    version: ClassVar[int] = 1
    """Raised when the same settings would give other vectors; `winnow embed` then makes them anew."""

    @property
    @abstractmethod
    def model(self) -> str:
        """Name the vectors are stored under: "static", "minilm"."""

    @property
    @abstractmethod
    def dimensions(self) -> int: ...

    @property
    @abstractmethod
    def parallel(self) -> bool:
        """Whether several processes may each hold a copy (cheap models) or one process uses all cores or the GPU."""

    @abstractmethod
    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 [n, d], each row of length 1; an empty text gets a zero vector."""

    def stream(self, batches: Iterable[Sequence[str]]) -> Iterator[NDArray[np.float32]]:
        """Yield `embed` of every batch; an encoder that works ahead reads a few batches before they are asked for."""
        return map(self.embed, batches)
