"""The interface of every encoder: texts in, unit vectors out."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
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

    def revision(self) -> str:
        """Tell vectors made now from those of another version: the class's, and a hash of the weights where it has some.

        "" where that cannot be known without loading or fetching a model.
        """
        return str(self.version)

    @abstractmethod
    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 [n, d], each row of length 1; an empty text gets a zero vector."""

    def stream(self, batches: Iterable[Sequence[str]]) -> Iterator[NDArray[np.float32]]:
        """Yield `embed` of every batch; an encoder that works ahead reads a few batches before they are asked for."""
        return map(self.embed, batches)


ENDS = 1 << 20
"""Of a large file its first and last mebibyte are looked at: other weights differ there too."""


def file_mark(path: Path) -> str:
    """Return a short hash of a file's size, beginning and end."""
    size = path.stat().st_size
    with path.open("rb") as file:
        found = hashlib.sha256(str(size).encode() + file.read(ENDS))
        file.seek(max(size - ENDS, 0))
        found.update(file.read(ENDS))
    return found.hexdigest()[:12]
