"""Groups of documents that say the same, and which one of each group is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from winnow.errors import SettingError
from winnow.method import param
from winnow.score.base import Scorer
from winnow.score.words import Texts

Ids = NDArray[np.int64]
Floats = NDArray[np.float64]
POLICIES = ("longest", "first", "newest", "best", "source")


@dataclass(frozen=True)
class Twins:
    """The documents with a twin, sorted by doc_id: the smallest doc_id of each one's group, and which are kept."""

    members: Ids
    groups: Ids
    kept: NDArray[np.bool_]

    def of(self, doc_ids: Ids) -> tuple[pa.Array, NDArray[np.bool_]]:
        """Return each document's group, null without a twin, and whether it is kept, true without a twin."""
        place = np.searchsorted(self.members, doc_ids)
        twin = np.zeros(len(doc_ids), dtype=np.bool_)
        inside = place < len(self.members)
        twin[inside] = self.members[place[inside]] == doc_ids[inside]
        groups, kept = np.zeros(len(doc_ids), dtype=np.int64), ~twin
        groups[twin], kept[twin] = self.groups[place[twin]], self.kept[place[twin]]
        return pa.array(groups, mask=~twin), kept


def twins(doc_ids: Ids, labels: NDArray[Any], standing: Floats) -> Twins:
    """Make one group of the documents with one label (int [n], from 0), and keep the one of the highest standing.

    Among equals the smallest doc_id is kept; NaN stands lowest.
    """
    sizes = np.bincount(labels) if len(labels) else np.zeros(0, dtype=np.int64)
    twin = sizes[labels] > 1 if len(labels) else np.zeros(0, dtype=np.bool_)
    members, labels, standing = doc_ids[twin], labels[twin], np.nan_to_num(standing[twin], nan=-np.inf)
    smallest = np.full(len(sizes), np.iinfo(np.int64).max)
    np.minimum.at(smallest, labels, members)
    order = np.lexsort((members, -standing, labels))
    kept = np.zeros(len(members), dtype=np.bool_)
    kept[order[np.diff(labels[order], prepend=-1) > 0]] = True
    by_id = np.argsort(members)
    return Twins(members[by_id], smallest[labels][by_id], kept[by_id])


@dataclass(frozen=True, kw_only=True)
class TwinScorer(Scorer):
    """Finds groups of twins and keeps one document of each."""

    whole_corpus: ClassVar[bool] = True

    policy: str = param(
        "longest",
        "Which document of a group is kept: the longest, the first, the newest, the best by a column, or by source.",
        choices=POLICIES,
    )
    rank_by: str = param("quality", "The column that policy 'best' keeps the highest value of.", column="number")
    sources: tuple[str, ...] = param((), "The sources that policy 'source' prefers, the best first.")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.policy == "source" and not self.sources:
            found, fix = "policy is 'source' and there is none", "--set sources=books,web"
            raise SettingError(f"{type(self).name} needs sources in order of preference", found, fix)

    def needs(self) -> frozenset[str]:
        wanted = {"longest": "text", "newest": "date", "source": "source", "best": self.rank_by}
        return frozenset({wanted[self.policy]} if self.policy in wanted else ())

    def standing(self, batch: pa.RecordBatch) -> Floats:
        """Return what the policy prefers as numbers, higher first, NaN for unknown; raises SettingError for text."""
        if self.policy == "longest":
            return Texts.of(batch.column("text")).chars.astype(np.float64)
        if self.policy == "newest":
            return _numbers(batch.column("date").cast(pa.int64()))
        if self.policy == "source":
            place = pc.index_in(batch.column("source"), value_set=pa.array(self.sources, batch.column("source").type))
            return -_numbers(place)
        if self.policy == "best":
            column = batch.column(self.rank_by)
            if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
                raise SettingError(
                    f"{type(self).name} ranks by a column of numbers",
                    f"column '{self.rank_by}' holds {column.type}",
                    "--set rank_by=quality",
                )
            return _numbers(column)
        return np.zeros(batch.num_rows)


def ids_of(batch: pa.RecordBatch) -> Ids:
    """Return the batch's doc_ids."""
    doc_ids: Ids = batch.column("doc_id").to_numpy(zero_copy_only=False).astype(np.int64)
    return doc_ids


def _numbers(column: Any) -> Floats:
    numbers: Floats = column.cast(pa.float64(), safe=False).fill_null(np.nan).to_numpy(zero_copy_only=False)
    return numbers
