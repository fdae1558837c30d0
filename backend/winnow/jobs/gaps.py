"""What a corpus still lacks of what every corpus has: scores, vectors, clusters."""

from __future__ import annotations

from winnow.catalog.catalog import Catalog
from winnow.method import methods
from winnow.score.base import Scorer


def gaps(catalog: Catalog) -> dict[str, tuple[str, ...]]:
    """Return verb → what it has still to make: scorers without columns, "static" vectors, clusters."""
    documents = {part.part for part in catalog.manifest.parts()}
    done = {run.name for run in catalog.manifest.runs() if set(run.paths) >= documents}
    found = {
        "score": tuple(name for name, kind in methods(Scorer).items() if kind.default and name not in done),
        "embed": () if catalog.vectors.models() else ("static",),
        "cluster": () if "cluster" in done else ("cluster",),
    }
    return {verb: names for verb, names in found.items() if names and documents}
