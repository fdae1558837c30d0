"""What each arm of a proof shows a model: documents in an order that is exact and can be made again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.lm.tokenizer import Tokenizer, Tokens
from winnow.lm.windows import training_windows
from winnow.pool import Pool, Rows, TextSource

BATCH = 512
"""How many documents are read and encoded at once."""

Epoch = Callable[[int, int], Rows]
"""(seed, number of the pass over the data) → doc_ids in the order they are read, as often as they are read."""


@dataclass(frozen=True)
class Arm:
    """One contestant. `shuffled` mixes the windows of each pass; without it the order of the documents is the point."""

    name: str
    epoch: Epoch
    shuffled: bool = True


def fixed(name: str, doc_ids: Rows, weights: NDArray[np.float64]) -> Arm:
    """Make an arm of a selection: each pass shows every document `weight` times, shuffled anew.

    A weight of 2.3 is two showings and, in three passes of ten, a third.
    """
    pool = Pool(doc_ids, np.ones(len(doc_ids), dtype=np.int64))

    def epoch(seed: int, number: int) -> Rows:
        whole = np.floor(weights).astype(np.int64)
        showings = whole + (pool.uniform(seed, f"extra showing {number}") < weights - whole)
        rows, keys = [], []
        for copy in range(int(showings.max(initial=0))):
            rows.append(np.flatnonzero(showings > copy))
            keys.append(pool.uniform(seed, f"pass {number} copy {copy}")[rows[-1]])
        return doc_ids[np.concatenate(rows)[np.argsort(np.concatenate(keys), kind="stable")]] if rows else doc_ids[:0]

    return Arm(name, epoch)


def ordered(name: str, doc_ids: Rows) -> Arm:
    """Make an arm whose documents come in their given order in every pass, as a curriculum does."""
    return Arm(name, lambda seed, number: doc_ids, shuffled=False)


def redrawn(name: str, draw: Callable[[int], tuple[Rows, NDArray[np.float64]]]) -> Arm:
    """Make an arm whose selection is drawn anew for every seed: a control is not one lucky or unlucky subset."""

    def epoch(seed: int, number: int) -> Rows:
        return fixed(name, *draw(seed)).epoch(seed, number)

    return Arm(name, epoch)


def repeated_random(name: str, pool: Pool, tokens: int) -> Arm:
    """Make an arm that draws a fresh random subset of so many tokens for every pass (RS2, arXiv 2305.18424)."""

    def epoch(seed: int, number: int) -> Rows:
        order = np.argsort(pool.uniform(seed, f"rs2 {number}"), kind="stable")
        end = int(np.searchsorted(np.cumsum(pool.tokens[order]), tokens)) + 1
        return pool.doc_ids[order[:end]]

    return Arm(name, epoch)


@dataclass(frozen=True, eq=False)
class Shown:
    """The data of one run: `tokens` in a row, the `order` of its windows, and how much of it is new.

    `digest` is the sha256 of tokens and order, `unique` the tokens of the documents that were reached, each once. The
    document `showings[i]` stands at tokens `ends[i - 1]` to `ends[i]`; the last one may be cut off.
    """

    tokens: Tokens
    order: Rows
    digest: str
    documents: int
    unique: int
    showings: Rows = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    ends: Rows = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    @property
    def epochs(self) -> float:
        """Return how often a token of the data is read on average."""
        return len(self.tokens) / max(1, self.unique)


def show(
    arm: Arm, seed: int, texts: TextSource, tokenizer: Tokenizer, *, windows: int, context: int, once: bool = False
) -> Shown:
    """Read an arm's documents, pass after pass or once, until they fill `windows` windows of `context` tokens.

    Memory: two bytes a token, sixteen a showing and a batch of texts. An arm without any text gives no token.
    """
    need = windows * context + 1
    tokens = np.empty(need, dtype=np.uint16)
    passes = np.empty(need, dtype=np.int32)
    filled, number = 0, 0
    lengths: dict[int, int] = {}
    showings, ends = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    while filled < need:
        before = filled
        ids = arm.epoch(seed, number)
        for start, read in zip(range(0, len(ids), BATCH), _read(texts, ids), strict=True):
            batch = ids[start : start + BATCH]
            encoded, offsets = tokenizer.encode(read)
            taken = min(len(encoded), need - filled)
            tokens[filled : filled + taken] = encoded[:taken]
            passes[filled : filled + taken] = number
            reached = int(np.searchsorted(offsets[1:], taken)) + 1
            lengths.update(zip(batch[:reached].tolist(), np.diff(offsets)[:reached].tolist(), strict=True))
            showings.append(batch[:reached])
            ends.append(np.minimum(filled + offsets[1 : reached + 1], need))
            filled += taken
            if filled == need:
                break
        number += 1
        if once or filled == before:
            tokens, passes = tokens[:filled].copy(), passes[:filled]
            break
    order = _order(training_windows(tokens, context), passes[: len(tokens) : context], seed, arm.shuffled)
    digest = hashlib.sha256(tokens.tobytes())
    digest.update(order.tobytes())
    found = np.concatenate(showings), np.concatenate(ends)
    return Shown(tokens, order, digest.hexdigest(), len(lengths), sum(lengths.values()), *found)


def joined(parts: Sequence[Shown], context: int) -> tuple[Shown, NDArray[np.int64]]:
    """Lay data behind each other, each cut to whole windows, and return them with the number of the part of each window.

    The last target of a part is the first token of the next one: one token in a part, behind its last window.
    """
    counts = np.array([max(0, len(part.tokens) - 1) // context for part in parts], dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(counts)]) * context
    cut = [part.tokens[: count * context] for part, count in zip(parts, counts, strict=True)]
    tokens = np.concatenate([*cut, np.zeros(1, dtype=np.uint16)])
    ends = [
        start + np.minimum(part.ends, count * context)
        for start, part, count in zip(starts, parts, counts, strict=False)
    ]
    order = np.arange(int(counts.sum()))
    whole = Shown(
        tokens, order, hashlib.sha256("".join(part.digest for part in parts).encode()).hexdigest(),
        sum(part.documents for part in parts), sum(part.unique for part in parts),
        np.concatenate([part.showings for part in parts]), np.concatenate(ends),
    )  # fmt: skip
    return whole, np.repeat(np.arange(len(parts)), counts)


def slotted(base: Shown, slots: Mapping[int, Shown], shares: Sequence[float], seed: int, context: int) -> Shown:
    """Put other data in place of part of a run's windows: each slot its share of the places, and no place in two.

    `slots` says which slots are filled; the places of every slot are the same whichever others are, and so are the windows
    in all other places. The number of tokens does not change.
    """
    chance = np.random.default_rng([seed, len(base.order), 3]).permutation(len(base.order))
    bounds = np.concatenate([[0], np.cumsum(np.round(np.asarray(shares) * len(base.order)))]).astype(np.int64)
    whole, part = joined([base, *slots.values()], context)
    order = base.order.copy()
    for number, slot in enumerate(slots, 1):
        places = chance[bounds[slot] : bounds[slot + 1]]
        order[places] = np.resize(np.flatnonzero(part == number), len(places))
    digest = hashlib.sha256(whole.digest.encode() + order.tobytes()).hexdigest()
    return replace(whole, order=order, digest=digest)


def _order(windows: NDArray[np.uint16], passes: NDArray[np.int32], seed: int, shuffled: bool) -> Rows:
    """Return the rows of the windows: mixed within each pass, so that no document is seen twice before all were once."""
    if not shuffled:
        return np.arange(len(windows))
    chance = np.random.default_rng([seed, len(windows)]).random(len(windows))
    return np.lexsort((chance, passes[: len(windows)])).astype(np.int64)


def _read(texts: TextSource, ids: Rows) -> Iterator[pa.LargeStringArray]:
    return Pool(ids, np.ones(len(ids), dtype=np.int64), texts=texts).text_batches(size=BATCH)
