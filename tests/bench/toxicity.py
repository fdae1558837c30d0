"""Measure toxicity with its network on one thread: python tests/bench/toxicity.py DATA CORPUS

DATA holds dynahate/dynahate.jsonl, posts written to fool a classifier; CORPUS is a corpus of many kinds of text. Prints
documents a second of processor time, the best of three passes, and the load beside it. No figure is a test.
"""

from __future__ import annotations

import functools
import json
import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pyarrow as pa
import torch

from winnow.bench.material import Material
from winnow.bench.meter import take
from winnow.bench.score import batches, score, vectors_of
from winnow.score.toxicity import Toxicity
from winnow.workspace import Workspace

DRAWN = 6000


def kinds(data: Path, corpus: Workspace) -> dict[str, list[str]]:
    """Return texts of each kind, as they come by chance."""
    posts = [json.loads(line)["text"] for line in (data / "dynahate/dynahate.jsonl").open(encoding="utf-8")]
    draw = np.random.default_rng(0)
    rows = np.sort(draw.permutation(corpus.catalog.manifest.documents())[:DRAWN])
    mixed = corpus.catalog.texts.texts(rows)
    return {
        "posts below 250 characters": [text for text in posts if len(text) < 250][:2000],
        "the corpus, 280 characters or fewer": [text for text in mixed if len(text) <= 280][:2000],
        "the corpus as it comes": mixed[:: DRAWN // 800][:800],
        "pages of 3,000 to 5,000 characters": [text for text in mixed if 3000 <= len(text) <= 5000][:200],
    }


def read(material: Material, vectors: list[pa.Array]) -> None:
    score([Toxicity()], batches(material, vectors))


def main() -> None:
    torch.set_num_threads(1)
    for name, texts in kinds(Path(sys.argv[1]), Workspace(sys.argv[2])).items():
        material = Material(tuple(texts), name)
        vectors = vectors_of(material)
        best = take(functools.partial(read, material, vectors), passes=3).processor
        size = np.mean([len(text) for text in texts])
        told = f"{len(texts) / best:,.0f} | load {os.getloadavg()[0]:.0f}"
        print(f"| {name} | {len(texts):,} | {size:,.0f} | {told} |", flush=True)


if __name__ == "__main__":
    main()
