"""Reading an input again: a lost shard comes back when its file still gives, byte for byte, what it gave then."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from winnow.catalog.catalog import Catalog
from winnow.catalog.intake import SeenIds, hashed
from winnow.catalog.manifest import Input, Part
from winnow.catalog.publish import checksum, move_into_place, staging
from winnow.catalog.texts import part_batches
from winnow.catalog.writing import Writing
from winnow.errors import WinnowError
from winnow.ingest.base import Reader
from winnow.ingest.files import fingerprint
from winnow.jobs.progress import Progress
from winnow.method import method


def read_again(catalog: Catalog, lost: Sequence[int], progress: Progress) -> list[int]:
    """Restore what can be of the shards `lost` from the files they came from; returns the numbers of those restored."""
    parts = catalog.manifest.parts()
    restored: list[int] = []
    for made in catalog.manifest.inputs():
        mine = [part for part in parts if part.input == made.input]
        wanted = [part for part in mine if part.part in lost and part.checksum]
        if not wanted:
            continue
        if not Path(made.path).exists() or fingerprint(Path(made.path)) != made.fingerprint:
            progress.note(f"{made.path}, from which the lost documents came, is gone or has changed")
            continue
        try:
            restored += _from_input(catalog, made, mine, wanted)
        except (WinnowError, OSError) as reason:
            progress.note(f"{made.path} does not give its documents again: {reason}")
    return restored


def _from_input(catalog: Catalog, made: Input, mine: Sequence[Part], wanted: Sequence[Part]) -> list[int]:
    reader = method(Reader, made.recipe["method"]).from_recipe(made.recipe)
    with staging(catalog.folder) as staged:
        again, seen = Writing(staged, mine[0].first_id), _seen_before(catalog, mine[0])
        for batch in reader.read(Path(made.path)):
            again.add(batch, made.path, seen.repeated(hashed(batch.documents.column("id"))))
        shards = [shard.path for shard in again.end().shards]
        written = dict(zip((part.part for part in mine), shards, strict=False))
        same = [part for part in wanted if part.part in written and checksum(written[part.part]) == part.checksum]
        move_into_place([(written[part.part], part.path) for part in same])
    return [part.part for part in same]


def _seen_before(catalog: Catalog, first: Part) -> SeenIds:
    """Return the ids of the documents that were there before, on whose account some rows were set aside."""
    seen = SeenIds()
    for part in catalog.manifest.parts():
        if part.part < first.part and part.path.exists():
            for batch in part_batches(part.path, ["id"]):
                seen.repeated(hashed(batch.column("id")))
    return seen
