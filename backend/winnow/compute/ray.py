"""Work on many machines: tasks of a Ray cluster, or of one that is started here when there is none."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from typing import Any

import ray

from winnow.compute.base import Item, Result
from winnow.errors import WinnowError

GPU_SHARE = "WINNOW_GPU_SHARE"
"""Environment: what part of a GPU one task takes, 1 unless told; 0.25 lets four tasks share one."""

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
RETRIES = 3
"""How often a task whose worker died is run again; a task writes its shard under a name of its own, from the start."""


class RayExecutor:
    """Tasks on the cluster at $RAY_ADDRESS, one core each, and a share of a GPU for those that want one.

    The workers read and write shards where the corpus lies, so it must lie on a disk that all of them see under one path;
    only the driver publishes what they wrote. At most two tasks per core wait, and no text is sent.
    """

    remote = True

    def __init__(self, address: str | None = None) -> None:
        """Join or start a cluster; raises WinnowError when there is none at the address."""
        if not ray.is_initialized():
            told = address or os.environ.get("RAY_ADDRESS")
            try:
                _knock(told)
                ray.init(
                    address=told,
                    log_to_driver=False,
                    logging_level="ERROR",
                    include_dashboard=False if told is None else None,
                    runtime_env={"env_vars": {**ONE_THREAD, "TOKENIZERS_PARALLELISM": "false"}},
                )
            except (OSError, RuntimeError, ValueError) as reason:
                raise WinnowError(
                    "work on Ray needs a cluster",
                    f"none answers at {told or 'this machine'}: {str(reason).splitlines()[0]}",
                    "ray start --head, then RAY_ADDRESS=HOST:6379, or leave --on away",
                ) from reason
        resources = ray.cluster_resources()
        self.workers = max(int(resources.get("CPU", 1)), 1)
        self._gpus = float(resources.get("GPU", 0))

    def map(self, work: Callable[[Item], Result], items: Iterable[Item], *, gpu: bool = False) -> Generator[Result]:
        share = float(os.environ.get(GPU_SHARE, "1")) if gpu and self._gpus else 0.0
        task = ray.remote(_run).options(num_cpus=1, num_gpus=share, max_retries=RETRIES, scheduling_strategy="SPREAD")
        waiting: list[Any] = []
        try:
            for item in items:
                waiting.append(task.remote(work, item))
                if len(waiting) >= 2 * self.workers:
                    done, waiting = ray.wait(waiting, num_returns=1)
                    yield from _results(done)
            while waiting:
                done, waiting = ray.wait(waiting, num_returns=1)
                yield from _results(done)
        finally:
            for left in waiting:
                with suppress(Exception):
                    ray.cancel(left, force=True)


def _knock(address: str | None) -> None:
    """Raise OSError when nobody listens at HOST:PORT: Ray itself would try for minutes."""
    host, _, port = (address or "").rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host, int(port)), timeout=10).close()


def _run(work: Callable[[Item], Result], item: Item) -> Result:
    import pyarrow as pa

    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    return work(item)


def _results(done: list[Any]) -> Generator[Any]:
    for found in done:
        try:
            yield ray.get(found)
        except ray.exceptions.RayTaskError as reason:
            cause = reason.cause
            if isinstance(cause, FileNotFoundError):
                raise WinnowError(
                    "the workers of the cluster need to see the corpus under the path that it has here",
                    f"{cause.filename} is not there for one of them",
                    "put it on a disk that all of them share",
                ) from reason
            raise cause from reason
        except ray.exceptions.RayError as reason:
            raise WinnowError(
                "a worker of the cluster ended unexpectedly",
                str(reason).strip().splitlines()[0],
                "run the command again: finished shards are kept",
            ) from reason
