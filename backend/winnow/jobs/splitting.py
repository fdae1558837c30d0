"""A selection in two splits, train and validation, such that no group of copies has members in both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from winnow.catalog.catalog import Catalog
from winnow.catalog.filters import Filter
from winnow.catalog.selections import NamedSelection
from winnow.errors import MissingNeed, SettingError
from winnow.export.base import TRAIN, VALIDATION
from winnow.jobs.copies import KINDS
from winnow.pool import Floats, Pool, Rows

NEEDED, ALSO = "near", ("exact", "semantic")


@dataclass(frozen=True)
class Chosen(NamedSelection):
    """Some of the documents of a selection, with its recipe and name."""

    ids: Rows
    seen: Floats

    @classmethod
    def of(cls, selection: NamedSelection, ids: Rows, seen: Floats) -> Chosen:
        return cls(selection.name, selection.path, selection.recipe, selection.summary, selection.created, ids, seen)

    def read(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        return self.ids, self.seen


def split_selection(
    catalog: Catalog, selection: NamedSelection, share: float
) -> tuple[dict[str, NamedSelection], dict[str, Any]]:
    """Return the splits and what to tell of them; raises SettingError, MissingNeed.

    Groups are joined where they share a document and taken in an order drawn by the selection's seed, each that still
    fits, until round(share · documents), at least one, are for validation: a larger group is passed over. A validation
    document is seen once, whatever its weight.
    """
    if not 0.0 <= share < 1.0:
        raise SettingError(
            "--validation is a share of the documents in [0, 1)", f"found {share:g}", "--validation 0.01"
        )
    ids, weights = selection.read()
    order = np.argsort(ids, kind="stable")
    ids, weights = ids[order], weights[order]
    if share == 0.0:
        return {"": selection}, {}
    columns = _group_columns(catalog)
    groups = joined_groups(catalog, ids, columns)
    seed = int(selection.recipe.get("seed") or 0)
    held_out = choose_groups(groups, ids, share, seed)
    splits: dict[str, NamedSelection] = {
        TRAIN: Chosen.of(selection, ids[~held_out], weights[~held_out]),
        VALIDATION: Chosen.of(selection, ids[held_out], np.ones(int(held_out.sum()))),
    }
    counts = {TRAIN: int((~held_out).sum()), VALIDATION: int(held_out.sum())}
    return splits, {"share": share, "seed": seed, "groups_by": columns, "documents": counts}


def _group_columns(catalog: Catalog) -> list[str]:
    known = catalog.browse.columns()
    if KINDS[NEEDED].group not in known:
        found = f"column '{KINDS[NEEDED].group}' is missing"
        raise MissingNeed(
            "a split without copies on both sides needs near duplicates", found, "winnow score near_duplicates"
        )
    return [KINDS[kind].group for kind in (NEEDED, *ALSO) if KINDS[kind].group in known]


def joined_groups(catalog: Catalog, ids: Rows, columns: list[str]) -> Rows:
    """Return a group for each document, int64 [n]: documents that any of the columns groups are together."""
    found = catalog.browse.arrow(Filter(), ["doc_id", *columns])
    place = np.searchsorted(found.column("doc_id").to_numpy(), ids)
    heads, tails = [], []
    offset = len(ids)
    for name in columns:
        values = found.column(name).combine_chunks().take(place)
        rows = np.flatnonzero(values.is_valid().to_numpy(zero_copy_only=False))
        _, group = np.unique(values.drop_null().to_numpy(), return_inverse=True)
        heads.append(rows)
        tails.append(group + offset)
        offset += int(group.max(initial=-1)) + 1
    edges = np.concatenate(heads), np.concatenate(tails)
    graph = coo_matrix((np.ones(len(edges[0]), dtype=np.int8), edges), shape=(offset, offset))
    labels: Rows = connected_components(graph, directed=False)[1][: len(ids)].astype(np.int64)
    return labels


def choose_groups(groups: Rows, ids: Rows, share: float, seed: int) -> NDArray[np.bool_]:
    """Return which documents are for validation: whole groups, in an order that depends on seed and smallest doc_id."""
    if len(ids) < 2:
        return np.zeros(len(ids), dtype=np.bool_)
    _, first, group, sizes = np.unique(groups, return_index=True, return_inverse=True, return_counts=True)
    named = Pool(np.minimum.reduceat(ids[np.argsort(group, kind="stable")], np.cumsum(sizes) - sizes), sizes)
    wanted = min(max(round(share * len(ids)), 1), len(ids) - 1)
    taken = np.zeros(len(first), dtype=np.bool_)
    for place in np.argsort(named.hashes(seed, "validation"), kind="stable").tolist():
        if sizes[place] <= wanted:
            taken[place] = True
            wanted -= int(sizes[place])
            if wanted == 0:
                break
    return taken[group]


def counts_of(splits: Mapping[str, NamedSelection]) -> dict[str, int]:
    """Return the documents of each split."""
    return {name or "all": len(part.read()[0]) for name, part in splits.items()}
