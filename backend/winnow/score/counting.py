"""How often each of very many hashes occurs: exact, in memory bounded by a part of them."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack

import numpy as np
from numpy.typing import NDArray

from winnow.score.spool import Spool, spool

Hashes = NDArray[np.uint64]
Counts = NDArray[np.int64]

PER_PART, MOST_PARTS = 1 << 22, 256


def repeated(blocks: Iterable[Hashes], expected: int, least: int) -> tuple[Hashes, Counts]:
    """Return the hashes that occur at least so often, sorted, and how often each does.

    The hashes are dealt out by their leading bits to temporary files of about 4 million (`expected` / 256 above a
    billion), which are sorted one after another.
    """
    bits = min(max(expected // PER_PART, 0).bit_length(), MOST_PARTS.bit_length() - 1)
    found, counts = [np.zeros(0, dtype=np.uint64)], [np.zeros(0, dtype=np.int64)]
    with ExitStack() as files:
        parts = [files.enter_context(spool(np.uint64)) for _ in range(1 << bits)]
        for block in blocks:
            _deal(block, bits, parts)
        for part in parts:
            values = np.sort(part.read())
            opens = np.flatnonzero(np.append(True, values[1:] != values[:-1])[: len(values)])
            times = np.diff(np.append(opens, len(values)))
            often = times >= least
            found.append(values[opens[often]])
            counts.append(times[often])
    return np.concatenate(found), np.concatenate(counts)


def _deal(block: Hashes, bits: int, parts: list[Spool]) -> None:
    if bits == 0:
        parts[0].append(block)
        return
    owner = (block >> np.uint64(64 - bits)).astype(np.int64)
    order = np.argsort(owner, kind="stable")
    cuts = np.cumsum(np.bincount(owner, minlength=1 << bits))
    for part, values in zip(parts, np.split(block[order], cuts[:-1]), strict=True):
        part.append(values)
