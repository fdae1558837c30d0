"""Vectors: float16 matrices, row i belongs to doc_id i, unit length, memory-mapped from their shards."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from winnow.catalog.manifest import Manifest, Run
from winnow.errors import MissingNeed


class Vectors:
    """The matrices of every encoder that was run."""

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest

    def models(self) -> list[str]:
        """Name the encoders whose vectors cover the whole corpus, the newest last."""
        wanted = len(self._manifest.parts())
        return [run.name for run in self._manifest.runs("vectors") if len(run.paths) == wanted and wanted]

    def run(self, model: str) -> Run:
        run = self._manifest.run("vectors", model)
        if run is None or model not in self.models():
            raise MissingNeed(
                f"this needs vectors of '{model}'", "they are not complete", f"winnow embed --model {model}"
            )
        return run

    def parts(self, model: str) -> list[NDArray[np.float16]]:
        """Return one memory-mapped matrix per shard, in doc_id order."""
        return [np.load(path, mmap_mode="r") for _, path in sorted(self.run(model).paths.items())]

    def width(self, model: str) -> int:
        """Return how many numbers a vector has; one shard is opened for it."""
        return _width(self.run(model))

    def take(self, model: str, doc_ids: Sequence[int] | NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the documents' vectors as float32 [n, d], in the order asked."""
        ids = np.asarray(doc_ids, dtype=np.int64)
        run, parts = self.run(model), self._manifest.parts()
        places = np.searchsorted([part.first_id for part in parts], ids, side="right") - 1
        # Of thousands of shards only those asked for are opened.
        out = np.empty((len(ids), _width(run)), dtype=np.float32)
        for place in np.unique(places):
            part, mine = parts[place], places == place
            out[mine] = np.load(run.paths[part.part], mmap_mode="r")[ids[mine] - part.first_id]
        return out


def _width(run: Run) -> int:
    return int(np.load(next(iter(run.paths.values())), mmap_mode="r").shape[1])
