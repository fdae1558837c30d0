"""Export as tokens: a plain row of numbers that a training run maps into memory, and where each document begins."""

from __future__ import annotations

import functools
import json
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from tokenizers import Tokenizer as HubTokenizer

from winnow.errors import InputError, SettingError
from winnow.export.base import Exporter, appearing, write_text
from winnow.lm.tokenizer import END, Bytes, Tokenizer
from winnow.method import param

NOTE = "tokens.json"
ENDS = (END, "<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>", "<|im_end|>", "[SEP]")
"""Names of the token that ends a document, in the tokenizers people use."""


@dataclass(frozen=True, kw_only=True)
class Tokenised(Exporter):
    """Writes the tokens of each document, closed by the end token."""

    weights: str = param(
        "repeat",
        "Repeat a document as often as its weight says; a row of tokens has no column for it.",
        choices=("repeat",),
    )
    tokenizer: str = param(
        "bytes", "The bytes of UTF-8 ('bytes'), or a tokenizer.json of the tokenizers library, or its folder."
    )
    end: str = param("", "The token that ends a document; found by its usual names when not given.")

    @property
    def encoder(self) -> Tokenizer:
        """Return the tokenizer; raises SettingError, InputError."""
        return _encoder(self.tokenizer, self.end)

    @property
    @abstractmethod
    def kind(self) -> np.dtype[Any]:
        """Return the type of a token on disk."""

    def rows(self, tables: Iterator[pa.Table]) -> Iterator[tuple[NDArray[Any], NDArray[np.int64]]]:
        """Yield the tokens of each table in one row, and how many each document has."""
        encoder = self.encoder
        for table in tables:
            texts = table.column("text").cast(pa.large_string()).combine_chunks().fill_null("")
            if not len(texts):
                yield np.empty(0, self.kind), np.empty(0, np.int64)
                continue
            tokens, offsets = encoder.encode(texts)
            yield tokens.astype(self.kind), np.diff(offsets)

    def names(self, number: int, split: str = "") -> list[str]:
        part = f"{split}/part-{number:05d}" if split else f"part-{number:05d}"
        return [part + self.suffix, part + ".bin"]

    def encode(self, tables: Iterator[pa.Table], file: BinaryIO) -> None:
        for tokens, _ in self.rows(tables):
            file.write(tokens.tobytes())

    def put(self, tables: Iterator[pa.Table], path: Path) -> NDArray[np.int64]:
        """Write the tokens of a shard and return how many each document has."""
        counts: list[NDArray[np.int64]] = [np.empty(0, np.int64)]
        with appearing(path) as file:
            for tokens, count in self.rows(tables):
                file.write(tokens.tobytes())
                counts.append(count)
        return np.concatenate(counts)

    def finish(self, folder: Path, split: str, paths: Sequence[Path]) -> list[Path]:
        """Write what a reader must know: the type of a token, the size of the vocabulary, the end token, the counts."""
        data = [path for path in paths if path.suffix == ".bin"]
        tokens = sum(path.stat().st_size for path in data) // self.kind.itemsize
        note = {
            "dtype": self.kind.name, "vocabulary": self.encoder.vocabulary, "end": self.encoder.end,
            "tokenizer": self.tokenizer, "tokens": tokens, "documents": sum(self.count(path) for path in paths),
        }  # fmt: skip
        path = folder / split / NOTE
        path.parent.mkdir(exist_ok=True)
        write_text(path, json.dumps(note, indent=2) + "\n")
        return [path]


@dataclass(frozen=True, kw_only=True)
class Tokens(Tokenised):
    """Plain rows of tokens (part-00000.bin, to be mapped with numpy), with the place at which each document begins.

    Tokens are uint16 where the vocabulary fits and uint32 else, and each document ends with the end token.
    part-00000.starts.npy holds int64 [documents + 1], tokens.json the type, the vocabulary and the counts. The
    tokenizer is the bytes of UTF-8, or any of the tokenizers library; special tokens spelt out in a text stay text.
    """

    name: ClassVar[str] = "tokens"

    @property
    def kind(self) -> np.dtype[Any]:
        return np.dtype(np.uint16 if self.encoder.vocabulary <= 2**16 else np.uint32)

    @property
    def suffix(self) -> str:
        return ".starts.npy"

    def write_part(self, tables: Iterator[pa.Table], paths: Sequence[Path]) -> None:
        starts, data = paths
        with appearing(starts) as beside:
            counts = self.put(tables, data)
            np.save(beside, np.concatenate([[0], np.cumsum(counts)]), allow_pickle=False)

    def count(self, path: Path) -> int:
        return len(np.load(path, mmap_mode="r")) - 1 if path.name.endswith(self.suffix) else 0

    def usage(self, pattern: str) -> str:
        data = pattern.replace("*", "00000").replace(self.suffix, ".bin")
        return f'import numpy as np\n\ntokens = np.memmap("{data}", dtype="{self.kind.name}", mode="r")'


class _Hub:
    """A tokenizer of the tokenizers library with an end token."""

    def __init__(self, inner: HubTokenizer, end: str, path: str) -> None:
        # A document that spells a special token out must not end early.
        inner.encode_special_tokens = True
        inner.no_truncation()
        inner.no_padding()
        known = inner.get_vocab(with_added_tokens=True)
        self._inner, self.vocabulary = inner, max(known.values(), default=-1) + 1
        found = next((name for name in ([end] if end else ENDS) if name in known), None)
        if found is None:
            looked = f"it has no token '{end}'" if end else "none of its tokens has a usual name for it"
            raise SettingError(f"the token that ends a document is needed: {path}", looked, "--set end=TOKEN")
        self.end = known[found]

    def encode(self, texts: pa.LargeStringArray) -> tuple[NDArray[Any], NDArray[np.int64]]:
        found = self._inner.encode_batch_fast(texts.to_pylist(), add_special_tokens=False)
        lengths = np.fromiter((len(one) for one in found), dtype=np.int64, count=len(found))
        offsets = np.concatenate([[0], np.cumsum(lengths + 1)])
        tokens = np.full(int(offsets[-1]), self.end, dtype=np.uint32)
        for start, one in zip(offsets[:-1], found, strict=True):
            tokens[start : start + len(one)] = one.ids
        return tokens, offsets

    def to_json(self) -> str:
        return str(self._inner.to_str())


@functools.lru_cache(maxsize=4)
def _encoder(name: str, end: str) -> Tokenizer:
    if name == "bytes":
        if end:
            raise SettingError("bytes end with a mark of their own", f"found end '{end}'", "leave end out")
        return Bytes()
    path = Path(name) / "tokenizer.json" if Path(name).is_dir() else Path(name)
    if not path.is_file():
        raise SettingError("a tokenizer is 'bytes' or a tokenizer.json", f"there is no {path}", "--set tokenizer=FILE")
    try:
        text = path.read_text(encoding="utf-8")
        inner = HubTokenizer.from_str(text)
    except Exception as reason:  # the library raises bare exceptions
        raise InputError(f"a tokenizer.json is needed: {path}", str(reason)[:200], "--set tokenizer=FILE") from reason
    return _Hub(inner, end, str(path))
