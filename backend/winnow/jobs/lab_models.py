"""The language models that a corpus has: those it was taught, and those its proofs kept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from winnow.catalog.catalog import Catalog
from winnow.errors import MissingNeed

TAUGHT, PROOFS = "models", "proofs"
DESCRIPTION = "decoder.json"
"""What a kept model's folder holds last; read here without loading torch."""


@dataclass(frozen=True)
class LabModel:
    """A kept model: its name (PROOF/ARM for an arm of a proof), folder, shape, and when it was kept."""

    name: str
    folder: Path
    shape: Mapping[str, int]
    kept: float


def lab_models(catalog: Catalog) -> list[LabModel]:
    """Return the models of a corpus, the newest first."""
    return sorted(_found(catalog.folder), key=lambda model: (-model.kept, model.name))


def model_place(catalog: Catalog, model: str) -> str:
    """Return the folder of a model of the corpus by its name, PROOF/ARM or tier; anything else as it is.

    A tier means the newest model of its size; raises MissingNeed when there is none.
    """
    if not model:
        return model
    from winnow.prove.tiers import TIERS  # shapes come with torch

    known = lab_models(catalog)
    if model in TIERS:
        tier = TIERS[model]
        for one in known:
            if all(one.shape.get(side) == getattr(tier, side) for side in ("layers", "width", "heads", "context")):
                return str(one.folder)
        found = "it has " + ", ".join(one.name for one in known[:8]) if known else "it has no model yet"
        raise MissingNeed(
            f"tier {model} means the newest lab model of that size in this corpus", found,
            f"winnow teach NAME --tier {model}, or name a folder (./{model} is one)",
        )  # fmt: skip
    return next((str(one.folder) for one in known if one.name == model), model)


def with_model_places(catalog: Catalog, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return a method's settings with the model it reads with, if it names one, as a place; raises MissingNeed."""
    told = dict(settings)
    model = told.get("model")
    return {**told, "model": model_place(catalog, model)} if isinstance(model, str) and model else told


def _found(folder: Path) -> Iterator[LabModel]:
    for path in folder.glob(f"{TAUGHT}/*/{DESCRIPTION}"):
        yield from _read(path.parent.name, path)
    for path in folder.glob(f"{PROOFS}/*/models/*/{DESCRIPTION}"):
        yield from _read(f"{path.parents[2].name}/{path.parent.name}", path)


def _read(name: str, path: Path) -> Iterator[LabModel]:
    try:
        shape = json.loads(path.read_text(encoding="utf-8"))["shape"]
        yield LabModel(name, path.parent, dict(shape), path.stat().st_mtime)
    except (OSError, ValueError, KeyError, TypeError):
        return  # removed or damaged meanwhile: whoever opens it is told
