"""Matrix products of selectors: one matrix that stays against blocks that come, on a graphics card where there is one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from winnow.device import device

Matrix = NDArray[np.float32]
Item = TypeVar("Item")

WORTH_MOVING = 50_000_000
"""Multiplications in one product below which moving a block to a graphics card costs more than it saves."""


class Products:
    """Multiplies a fixed float32 matrix [m, d] with blocks [b, d]: `products(block)` is fixed @ block.T, [m, b].

    With a graphics card the fixed matrix lives there and float32 is kept (no TF32), so that answers differ from the
    processor's by rounding alone.
    """

    def __init__(self, fixed: Matrix) -> None:
        self.fixed = np.ascontiguousarray(fixed, dtype=np.float32)
        self._there: Any = None

    def __call__(self, block: Matrix) -> Matrix:
        if len(block) * self.fixed.size < WORTH_MOVING or device() == "cpu":
            return self.fixed @ block.T
        import torch

        if self._there is None:
            self._there = torch.from_numpy(self.fixed).to(device())
        moved = torch.from_numpy(np.ascontiguousarray(block, dtype=np.float32)).to(device())
        answer: Matrix = (self._there @ moved.T).cpu().numpy()
        return answer


def ahead(items: Iterable[Item]) -> Iterator[Item]:
    """Yield the same items, each prepared in a thread while the one before it is used.

    >>> list(ahead([3, 1, 2]))
    [3, 1, 2]
    """
    source, end = iter(items), object()
    with ThreadPoolExecutor(1) as thread:
        later = thread.submit(next, source, end)
        while (item := later.result()) is not end:
            later = thread.submit(next, source, end)
            yield item  # type: ignore[misc]
