"""A decoder probed by documents: what a training step on each does to its loss on texts of reference."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor
from torch.func import functional_call, grad

from winnow.lm.decoder import Decoder
from winnow.lm.one_step import Rule, Start, Weights, apart, dots, rollouts, warmed
from winnow.lm.tokenizer import Tokenizer
from winnow.lm.windows import IGNORED, Windows, windows
from winnow.pool import Rows

HALVES = 2
WARMING = 8
"""Documents of a batch from which moments are made."""


@dataclass(frozen=True, eq=False)
class Documents:
    """The beginnings of documents as steps read them: `inputs` and `targets` int64 [documents, windows, context]."""

    inputs: NDArray[np.int64]
    targets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Return how many tokens of each document are learnt from."""
        return np.asarray((self.targets != IGNORED).sum(axis=(1, 2)), dtype=np.int64)

    def take(self, part: slice | Rows) -> Documents:
        """Return some of the documents, without the windows and places that none of them fills."""
        used = self.targets[part] != IGNORED
        count = 1 + max(np.flatnonzero(used.any(axis=(0, 2))), default=0)
        places = 1 + max(np.flatnonzero(used.any(axis=(0, 1))), default=0)
        return Documents(self.inputs[part, :count, :places], self.targets[part, :count, :places])


def beginnings(texts: pa.LargeStringArray, tokenizer: Tokenizer, context: int, count: int) -> Documents:
    """Cut the first `count` windows off every text; what a text does not fill is not learnt from."""
    cut = windows(texts, tokenizer, context)
    within = np.arange(len(cut)) - np.searchsorted(cut.text, cut.text)
    kept = within < count
    inputs = np.full((cut.texts, count, context), tokenizer.end, dtype=np.int64)
    targets = np.full((cut.texts, count, context), IGNORED, dtype=np.int64)
    inputs[cut.text[kept], within[kept]] = cut.inputs[kept]
    targets[cut.text[kept], within[kept]] = cut.targets[kept]
    return Documents(inputs, targets)


@dataclass(frozen=True, eq=False)
class Probe:
    """A decoder, how it steps, and the texts of reference that it is measured on, in float32 whatever the device.

    The changes that documents make are as small as the rounding of bfloat16.
    """

    decoder: Decoder
    rule: Rule
    reference: Windows
    batch: int = 64
    weights: Weights = field(init=False)

    def __post_init__(self) -> None:
        found = {name: value.detach().float() for name, value in self.decoder.named_parameters()}
        object.__setattr__(self, "weights", found)

    def loss(self, weights: Weights, inputs: Tensor, targets: Tensor) -> Tensor:
        """Return the mean loss of the measured tokens of one document, in nats; 0 for one without any."""
        logits = functional_call(self.decoder, weights, (inputs,))
        losses = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="sum")
        return losses / (targets != IGNORED).sum().clamp(min=1)

    def measured(self, weights: Weights) -> NDArray[np.float64]:
        """Return the mean loss of the reference in nats per token: of all its texts, the even ones and the odd ones."""
        sums, counts = np.zeros(HALVES), np.zeros(HALVES)
        for inputs, targets, half in self._parts():
            with torch.no_grad():
                logits = functional_call(self.decoder, weights, (inputs,))
                losses = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="sum")
            sums[half] += float(losses)
            counts[half] += int((targets != IGNORED).sum())
        return np.array([sums.sum() / max(1, counts.sum()), *(sums / np.maximum(counts, 1))])

    def direction(self) -> Weights:
        """Return the gradient of the reference's mean loss."""
        total = {name: torch.zeros_like(value) for name, value in self.weights.items()}
        tokens = max(1, int((self.reference.targets != IGNORED).sum()))
        for inputs, targets, _ in self._parts():
            share = int((targets != IGNORED).sum()) / tokens
            found = grad(self.loss)(self.weights, inputs, targets)
            total = {name: total[name] + share * value for name, value in found.items()}
        return total

    def start(self, documents: Documents) -> Start:
        """Return where every row of steps begins: the decoder's weights, with moments made from documents."""
        rows = range(0, len(documents), WARMING)
        batches = (self._tensors(documents, slice(row, row + WARMING)) for row in rows)
        flat = ((inputs.flatten(0, 1), targets.flatten(0, 1)) for inputs, targets in batches)
        return warmed(self.loss, self.weights, self.rule, flat)

    def changes(self, start: Start, documents: Documents, length: int, together: int) -> Iterator[NDArray[np.float64]]:
        """Yield [rows, length, 4]: by how much each step changed the reference's loss, that of its halves, and an estimate.

        Consecutive documents make a row of `length` steps; a change is against the step before, below 0 when the
        document helps. The estimate is the first-order change of a row's first step, NaN for the others. `together` rows
        are in memory at once: about 24 bytes a parameter and row.
        """
        before, slope = self.measured(self.weights), self.rule.slope(start, self.direction())
        for row in range(0, len(documents) // length, together):
            part = slice(row * length, min(row + together, len(documents) // length) * length)
            inputs, targets = self._tensors(documents, part)
            shape = (-1, length, *inputs.shape[1:])
            found = [np.broadcast_to(before, (len(inputs) // length, len(before)))]
            estimates = np.full((len(found[0]), length, 1), np.nan)
            for state, own in rollouts(self.loss, start, self.rule, inputs.view(shape), targets.view(shape)):
                if len(found) == 1:
                    estimates[:, 0, 0] = dots(slope, own).cpu().numpy()
                found += [np.stack([self.measured(weights) for weights in apart(state.weights)])]
            yield np.concatenate([np.diff(np.stack(found, axis=1), axis=1), estimates], axis=2)

    def seconds(self, documents: Documents, length: int, together: int) -> float:
        """Time one batch of rows and return the seconds of a document."""
        first = documents.take(slice(0, length * together))
        start = self.start(first.take(slice(0, WARMING)))
        for _ in range(2):  # the second time counts
            began = time.monotonic()
            list(self.changes(start, first, length, together))
        return (time.monotonic() - began) / max(1, len(first) // length * length)

    def _tensors(self, documents: Documents, part: slice) -> tuple[Tensor, Tensor]:
        device, own = self.decoder.embedding.weight.device, documents.take(part)
        return torch.from_numpy(own.inputs).to(device), torch.from_numpy(own.targets).to(device)

    def _parts(self) -> Iterator[tuple[Tensor, Tensor, int]]:
        """Yield batches of windows of like length, each from one half of the texts."""
        device = self.decoder.embedding.weight.device
        for half in range(HALVES):
            rows = np.flatnonzero(self.reference.text % HALVES == half)
            own = Windows(
                self.reference.inputs[rows],
                self.reference.targets[rows],
                self.reference.text[rows],
                self.reference.bytes,
            )
            for chosen, length in own.batches(self.batch) if len(rows) else ():
                inputs = torch.from_numpy(own.inputs[chosen, :length]).to(device)
                yield inputs, torch.from_numpy(own.targets[chosen, :length]).to(device), half
