"""How long a search by meaning takes, exact and approximate."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from winnow.bench.base import Benchmark, Figure, Peer, installed
from winnow.bench.material import Material
from winnow.bench.meter import take
from winnow.embed.matrix import Matrix
from winnow.index.approximate import ApproximateIndex, truth_of
from winnow.index.exact import ExactIndex
from winnow.method import param

BLOCK = 50_000
PEER_VECTORS = 100_000


@dataclass(frozen=True, kw_only=True)
class SearchSpeed(Benchmark):
    """Times the 1,000 nearest of `vectors` made unit vectors, float16 in a memory-mapped file, to one question.

    The vectors lie around 1,000 directions, as documents lie around topics. Exact search stands beside
    sentence-transformers' semantic_search (float32 in memory, at most 100,000 vectors); the approximate index says its
    recall of the exact 10 nearest too.
    """

    name: ClassVar[str] = "search"
    quick: ClassVar[Mapping[str, Any]] = {"vectors": 3000, "dimensions": 16, "questions": 2}
    documents: ClassVar[int] = 2
    vectors: int = param(200_000, "How many vectors are searched.", low=2)
    dimensions: int = param(384, "Dimensions of a vector.", low=2)
    questions: int = param(10, "Searches timed; their mean counts.", low=1)
    nearest: int = param(1000, "How many of the nearest are asked for.", low=1)
    approximate: bool = param(True, "Whether to build and time the approximate index too.")

    def measure(self, material: Material) -> Iterator[Figure]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "vectors.npy"
            write_vectors(path, self.vectors, self.dimensions)
            matrix = np.load(path, mmap_mode="r")
            asked = matrix[:: max(self.vectors // self.questions, 1)][: self.questions].astype(np.float32)
            n = f"{self.vectors:,} vectors"
            exact = ExactIndex(matrix)
            yield self._one_by_one("exact search", exact, asked, n, self._peer(matrix, asked))
            if not self.approximate:
                return
            built = take(lambda: ApproximateIndex.build(Path(folder) / "index", Matrix(matrix)))
            yield Figure("approximate index built", built.clock, "s", n, memory=built.memory)
            yield self._one_by_one("approximate search", built.made, asked, n)
            yield Figure("recall of the exact 10 nearest", built.made.recall(truth_of(exact)), "", "200 questions")

    def _one_by_one(
        self,
        what: str,
        index: ExactIndex | ApproximateIndex,
        asked: NDArray[np.float32],
        n: str,
        peer: Peer | None = None,
    ) -> Figure:
        index.nearest(asked[:1], self.nearest)
        taken = take(lambda: [index.nearest(question[None], self.nearest) for question in asked])
        return Figure(what, 1000 * taken.clock / len(asked), "ms", n, memory=taken.memory, peer=peer)

    def _peer(self, matrix: NDArray[np.float16], asked: NDArray[np.float32]) -> Peer | None:
        library = installed("sentence-transformers")
        if library is None or self.vectors > PEER_VECTORS * 10:
            return None
        import torch
        from sentence_transformers.util import semantic_search

        held = torch.from_numpy(matrix[:PEER_VECTORS].astype(np.float32))
        taken = take(
            lambda: [semantic_search(torch.from_numpy(question[None]), held, top_k=self.nearest) for question in asked]
        )
        # It reads every vector, so its time grows as their number does.
        longer = 1000 * taken.clock / len(asked) * self.vectors / len(held)
        return Peer(f"{library} semantic_search()", longer)


def write_vectors(path: Path, count: int, dimensions: int) -> None:
    """Write unit vectors around 1,000 directions, float16 [n, d], block by block."""
    rng = np.random.default_rng(0)
    directions = rng.standard_normal((1000, dimensions), dtype=np.float32)
    matrix = np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=(count, dimensions))
    for start in range(0, count, BLOCK):
        rows = min(BLOCK, count - start)
        block = directions[rng.integers(0, len(directions), rows)]
        block = block + rng.standard_normal((rows, dimensions), dtype=np.float32)
        matrix[start : start + rows] = block / np.linalg.norm(block, axis=1, keepdims=True)
    matrix.flush()
