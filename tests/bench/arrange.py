"""Measure exports with arrangements: python tests/bench/arrange.py CORPUS [--only NAME,...] [--orders N]

CORPUS is a folder made by `winnow run`; every document is chosen and written as Parquet, once plain and once with each
arrangement that asks nobody, each in a process of its own. Prints a line each: seconds of clock, documents a second, rows
written, peak memory (resident, the whole process). With --orders N the orders and packers run instead on made arrays of N
documents with vectors of 256 numbers (no corpus is read). No figure is a test.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from winnow.arrange.base import Entries, Order, Packer
from winnow.arrange.course import Course
from winnow.errors import WinnowError
from winnow.pool import Groups, Pool
from winnow.workspace import Workspace

CASES: dict[str, list[dict[str, Any]]] = {
    "plain": [],
    "shuffle": [{"method": "shuffle"}],
    "curriculum": [{"method": "curriculum", "column": "tokens"}],
    "cluster_batches": [{"method": "cluster_batches"}],
    "phases": [{"method": "phases", "plan": "0.8; 0.2"}],
    "in_context": [{"method": "in_context"}],
    "pack best_fit": [{"method": "shuffle"}, {"method": "pack"}],
    "pack concat": [{"method": "shuffle"}, {"method": "pack", "by": "concat"}],
    "metadata_prefix": [{"method": "metadata_prefix"}],
    "quality_metadata": [{"method": "quality_metadata"}],
    "control_tokens": [{"method": "control_tokens", "column": "pii_spans", "threshold": 0}],
    "refine": [{"method": "refine"}],
    "refine, prefix, shuffle, pack": [
        {"method": "refine"}, {"method": "metadata_prefix"}, {"method": "shuffle"}, {"method": "pack"},
    ],
}  # fmt: skip


def measure(corpus: str, name: str) -> None:
    workspace = Workspace(corpus)
    with tempfile.TemporaryDirectory() as scratch:
        start = time.perf_counter()
        try:
            out = workspace.export("everything", Path(scratch) / "out", arrange=CASES[name])
        except WinnowError as reason:
            print(f"{name:<30} refused: {reason}", flush=True)
            return
        seconds = time.perf_counter() - start
        rows = json.loads((out / "manifest.json").read_text())["documents"]
    documents = workspace.catalog.manifest.documents()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"{name:<30} {seconds:7.1f} s {documents / seconds:>9,.0f} docs/s {rows:>10,} rows {peak:5.2f} GB", flush=True
    )


def order_only(documents: int, name: str) -> None:
    chance = np.random.default_rng(0)
    vectors = chance.standard_normal((documents, 256), dtype=np.float32)
    vectors += 2 * chance.standard_normal((1000, 256), dtype=np.float32)[chance.integers(0, 1000, documents)]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    names = tuple(f"group {number}" for number in range(100))
    groups = Groups(chance.integers(0, 100, documents).astype(np.int32), names)
    columns = {
        "source": Groups(groups.codes % 15, names[:15]),
        "cluster_name": groups,
        "tokens": chance.random(documents),
    }
    pool = Pool(np.arange(documents), chance.integers(20, 2000, documents), columns, {"static": vectors})
    for step in Course.of(CASES[name]).steps:
        start = time.perf_counter()
        if isinstance(step, Order):
            step.order(Entries.of(pool, np.ones(documents), 0))
        elif isinstance(step, Packer):
            step.pack(pool.tokens, 0)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        seconds = time.perf_counter() - start
        print(
            f"{name + ': ' + step.name:<36} {seconds:7.1f} s {documents / seconds:>12,.0f} docs/s {peak:5.2f} GB",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure exports with arrangements.")
    parser.add_argument("corpus", nargs="?", default="")
    parser.add_argument("--only", default="", help="cases, comma-separated")
    parser.add_argument("--orders", type=int, default=0, help="measure orders and packers on so many made documents")
    told = parser.parse_args()
    chosen = [name for name in CASES if not told.only or name in told.only.split(",")]
    if told.orders:
        chosen = [name for name in chosen if name != "plain" and Course.of(CASES[name]).transforms == ()]
    elif not any(kept.name == "everything" for kept in Workspace(told.corpus).catalog.selections.all()):
        Workspace(told.corpus).select("random", name="everything", share=1.0)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    spawn = multiprocessing.get_context("spawn")
    for name in chosen:
        work = (order_only, (told.orders, name)) if told.orders else (measure, (told.corpus, name))
        process = spawn.Process(target=work[0], args=work[1])
        process.start()
        process.join()


if __name__ == "__main__":
    main()
