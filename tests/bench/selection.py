"""Measure the selectors on one thread: python tests/bench/selection.py [--documents N] [--dimensions D] [--only NAME,...]

The pool is synthetic: N documents of 20 to 2,000 tokens with every column, vectors and short texts that a method needs;
half of the vectors' directions repeat, as in a web crawl. Each method runs with its defaults, or with its example where
it asks for a table, and takes a tenth of the tokens. Prints one line a method: seconds of clock and CPU, documents kept,
times seen. A
method that refuses the size is shown with its reason, and one that takes longer than --seconds is stopped. No figure is
a test.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pyarrow as pa

from winnow.errors import WinnowError
from winnow.method import methods
from winnow.pool import Budget, Groups, Pool, Target
from winnow.select.base import Selector

NAMES = ("books", "forum", "news", "web", "law", "code", "wiki", "papers")
SHARES = (0.1, 0.1, 0.1, 0.5, 0.05, 0.1, 0.03, 0.02)
WORDS = np.array(["river", "stone", "teach", "model", "the", "of", "and", "rain", "light", "number"])
TARGETS = 1000
BLOCK = 50_000


def read_texts(doc_ids: np.ndarray) -> pa.Array:
    """Return thirty words for each document, the same whenever it is read."""
    places = (doc_ids[:, None] * np.arange(3, 33)[None] * 2654435761 >> 16) % len(WORDS)
    return pa.array([" ".join(row) for row in WORDS[places]], pa.large_string())


def unit(chance: np.random.Generator, documents: int, dimensions: int) -> np.ndarray:
    vectors = np.empty((documents, dimensions), dtype=np.float16)
    centres = 3 * chance.standard_normal((256, dimensions), dtype=np.float32)
    for start in range(0, documents, BLOCK):
        raw = chance.standard_normal((min(BLOCK, documents - start), dimensions), dtype=np.float32)
        raw[::2] += centres[chance.integers(0, 256, len(raw[::2]))]
        vectors[start : start + BLOCK] = raw / np.linalg.norm(raw, axis=1, keepdims=True)
    return vectors


def column(name: str, kind: str, documents: int, chance: np.random.Generator) -> np.ndarray | Groups:
    if kind == "group" or name in ("source", "language", "cluster_name", "domain"):
        return Groups(chance.choice(len(NAMES), size=documents, p=SHARES).astype(np.int32), NAMES)
    if name.startswith("cluster"):
        return chance.integers(0, 1000, documents).astype(float)
    return (chance.random(documents) < 0.6).astype(float) if name.endswith("_pass") else chance.random(documents)


def pool_for(method: Selector, documents: int, dimensions: int) -> Pool:
    """Return a pool with all that a method needs."""
    chance = np.random.default_rng(0)
    kinds = {getattr(method, setting.name): setting.column for setting in method.settings() if setting.column}
    needs = sorted(method.needs())
    models = [need.partition(":")[2] for need in needs if need.startswith("vectors:")]
    plain = [need for need in needs if need not in ("target", "text") and not need.startswith("vectors:")]
    targets = tuple(read_texts(np.arange(TARGETS) + documents).to_pylist())
    return Pool(
        np.arange(documents),
        chance.integers(20, 2000, documents),
        {name: column(name, kinds.get(name, "number"), documents, chance) for name in plain},
        {model: unit(chance, documents, dimensions) for model in models},
        Target("target", targets, {model: unit(chance, TARGETS, dimensions) for model in models}),
        read_texts,
    )


def measure(name: str, documents: int, dimensions: int) -> None:
    kind = methods(Selector)[name]
    method = kind(**kind.example)
    pool = pool_for(method, documents, dimensions)
    start, cpu = time.perf_counter(), time.process_time()
    try:
        chosen = method.select(pool, Budget(share=0.1))
    except WinnowError as reason:
        print(f"{name:<22} refused after {time.perf_counter() - start:.2f} s: {reason}", flush=True)
        return
    seconds, cpu, seen = time.perf_counter() - start, time.process_time() - cpu, float(chosen.weights.sum())
    print(
        f"{name:<22} {seconds:8.2f} s, CPU {cpu:8.2f} s {len(chosen):>10,} documents {seen:>12,.0f} times seen",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the selectors.")
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--dimensions", type=int, default=384)
    parser.add_argument("--seconds", type=float, default=300.0, help="when a method is stopped")
    parser.add_argument("--only", default="", help="names of methods, separated by commas")
    options = parser.parse_args()
    print(f"{options.documents:,} documents, {options.dimensions} dimensions", flush=True)
    for name in options.only.split(",") if options.only else methods(Selector):
        worker = multiprocessing.get_context("spawn").Process(
            target=measure, args=(name, options.documents, options.dimensions)
        )
        worker.start()
        worker.join(options.seconds)
        if worker.is_alive():
            worker.terminate()
            worker.join()
            print(f"{name:<22} stopped after {options.seconds:.0f} s, its pool included", flush=True)


if __name__ == "__main__":
    main()
