"""Related documents side by side, so that they share a context window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import faiss
import numpy as np
from numpy.typing import NDArray

from winnow.arrange.base import Arranged, Entries, Order
from winnow.errors import SettingError
from winnow.method import Paper, param
from winnow.pool import Floats, Hashes, Rows, Vectors

EXACT = 20_000
"""Up to this many documents neighbours are exact; above, they are sought in a part of an inverted file."""

PROBES = 16
BLOCK = 4096


@dataclass(frozen=True, eq=False)
class Graph:
    """Neighbours of each document, the likest first: `others[starts[i]:starts[i + 1]]` with cosines beside."""

    starts: Rows
    others: Rows
    cosines: NDArray[np.float32]

    @property
    def degrees(self) -> Rows:
        return np.diff(self.starts)

    @classmethod
    def of(cls, ends: Rows, cosines: NDArray[np.float32], n: int) -> Graph:
        """Join pairs int64 [e, 2] both ways and each once."""
        ends, cosines = np.concatenate([ends, ends[:, ::-1]]), np.concatenate([cosines, cosines])
        _, first = np.unique(ends[:, 0] * n + ends[:, 1], return_index=True)
        ends, cosines = ends[first], cosines[first]
        order = np.lexsort((ends[:, 1], -cosines, ends[:, 0]))
        starts = np.concatenate([[0], np.cumsum(np.bincount(ends[:, 0], minlength=n))])
        return cls(starts.astype(np.int64), ends[order, 1], cosines[order])

    def walk(self, rows: Rows, ties: Hashes) -> tuple[Rows, Floats]:
        """Return the rows on a greedy path and the cosine of each to the one before it, 0 after a jump.

        A path starts at a row with the fewest neighbours not yet visited in the whole graph's count; it goes to the
        likest unvisited neighbour; when there is none it jumps to the next start. Rows with equal counts come by `ties`.
        """
        free = np.zeros(len(self.starts) - 1, dtype=bool)
        free[rows] = True
        path, cosines = np.empty(len(rows), dtype=np.int64), np.zeros(len(rows))
        done = 0
        for start in rows[np.lexsort((ties[rows], self.degrees[rows]))].tolist():
            here, cosine = start, 0.0
            while free[here]:
                free[here] = False
                path[done], cosines[done] = here, cosine
                done += 1
                near = slice(self.starts[here], self.starts[here + 1])
                open_to = np.flatnonzero(free[self.others[near]])
                if len(open_to):
                    cosine = float(self.cosines[near][open_to[0]])
                    here = int(self.others[near][open_to[0]])
        return path, cosines


@dataclass(frozen=True, kw_only=True)
class InContext(Order):
    """Related documents side by side, each once, by a greedy walk on the graph of nearest neighbours.

    An edge joins two documents if either is among the `neighbours` nearest of the other, with their cosine as weight.
    The walk (a greedy maximum travelling salesman) starts at a document with the fewest edges, goes to the unvisited
    neighbour of highest weight, and jumps to an unvisited document with the fewest edges when there is none. The path is
    cut into contexts of about `window` tokens, and contexts are shuffled: likeness must hold inside a context and not
    across. With window 0 the path stays whole, for `pack` to cut and shuffle. Pairs with a cosine above `double` are no
    neighbours, since near-duplicates side by side undo the gain. Above 20,000 documents neighbours are approximate
    (an inverted file, 16 cells looked into). Raises SettingError for vectors that are not finite.
    Source: arXiv 2310.10638. Released code differs: it starts anywhere and cuts chains at 21 documents. Where training
    masks attention between documents, the order inside a window has no effect.
    """

    name: ClassVar[str] = "in_context"
    paper: ClassVar[Paper] = Paper(
        "In-Context Pretraining: Language Modeling Beyond Document Boundaries", "2310.10638", 2023
    )
    marks: ClassVar[tuple[str, ...]] = ("context",)

    model: str = param("static", "The encoder whose vectors say what is related.")
    neighbours: int = param(10, "How many nearest documents each one is joined with.", low=1, high=100)
    window: int = param(8192, "After how many tokens a context ends, before contexts are shuffled; 0 never.", low=0)
    double: float = param(0.98, "Documents with a cosine above this are near-duplicates and not joined.", low=0, high=1)

    def needs(self) -> frozenset[str]:
        return frozenset({f"vectors:{self.model}"})

    def arrange(self, entries: Entries) -> Arranged:
        graph = self.graph(entries)
        row_of = np.empty(len(entries.pool), dtype=np.int64)
        walks, cosines = [], []
        for copy in range(int(entries.copy.max()) + 1):
            mine = np.flatnonzero(entries.copy == copy)
            row_of[entries.rows[mine]] = mine
            path, likeness = graph.walk(entries.rows[mine], entries.pool.hashes(entries.seed, f"walk {copy}"))
            walks.append(row_of[path])
            cosines.append(likeness)
        places, likeness = np.concatenate(walks), np.concatenate(cosines)
        figures = {"jumps": int((likeness == 0).sum()), "mean cosine of neighbours": round(float(likeness.mean()), 4)}
        figures["mean cosine at random"] = self._at_random(entries)
        return Arranged(*self._cut(entries, places), figures)

    def _cut(self, entries: Entries, places: Rows) -> tuple[Rows, dict[str, Rows]]:
        if not self.window:
            return places, {"context": np.zeros(len(places), dtype=np.int64)}
        tokens = entries.tokens[places]
        _, context = np.unique((np.cumsum(tokens) - tokens) // self.window, return_inverse=True)
        firsts = np.flatnonzero(np.diff(context, prepend=-1))
        rank = np.empty(len(firsts), dtype=np.int64)
        rank[np.argsort(entries.order("contexts")[places[firsts]], kind="stable")] = np.arange(len(firsts))
        order = np.argsort(rank[context], kind="stable")
        return places[order], {"context": rank[context][order]}

    def graph(self, entries: Entries) -> Graph:
        """Return the graph of the pool's documents."""
        vectors = entries.pool.vectors[self.model]
        near, cosines = _nearest(vectors, min(self.neighbours + 1, len(vectors)), self.model)
        rows = np.repeat(np.arange(len(vectors)), near.shape[1])
        kept = (near.ravel() >= 0) & (near.ravel() != rows) & (cosines.ravel() <= self.double + 1e-6)
        pairs = np.stack([rows[kept], near.ravel()[kept]], axis=1)
        return Graph.of(pairs, cosines.ravel()[kept], len(vectors))

    def _at_random(self, entries: Entries) -> float:
        rows = entries.rows[np.argsort(entries.order("random"), kind="stable")][:BLOCK]
        (vectors,) = _blocks(entries.pool.vectors[self.model][rows], self.model)
        pairs = np.einsum("nd,nd->n", vectors[:-1], vectors[1:])
        return round(float(pairs.mean()), 4) if len(pairs) else 0.0


def _blocks(vectors: Vectors, model: str) -> Iterator[NDArray[np.float32]]:
    """Yield the vectors at unit length, a bounded number at a time; raises SettingError."""
    for start in range(0, len(vectors), BLOCK):
        block = np.array(vectors[start : start + BLOCK], dtype=np.float32)
        lengths = np.linalg.norm(block, axis=1, keepdims=True)
        if not np.isfinite(lengths).all():
            found = f"{int((~np.isfinite(lengths)).sum()):,} of {len(block):,} documents have one that is not finite"
            raise SettingError(f"in_context needs whole vectors of '{model}'", found, f"winnow embed --model {model}")
        block /= np.maximum(lengths, 1e-12)
        yield block


def _nearest(vectors: Vectors, k: int, model: str) -> tuple[Rows, NDArray[np.float32]]:
    """Return the rows of the k nearest of each vector, itself among them, and their cosines, [n, k]; -1 fills up."""
    n, width = vectors.shape
    index: Any = faiss.IndexFlatIP(width)
    if n > EXACT:
        centres, kind = index, faiss.ScalarQuantizer.QT_fp16
        index = faiss.IndexIVFScalarQuantizer(centres, width, round(4 * n**0.5), kind, faiss.METRIC_INNER_PRODUCT)
        index.cp.seed, index.cp.niter, index.nprobe = 0, 6, PROBES
        sample = vectors[:: max(1, n // (64 * index.nlist))]
        index.train(np.concatenate(list(_blocks(sample, model))))
    for block in _blocks(vectors, model):
        index.add(block)
    found = [index.search(block, k) for block in _blocks(vectors, model)]
    return np.concatenate([rows for _, rows in found]), np.concatenate([cosines for cosines, _ in found])
