"""How many documents a second each encoder embeds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from winnow.bench.base import Benchmark, Figure, Peer, installed
from winnow.bench.material import Material
from winnow.bench.meter import rate, take
from winnow.device import device
from winnow.embed.base import Embedder
from winnow.embed.choose import encoder
from winnow.embed.sentence import PACKAGED, fresh
from winnow.method import param

SLOW_DOCUMENTS = 64
"""A network of layers on a processor reads about ten documents of 4 kB a second on one core."""


@dataclass(frozen=True, kw_only=True)
class EmbedSpeed(Benchmark):
    """Times the encoders: networks beside SentenceTransformer.encode with its defaults, the others beside MiniLM.

    All read the same texts; networks, where there is no GPU, the first 64 of them. On a GPU the clock counts, else
    processor time. The least cosine is that of a vector with the one that the peer makes in float32.
    """

    name: ClassVar[str] = "embed"
    quick: ClassVar[Mapping[str, Any]] = {"models": ("static", "hashed")}
    models: tuple[str, ...] = param(("static", "hashed", PACKAGED), "Encoders: static, hashed, minilm, or any name.")

    def measure(self, material: Material) -> Iterator[Figure]:
        networks = [encoder(model) for model in self.models if model not in ("static", "hashed")]
        peer = None
        for network in networks:
            few = material if device() != "cpu" else material.first(SLOW_DOCUMENTS)
            yield from beside_defaults(network, few)
            if network.model == PACKAGED:
                peer = Peer(PACKAGED, speed(network, few, 1).value)
        for model in self.models:
            if model in ("static", "hashed"):
                yield speed(encoder(model), material, 3, peer)


def speed(embedder: Embedder, material: Material, passes: int, peer: Peer | None = None) -> Figure:
    embedder.embed(material.texts[:2])
    taken = take(lambda: embedder.embed(material.texts), passes=passes)
    return rate(embedder.model, material, taken, peer, clock=device() != "cpu" and not embedder.parallel)


def beside_defaults(embedder: Embedder, material: Material) -> Iterator[Figure]:
    """Measure an encoder and sentence-transformers' own `encode` with the same model, texts and device."""
    library, checkpoint = installed("sentence-transformers"), str(embedder.recipe["checkpoint"])
    theirs = fresh(checkpoint, "cuda" if device() != "cpu" else "cpu")
    theirs.encode(list(material.texts[:2]))
    encoded = take(lambda: theirs.encode(list(material.texts)))
    seconds = encoded.clock if device() != "cpu" else encoded.processor
    peer = Peer(f"{library} encode()", len(material.texts) / seconds)
    yield speed(embedder, material, 1, peer)
    mine = embedder.embed(material.texts)
    cosines = (mine * encoded.made).sum(axis=1) / np.linalg.norm(encoded.made, axis=1)
    yield Figure(f"{embedder.model}: least cosine to the peer's", float(cosines.min()), "", f"{len(mine):,} documents")
