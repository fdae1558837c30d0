"""How long selecting takes, method by method."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.bench.base import Benchmark, Figure
from winnow.bench.material import Material
from winnow.bench.meter import take
from winnow.errors import WinnowError
from winnow.method import method, methods, param
from winnow.pool import Budget, Floats, Groups, Pool, Target
from winnow.select.base import Selector

GROUPS = {"books": 0.1, "forum": 0.1, "news": 0.1, "web": 0.5, "law": 0.05, "code": 0.1, "wiki": 0.03, "papers": 0.02}
NAMED = ("source", "language", "domain")
BLOCK, TOPICS = 50_000, 256
LEAST = 1e-9

AT_THIS_SIZE: Mapping[str, Mapping[str, Any]] = {
    "kcenter": {"within": "cluster_name"},
    "facility_location": {"within": "cluster_name"},
    "snp": {"prune": "random"},
}
"""What a method that refuses a million documents at once names as its way out."""


@dataclass(frozen=True, kw_only=True)
class SelectionSpeed(Benchmark):
    """Times every selector on a made pool of `pool` documents, a tenth of whose tokens it takes.

    Documents have 20 to 2,000 tokens, columns drawn at random, 8 sources, 1,000 clusters and unit float16 vectors, half
    of them around 256 topics as in a web crawl; the target has 1,000 texts. Vectors and columns are loaded before the
    clock starts. Methods that read texts choose from `texts` documents and are given in documents a second, of which
    reading is a part. Methods run by their defaults, or as their refusal of so large a pool advises.
    """

    name: ClassVar[str] = "select"
    quick: ClassVar[Mapping[str, Any]] = {"pool": 300, "texts": 200, "targets": 12, "dimensions": 8}
    documents: ClassVar[int] = 2000
    pool: int = param(1_000_000, "How many documents there are to choose from.", low=2)
    texts: int = param(50_000, "How many there are for methods that read texts.", low=2)
    targets: int = param(1000, "How many texts the target has.", low=1)
    dimensions: int = param(384, "Dimensions of a vector.", low=2)
    only: tuple[str, ...] = param((), "The methods to time; empty for all.")

    def measure(self, material: Material) -> Iterator[Figure]:
        kinds = [method(Selector, name) for name in self.only] or list(methods(Selector).values())
        vectors = made_vectors(max(self.pool, self.texts), self.dimensions)
        for kind in kinds:
            yield self._figure(kind(**{**kind.example, **AT_THIS_SIZE.get(kind.name, {})}), vectors, material)

    def _figure(self, selector: Selector, vectors: NDArray[np.float16], material: Material) -> Figure:
        reads = "text" in selector.needs()
        size = self.texts if reads else self.pool
        pool = self._pool(selector, vectors[:size], material)
        said: list[WinnowError] = []

        def select() -> int:
            try:
                return len(selector.select(pool, Budget(share=0.1)))
            except WinnowError as reason:
                said.append(reason)
                return 0

        taken = take(select)
        if said:
            return Figure(
                f"{selector.name} (refuses)", max(taken.clock, LEAST), "s", f"{said[0].needs}; {said[0].found}"
            )
        n = f"{taken.made:,} of {size:,} documents, {taken.processor:.1f} s of processor"
        if reads:
            return Figure(selector.name, size / max(taken.clock, LEAST), "docs/s", n, memory=taken.memory)
        return Figure(selector.name, max(taken.clock, LEAST), "s", n, memory=taken.memory)

    def _pool(self, selector: Selector, vectors: NDArray[np.float16], material: Material) -> Pool:
        size, chance = len(vectors), np.random.default_rng(0)
        kinds = {getattr(selector, setting.name): setting.column for setting in selector.settings() if setting.column}
        models = [need.partition(":")[2] for need in selector.needs() if need.startswith("vectors:")]
        plain = sorted(need for need in selector.needs() - {"target", "text"} if not need.startswith("vectors:"))
        texts = pa.array(material.texts, pa.large_string())
        aim = tuple(material.texts[row % len(texts)][:1000] for row in range(self.targets))
        aimed = made_vectors(self.targets, self.dimensions, seed=1).astype(np.float32)
        return Pool(
            np.arange(size),
            chance.integers(20, 2000, size),
            {name: made_column(name, kinds.get(name, "number"), size, chance) for name in plain},
            dict.fromkeys(models, vectors),
            Target("target", aim, dict.fromkeys(models, aimed)),
            lambda doc_ids: texts.take(pa.array(doc_ids % len(texts))),
        )


def made_vectors(count: int, dimensions: int, seed: int = 0) -> NDArray[np.float16]:
    """Return unit vectors, every second one near one of 256 topics, the same topics for every seed."""
    vectors = np.empty((count, dimensions), dtype=np.float16)
    topics = 3 * np.random.default_rng(0).standard_normal((TOPICS, dimensions), dtype=np.float32)
    chance = np.random.default_rng([seed, 1])
    for start in range(0, count, BLOCK):
        raw = chance.standard_normal((min(BLOCK, count - start), dimensions), dtype=np.float32)
        raw[::2] += topics[chance.integers(0, TOPICS, len(raw[::2]))]
        vectors[start : start + BLOCK] = raw / np.linalg.norm(raw, axis=1, keepdims=True)
    return vectors


def made_column(name: str, kind: str, count: int, chance: np.random.Generator) -> Floats | Groups:
    """Return a column drawn at random: 1,000 clusters, 8 sources of unlike size, rules that 60% pass, or numbers."""
    if name.startswith("cluster"):
        return Groups(chance.integers(0, 1000, count).astype(np.int32), tuple(f"cluster {k}" for k in range(1000)))
    if kind == "group" or name in NAMED:
        return Groups(chance.choice(len(GROUPS), size=count, p=list(GROUPS.values())).astype(np.int32), tuple(GROUPS))
    return (chance.random(count) < 0.6).astype(float) if name.endswith("_pass") else chance.random(count)
