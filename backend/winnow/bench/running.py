"""Each benchmark in a fresh process, so that neither memory nor caches of one show in the figures of another."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

from winnow.bench.base import Benchmark, Figure
from winnow.bench.material import Material
from winnow.compute.spawning import without_main
from winnow.errors import WinnowError

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")


def figures(benchmark: Benchmark, material: Material, *, threads: int = 1) -> Iterator[Figure]:
    """Yield a benchmark's figures as they are made; raises what it raises."""
    context = multiprocessing.get_context("spawn")
    reader, writer = context.Pipe(duplex=False)
    with _threads(threads), without_main():
        process = context.Process(target=_measure, args=(benchmark, material, threads, writer), daemon=True)
        process.start()
    writer.close()
    try:
        while True:
            found = reader.recv()
            if isinstance(found, Exception):
                raise found
            if found is None:
                return
            yield found
    except EOFError:
        process.join()
        raise WinnowError(
            f"the benchmark '{benchmark.name}' ended unexpectedly",
            f"exit code {process.exitcode}, most often for lack of memory",
            "give it fewer documents: --docs N",
        ) from None
    finally:
        process.terminate()
        process.join()
        reader.close()


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """Tell libraries their number of threads: most read it once, when they are loaded."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, str(count)))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _measure(benchmark: Benchmark, material: Material, threads: int, out: Connection) -> None:
    import pyarrow as pa

    pa.set_cpu_count(threads)
    try:
        for figure in benchmark.measure(material):
            out.send(figure)
        out.send(None)
    except Exception as reason:  # the command line says it in one line
        out.send(reason)
