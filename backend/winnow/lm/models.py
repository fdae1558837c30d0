"""Language models of any origin behind one interface: those that a proof kept, and Hugging Face's."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray

from winnow.errors import InputError
from winnow.lm.hub import hub_answers
from winnow.lm.kept import is_kept, load
from winnow.lm.tokenizer import Tokenizer
from winnow.lm.windows import IGNORED, Windows

MOST_LOGITS = 1 << 26
"""Logits that are held at once: 256 MB. A vocabulary of 50,000 and a context of 1,024 leave one window at a time."""

IN_CACHE = 1 << 17
"""Logits that a processor looks at several times without fetching them again."""

FEWEST_PLACES = 64
"""Below so many places at once the weights that make their logits would be fetched too often."""


class Model(Protocol):
    """A causal language model: tokens [windows, context] to logits, with the tokenizer that makes the tokens."""

    @property
    def tokenizer(self) -> Tokenizer: ...

    @property
    def context(self) -> int: ...

    def logits(self, tokens: torch.Tensor) -> torch.Tensor: ...


@dataclass(frozen=True, eq=False)
class Places:
    """What a model says of the token at every place, each [windows, context]; nothing where nothing is measured.

    `losses` float32: -ln p(token), 0 elsewhere; `hits`: whether it is among the likeliest. `means` and `variances`
    float32, when asked for: of ln p over the whole vocabulary, weighted by p.
    """

    losses: NDArray[np.float32]
    hits: NDArray[np.bool_]
    means: NDArray[np.float32] | None = None
    variances: NDArray[np.float32] | None = None


@torch.no_grad()
def places(model: Model, cut: Windows, *, batch: int, top: int, moments: bool = False) -> Places:
    """Read windows, those of like length together, and return what the model says of each token.

    At most `batch` windows are read at once, fewer where their logits would exceed `MOST_LOGITS`. What is asked of the
    vocabulary is answered for a few places at a time, while their logits are in the cache: a decoder of ours with a small
    vocabulary makes them only then.
    """
    found = [np.zeros(cut.targets.shape, dtype=np.float32) for _ in range(3 if moments else 1)]
    hits = np.zeros(cut.targets.shape, dtype=bool)
    rows_at_once = MOST_LOGITS // max(1, cut.targets.shape[1] * model.tokenizer.vocabulary)
    for rows, length in cut.batches(max(1, min(batch, rows_at_once))):
        parts = _parts(model, torch.from_numpy(cut.inputs[rows, :length]))
        targets = torch.from_numpy(cut.targets[rows, :length]).to(parts.states.device)
        told, likely = _asked(parts, targets.flatten(), top, moments)
        measured = targets != IGNORED
        for values, column in zip(found, told, strict=True):
            values[rows, :length] = torch.where(measured, column.view(targets.shape), 0).cpu().numpy()
        hits[rows, :length] = (likely.view(targets.shape) & measured).cpu().numpy()
    return Places(found[0], hits, *found[1:])


@dataclass(frozen=True, eq=False)
class _Parts:
    """Logits [places, vocabulary] of a batch, a few places at a time: split, or made from `states` as they are asked for."""

    states: torch.Tensor
    head: torch.Tensor | None
    size: int

    def __iter__(self) -> Iterator[torch.Tensor]:
        for part in self.states.split(self.size):
            yield part if self.head is None else torch.nn.functional.linear(part, self.head)


def _parts(model: Model, tokens: torch.Tensor) -> _Parts:
    gpu = torch.cuda.is_available()
    size = max(1, (MOST_LOGITS // 4 if gpu else IN_CACHE) // model.tokenizer.vocabulary)
    if isinstance(model, _Kept) and size >= FEWEST_PLACES:
        return _Parts(model.states(tokens).flatten(0, 1), model.head, size)
    return _Parts(model.logits(tokens).flatten(0, 1), None, size)


def _asked(parts: _Parts, targets: torch.Tensor, top: int, moments: bool) -> tuple[list[torch.Tensor], torch.Tensor]:
    """Return loss and, if asked, mean and variance of ln p at each place; and whether its token is likely."""
    told: list[list[torch.Tensor]] = []
    for part, token in zip(parts, targets.clamp(min=0).split(parts.size), strict=True):
        said = torch.log_softmax(part.float(), dim=1)
        gold = said.gather(1, token[:, None])
        among = (said > gold).view(torch.uint8).sum(dim=1, dtype=torch.int32) < top
        one = [-gold[:, 0], among]
        if moments:
            chances = torch.softmax(part.float(), dim=1)
            mean = torch.linalg.vecdot(chances, said)
            one += [mean, torch.linalg.vecdot(chances * said, said) - mean**2]
        told.append(one)
    loss, likely, *rest = (torch.cat(column) for column in zip(*told, strict=True))
    return [loss, *rest], likely


@functools.lru_cache(maxsize=2)
def open_model(place: str) -> Model:
    """Load a model, once a process; raises InputError."""
    if is_kept(Path(place)):
        return _Kept(Path(place))
    return _Hub(place)


class _Kept:
    """A decoder that a proof kept."""

    def __init__(self, folder: Path) -> None:
        device = "cuda" if torch.cuda.is_available() else "cpu"
        self._decoder, self.tokenizer = load(folder, device)
        self.context = self._decoder.shape.context
        self.head: torch.Tensor = self._decoder.embedding.weight

    def states(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return what the last layer says, [windows, context, width]; times `head` it is the logits."""
        return self._decoder.states(tokens.to(self.head.device))

    def logits(self, tokens: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self._decoder(tokens.to(self._decoder.embedding.weight.device))
        return logits


class _HubTokenizer:
    """A Hugging Face tokenizer behind the interface of ours: its end-of-text token closes and opens texts."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.vocabulary = len(inner)
        ends = (inner.bos_token_id, inner.eos_token_id, inner.pad_token_id, 0)
        self.end = int(next(end for end in ends if end is not None))

    def encode(self, texts: pa.LargeStringArray) -> tuple[Any, NDArray[np.int64]]:
        found = self._inner(texts.to_pylist(), add_special_tokens=False, return_attention_mask=False)["input_ids"]
        lengths = np.fromiter((len(ids) for ids in found), dtype=np.int64, count=len(found))
        offsets = np.concatenate([[0], np.cumsum(lengths + 1)])
        tokens = np.full(int(offsets[-1]), self.end, dtype=np.int64)
        for start, ids in zip(offsets[:-1], found, strict=True):
            tokens[start : start + len(ids)] = ids
        return tokens, offsets

    def to_json(self) -> str:
        return str(self._inner.name_or_path)


class _Hub:
    """A Hugging Face causal language model."""

    def __init__(self, place: str) -> None:
        from transformers import AutoModelForCausalLM, AutoTokenizer

        on_disk = Path(place).is_dir() or not hub_answers()
        try:
            self.tokenizer = _HubTokenizer(AutoTokenizer.from_pretrained(place, local_files_only=on_disk))
            inner = AutoModelForCausalLM.from_pretrained(place, use_safetensors=True, local_files_only=on_disk)
            self._inner = inner.eval()
        except (OSError, ValueError, KeyError) as reason:
            raise InputError(
                f"loss cannot load a causal language model from '{place}'", str(reason).splitlines()[0],
                "name a model of the corpus (winnow teach), or a Hugging Face model that this machine has or can reach",
            ) from reason  # fmt: skip
        if torch.cuda.is_available():
            self._inner = self._inner.to("cuda", dtype=torch.bfloat16)
        longest = getattr(self._inner.config, "max_position_embeddings", 1024)
        self.context = int(min(longest, 1024))

    def logits(self, tokens: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self._inner(tokens.to(self._inner.device)).logits
        return logits
