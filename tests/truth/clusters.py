#!/usr/bin/env python3
"""Measure clusters, names and map against known labels.

    python tests/truth/clusters.py DATA_FOLDER

DATA_FOLDER holds clinc150/clinc150_data_full.json (150 kinds of requests) and ag-news/ag_news_test.csv (4 subjects).
Prints, for each set encoded by the static encoder: NMI and purity of k-means at the true k and at the default k,
seconds of each step, distinct names, and how well the map keeps neighbours, beside PCA and t-SNE on the same rows.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, trustworthiness
from sklearn.metrics import normalized_mutual_info_score
from sklearn.neighbors import KNeighborsClassifier

from winnow.cluster.arrange import Arrangement, arrange
from winnow.embed.static import StaticEncoder

COMPARED = 3000


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure clusters, names and map against known labels.")
    parser.add_argument("data", type=Path)
    folder = parser.parse_args().data
    for name, load in (("clinc150", requests), ("ag-news", news)):
        texts, labels = load(folder)
        measure(name, texts, np.unique(labels, return_inverse=True)[1])


def requests(folder: Path) -> tuple[list[str], list[str]]:
    parts = json.loads((folder / "clinc150" / "clinc150_data_full.json").read_text(encoding="utf-8"))
    rows = [row for part in ("train", "val", "test") for row in parts[part]]
    return [text for text, _ in rows], [label for _, label in rows]


def news(folder: Path) -> tuple[list[str], list[str]]:
    with (folder / "ag-news" / "ag_news_test.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.reader(lines))
    return [f"{title}\n\n{body}" for _, title, body in rows], [label for label, _, _ in rows]


def measure(name: str, texts: list[str], labels: NDArray[np.int64]) -> None:
    started = time.perf_counter()
    vectors = StaticEncoder().embed(texts)
    print(f"{name}: {len(texts)} texts, {labels.max() + 1} labels, encoded in {time.perf_counter() - started:.1f} s")
    arranged = None
    for k in (int(labels.max()) + 1, None):
        clock = Clock()
        arranged = arrange(vectors, lambda rows: [texts[row] for row in rows], k=k, seed=0, progress=clock)
        found = len(arranged.names)
        nmi = normalized_mutual_info_score(labels, arranged.cluster)
        print(f"  k={found:<4} NMI {nmi:.3f}  purity {purity(labels, arranged.cluster):.3f}  {clock}")
        print(f"  {len(set(arranged.names))} distinct names of {found}; groups: {' | '.join(arranged.top_names)}")
    assert arranged is not None
    compare_maps(vectors, labels, arranged)


def purity(labels: NDArray[np.int64], cluster: NDArray[np.int32]) -> float:
    table = np.zeros((labels.max() + 1, cluster.max() + 1), dtype=np.int64)
    np.add.at(table, (labels, cluster), 1)
    return float(table.max(axis=0).sum() / len(labels))


def compare_maps(vectors: NDArray[np.float32], labels: NDArray[np.int64], arranged: Arrangement) -> None:
    rows = np.random.default_rng(0).choice(len(vectors), min(COMPARED, len(vectors)), replace=False)
    some, half = vectors[rows], len(rows) // 2
    maps: dict[str, Callable[[], NDArray[np.floating]]] = {
        "this map": lambda: arranged.map_xy[rows],
        "PCA": lambda: PCA(2).fit_transform(some),
        "t-SNE": lambda: TSNE(2, init="pca", random_state=0).fit_transform(PCA(50).fit_transform(some)),
    }
    for kind, draw in maps.items():
        started = time.perf_counter()
        plane = draw()
        seconds = time.perf_counter() - started
        right = KNeighborsClassifier(10).fit(plane[:half], labels[rows[:half]]).score(plane[half:], labels[rows[half:]])
        trust = trustworthiness(some, plane, n_neighbors=15)
        print(f"  {kind:9} trustworthiness {trust:.3f}  label of 10 neighbours right {right:.3f}  ({seconds:.1f} s)")


class Clock:
    """Notes when each step of the work ended."""

    def __init__(self) -> None:
        self.start, self.ends = time.perf_counter(), dict[str, float]()

    def __call__(self, share: float, what: str) -> None:
        self.ends[what] = time.perf_counter() - self.start

    def __str__(self) -> str:
        before = [0.0, *self.ends.values()]
        return ", ".join(
            f"{what} {end - start:.1f} s" for start, (what, end) in zip(before, self.ends.items(), strict=False)
        )


if __name__ == "__main__":
    main()
