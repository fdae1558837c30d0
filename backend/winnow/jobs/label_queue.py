"""The queue of the label desk: which documents wait for a person's answer, and in which order they come."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from winnow.catalog.catalog import Catalog
from winnow.catalog.filters import Filter
from winnow.catalog.labels import GOLD, SKIP, LabelSchema
from winnow.errors import MissingNeed, SettingError, nearest
from winnow.jobs.label_doubts import MOST, class_chances, doubts, of_classes
from winnow.label.queues import (
    Floats,
    Ints,
    Mask,
    at_random,
    balanced,
    chance,
    in_turn,
    open_to,
    shared,
    spread,
    unsureness,
    with_known,
)

ORDERS = {
    "random": "at random",
    "uncertain": "uncertain first: nearest to a column's middle",
    "highest": "highest of a column first",
    "lowest": "lowest of a column first",
    "diverse": "unlike everything labelled so far",
    "clusters": "one of each cluster in turn",
    "balanced": "the answers with the fewest labels first",
    "disagreement": "again: label and column disagree",
    "suspects": "again: labels that look wrong",
    "skipped": "again: what you skipped",
}
BY_COLUMN = ("uncertain", "highest", "lowest", "disagreement")
AGAIN = ("disagreement", "suspects", "skipped")
"""Orders of documents that have labels already."""

SAMPLE = 5000
"""Documents that are compared by their vectors, drawn at random: as many as a wait between two documents allows."""

NEAREST_SEEN = 2000


@dataclass(frozen=True)
class Item:
    """What a person is asked about: a document, or a pair of them."""

    doc_id: int
    other: int | None = None


@dataclass(frozen=True)
class Queue:
    """The next items, and how many documents wait in all."""

    items: tuple[Item, ...]
    waiting: int


def next_items(
    catalog: Catalog,
    question: str,
    annotator: str,
    *,
    order: str = "random",
    column: str = "",
    filter: Filter | None = None,
    limit: int = 20,
    leave_out: Collection[int] = (),
) -> Queue:
    """Return the next documents or pairs that a person is to label, of those a filter keeps.

    `order` is one of `ORDERS`; some need a `column`. `leave_out` are documents that need not come again. Raises
    SettingError for an unknown order or question, MissingNeed for what an order lacks.
    """
    if order not in ORDERS:
        raise SettingError(f"no queue is called '{order}'", "", nearest(order, ORDERS))
    return _Desk(catalog, catalog.labels.schema(question), annotator).queue(
        order, column, filter or Filter(), limit, np.fromiter(leave_out, dtype=np.int64)
    )


def still_waiting(catalog: Catalog, question: str, annotator: str, items: Sequence[Item]) -> list[Item]:
    """Return those of queued items that still wait for a person: somebody else may have answered them meanwhile."""
    schema = catalog.labels.schema(question)
    if schema.overlap >= 1 and not schema.annotators:
        return list(items)
    doc_ids = np.array([item.doc_id for item in items], dtype=np.int64)
    shares = shared(doc_ids, schema.overlap, schema.name)
    answered = catalog.labels.answered(question, doc_ids.tolist())
    waiting = open_to(annotator, doc_ids, answered, shares, schema.annotators)
    return [item for item, open_now in zip(items, waiting, strict=True) if open_now]


class _Desk:
    """One question put to one person."""

    def __init__(self, catalog: Catalog, schema: LabelSchema, who: str) -> None:
        self._catalog, self._schema, self._who = catalog, schema, who
        self._answered = catalog.labels.answered(schema.name)

    def queue(self, order: str, column: str, filter: Filter, limit: int, leave_out: Ints) -> Queue:
        if order in AGAIN:
            found = self._again(order, column, filter)
            found = found[~np.isin(found, leave_out)]
            return Queue(tuple(Item(int(doc_id)) for doc_id in found[:limit]), len(found))
        doc_ids, extra = self._candidates(order, column, filter)
        if self._schema.kind == "pair":
            return self._pairs(order, doc_ids, extra, limit, leave_out)
        waiting = self._waiting(doc_ids) & ~np.isin(doc_ids, leave_out)
        known = self._known(leave_out)
        if self._schema.gold:
            waiting &= ~np.isin(doc_ids, self._gold())
        doc_ids, extra = doc_ids[waiting], extra[waiting]
        chosen = doc_ids[self._first(order, doc_ids, extra, limit)].tolist()
        mine = int((self._answered[1] == self._who).sum())
        mixed = with_known(chosen, known, self._schema.gold, who=self._who, answered=mine)
        return Queue(tuple(Item(int(doc_id)) for doc_id in mixed[:limit]), len(doc_ids) + len(known))

    def _candidates(self, order: str, column: str, filter: Filter) -> tuple[Ints, Floats]:
        """Return the filter's documents and what orders them: a column's numbers, or the number of a cluster."""
        if order in BY_COLUMN and not column:
            raise SettingError(f"the queue '{order}' goes by a column", "none was named", "--column NAME")
        extra = {"clusters": "cluster"}.get(order, column if order in BY_COLUMN else "")
        table = self._catalog.browse.arrow(filter, ["doc_id", *([extra] if extra else [])])
        doc_ids = table.column("doc_id").to_numpy().astype(np.int64)
        return doc_ids, _numbers(table.column(extra), extra) if extra else np.zeros(len(doc_ids))

    def _waiting(self, doc_ids: Ints) -> Mask:
        shares = shared(doc_ids, self._schema.overlap, self._schema.name)
        return open_to(self._who, doc_ids, self._answered, shares, self._schema.annotators)

    def _first(self, order: str, doc_ids: Ints, extra: Floats, limit: int) -> Ints:
        """Return the places of the first documents in an order."""
        if order in ("diverse", "balanced"):
            return self._by_vectors(order, doc_ids, limit)
        ranks = self._ranks(order, doc_ids, extra)
        some = np.argpartition(ranks, limit)[:limit] if limit < len(ranks) else np.arange(len(ranks))
        return np.asarray(some[np.argsort(ranks[some], kind="stable")], dtype=np.int64)

    def _ranks(self, order: str, doc_ids: Ints, extra: Floats) -> Floats:
        random = at_random(self._who, doc_ids, shared(doc_ids, self._schema.overlap, self._schema.name))
        if order == "random":
            return random
        if order == "clusters":
            return in_turn(np.nan_to_num(extra, nan=-1).astype(np.int64), random)
        far = {"uncertain": unsureness(extra), "highest": -extra, "lowest": extra}[order]
        ranks = np.empty(len(far))
        ranks[np.lexsort((random, np.nan_to_num(far, nan=np.inf)))] = np.arange(len(far))
        return ranks

    def _by_vectors(self, order: str, doc_ids: Ints, limit: int) -> Ints:
        places = np.argsort(chance(doc_ids, f"sample {len(self._answered[0]) // 50}"), kind="stable")[:SAMPLE]
        model = encoder_for_labels(self._catalog)
        vectors = self._catalog.vectors.take(model, doc_ids[places])
        # Products this small are slower on several threads, and much slower where other people label too.
        with threadpool_limits(1):
            return self._of_vectors(order, model, places, vectors, limit)

    def _of_vectors(self, order: str, model: str, places: Ints, vectors: NDArray[np.float32], limit: int) -> Ints:
        if order == "diverse":
            seen = np.unique(self._answered[0][-NEAREST_SEEN:])
            return places[spread(vectors, self._catalog.vectors.take(model, seen) if len(seen) else vectors[:0], limit)]
        classes = of_classes(self._catalog, self._schema)
        if len(set(classes.codes.tolist())) < 2:
            # Nothing tells the classes apart yet: what is unlike all the rest finds them soonest.
            return self._of_vectors("diverse", model, places, vectors, limit)
        chances = class_chances(self._catalog, model, classes, vectors)
        return places[balanced(chances, np.bincount(classes.codes, minlength=len(classes.names)), limit)]

    def _again(self, order: str, column: str, filter: Filter) -> Ints:
        if order == "skipped":
            found = [
                label for label in self._catalog.labels.standing(self._schema.name, self._who) if label.value == SKIP
            ]
            ids = np.array([label.doc_id for label in reversed(found)], dtype=np.int64)
        elif order == "suspects":
            ids = np.array([doubt.doc_id for doubt in doubts(self._catalog, self._schema.name)], dtype=np.int64)
        else:
            ids = self._disagreeing(column)
        return ids[np.isin(ids, self._catalog.browse.doc_ids(filter))] if filter else ids

    def _disagreeing(self, column: str) -> Ints:
        """Order labelled documents by how far the label, 0 to 1, lies from the column, scaled to 0 to 1."""
        if not column:
            raise SettingError("the queue 'disagreement' goes by a column", "none was named", "--column NAME")
        numbers = meaning_of(self._schema)
        labels = [label for label in self._catalog.labels.settled(self._schema.name, MOST) if label.value in numbers]
        table = self._catalog.browse.arrow(Filter(), [column])
        values = _numbers(table.column(column), column)
        known = values[np.isfinite(values)]
        low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
        if low >= 0 and high <= 1:
            low, high = 0.0, 1.0
        ids = np.array([label.doc_id for label in labels], dtype=np.int64)
        said = np.array([numbers[str(label.value)] for label in labels])
        gap = np.abs(said - (values[ids] - low) / ((high - low) or 1.0))
        order = np.argsort(-np.nan_to_num(gap, nan=-1.0), kind="stable")
        kept = order[np.nan_to_num(gap, nan=0.0)[order] >= 0.5]
        return np.array(list(dict.fromkeys(ids[kept].tolist())), dtype=np.int64)

    def _pairs(self, order: str, doc_ids: Ints, extra: Floats, limit: int, leave_out: Ints) -> Queue:
        """Pair neighbours of the order, the same for everybody, and give the pairs that wait for this person."""
        if order in ("diverse", "balanced"):
            raise SettingError("pairs are made of neighbours", f"'{order}' has none", "random, uncertain, clusters, …")
        ranks = chance(doc_ids, "queue") if order == "random" else self._ranks(order, doc_ids, extra)
        sides = doc_ids[np.argsort(ranks, kind="stable")]
        first, second = sides[: len(sides) // 2 * 2 : 2], sides[1::2]
        waiting = self._waiting(first) & ~np.isin(first, leave_out)
        first, second = first[waiting], second[waiting]
        items = zip(first[:limit].tolist(), second[:limit].tolist(), strict=True)
        return Queue(tuple(Item(one, other) for one, other in items), len(first))

    def _gold(self) -> Ints:
        found = self._catalog.labels.standing(self._schema.name, role=GOLD)
        return np.unique(np.array([label.doc_id for label in found], dtype=np.int64))

    def _known(self, leave_out: Ints) -> list[int]:
        if not self._schema.gold:
            return []
        mine = self._answered[0][self._answered[1] == self._who]
        rest = self._gold()
        rest = rest[~np.isin(rest, np.r_[mine, leave_out])]
        return [int(doc_id) for doc_id in rest[np.argsort(chance(rest, f"gold {self._who}"))]]


def encoder_for_labels(catalog: Catalog) -> str:
    """Return the newest encoder whose vectors cover the corpus; raises MissingNeed."""
    models = catalog.vectors.models()
    if not models:
        raise MissingNeed("this queue needs vectors", "the corpus has none yet", "winnow embed")
    return models[-1]


def meaning_of(schema: LabelSchema) -> dict[str, float]:
    """Return what the answers of a question mean between 0 and 1; raises SettingError where they mean no number."""
    from winnow.rate.label_values import NO, YES

    if schema.kind == "scale":
        points = {value: float(value) for value in schema.values}
        low, high = min(points.values()), max(points.values())
        return {value: (number - low) / ((high - low) or 1.0) for value, number in points.items()}
    told = {value: float(value.lower() in YES) for value in schema.values if value.lower() in YES | NO}
    if not schema.nominal or len(set(told.values())) < 2:
        raise SettingError(
            f"the answers of '{schema.name}' are compared with a column of numbers", f"found {', '.join(schema.values)}",
            "a question of yes and no, keep and drop, or a scale",
        )  # fmt: skip
    return told


def _numbers(column: pa.ChunkedArray, name: str) -> Floats:
    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_boolean(column.type)):
        raise SettingError(f"'{name}' holds no numbers", f"it is {column.type}", "name a column of numbers")
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    values: Any = column.cast(pa.float64()).to_numpy()
    return np.asarray(values, dtype=np.float64)
