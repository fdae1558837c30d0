"""Spherical k-means in torch, for a graphics card without FAISS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

SCORES_AT_ONCE = 1 << 28
"""Cosines of rows and centres held at once."""


def lloyd(
    sample: NDArray[np.float32], k: int, *, rounds: int, redo: int = 1, seed: int = 0, device: str = "cuda"
) -> NDArray[np.float32]:
    """Return k unit centres float32 [k, d] that maximise Σ_i x_i · c(i) over unit rows [n, d], the best of `redo` starts.

    A round assigns every row to its nearest centre and puts each centre at the direction of its rows' sum; a centre
    without rows moves to one of the rows farthest from theirs. On a GPU products run in float16, in which vectors are
    stored, with float32 sums over blocks: both the cosines [n, k] and the sums (one-hot assignments times rows) are
    matrix products, so no order of additions is left to chance and the same seed gives the same centres.
    """
    import torch

    narrow = torch.float32 if torch.device(device).type == "cpu" else torch.float16
    rows = torch.from_numpy(sample).to(device).to(narrow)
    best, highest = None, -np.inf
    for attempt in range(redo):
        order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed + attempt))
        centres = rows[order[:k].to(device)].float()
        objective = 0.0
        for _ in range(rounds):
            centres, objective = one_round(rows, centres)
        if objective > highest:
            best, highest = centres, objective
    assert best is not None
    found: NDArray[np.float32] = best.cpu().numpy()
    return found


def one_round(rows: Any, centres: Any) -> tuple[Any, float]:
    """Return the next centres float32 [k, d], and Σ_i x_i · c(i) for the centres given."""
    import torch

    k = len(centres)
    sums, names = torch.zeros_like(centres), torch.arange(k, device=rows.device)
    cosines, counts = [], torch.zeros(k, dtype=torch.int64, device=rows.device)
    for block in _blocks(rows, k):
        cosine, label = (block @ centres.to(block.dtype).T).max(dim=1)
        mine = (label[:, None] == names).to(block.dtype)
        sums += (mine.T @ block).float()
        counts += torch.bincount(label, minlength=k)
        cosines.append(cosine.float())
    cosine = torch.cat(cosines)
    empty = (counts == 0).nonzero()[:, 0]
    if len(empty):
        sums[empty] = rows[cosine.topk(len(empty), largest=False).indices].float()
    return torch.nn.functional.normalize(sums, dim=1), float(cosine.double().sum())


def nearest(
    rows: NDArray[np.float32], centres: NDArray[np.float32], device: str
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return each row's nearest centre and their inner product, in float32."""
    import torch

    there = torch.from_numpy(centres).to(device)
    scores, labels = (torch.from_numpy(rows).to(device) @ there.T).max(dim=1)
    return labels.cpu().numpy(), scores.cpu().numpy()


def _blocks(rows: Any, k: int) -> Iterator[Any]:
    step = max(1, SCORES_AT_ONCE // max(k, 1))
    for start in range(0, len(rows), step):
        yield rows[start : start + step]
