"""Several arrangements one after another: transforms, then one order, then one packing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from winnow.arrange.base import Arranged, Arrangement, Entries, Order, Packer, Pieces, Tools, Transform, with_columns
from winnow.errors import SettingError
from winnow.method import method
from winnow.pool import Pool, Rows

ROW = "__row"
"""The column by which a transform's documents are told apart."""


@dataclass
class Tally:
    """What a transform did to how many documents and tokens."""

    documents: int = 0
    dropped: int = 0
    changed: int = 0
    added: int = 0
    tokens_before: int = 0
    tokens_after: int = 0


@dataclass(frozen=True)
class Course:
    """Arrangements in the order in which they happen."""

    transforms: tuple[Transform, ...] = ()
    order: Order | None = None
    packer: Packer | None = None

    @classmethod
    def of(cls, recipes: Sequence[Mapping[str, Any]]) -> Course:
        """Build arrangements from {"method": name, **settings}; raises SettingError for an order that cannot be kept.

        Transforms come first, then at most one order, then at most one packing. Nothing changes texts after tags were
        put into them, and what reads places in a text comes before what changes texts.
        """
        steps = [method(Arrangement, str(recipe.get("method", ""))).from_recipe(recipe) for recipe in recipes]
        ranks = [0 if isinstance(step, Transform) else 1 if isinstance(step, Order) else 2 for step in steps]
        for (before, earlier), (step, rank) in pairwise(zip(steps, ranks, strict=True)):
            if rank < earlier or rank == earlier > 0:
                raise SettingError(
                    "arrangements are transforms, then one order, then one packing",
                    f"{step.name} comes after {before.name}",
                    "leave one out" if rank else f"put {step.name} before {before.name}",
                )
        transforms = tuple(step for step in steps if isinstance(step, Transform))
        _check_texts(transforms)
        made = cls(
            transforms,
            next((step for step in steps if isinstance(step, Order)), None),
            next((step for step in steps if isinstance(step, Packer)), None),
        )
        made._check_phases()
        return made

    @property
    def steps(self) -> tuple[Arrangement, ...]:
        return (*self.transforms, *(step for step in (self.order, self.packer) if step is not None))

    @property
    def recipes(self) -> list[dict[str, Any]]:
        return [step.recipe for step in self.steps]

    @property
    def needs(self) -> frozenset[str]:
        return frozenset().union(*(step.needs() for step in self.steps))

    @property
    def asks(self) -> bool:
        return any(step.asks for step in self.transforms)

    @property
    def generates(self) -> bool:
        return any(step.generates for step in self.transforms)

    @property
    def phased(self) -> bool:
        return any(step.phased for step in self.transforms)

    @property
    def reorders(self) -> bool:
        """Return whether documents are written in another order than the corpus's, or in pieces."""
        return self.order is not None or self.packer is not None or self.phased

    def transformed(
        self, batch: pa.RecordBatch, tokens: Rows, tools: Tools, prepared: Sequence[Any], tallies: Sequence[Tally]
    ) -> tuple[pa.RecordBatch, Rows]:
        """Return the batch after all transforms and its tokens int64 [n], counted anew where the text is another."""
        for step, learnt, tally in zip(self.transforms, prepared, tallies, strict=True):
            before = with_columns(batch, {ROW: pa.array(np.arange(len(batch)), pa.int64())})
            after = step.transform(before, tools, learnt)
            rows = after.column(ROW).to_numpy()
            kept = len(np.unique(rows))
            other = _differ(before.column("text").take(after.column(ROW)), after.column("text"))
            counted = tokens[rows]
            if other.any():
                places = pa.array(np.flatnonzero(other))
                old = before.column("text").take(after.column(ROW)).take(places)
                counted[other] = step.recount(old, after.column("text").take(places), counted[other], tools)
            _add(tally, len(batch), len(rows), kept, int(other.sum()))
            tally.tokens_before += int(tokens.sum())
            tally.tokens_after += int(counted.sum())
            batch, tokens = after.drop_columns([ROW]), counted
        return batch, tokens

    def ordered(self, entries: Entries, phase: Rows | None) -> Arranged:
        """Return the entries in the order of writing; without an order, epoch by epoch as they stand in the corpus.

        `phase` int64 [m] was made by a transform: each phase is ordered by itself, the first one first.
        """
        if phase is None:
            return self.order.order(entries) if self.order else Arranged(np.arange(len(entries)))
        parts: list[tuple[Rows, Arranged]] = []
        for number in np.unique(phase):
            mine = np.flatnonzero(phase == number)
            here = entries.take(mine)
            parts.append((mine, self.order.order(here) if self.order else Arranged(np.arange(len(here)))))
        names = self.order.marks if self.order else ()
        places = [mine[arranged.places] for mine, arranged in parts]
        marks = {name: _numbered_on([arranged.marks[name] for _, arranged in parts]) for name in names}
        figures = {
            f"{name}, phase {number}": value
            for number, (_, arranged) in enumerate(parts)
            for name, value in arranged.figures.items()
        }
        return Arranged(np.concatenate([*places, np.empty(0, dtype=np.int64)]).astype(np.int64), marks, figures)

    def packed(self, tokens: Rows, phase: Rows | None, seed: int) -> Pieces | None:
        """Return the pieces of documents that come in this order, no window across two phases; None without packing."""
        if self.packer is None:
            return None
        if phase is None or not len(phase):
            return self.packer.pack(tokens, seed)
        bounds = [0, *(np.flatnonzero(np.diff(phase)) + 1).tolist(), len(phase)]
        parts = [self.packer.pack(tokens[a:b], seed) for a, b in pairwise(bounds)]
        columns = [np.concatenate([getattr(part, name) for part in parts]) for name in ("first", "last", "start")]
        places = np.concatenate([part.places + start for part, start in zip(parts, bounds, strict=False)])
        windows = _numbered_on([part.window for part in parts])
        figures = {
            f"{name}, phase {number}": value
            for number, part in enumerate(parts)
            for name, value in part.figures.items()
        }
        return Pieces(places, columns[0], columns[1], windows, columns[2], figures)

    def remarks(self, pool: Pool) -> Iterator[tuple[str, str]]:
        """Yield what a person should heed, with the name of the arrangement that says it."""
        for step in self.steps:
            yield from ((type(step).name, remark) for remark in step.remarks(pool))

    def _check_phases(self) -> None:
        makers = [step.name for step in self.transforms if step.phased]
        makers += [self.order.name] if self.order and "phase" in self.order.marks else []
        if len(makers) > 1:
            fix = "--set metadata_prefix.plain=0" if "metadata_prefix" in makers else "leave one out"
            raise SettingError("one arrangement makes phases", f"{' and '.join(makers)} both do", fix)


def _check_texts(transforms: Sequence[Transform]) -> None:
    for place, step in enumerate(transforms):
        before = transforms[:place]
        reads_places = any(need.endswith("_spans") for need in step.needs())
        for other in before:
            masks = "loss_mask_chars" in other.columns() and "loss_mask_chars" not in step.columns()
            if reads_places or (other.tags and (not step.tags or masks)):
                raise SettingError(
                    f"{step.name} comes before {other.name}",
                    "its places are those of the text as it was"
                    if reads_places
                    else f"{other.name} is read as it stands",
                    f"put {step.name} first",
                )


def _differ(before: pa.Array, after: pa.Array) -> np.ndarray:
    found: np.ndarray = pc.not_equal(before, after).to_numpy(zero_copy_only=False)
    return found


def _add(tally: Tally, before: int, after: int, kept: int, other: int) -> None:
    tally.documents += before
    tally.dropped += before - kept
    tally.added += after - kept
    tally.changed += max(other - (after - kept), 0)


def _numbered_on(parts: Sequence[Rows]) -> Rows:
    """Join marks of phases so that the numbers of each go on where those of the one before end."""
    following, found = 0, []
    for part in parts:
        found.append(part + following)
        following = int(found[-1].max(initial=following - 1)) + 1
    joined: Rows = np.concatenate([*found, np.empty(0, dtype=np.int64)]).astype(np.int64)
    return joined
