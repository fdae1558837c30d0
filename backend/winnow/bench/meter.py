"""Seconds and peak memory of a piece of work."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from winnow.bench.base import Figure, Peer
from winnow.bench.material import Material

Made = TypeVar("Made")


@dataclass(frozen=True)
class Taken(Generic[Made]):
    """What a piece of work made, and what it took: seconds of processor time and on the clock, peak bytes."""

    made: Made
    processor: float
    clock: float
    memory: int


def take(work: Callable[[], Made], *, passes: int = 1) -> Taken[Made]:
    """Do a piece of work and say what it took: the best of so many passes, the memory of the hungriest."""
    takings = [_once(work) for _ in range(passes)]
    best = min(takings, key=lambda taken: taken.clock)
    return Taken(best.made, min(t.processor for t in takings), best.clock, max(taken.memory for taken in takings))


def _once(work: Callable[[], Made]) -> Taken[Made]:
    forget_peak()
    clock, processor = time.perf_counter(), time.process_time()
    made = work()
    return Taken(made, time.process_time() - processor, time.perf_counter() - clock, peak())


def forget_peak() -> None:
    """Start counting the process's peak memory anew, where the system can (Linux)."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak() -> int:
    """Return the most memory in bytes that this process has held since `forget_peak`, or ever where it cannot forget."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def rate(what: str, material: Material, taken: Taken[Any], peer: Peer | None = None, *, clock: bool = False) -> Figure:
    """Return documents and MB of text a second of processor time: what other programs do beside it does not count.

    `clock` counts seconds on the clock instead: for work on a graphics card.
    """
    seconds = max(taken.clock if clock else taken.processor, 1e-9)
    documents = len(material.texts)
    return Figure(
        what, documents / seconds, "docs/s", f"{documents:,} documents",
        size=material.bytes / 1e6 / seconds, memory=taken.memory, peer=peer,
    )  # fmt: skip
