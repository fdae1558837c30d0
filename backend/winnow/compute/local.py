"""Work on this machine: a pool of processes, or this very process when there is little to do."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

from winnow.compute.base import Item, Result
from winnow.errors import WinnowError


def available_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class LocalExecutor:
    """A pool of fresh processes, one thread of arithmetic each; at most two items per worker wait in memory."""

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or available_cores()

    def map(self, work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        todo = list(items)
        if self.workers == 1 or len(todo) <= 1:
            yield from map(work, todo)
            return
        context = multiprocessing.get_context("spawn")
        workers = min(self.workers, len(todo))
        with ProcessPoolExecutor(workers, context, initializer=_one_thread) as pool:
            try:
                yield from _windowed(pool, work, todo, workers * 2)
            except BrokenProcessPool as reason:
                raise WinnowError(
                    "a worker process ended unexpectedly",
                    "it was killed, most often for lack of memory",
                    "run the command again: finished shards are kept",
                ) from reason
            finally:
                pool.shutdown(wait=True, cancel_futures=True)


def _windowed(
    pool: ProcessPoolExecutor, work: Callable[[Item], Result], todo: list[Item], window: int
) -> Iterator[Result]:
    waiting: set[Future[Result]] = set()
    rest = iter(todo)
    for item in rest:
        waiting.add(pool.submit(work, item))
        if len(waiting) >= window:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in done)
    while waiting:
        done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
        yield from (future.result() for future in done)


def _one_thread() -> None:
    import pyarrow as pa

    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TOKENIZERS_PARALLELISM"):
        os.environ[name] = "false" if name.startswith("TOKENIZERS") else "1"
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
