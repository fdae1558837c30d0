"""Measure what runs on a graphics card: python tests/bench/gpu.py [--documents N] [--vectors N] [--model NAME]

One line a figure: MiniLM beside SentenceTransformer.encode with its defaults on the same card and texts, and the least
cosine to its float32 vectors; exact search of a million vectors; k-means of as many at k = 1000, with the share of the
card's measured matrix-product rate that a round reaches; training of the tiers of `winnow prove`, in tokens a second and
model-flops utilisation: 6 operations per parameter and token and those of attention, over what the card's maker states for
dense bfloat16, and over the measured matrix product. `--device cpu:0` with small numbers tries the script without a card. No
figure is a test.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import torch

from winnow.bench.base import Figure
from winnow.bench.embed import beside_defaults
from winnow.bench.material import made
from winnow.cli.measuring import line
from winnow.cluster.kmeans import ROUNDS, kmeans
from winnow.cluster.lloyd import one_round
from winnow.embed.choose import encoder
from winnow.index.exact import ExactIndex
from winnow.lm.tokenizer import Bytes
from winnow.prove.tiers import TIERS
from winnow.prove.train import How, Training

SIDE = 8192
STATED = {"H200": 989e12, "H100": 989e12, "A100": 312e12, "L4": 121e12, "4090": 165e12}
"""Operations a second that makers state for dense bfloat16."""


def seconds(work: Callable[[], Any], device: str, passes: int = 5) -> float:
    """Return the least seconds of some passes, after one that warms up, each waited for to its end."""
    wait = torch.cuda.synchronize if torch.device(device).type == "cuda" else lambda: None
    work()
    wait()
    taken = []
    for _ in range(passes):
        start = time.perf_counter()
        work()
        wait()
        taken.append(time.perf_counter() - start)
    return min(taken)


def vectors_of(count: int, dimensions: int) -> np.ndarray:
    """Return unit vectors around 1,000 directions, float16 [n, d]."""
    rng = np.random.default_rng(0)
    directions = rng.standard_normal((1000, dimensions), dtype=np.float32)
    rows = np.empty((count, dimensions), np.float16)
    for start in range(0, count, 50_000):
        size = min(50_000, count - start)
        block = directions[rng.integers(0, 1000, size)] + rng.standard_normal((size, dimensions), dtype=np.float32)
        rows[start : start + size] = block / np.linalg.norm(block, axis=1, keepdims=True)
    return rows


def search(rows: np.ndarray, device: str) -> Iterator[Figure]:
    index = ExactIndex(rows, device=device)
    n = f"{len(rows):,} vectors"
    for count in (1, 100):
        asked = rows[:count].astype(np.float32)
        taken = seconds(partial(index.nearest, asked, 1000), device)
        yield Figure(f"exact search, {count} at once", 1000 * taken / count, "ms", n)


def clusters(rows: np.ndarray, k: int, device: str) -> Iterator[Figure]:
    narrow = torch.float16 if torch.device(device).type == "cuda" else torch.float32
    peak, what = product(device)
    there = torch.from_numpy(rows).to(device).to(narrow)
    centres = there[:k].float()
    taken = seconds(lambda: one_round(there, centres), device)
    n = f"{len(rows):,} x {rows.shape[1]}, k = {k}"
    yield Figure("matrix product, TFLOP/s", peak / 1e12, "", what)
    yield Figure("one round of k-means", 1000 * taken, "ms", n)
    # The cosines are 2 n k d operations; the sums, as many again, are the price of an order that never changes.
    useful = 2 * len(rows) * k * rows.shape[1]
    yield Figure("share of the matrix product, cosines alone", useful / taken / peak, "", n)
    yield Figure("share of the matrix product, sums counted", 2 * useful / taken / peak, "", n)
    start = time.perf_counter()
    found = kmeans(rows, k, device="cuda" if torch.device(device).type == "cuda" else device)
    yield Figure(f"k-means, {ROUNDS} rounds on a sample, all assigned", time.perf_counter() - start, "s", n)
    yield Figure("mean cosine to the centre", float(found.similarity.mean()), "", n)


def product(device: str) -> tuple[float, str]:
    """Return the operations a second of a large matrix product, and in words what was multiplied."""
    narrow = torch.bfloat16 if torch.device(device).type == "cuda" else torch.float32
    side = SIDE if torch.device(device).type == "cuda" else 512
    square = torch.randn(side, side, device=device, dtype=narrow)
    return 2 * side**3 / seconds(lambda: square @ square, device), f"{side} x {side}, {narrow}".replace("torch.", "")


def training(name: str, device: str, steps: int) -> Iterator[Figure]:
    """Train a tier for some steps after as many that compile and warm up, on tokens of chance."""
    tier = TIERS[name]
    vocabulary = tier.vocabulary or Bytes.vocabulary
    how = How.on(device, tier)
    run = Training(tier, vocabulary, 0, how)
    rng = np.random.default_rng(0)
    windows = rng.integers(vocabulary, size=(2 * steps * tier.batch, tier.context + 1)).astype(np.uint16)
    order = np.arange(len(windows))
    began = time.perf_counter()
    run.advance(steps, windows, order)
    ready, run.seconds = time.perf_counter() - began, 0.0
    # The mean loss is read at the end of advance, which waits for the card.
    run.advance(2 * steps, windows, order)
    tokens, shape = steps * tier.batch * tier.context, tier.shape(vocabulary)
    rate = shape.flops(tokens) / run.seconds
    peak, what = product(device)
    n = f"{shape.parameters / 1e6:.1f} M parameters, {tier.batch} x {tier.context}, {steps} steps"
    yield Figure(f"{name}: tokens a second", tokens / run.seconds, "", n)
    yield Figure(f"{name}: TFLOP/s of the model", rate / 1e12, "", n)
    stated = next((value for card, value in STATED.items() if how.narrow and card in torch.cuda.get_device_name()), 0.0)
    if stated:
        yield Figure(f"{name}: model-flops utilisation", rate / stated, "", f"of {stated / 1e12:.0f} TFLOP/s stated")
    yield Figure(f"{name}: share of the matrix product", rate / peak, "", what)
    yield Figure(
        f"{name}: minutes of a run of the tier", tier.tokens / tokens * run.seconds / 60, "", f"{tier.tokens:,} tokens"
    )
    yield Figure(f"{name}: compiling and warming up", max(0.0, ready - run.seconds), "s", n)
    if how.narrow:
        yield Figure(f"{name}: memory at most", torch.cuda.max_memory_allocated() / 1e9, "GB", n)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=50_000)
    parser.add_argument("--vectors", type=int, default=1_000_000)
    parser.add_argument("--dimensions", type=int, default=384)
    parser.add_argument("-k", type=int, default=1000)
    parser.add_argument("--model", default="minilm")
    parser.add_argument("--only", choices=("embed", "vectors", "train"), help="measure one of the three")
    parser.add_argument("--tiers", nargs="+", default=["small", "medium"], choices=list(TIERS))
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--device", default="cuda")
    given = parser.parse_args()
    if given.device.startswith("cuda") and not torch.cuda.is_available():
        parser.error(
            "torch sees no card; --device cpu:0 --documents 50 --vectors 5000 -k 20 --tiers ci --steps 5 tries the script without"
        )
    cards = [torch.cuda.get_device_name(place) for place in range(torch.cuda.device_count())]
    print(f"{', '.join(cards) or 'no card'}; torch {torch.__version__}", flush=True)
    for characters in (200, 1000, 4000) if given.only in (None, "embed") else ():
        for figure in beside_defaults(encoder(given.model), made(given.documents, characters=characters)):
            print(line(f"{characters} chars", figure), flush=True)
    if given.only in (None, "vectors"):
        rows = vectors_of(given.vectors, given.dimensions)
        for figure in (*search(rows, given.device), *clusters(rows, given.k, given.device)):
            print(line(given.device, figure), flush=True)
    for name in given.tiers if given.only in (None, "train") else ():
        for figure in training(name, given.device, given.steps):
            print(line(given.device, figure), flush=True)


if __name__ == "__main__":
    main()
