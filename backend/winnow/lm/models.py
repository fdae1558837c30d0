"""Language models of any origin behind one interface: those that a proof kept, and Hugging Face's."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from winnow.errors import InputError
from winnow.lm.kept import is_kept, load
from winnow.lm.tokenizer import Tokenizer
from winnow.lm.windows import IGNORED, Windows


class Model(Protocol):
    """A causal language model: tokens [windows, context] to logits, with the tokenizer that makes the tokens."""

    @property
    def tokenizer(self) -> Tokenizer: ...

    @property
    def context(self) -> int: ...

    def logits(self, tokens: torch.Tensor) -> torch.Tensor: ...


@torch.no_grad()
def places(model: Model, cut: Windows, *, batch: int, top: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return the loss of every place and whether its token is among the `top` likeliest; 0 where nothing is measured.

    Both are [windows, context]; windows of like length are read together.
    """
    losses = np.zeros(cut.targets.shape, dtype=np.float32)
    hits = np.zeros(cut.targets.shape, dtype=bool)
    for rows, length in cut.batches(batch):
        logits = model.logits(torch.from_numpy(cut.inputs[rows, :length])).float()
        targets = torch.from_numpy(cut.targets[rows, :length]).to(logits.device)
        found = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="none")
        losses[rows, :length] = found.view(targets.shape).cpu().numpy()
        gold = logits.gather(2, targets.clamp(min=0).unsqueeze(2))
        among = (logits > gold).sum(dim=2) < top
        hits[rows, :length] = (among & (targets != IGNORED)).cpu().numpy()
    return losses, hits


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

        try:
            self.tokenizer = _HubTokenizer(AutoTokenizer.from_pretrained(place))
            self._inner = AutoModelForCausalLM.from_pretrained(place, use_safetensors=True).eval()
        except (OSError, ValueError, KeyError) as reason:
            raise InputError(
                f"loss cannot load a causal language model from '{place}'", str(reason).splitlines()[0],
                "name a folder that `winnow prove` kept, or a Hugging Face model that this machine has",
            ) from reason  # fmt: skip
        if torch.cuda.is_available():
            self._inner = self._inner.to("cuda", dtype=torch.bfloat16)
        longest = getattr(self._inner.config, "max_position_embeddings", 1024)
        self.context = int(min(longest, 1024))

    def logits(self, tokens: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self._inner(tokens.to(self._inner.device)).logits
        return logits
