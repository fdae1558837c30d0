"""Work on this machine: a pool of processes, or this very process when there is little to do."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection

from winnow.compute.base import Item, Result
from winnow.compute.spawning import without_main
from winnow.errors import WinnowError


def available_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class LocalExecutor:
    """A pool of fresh processes, one thread of arithmetic each; at most two items per worker wait in memory."""

    remote = False

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or available_cores()

    def map(self, work: Callable[[Item], Result], items: Iterable[Item], *, gpu: bool = False) -> Generator[Result]:
        todo = list(items)
        if self.workers == 1 or len(todo) <= 1:
            yield from map(work, todo)
            return
        context = multiprocessing.get_context("spawn")
        workers = min(self.workers, len(todo))
        # The workers hold the reading end of a pipe that nobody writes to: it closes when this process is done with
        # them or dies, however that happens, and they go with it instead of finishing what nobody waits for.
        reader, writer = context.Pipe(duplex=False)
        pool = ProcessPoolExecutor(workers, context, initializer=_start_worker, initargs=(reader,))
        try:
            yield from _windowed(pool, work, todo, workers * 2)
        except BrokenProcessPool as reason:
            raise WinnowError(
                "a worker process ended unexpectedly",
                "it was killed, most often for lack of memory",
                "run the command again: finished shards are kept",
            ) from reason
        finally:
            writer.close()
            pool.shutdown(wait=True, cancel_futures=True)
            reader.close()


def _windowed(
    pool: ProcessPoolExecutor, work: Callable[[Item], Result], todo: list[Item], window: int
) -> Generator[Result]:
    waiting: set[Future[Result]] = set()
    rest = iter(todo)
    for item in rest:
        with _deaf_to_the_keyboard(), without_main():
            waiting.add(pool.submit(work, item))
        if len(waiting) >= window:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            yield from _results(done)
    while waiting:
        done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
        yield from _results(done)


@contextmanager
def _deaf_to_the_keyboard() -> Generator[None]:
    """Start workers with Ctrl-C blocked: it reaches every process of a terminal, and one answer to it is enough."""
    # The tracker, which the first worker brings with it, would unblock it.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _results(done: set[Future[Result]]) -> Generator[Result]:
    """Yield what was finished before raising what failed."""
    for future in sorted(done, key=lambda future: future.exception() is not None):
        yield future.result()


def _start_worker(alive: Connection) -> None:
    import pyarrow as pa

    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TOKENIZERS_PARALLELISM"):
        os.environ[name] = "false" if name.startswith("TOKENIZERS") else "1"
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    threading.Thread(target=_end_with, args=(alive,), daemon=True).start()


def _end_with(alive: Connection) -> None:
    try:
        alive.poll(None)
    finally:
        os._exit(1)
