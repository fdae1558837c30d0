"""The network of the toxicity scorer: what it makes of a chunk, and of each sentence in it."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch.nn import functional

from winnow.score.chunks import Survey
from winnow.score.linear import Floats64, load
from winnow.score.network.transformer import Transformer, model_folder, transformer
from winnow.score.passages import Ints
from winnow.score.toxic_blend import HARMS, Reading

LONGEST = 200
"""Word pieces of a chunk beyond these are not read."""
UNKNOWN = 100
PIECES_AT_ONCE = 4096


@dataclass(frozen=True)
class Network:
    """Layers of a transformer, a look at each piece and a perceptron on what was seen.

    z = W₂ relu(W₁ Σₜ aₜ hₜ + b₁) + b₂ with a = softmax of lookᵀ hₜ over the pieces of a chunk, or of one of its windows.
    """

    layers: Transformer
    look: torch.Tensor
    hidden: torch.Tensor
    hidden_bias: torch.Tensor
    output: torch.Tensor
    output_bias: torch.Tensor

    def read(self, survey: Survey) -> Reading:
        """Read the open chunks of a survey."""
        tokens = Tokens.of(survey)
        chunks = np.zeros((len(tokens.lengths), 1 + len(HARMS)))
        windows = np.full((len(survey.words), 1 + len(HARMS)), np.nan)
        for members in _batches(tokens.lengths):
            size = int(tokens.lengths[members[0]])
            places = tokens.starts[members][:, None] + np.arange(size)
            owners = tokens.owners[places]
            with torch.inference_mode():
                whole, parts = self._pooled(tokens.ids[places], owners)
                chunks[members] = self._logits(whole)
                windows[np.unique(owners)] = self._logits(parts) if len(parts) > len(members) else chunks[members]
        return Reading(chunks, windows, tokens.broken)

    def _pooled(self, ids: Ints, owners: Ints) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the mean vector of each chunk and of each window in it, by the weights that the look gives."""
        vectors = self.layers.read(ids)
        look = vectors @ self.look
        weights = torch.exp(look - look.amax(1, keepdim=True))
        weighted = vectors * weights[:, :, None]
        whole = weighted.sum(1) / weights.sum(1, keepdim=True)
        named, local = np.unique(owners, return_inverse=True)
        if len(named) == len(ids):
            return whole, whole
        # Within a window the weights are taken anew from its own highest look: far lower ones elsewhere must not vanish.
        flat, at = look.reshape(-1), torch.from_numpy(local.reshape(-1))
        highest = torch.full((len(named),), -torch.inf).scatter_reduce(0, at, flat, "amax")
        own = torch.exp(flat - highest[at])
        total = torch.zeros(len(named)).index_add_(0, at, own)
        sums = torch.zeros(len(named), vectors.shape[2]).index_add_(
            0, at, vectors.reshape(len(flat), -1) * own[:, None]
        )
        return whole, sums / total[:, None]

    def _logits(self, vectors: torch.Tensor) -> Floats64:
        seen = functional.relu(functional.linear(vectors, self.hidden, self.hidden_bias))
        logits: Floats64 = functional.linear(seen, self.output, self.output_bias).numpy().astype(np.float64)
        return logits


@dataclass(frozen=True)
class Tokens:
    """The word pieces of open chunks: chunk i owns ids[starts[i] : starts[i] + lengths[i]]; owners are their windows."""

    ids: Ints
    owners: Ints
    starts: Ints
    lengths: Ints
    broken: Floats64

    @classmethod
    def of(cls, survey: Survey) -> Tokens:
        encoded = [found.ids for found in tokenizer().encode_batch_fast(list(survey.words), add_special_tokens=False)]
        counts = np.array([len(ids) for ids in encoded], dtype=np.int64)
        ids = np.fromiter(chain.from_iterable(encoded), dtype=np.int64, count=int(counts.sum()))
        owners = np.repeat(np.arange(len(counts)), counts)
        opened = np.cumsum(survey.open) - 1
        chunk_of = opened[survey.chunks[survey.open[survey.chunks]]]
        total = np.bincount(chunk_of, weights=counts, minlength=int(survey.open.sum())).astype(np.int64)
        # A chunk without a piece (of signs alone) is read as one unknown piece of its first window.
        empty = np.flatnonzero(total == 0)
        if len(empty):
            first = np.searchsorted(chunk_of, empty)
            at = np.searchsorted(owners, first)
            ids, owners = np.insert(ids, at, UNKNOWN), np.insert(owners, at, first)
            total[empty] = 1
        starts = np.cumsum(total) - total
        running = np.append(0, np.cumsum(continuing()[ids]))
        broken = (running[starts + total] - running[starts]) / total
        return cls(ids, owners, starts, np.minimum(total, LONGEST), broken)


def _batches(lengths: Ints) -> Iterator[Ints]:
    """Yield the places of chunks of one length, at most about PIECES_AT_ONCE pieces at once."""
    order = np.argsort(lengths, kind="stable")
    for group in np.split(order, np.flatnonzero(np.diff(lengths[order])) + 1):
        step = max(PIECES_AT_ONCE // int(lengths[group[0]]), 1) if len(group) else 1
        for start in range(0, len(group), step):
            yield group[start : start + step]


@functools.cache
def tokenizer() -> Tokenizer:
    made = Tokenizer.from_file(str(model_folder() / "tokenizer.json"))
    made.no_padding()
    made.no_truncation()
    return made


@functools.cache
def continuing() -> NDArray[np.int64]:
    """Tell for each word piece whether it goes on a word."""
    names = tokenizer().get_vocab(with_added_tokens=True)
    table = np.zeros(max(names.values()) + 1, dtype=np.int64)
    table[[place for name, place in names.items() if name.startswith("##")]] = 1
    return table


@functools.cache
def network() -> Network:
    """Read the shipped network once a process."""
    stored = load("toxicity_network")
    names = ("look", "hidden", "hidden_bias", "output", "output_bias")
    return Network(
        transformer("toxicity_network"), *(torch.from_numpy(stored[name].astype(np.float32)) for name in names)
    )
