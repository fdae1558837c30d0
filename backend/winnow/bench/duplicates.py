"""How fast near-duplicates are found."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from winnow.bench.base import Benchmark, Figure, Peer, installed
from winnow.bench.material import Material
from winnow.bench.meter import rate, take
from winnow.method import param
from winnow.score.minhash import band_keys, shingles
from winnow.score.near_duplicates import NearDuplicates, candidates, components

PEER_DOCUMENTS = 500


@dataclass(frozen=True, kw_only=True)
class DuplicateSpeed(Benchmark):
    """Times MinHash signatures of the documents, and the bands and groups of many made keys, beside datasketch.

    Both sides sign runs of five words with `bands` x `rows` hashes, from the raw text on. The made keys stand for a
    large corpus: half of its documents share three bands of ten with another.
    """

    name: ClassVar[str] = "duplicates"
    quick: ClassVar[Mapping[str, Any]] = {"keys": 1000}
    bands: int = param(14, "Bands of the locality-sensitive hashing.", low=1, high=1000)
    rows: int = param(8, "MinHashes a band.", low=1, high=100)
    keys: int = param(1_000_000, "How many made documents are grouped.", low=2)

    def measure(self, material: Material) -> Iterator[Figure]:
        peer = self._peer_signs(material.first(PEER_DOCUMENTS))
        yield rate("text to MinHash signature", material, take(lambda: self._sign(material), passes=3), peer)
        scorer = NearDuplicates(bands=self.bands, rows=self.rows)
        found = material.batches()
        yield rate("near_duplicates, text to groups", material, take(lambda: scorer.prepare(found), passes=3))
        made = made_keys(self.keys, self.bands)
        pairs = take(lambda: candidates(made))
        groups = take(lambda: components(pairs.made, self.keys))
        n = f"{self.keys:,} made documents, {len(pairs.made):,} pairs"
        yield Figure("bands sorted", pairs.processor, "s", n, memory=pairs.memory)
        yield Figure("pairs joined into groups", groups.processor, "s", n, memory=groups.memory)

    def _sign(self, material: Material) -> None:
        for batch in material.batches():
            band_keys(shingles(batch.column("text"), 5), self.bands, self.rows)

    def _peer_signs(self, material: Material) -> Peer | None:
        package = installed("datasketch")
        if package is None:
            return None
        from datasketch import MinHash

        def sign() -> None:
            words = [re.sub(r"\W+", " ", re.sub(r"\d", "0", text.lower())).split() for text in material.texts]
            sets = [{" ".join(mine[at : at + 5]).encode() for at in range(len(mine) - 4)} for mine in words]
            MinHash.bulk(sets, num_perm=self.bands * self.rows, seed=1)

        return Peer(package, len(material.texts) / max(take(sign).processor, 1e-9))


def made_keys(documents: int, bands: int) -> np.ndarray[tuple[int, int], np.dtype[np.uint64]]:
    """Return keys uint64 [n, bands]: half of the documents share three bands of ten with another."""
    rng = np.random.default_rng(0)
    keys = rng.integers(0, 2**63, (documents, bands), dtype=np.uint64)
    copies, originals = rng.permutation(documents)[: documents // 2], rng.integers(0, documents, documents // 2)
    keys[copies] = np.where(rng.random((len(copies), bands)) < 0.3, keys[originals], keys[copies])
    return keys
