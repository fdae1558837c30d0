"""Arrays too large to hold, kept in a temporary file between two passes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


class Spool:
    """A growing row of numbers in an open file."""

    def __init__(self, file: IO[bytes], kind: DTypeLike) -> None:
        self._file, self._kind, self._size = file, np.dtype(kind), 0

    def append(self, values: NDArray[Any]) -> None:
        """Write the values after those before, row by row."""
        flat = np.ascontiguousarray(values, dtype=self._kind).reshape(-1)
        self._file.write(flat.data)
        self._size += len(flat)

    def read(self) -> NDArray[Any]:
        """Return all that was written, mapped into memory: for as long as the file is open."""
        self._file.flush()
        if not self._size:
            return np.zeros(0, dtype=self._kind)
        return np.memmap(self._file, dtype=self._kind, mode="r", shape=(self._size,))


@contextmanager
def spool(kind: DTypeLike) -> Iterator[Spool]:
    """Open a spool in the folder for temporary files; the file is gone when the context ends."""
    with tempfile.TemporaryFile(prefix="winnow-") as file:
        yield Spool(file, kind)
