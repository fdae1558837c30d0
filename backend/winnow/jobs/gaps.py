"""What a corpus still lacks of what every corpus has: scores, vectors, clusters."""

from __future__ import annotations

from collections.abc import Iterator

from winnow.catalog.catalog import Catalog
from winnow.device import device
from winnow.embed.choose import default_model, encoder_of
from winnow.errors import WinnowError
from winnow.jobs.embed import outdated
from winnow.method import methods
from winnow.score.base import Scorer


def gaps(catalog: Catalog) -> dict[str, tuple[str, ...]]:
    """Return verb → what it has still to make: scorers without columns, encoders without vectors, clusters."""
    documents = {part.part for part in catalog.manifest.parts()}
    done = {run.name for run in catalog.manifest.runs() if set(run.paths) >= documents}
    first = () if catalog.vectors.models() else (default_model(catalog.manifest.documents(), device() == "cuda"),)
    found = {
        "score": tuple(name for name, kind in methods(Scorer).items() if kind.default and name not in done),
        "embed": tuple(_to_embed_again(catalog)) or first,
        "cluster": () if "cluster" in done else ("cluster",),
    }
    return {verb: names for verb, names in found.items() if names and documents}


def _to_embed_again(catalog: Catalog) -> Iterator[str]:
    """Yield the encoders whose vectors lack documents or are of another version, those that are still to be had."""
    whole = catalog.vectors.models()
    for run in catalog.manifest.runs("vectors"):
        if run.recipe["method"] == "imported" or (run.name in whole and not outdated(run)):
            continue
        try:
            encoder_of(run.recipe).revision()
        except WinnowError:
            continue
        yield str(run.recipe.get("checkpoint", run.name))
