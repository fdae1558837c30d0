"""Documents in context windows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from winnow.arrange.base import Packer, Pieces
from winnow.errors import SettingError
from winnow.method import Paper, param
from winnow.pool import Pool, Rows


@dataclass(frozen=True, kw_only=True)
class Pack(Packer):
    """Documents in windows of a number of tokens, by best fit or end to end, with every boundary recorded.

    `concat` puts documents end to end and cuts every `tokens`: no token is wasted, most windows begin and end inside a
    document. `best_fit` cuts only documents longer than a window, into whole windows and a rest, and puts rests and
    shorter documents, the longest first, each into the window with the least room that holds it: about as many windows,
    hardly a cut. It packs `ahead` documents at a time, so that windows keep the order of such stretches; windows then
    come by their first document, and documents inside one in the order given. `between` tokens are left free after
    each document for the end mark of a tokenizer. Written as windows, a row holds the texts joined, `doc_ids`, and
    `starts`, the character at which each begins; as pieces, a row holds one text with `window` and `window_start`, its
    first token there. Lengths are those of whole documents: a part counted alone may differ by a token.
    Source: arXiv 2404.10830.
    """

    name: ClassVar[str] = "pack"
    paper: ClassVar[Paper] = Paper("Fewer Truncations Improve Language Modeling", "2404.10830", 2024)

    by: str = param("best_fit", "How windows are filled.", choices=("best_fit", "concat"))
    between: int = param(1, "How many tokens are left free after each document, for an end mark.", low=0)
    ahead: int = param(10_000, "How many documents best fit packs at a time; 0 packs all at once.", low=0)
    shuffle: bool = param(False, "Put the finished windows in random order.")
    write: str = param(
        "windows",
        "Write a row a window, its texts joined, or a row a document or part of one.",
        choices=("windows", "pieces"),
    )
    end: str = param("<|endoftext|>", "What joins the texts of a window after the end of each document.")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.between >= self.tokens:
            raise SettingError(
                "pack: a window holds more than the free tokens between documents",
                f"found tokens {self.tokens}, between {self.between}", "--set pack.between=1",
            )  # fmt: skip

    def pack(self, tokens: Rows, seed: int) -> Pieces:
        tokens = np.asarray(tokens, dtype=np.int64)
        pieces = self._concat(tokens) if self.by == "concat" else self._best_fit(tokens)
        windows = int(pieces.window[-1]) + 1 if len(pieces) else 0
        figures = {
            "windows": windows,
            "filled": round(float((pieces.last - pieces.first).sum()) / max(windows * self.tokens, 1), 4),
            "documents cut": int((np.bincount(pieces.places, minlength=len(tokens)) > 1).sum()),
        }
        window, order = pieces.window, np.arange(len(pieces))
        if self.shuffle and windows:
            numbers = Pool(np.arange(windows), np.zeros(windows, dtype=np.int64))
            rank = np.argsort(np.argsort(numbers.hashes(seed, "windows"), kind="stable"), kind="stable")
            order = np.argsort(rank[window], kind="stable")
            window = rank[window]
        return Pieces(
            pieces.places[order], pieces.first[order], pieces.last[order], window[order], pieces.start[order], figures
        )

    @property
    def joins(self) -> bool:
        return self.write == "windows"

    def written(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return joined_windows(batches, self.end) if self.joins else batches

    def _concat(self, tokens: Rows) -> Pieces:
        size = self.tokens
        begin = np.cumsum(tokens + self.between * (tokens > 0)) - tokens - self.between * (tokens > 0)
        place, window = _windows_of(begin, tokens, size)
        first = np.maximum(window * size - begin[place], 0)
        last = np.minimum((window + 1) * size - begin[place], tokens[place])
        _, rank = np.unique(window, return_inverse=True)
        return Pieces(place, first, last, rank, begin[place] + first - window * size)

    def _best_fit(self, tokens: Rows) -> Pieces:
        place, number = _windows_of(np.zeros(len(tokens), dtype=np.int64), tokens, self.tokens)
        first = number * self.tokens
        last = np.minimum(first + self.tokens, tokens[place])
        ends = last == tokens[place]
        sizes = np.minimum(last - first + self.between * ends, self.tokens)
        bins, opened = np.empty(len(place), dtype=np.int64), 0
        stretch = place // self.ahead if self.ahead else np.zeros(len(place), dtype=np.int64)
        for start, stop in _runs(stretch):
            bins[start:stop] = best_fit(sizes[start:stop], self.tokens) + opened
            opened = int(bins[start:stop].max()) + 1
        firsts = np.full(opened, len(place))
        np.minimum.at(firsts, bins, np.arange(len(place)))
        _, window = np.unique(firsts[bins], return_inverse=True)
        order = np.argsort(window, kind="stable")
        filled = np.cumsum(sizes[order])
        opening = np.flatnonzero(np.diff(window[order], prepend=-1))
        before = np.repeat((filled - sizes[order])[opening], np.diff(opening, append=len(order)))
        return Pieces(place[order], first[order], last[order], window[order], filled - sizes[order] - before)


def best_fit(sizes: Rows, capacity: int) -> Rows:
    """Return a bin for each item, int64 [n]: the longest first, each into the fullest bin that still holds it.

    Equal sizes come in the order given, and of bins with equal room the newest is taken.

    >>> best_fit(np.array([4, 8, 1, 4, 2]), 10).tolist()
    [1, 0, 0, 1, 1]
    """
    bins = np.empty(len(sizes), dtype=np.int64)
    with_room: list[list[int]] = [[] for _ in range(capacity + 1)]
    rooms = 0  # bit r is set when a bin has room r
    opened = 0
    for item in np.argsort(-sizes, kind="stable").tolist():
        size = int(sizes[item])
        fitting = rooms >> size
        if fitting:
            room = size + (fitting & -fitting).bit_length() - 1
            number = with_room[room].pop()
            if not with_room[room]:
                rooms ^= 1 << room
        else:
            room, number, opened = capacity, opened, opened + 1
        bins[item] = number
        left = room - size
        if left:
            with_room[left].append(number)
            rooms |= 1 << left
    return bins


def joined_windows(batches: Iterable[pa.RecordBatch], end: str) -> Iterator[pa.RecordBatch]:
    """Turn pieces in the order of their windows into rows of window, text, doc_ids, starts, tokens, loss masks and phase.

    `end` follows a piece that ends its document (`ends`) unless it is the last of its window.
    """
    held: pa.Table | None = None
    for batch in batches:
        table = pa.Table.from_batches([batch])
        table = table if held is None else pa.concat_tables([held, table]).combine_chunks()
        windows = table.column("window").to_numpy()
        whole = int(np.searchsorted(windows, windows[-1])) if len(windows) else 0
        if whole or held is None:
            yield _windows(table.slice(0, whole), end)
        held = table.slice(whole)
    if held is not None and len(held):
        yield _windows(held, end)


def _windows(table: pa.Table, end: str) -> pa.RecordBatch:
    windows = table.column("window").to_numpy()
    bounds = _runs(windows)
    texts, ends = table.column("text").to_pylist(), table.column("ends").to_pylist()
    marked = [text + end * closed for text, closed in zip(texts, ends, strict=True)]
    for _, stop in bounds:
        marked[stop - 1] = texts[stop - 1]
    sizes = np.array([len(text) for text in marked], dtype=np.int64)
    before = np.cumsum(sizes) - sizes
    offsets = pa.array([0, *(stop for _, stop in bounds)], pa.int32())
    first = np.array([start for start, _ in bounds], dtype=np.int64)
    starts = before - np.repeat(before[first], [stop - start for start, stop in bounds])
    columns = {
        "window": pa.array(windows[first]),
        "text": pa.array(["".join(marked[start:stop]) for start, stop in bounds], pa.large_string()),
        "doc_ids": pa.ListArray.from_arrays(offsets, pa.array(table.column("doc_id").to_numpy())),
        "starts": pa.ListArray.from_arrays(offsets, pa.array(starts)),
        "tokens": pa.array(np.add.reduceat(table.column("tokens").to_numpy(), first) if len(first) else first),
    }
    if "loss_mask_chars" in table.column_names:
        masks = pa.array(table.column("loss_mask_chars").to_numpy())
        columns["loss_mask_chars"] = pa.ListArray.from_arrays(offsets, masks)
    if "phase" in table.column_names:
        columns["phase"] = pa.array(table.column("phase").to_numpy()[first])
    return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))


def _windows_of(begin: Rows, tokens: Rows, size: int) -> tuple[Rows, Rows]:
    """Return every (document, window) that share a token, documents in order, windows rising."""
    low, high = begin // size, (begin + tokens - 1) // size
    counts = np.where(tokens > 0, high - low + 1, 0)
    place = np.repeat(np.arange(len(tokens)), counts)
    within = np.arange(len(place)) - np.repeat(np.cumsum(counts) - counts, counts)
    return place, low[place] + within


def _runs(values: Rows) -> list[tuple[int, int]]:
    """Return where equal values begin and end."""
    bounds = np.flatnonzero(np.diff(values, prepend=-1)).tolist()
    return list(zip(bounds, [*bounds[1:], len(values)], strict=False))
