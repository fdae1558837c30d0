"""Inner products on a graphics card, which keeps the matrix between questions."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from winnow.embed.matrix import Matrix

BLOCK_BYTES = 256 << 20
"""Widened rows on the device at once."""
KEPT_SHARE = 0.5
"""How much of the device's free memory the matrix may take; a larger one crosses the bus at every question."""


class Resident:
    """Rows of a matrix on a torch device in their stored width, brought over at the first question."""

    def __init__(self, matrix: Matrix, device: str) -> None:
        self.matrix, self.device = matrix, device
        self._kept: dict[int, Any] = {}
        self._lock = threading.Lock()
        self._keep = _room(device) * KEPT_SHARE >= len(matrix) * matrix.shape[1] * matrix.dtype.itemsize

    def candidates(
        self, queries: NDArray[np.float32], k: int, allowed: NDArray[np.int64] | None
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        """Yield (rows [b] ascending, scores float32 [q, b]) that hold each block's k best rows of every query.

        Rows equal to a block's k-th best come along, so that whoever merges can tell which of them come first.
        """
        import torch

        asked = torch.from_numpy(queries).to(self.device)
        mask = self._mask(allowed)
        for start, block in self._blocks(len(queries)):
            scores = asked @ block.float().T
            if mask is not None:
                scores[:, ~mask[start : start + len(block)]] = -torch.inf
            least = scores.topk(min(k, len(block)), dim=1).values[:, -1:]
            columns = ((scores >= least) & (scores > -torch.inf)).any(dim=0).nonzero()[:, 0]
            rows: NDArray[np.int64] = columns.cpu().numpy() + start
            yield rows, scores[:, columns].cpu().numpy()

    def _mask(self, allowed: NDArray[np.int64] | None) -> Any:
        if allowed is None:
            return None
        import torch

        mask = torch.zeros(len(self.matrix), dtype=torch.bool, device=self.device)
        mask[torch.from_numpy(allowed).to(self.device)] = True
        return mask

    def _blocks(self, queries: int) -> Iterator[tuple[int, Any]]:
        total, width = self.matrix.shape
        size = max(1024, BLOCK_BYTES // (4 * width))
        step = max(1024, BLOCK_BYTES // (4 * max(width, queries)))
        for start in range(0, total, size):
            block = self._block(start, size)
            # Many questions at once have more scores than a row has numbers.
            for place in range(0, len(block), step):
                yield start + place, block[place : place + step]

    def _block(self, start: int, size: int) -> Any:
        import torch

        with self._lock:
            if start in self._kept:
                return self._kept[start]
            block = torch.from_numpy(np.array(self.matrix[start : start + size])).to(self.device)
            if self._keep:
                self._kept[start] = block
            return block


def _room(device: str) -> int:
    """Return the device's free memory in bytes."""
    import torch

    return int(torch.cuda.mem_get_info(device)[0]) if torch.device(device).type == "cuda" else 1 << 30
