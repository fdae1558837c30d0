"""Groups of documents that say the same, as people decide on them: by policy, and by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.catalog.catalog import Catalog
from winnow.catalog.filters import Filter
from winnow.errors import MissingNeed, SettingError, nearest
from winnow.score.twins import POLICIES, twins

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Kind:
    """A way of being alike: the scorer that finds it, and the columns it makes."""

    name: str
    scorer: str
    group: str
    keep: str


KINDS = {
    kind.name: kind
    for kind in (
        Kind("exact", "duplicates", "duplicate_group", "duplicate_keep"),
        Kind("near", "near_duplicates", "near_group", "near_keep"),
        Kind("semantic", "semantic_duplicates", "semantic_group", "semantic_keep"),
    )
}


@dataclass(frozen=True)
class Groups:
    """The groups, largest first: entry i is a group's smallest doc_id, its documents and tokens, and what is dropped."""

    groups: Ints
    documents: Ints
    tokens: Ints
    dropped_tokens: Ints

    def __len__(self) -> int:
        return len(self.groups)


@dataclass(frozen=True)
class Effect:
    """What a policy drops, how many tokens that is, the mean rating of what it keeps, and in how many groups it keeps
    another document than the one kept now."""

    policy: str
    documents: int
    tokens: int
    rating: float
    changed: int


@dataclass(frozen=True)
class Members:
    """Every document with a twin, by group and doc_id, with what policies go by: NaN and "" for unknown."""

    kind: Kind
    doc_ids: Ints
    groups: Ints
    kept: NDArray[np.bool_]
    tokens: Ints
    measures: Mapping[str, Floats]
    sources: NDArray[Any]

    def __len__(self) -> int:
        return len(self.doc_ids)

    def of(self, group: int) -> Ints:
        """Return the doc_ids of a group, the kept one first."""
        first, after = np.searchsorted(self.groups, [group, group + 1])
        ids: Ints = self.doc_ids[first:after][np.argsort(~self.kept[first:after], kind="stable")]
        return ids

    def listed(self) -> Groups:
        """Return the groups, largest first."""
        opens = np.flatnonzero(np.diff(self.groups, prepend=-1))
        if not len(opens):
            return Groups(*(np.zeros(0, dtype=np.int64) for _ in range(4)))
        sizes = np.diff(np.append(opens, len(self)))
        tokens, dropped = (np.add.reduceat(part, opens) for part in (self.tokens, self.tokens * ~self.kept))
        order = np.lexsort((self.groups[opens], -tokens, -sizes))
        return Groups(self.groups[opens][order], sizes[order], tokens[order], dropped[order])

    def choose(self, policy: str, sources: tuple[str, ...] = ()) -> NDArray[np.bool_]:
        """Return which documents a policy keeps, one of each group; raises SettingError."""
        if policy not in POLICIES:
            raise SettingError(f"no policy is called '{policy}'", "", nearest(policy, POLICIES))
        standing = np.zeros(len(self))
        if policy in self.measures:
            standing = self.measures[policy]
        elif policy == "source":
            place = {name: -float(number) for number, name in enumerate(sources)}
            standing = np.array([place.get(name, np.nan) for name in self.sources.tolist()])
        labels = np.unique(self.groups, return_inverse=True)[1]
        found = twins(self.doc_ids, labels, standing)
        kept: NDArray[np.bool_] = found.of(self.doc_ids)[1]
        return kept

    def effect(self, policy: str, sources: tuple[str, ...] = ()) -> Effect:
        """Say what a policy would do."""
        kept = self.choose(policy, sources)
        ratings = self.measures["best"][kept]
        known = ratings[~np.isnan(ratings)]
        changed = int((kept & ~self.kept).sum())
        rating = float(known.mean()) if len(known) else float("nan")
        return Effect(policy, int((~kept).sum()), int(self.tokens[~kept].sum()), rating, changed)


def members(catalog: Catalog, kind: str, rating: str = "quality") -> Members:
    """Return the documents with a twin of a kind; raises MissingNeed before its scorer has run."""
    chosen = KINDS[kind]
    known = catalog.browse.columns()
    if chosen.group not in known:
        raise MissingNeed(
            f"groups need column '{chosen.group}'", "the corpus lacks it", f"winnow score {chosen.scorer}"
        )
    length = next((name for name in ("chars", "words", "tokens") if name in known), "doc_id")
    extra = [name for name in ("tokens", rating, "date", "source") if name in known]
    columns = list(dict.fromkeys(["doc_id", chosen.group, chosen.keep, length, *extra]))
    table = catalog.browse.arrow(Filter(where=f"{chosen.group} IS NOT NULL"), columns)
    table = table.sort_by([(chosen.group, "ascending"), ("doc_id", "ascending")])
    lacking = np.full(table.num_rows, np.nan)
    measures = {
        "longest": _numbers(table, length) if length != "doc_id" else lacking,
        "best": _numbers(table, rating) if rating in known else lacking,
        "newest": _dates(table) if "date" in known else lacking,
    }
    tokens = np.nan_to_num(_numbers(table, "tokens")) if "tokens" in known else np.zeros(table.num_rows)
    sources = table.column("source").cast(pa.string()).fill_null("").to_pylist() if "source" in known else []
    return Members(
        chosen,
        table.column("doc_id").to_numpy().astype(np.int64),
        table.column(chosen.group).to_numpy().astype(np.int64),
        np.asarray(table.column(chosen.keep).to_numpy(zero_copy_only=False), dtype=np.bool_),
        tokens.astype(np.int64),
        measures,
        np.array(sources or [""] * table.num_rows, dtype=object),
    )


def kept_condition(kind: str, label: str = "label") -> str:
    """Return the SQL condition of what a kind keeps, where a hand label that says keep or drop outranks the policy.

    >>> kept_condition("near")
    "CASE label WHEN 'keep' THEN true WHEN 'drop' THEN false ELSE near_keep END"
    """
    # DuckDB 1.5 answers "(a AND label IS DISTINCT FROM 'x') OR label = 'y'" with no row while every label is null.
    return f"CASE {label} WHEN 'keep' THEN true WHEN 'drop' THEN false ELSE {KINDS[kind].keep} END"


def _numbers(table: pa.Table, name: str) -> Floats:
    values: Floats = table.column(name).cast(pa.float64()).to_numpy(zero_copy_only=False)
    return values


def _dates(table: pa.Table) -> Floats:
    at = table.column("date").cast(pa.timestamp("us")).cast(pa.int64()).cast(pa.float64(), safe=False)
    values: Floats = at.to_numpy(zero_copy_only=False)
    return values
