"""Text to tokens: bytes, or byte-pair encoding learnt from a pool."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from tokenizers import Tokenizer as HubTokenizer
from tokenizers import decoders, models, pre_tokenizers, trainers

from winnow.errors import SettingError

Tokens = NDArray[np.uint16]

MAX_VOCABULARY = 65_536
END = "<|end|>"


class Tokenizer(Protocol):
    """Turns texts into tokens; `end` stands after every document and so before the next one."""

    vocabulary: int
    end: int

    def encode(self, texts: pa.LargeStringArray) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Return the tokens of all texts in one row, each text closed by `end`, and where each begins and the last ends.

        tokens [sum of lengths], uint16 for our own tokenizers, offsets int64 [texts + 1].
        """
        ...

    def to_json(self) -> str:
        """Return everything needed to make the same tokenizer again."""
        ...


class Bytes:
    """The 256 bytes of UTF-8 and an end mark: nothing to learn, nothing to download, and nats per byte compare."""

    vocabulary = 257
    end = 256

    def encode(self, texts: pa.LargeStringArray) -> tuple[Tokens, NDArray[np.int64]]:
        starts, data = text_bytes(texts)
        offsets = starts - starts[0] + np.arange(len(starts))
        tokens = np.full(int(offsets[-1]), self.end, dtype=np.uint16)
        place = np.ones(len(tokens), dtype=bool)
        place[offsets[1:] - 1] = False
        tokens[place] = data[starts[0] : starts[-1]]
        return tokens, offsets

    def to_json(self) -> str:
        return "bytes"


class BytePairs:
    """Byte-level byte-pair encoding (Sennrich et al. 2016, arXiv 1508.07909; bytes as in GPT-2)."""

    def __init__(self, inner: HubTokenizer) -> None:
        self._inner = inner
        # A document that spells the end mark out must not end early.
        inner.encode_special_tokens = True
        self.vocabulary = inner.get_vocab_size()
        self.end = int(inner.token_to_id(END) or 0)

    @classmethod
    def learn(cls, texts: Iterable[str], vocabulary: int) -> BytePairs:
        """Learn the merges from texts of the pool, never from an evaluation set; raises SettingError."""
        if not 257 < vocabulary <= MAX_VOCABULARY:
            raise SettingError(
                f"a vocabulary has 258 to {MAX_VOCABULARY:,} entries", f"found {vocabulary:,}", "--vocabulary 16384"
            )
        inner = HubTokenizer(models.BPE())
        inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        inner.decoder = decoders.ByteLevel()
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        inner.train_from_iterator(
            texts,
            trainers.BpeTrainer(
                vocab_size=vocabulary, special_tokens=[END], initial_alphabet=alphabet, show_progress=False
            ),
        )
        return cls(inner)

    def encode(self, texts: pa.LargeStringArray) -> tuple[Tokens, NDArray[np.int64]]:
        found = self._inner.encode_batch_fast(texts.to_pylist(), add_special_tokens=False)
        lengths = np.fromiter((len(one) for one in found), dtype=np.int64, count=len(found))
        offsets = np.concatenate([[0], np.cumsum(lengths + 1)])
        tokens = np.full(int(offsets[-1]), self.end, dtype=np.uint16)
        for start, one in zip(offsets[:-1], found, strict=True):
            tokens[start : start + len(one)] = one.ids
        return tokens, offsets

    def to_json(self) -> str:
        return self._inner.to_str()


def tokenizer_of(text: str) -> Bytes | BytePairs:
    """Make the tokenizer that `to_json` described."""
    return Bytes() if text == "bytes" else BytePairs(HubTokenizer.from_str(text))


def fingerprint(tokenizer: Tokenizer) -> str:
    """Return a short hash: runs with different tokenizers must not be compared token by token."""
    return hashlib.sha256(tokenizer.to_json().encode()).hexdigest()[:16]


def text_bytes(texts: pa.LargeStringArray) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Return where each text begins (and the last ends) in the bytes that follow, without a copy."""
    _, starts, data = texts.buffers()
    offsets = np.frombuffer(starts, dtype=np.int64, count=len(texts) + 1, offset=8 * texts.offset)
    return offsets, np.frombuffer(data, dtype=np.uint8) if data is not None else np.empty(0, dtype=np.uint8)
