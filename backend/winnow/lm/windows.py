"""Documents cut into the windows that a decoder reads, for training and for measuring."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.lm.tokenizer import Tokenizer, Tokens, text_bytes

IGNORED = -100
"""The target of a place that counts for nothing, as torch's cross-entropy has it."""


@dataclass(frozen=True, eq=False)
class Windows:
    """Texts ready to be measured: `inputs` and `targets` int64 [windows, context], `text` int64 [windows], `bytes` [texts].

    A target of -100 is not measured; `text` says whose window it is. Each text begins after an end mark, so that its
    first token is predicted too, and no window looks back into another text.
    """

    inputs: NDArray[np.int64]
    targets: NDArray[np.int64]
    text: NDArray[np.int64]
    bytes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def texts(self) -> int:
        return len(self.bytes)

    def batches(self, size: int) -> Iterator[tuple[NDArray[np.int64], int]]:
        """Yield rows of windows of like length together, and the longest length among them, behind which all is filled up."""
        filled = (self.targets != IGNORED)[:, ::-1].argmax(axis=1)
        lengths = self.targets.shape[1] - filled
        order = np.argsort(lengths, kind="stable")
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            yield rows, int(lengths[rows].max())


def windows(texts: pa.LargeStringArray, tokenizer: Tokenizer, context: int) -> Windows:
    """Cut every text into windows of `context` tokens, one after the other; the last one is filled up and ignored there."""
    tokens, offsets = tokenizer.encode(texts)
    lengths = np.diff(offsets) - 1
    counts = -(-lengths // context)
    text = np.repeat(np.arange(len(lengths)), counts)
    within = np.arange(len(text)) - np.repeat(np.cumsum(counts) - counts, counts)
    first = offsets[text] + within * context
    place = first[:, None] + np.arange(context)[None, :]
    valid = place < (offsets[text] + lengths[text])[:, None]
    signed = tokens.astype(np.int64)
    targets = np.where(valid, signed[np.minimum(place, len(tokens) - 1)], IGNORED)
    before = np.empty_like(targets)
    before[:, 1:] = np.where(valid[:, :-1], targets[:, :-1], tokenizer.end)
    begins = within == 0
    before[begins, 0] = tokenizer.end
    before[~begins, 0] = signed[first[~begins] - 1]
    return Windows(before, targets, text, _byte_lengths(texts))


def continuations(contexts: list[str], answers: list[str], tokenizer: Tokenizer, context: int) -> Windows:
    """Make one window for each pair: the answer is measured, what stands before it is only read.

    A pair that is longer than the window loses the beginning of its context, an answer longer than the window its end.
    """
    before, offsets_before = tokenizer.encode(pa.array(contexts, pa.large_string()))
    after, offsets_after = tokenizer.encode(pa.array(answers, pa.large_string()))
    inputs = np.full((len(answers), context), tokenizer.end, dtype=np.int64)
    targets = np.full((len(answers), context), IGNORED, dtype=np.int64)
    for row in range(len(answers)):
        answer = after[offsets_after[row] : offsets_after[row + 1] - 1][:context].astype(np.int64)
        room = context - len(answer)
        lead = before[offsets_before[row] : offsets_before[row + 1] - 1].astype(np.int64)
        lead = np.concatenate([[tokenizer.end], lead])[-(room + 1) :] if len(answer) else lead[:0]
        whole = np.concatenate([lead, answer])
        inputs[row, : len(whole) - 1] = whole[:-1]
        targets[row, len(lead) - 1 : len(whole) - 1] = answer
    return Windows(inputs, targets, np.arange(len(answers)), _byte_lengths(pa.array(answers, pa.large_string())))


def training_windows(tokens: Tokens, context: int) -> NDArray[Any]:
    """Return a view [windows, context + 1] of a row of tokens: inputs are all but the last, targets all but the first."""
    count = (len(tokens) - 1) // context
    if count < 1:
        return np.empty((0, context + 1), dtype=tokens.dtype)
    view: NDArray[Any] = np.lib.stride_tricks.sliding_window_view(tokens, context + 1)[: count * context : context]
    return view


def _byte_lengths(texts: pa.LargeStringArray) -> NDArray[np.int64]:
    offsets, _ = text_bytes(texts)
    return np.diff(offsets)
