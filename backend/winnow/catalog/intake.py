"""Taking documents in: what was written of an input becomes part of the corpus in one step or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from winnow.catalog.control import dump, now
from winnow.catalog.manifest import Input, Manifest
from winnow.catalog.publish import move_into_place
from winnow.catalog.writing import Written, printable

FACETS = 96
Hashes = NDArray[np.uint64]


class SeenIds:
    """Which document ids are in the corpus already, as 64-bit hashes in sorted blocks (8 bytes a document).

    Each block is more than twice as long as the next, so that n ids take O(n log n) steps however they come.
    """

    def __init__(self) -> None:
        self._blocks: list[Hashes] = []

    def repeated(self, ids: Hashed) -> NDArray[np.bool_]:
        """Add a batch of ids and mark those seen before, in the batch or earlier; null ids never repeat."""
        hashes = ids.hashes
        _, first = np.unique(hashes, return_index=True)
        repeats = np.ones(len(hashes), dtype=bool)
        repeats[first] = False
        for block in self._blocks:
            place = np.minimum(np.searchsorted(block, hashes), len(block) - 1)
            repeats |= block[place] == hashes
        self._keep(np.sort(hashes[~repeats]))
        marks = np.zeros(len(ids.known), dtype=bool)
        marks[ids.known] = repeats
        return marks

    def _keep(self, fresh: Hashes) -> None:
        if not len(fresh):
            return
        self._blocks.append(fresh)
        while len(self._blocks) > 1 and len(self._blocks[-2]) <= 2 * len(self._blocks[-1]):
            self._blocks[-2:] = [np.sort(np.concatenate(self._blocks[-2:]), kind="stable")]


class Hashed(NamedTuple):
    """The ids of a batch: which are not null, bool [n], and the hashes of those, uint64 [m]."""

    known: NDArray[np.bool_]
    hashes: Hashes


def hashed(ids: pa.Array) -> Hashed:
    known = np.asarray(ids.is_valid())
    return Hashed(known, pd.util.hash_array(ids.to_numpy(zero_copy_only=False)[known], categorize=False))


class Origin(NamedTuple):
    """Where documents come from: a file or address, its fingerprint and size, and the reader that read it."""

    path: str
    fingerprint: str
    size: int
    recipe: dict[str, Any]


def commit(manifest: Manifest, written: Written, origin: Origin, reserved: Collection[str]) -> Input:
    """Publish shards, quarantine and facets in one step and return the input's row.

    Columns that came with the documents take none of the names `reserved`.
    """
    inputs, before, folder = manifest.inputs(), manifest.parts(), manifest.folder
    number, first_part = inputs[-1].input + 1 if inputs else 1, before[-1].part + 1 if before else 0
    finals = [folder / "docs" / f"part-{first_part + place:05d}.parquet" for place in range(len(written.shards))]
    moves = [(shard.path, final) for shard, final in zip(written.shards, finals, strict=True)]
    where = f"quarantine/input-{number:05d}.parquet" if written.quarantine else None
    sums = move_into_place(moves + ([(written.quarantine, folder / where)] if written.quarantine and where else []))
    path, fingerprint, size, recipe = origin
    made = Input(number, printable(path), fingerprint, size, written.documents, written.rejected, where, recipe, now())
    parts = [
        (
            first_part + place,
            number,
            f"docs/{final.name}",
            shard.first_id,
            shard.documents,
            final.stat().st_size,
            checksum,
        )
        for place, (shard, final, checksum) in enumerate(zip(written.shards, finals, sums, strict=False))
    ]
    facets = [(name, *rest) for name, rest in facets_of(manifest, written.kinds, reserved).items()]
    with manifest.control.change_manifest() as connection:
        connection.execute(
            "INSERT INTO inputs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            tuple({**vars(made), "recipe": dump(recipe)}.values()),
        )
        connection.executemany("INSERT INTO parts VALUES (?, ?, ?, ?, ?, ?, ?)", parts)
        connection.executemany(
            "INSERT INTO facets VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET kind = excluded.kind", facets
        )
    return made


def facets_of(
    manifest: Manifest, found_kinds: Mapping[str, Counter[str]], reserved: Collection[str]
) -> dict[str, tuple[str, str]]:
    """Return column name → (key, DuckDB type) for the columns worth a facet: those the corpus has, and new ones.

    Known keys keep their names and take the type that holds old and new values; new ones, most frequent first,
    take names that no other column has, whatever their case.
    """
    found = manifest.facets()
    names = {key: name for name, (key, _) in found.items()}
    taken = {name.lower() for name in (*reserved, *found)}
    for key, kinds in sorted(found_kinds.items(), key=lambda item: -item[1].total()):
        kind = _joined(kinds)
        if key in names:
            old = found[names[key]][1]
            found[names[key]] = (key, _joined(Counter({old: 1, kind: 1})) if kind else "VARCHAR")
        elif kind and len(found) < FACETS:
            name = _column_name(key, taken)
            taken.add(name.lower())
            found[name] = (key, kind)
    return found


def _column_name(key: str, taken: Collection[str]) -> str:
    """Return a name for the column of a key: its own where it can be, else one like it that is free."""
    plain = " ".join("".join(letter if letter.isprintable() else " " for letter in key).split()) or "unnamed"
    choices = (plain, *(f"meta_{plain}{number}" for number in ("", *range(2, 1000))))
    return next(name for name in choices if name.lower() not in taken and not name.lower().startswith("label_"))


def _joined(kinds: Counter[str]) -> str:
    """Return the type that holds every kind seen, or "" when the column is nested or long text."""
    if kinds["nested"] or kinds["long"] * 5 > kinds.total():
        return ""
    plain = {kind for kind in kinds if kinds[kind] and kind != "long"}
    if len(plain) == 1:
        return plain.pop()
    return "DOUBLE" if plain == {"BIGINT", "DOUBLE"} else "VARCHAR"
