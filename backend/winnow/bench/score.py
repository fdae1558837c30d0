"""How many documents a second each scorer reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from winnow.bench.base import Benchmark, Figure, Peer, installed
from winnow.bench.material import Material
from winnow.bench.meter import Taken, rate, take
from winnow.embed.static import StaticEncoder
from winnow.errors import MissingNeed
from winnow.method import method, methods, param
from winnow.score.base import Scorer

RULES = ("shape", "gopher", "c4", "fineweb")
"""The scorers that share their work on a batch; their peers are four filters of datatrove in a row."""
PEER_DOCUMENTS = 200


@dataclass(frozen=True, kw_only=True)
class ScoreSpeed(Benchmark):
    """Times every scorer on one thread, alone and the rules together, beside datatrove's filters.

    Learning from the corpus counts; vectors, where a scorer reads them, are given. Best of `passes` passes of processor
    time, fresh batches each, so that no scorer finds another's work done.
    """

    name: ClassVar[str] = "score"
    quick: ClassVar[Mapping[str, Any]] = {"only": ("shape", "duplicates"), "passes": 1}
    only: tuple[str, ...] = param((), "Scorers to time, all without a name.")
    passes: int = param(3, "How often each is timed; the best counts.", low=1)

    def measure(self, material: Material) -> Iterator[Figure]:
        known = methods(Scorer)
        vectors = vectors_of(material)
        peers = _peers(material)
        for name in self.only or known:
            try:
                yield rate(name, material, self._taken([name], material, vectors), peers(name))
            except MissingNeed:
                # One that works only with settings of a person's own is timed when it is asked for.
                if self.only:
                    raise
        if not self.only:
            yield rate(" + ".join(RULES), material, self._taken(RULES, material, vectors), peers("rules"))

    def _taken(self, names: Sequence[str], material: Material, vectors: Sequence[pa.Array]) -> Taken[None]:
        scorers = [method(Scorer, name)() for name in names]
        return take(lambda: score(scorers, batches(material, vectors)), passes=self.passes)


def vectors_of(material: Material) -> list[pa.Array]:
    """Return the static vectors of every batch."""
    made = []
    for batch in material.batches():
        vectors = StaticEncoder().embed(batch.column("text").to_pylist())
        made.append(pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1]))
    return made


def batches(material: Material, vectors: Sequence[pa.Array]) -> list[pa.RecordBatch]:
    return [
        batch.append_column("vectors:static", column) for batch, column in zip(material.batches(), vectors, strict=True)
    ]


def score(scorers: Sequence[Scorer], found: Sequence[pa.RecordBatch]) -> None:
    """Let scorers learn from batches and score them, as a job does."""
    prepared = [scorer.prepare(found) for scorer in scorers]
    for batch in found:
        for scorer, learnt in zip(scorers, prepared, strict=True):
            scorer.score(batch, learnt)


def _peers(material: Material) -> Callable[[str], Peer | None]:
    """Return what answers with datatrove's figure for a scorer, where it has one and is installed with its extras."""
    package = installed("datatrove")
    try:
        from datatrove.data import Document
        from datatrove.pipeline import filters

        kinds = {
            "gopher": (filters.GopherQualityFilter, filters.GopherRepetitionFilter),
            "c4": (filters.C4QualityFilter,),
            "fineweb": (filters.FineWebQualityFilter,),
        }
        for kind in (*kinds["gopher"], *kinds["c4"], *kinds["fineweb"]):
            # Their word splitters come with extras, which they ask for when they meet the first text.
            kind().filter(Document(text=material.texts[0], id="0"))
    except ImportError:
        return lambda name: None
    kinds["rules"] = (*kinds["gopher"], *kinds["c4"], *kinds["fineweb"])
    texts = material.texts[:PEER_DOCUMENTS]

    def answer(name: str) -> Peer | None:
        if name not in kinds:
            return None
        chain = [kind() for kind in kinds[name]]
        documents = [Document(text=text, id=str(place)) for place, text in enumerate(texts)]
        taken = take(lambda: [[each.filter(document) for each in chain] for document in documents])
        return Peer(f"{package} filters", len(texts) / max(taken.processor, 1e-9))

    return answer
