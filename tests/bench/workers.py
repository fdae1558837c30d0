"""Time verbs with one worker and with two, here and on Ray: `python tests/bench/workers.py FILE [TURNS]`.

FILE is Parquet; it is cut into 16 files, each of which becomes a shard. Every figure is the best of TURNS, taken in turn, since
other work beside makes them longer; starting Ray is not counted. Processor seconds are those of the process and all below it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
from memory import children

from winnow.compute.base import Executor
from winnow.compute.local import LocalExecutor
from winnow.workspace import Workspace

FILES = 16
SCORERS = ("shape", "gopher", "c4", "near_duplicates")


def spent() -> float:
    """Return the processor seconds of this process and all below it, ended ones that were waited for included."""
    ticks = 0
    for process in (os.getpid(), *children(os.getpid())):
        try:
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def executor(place: str, workers: int) -> Executor:
    if place == "local":
        return LocalExecutor(workers)
    import ray

    from winnow.compute.ray import ONE_THREAD, RayExecutor

    ray.init(
        num_cpus=workers, include_dashboard=False, log_to_driver=False, logging_level="ERROR",
        runtime_env={"env_vars": ONE_THREAD},
    )  # fmt: skip
    found = RayExecutor()
    # The workers are there and have loaded what they need before anything is timed.
    list(found.map(_loaded, range(2 * workers)))
    return found


def _loaded(number: int) -> int:
    import winnow.workspace  # noqa: F401

    return number


def once(place: str, workers: int, folder: Path) -> dict[str, tuple[float, float]]:
    """Do every verb once on a fresh corpus: verb → (seconds, processor seconds)."""
    where = executor(place, workers)
    corpus = Path(tempfile.mkdtemp(dir=folder)) / "corpus"
    workspace = Workspace.create(corpus, executor=where)
    verbs: dict[str, Callable[[], object]] = {
        "ingest": lambda: workspace.ingest(sorted(folder.glob("*.parquet"))),
        "score": lambda: workspace.score(SCORERS),
        "embed": lambda: workspace.embed("static"),
    }
    found = {}
    for verb, work in verbs.items():
        start, before = time.perf_counter(), spent()
        work()
        found[verb] = (time.perf_counter() - start, spent() - before)
    shutil.rmtree(corpus.parent)
    return found


def main(path: Path, turns: int) -> None:
    best: dict[tuple[str, int, str], tuple[float, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        table = pq.read_table(path)
        size = -(-table.num_rows // FILES)
        for file in range(FILES):
            pq.write_table(table.slice(file * size, size), Path(folder) / f"{file:02}.parquet", compression="zstd")
        for _ in range(turns):
            for place, workers in (("local", 1), ("local", 2), ("ray", 1), ("ray", 2)):
                command = [sys.executable, __file__, "once", place, str(workers), folder]
                done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
                for verb, found in json.loads(done.stdout.splitlines()[-1]).items():
                    best[place, workers, verb] = min(best.get((place, workers, verb), (1e9, 0)), tuple(found))
                print(place, workers, done.stdout.splitlines()[-1], f"load {os.getloadavg()[0]:.1f}", flush=True)
    for verb in ("ingest", "score", "embed"):
        for place in ("local", "ray"):
            one, two = best[place, 1, verb], best[place, 2, verb]
            cells = " | ".join(f"{clock:.1f} s ({cpu:.1f} CPU-s)" for clock, cpu in (one, two))
            print(f"| {verb}, {place} | {cells} | {one[0] / two[0]:.2f} |")


if __name__ == "__main__":
    if sys.argv[1] == "once":
        print(json.dumps(once(sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))))
    else:
        main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 3)
