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
from winnow.score.network.transformer import Runs, Transformer, model_folder, transformer
from winnow.score.passages import Ints
from winnow.score.toxic_blend import OUTPUTS, Reading

LONGEST = 200
"""Word pieces of a chunk beyond these are not read."""
UNKNOWN = 100
PIECES_AT_ONCE = 2048


@dataclass(frozen=True)
class Network:
    """A transformer that reads a chunk, and each of its windows, as one vector v, and a perceptron on that.

    z = W₂ relu(W₁ v + b₁) + b₂, one logit for each of OUTPUTS.
    """

    layers: Transformer
    hidden: torch.Tensor
    hidden_bias: torch.Tensor
    output: torch.Tensor
    output_bias: torch.Tensor

    def read(self, survey: Survey) -> Reading:
        """Read the open chunks of a survey."""
        tokens = Tokens.of(survey)
        chunks = np.zeros((len(tokens.lengths), len(OUTPUTS)))
        windows = np.full((len(survey.words), len(OUTPUTS)), np.nan)
        for members in _batches(tokens.lengths):
            sizes = tokens.lengths[members]
            places = np.repeat(tokens.starts[members], sizes) + Runs(sizes).places
            owners = tokens.owners[places]
            fresh = np.diff(owners, prepend=-1) != 0
            whole, cut = self.layers.read(tokens.ids[places], sizes, np.cumsum(fresh) - 1)
            chunks[members], windows[owners[fresh]] = self._logits(whole), self._logits(cut)
        return Reading(chunks, windows, tokens.broken)

    def _logits(self, vectors: torch.Tensor) -> Floats64:
        with torch.inference_mode():
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
    """Yield the places of chunks, shortest first, about PIECES_AT_ONCE pieces at once."""
    order = np.argsort(lengths, kind="stable")
    turns = np.cumsum(lengths[order]) // PIECES_AT_ONCE
    yield from (members for members in np.split(order, np.flatnonzero(np.diff(turns)) + 1) if len(members))


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
    names = ("hidden", "hidden_bias", "output", "output_bias")
    return Network(
        transformer("toxicity_network"), *(torch.from_numpy(stored[name].astype(np.float32)) for name in names)
    )
