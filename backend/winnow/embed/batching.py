"""From texts to what a network reads: batches of like length, filled up to a number of word pieces."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
from tokenizers import Tokenizer

Features = Mapping[str, Any]

# Text is cut before it is split: a word piece has about four characters, so that eight for each piece a model reads are
# nearly always enough, and the rest of a long page is never looked at. Where they are not, it is cut at twenty.
CHARACTERS_A_PIECE, MOST_CHARACTERS_A_PIECE = 8, 20
# In words of single letters and marks, which every tokenizer must split as the model's own does.
PROBES = ("A short text.", "Zürich – naïve café, 東京, #tag 123,456 😀 don't", "long " * 9000, "x")


class Batcher:
    """Splits texts into word pieces, all cores at once, and joins them to batches of at most `pieces`, padding counted.

    Reads the model's tokenizer directly where that gives what the library gives (tried on four texts when it is made),
    and asks the library where it does not: prompts that pooling leaves out, tokenizers written in Python.
    """

    def __init__(self, model: Any, pieces: int) -> None:
        self.model, self.pieces = model, pieces
        self.prompt = model.prompts.get("document") or model.prompts.get(model.default_prompt_name or "") or ""
        self.reads = int(model.max_seq_length or 512)
        self._split = self._direct()

    @functools.cached_property
    def width(self) -> int:
        """Dimensions of the model's vectors."""
        # sentence-transformers renamed this in 5.x too.
        new, old = "get_embedding_dimension", "get_sentence_embedding_dimension"
        return int(getattr(self.model, new if hasattr(self.model, new) else old)())

    def cut(self, text: str) -> str:
        """Return the part of a text that the model may read, without white space at its ends."""
        return text.strip()[: MOST_CHARACTERS_A_PIECE * self.reads]

    def batches(self, texts: Sequence[str]) -> Iterator[tuple[list[int], Features]]:
        """Yield places in `texts` with their features, the longest texts first; no text may be blank."""
        if self._split is None:
            for group in alike([len(text) for text in texts], 4 * self.pieces):
                yield group, by_library(self.model, [self.prompt + texts[place] for place in group])
            return
        split = self._split([self.prompt + text for text in texts])
        for group in alike([len(ids) for ids in split], self.pieces):
            yield group, self._padded([split[place] for place in group])

    def _direct(self) -> Callable[[Sequence[str]], list[list[int]]] | None:
        backend = getattr(self.model.tokenizer, "backend_tokenizer", None)
        if backend is None or not self.model.max_seq_length:
            return None
        own = Tokenizer.from_str(backend.to_str())
        own.no_padding()
        own.enable_truncation(self.reads)
        split = functools.partial(split_texts, own, self.reads)
        texts = [self.prompt + self.cut(text) for text in PROBES]
        theirs, mine = by_library(self.model, texts), self._padded(split(texts))
        same = theirs.keys() == mine.keys() and all(
            np.array_equal(theirs[key], mine[key]) for key in mine if hasattr(mine[key], "shape")
        )
        return split if same else None

    def _padded(self, split: Sequence[Sequence[int]]) -> Features:
        import torch

        lengths = np.array([len(ids) for ids in split])
        longest = int(lengths.max())
        tokenizer = self.model.tokenizer
        places = np.arange(longest)[::-1] if tokenizer.padding_side == "left" else np.arange(longest)
        real = places < lengths[:, None]
        ids = np.full(real.shape, tokenizer.pad_token_id or 0, np.int64)
        ids[real] = np.fromiter(chain.from_iterable(split), np.int64, int(lengths.sum()))
        found = {**self._constants, "input_ids": torch.from_numpy(ids)}
        found["attention_mask"] = torch.from_numpy(real.astype(np.int64))
        if "token_type_ids" in tokenizer.model_input_names:
            found["token_type_ids"] = torch.zeros_like(found["input_ids"])
        return found

    @functools.cached_property
    def _constants(self) -> dict[str, Any]:
        """What the library tells a model besides numbers, such as that these are texts."""
        return {key: value for key, value in by_library(self.model, ["x"]).items() if not hasattr(value, "shape")}


def split_texts(tokenizer: Tokenizer, reads: int, texts: Sequence[str]) -> list[list[int]]:
    """Return each text's first `reads` piece numbers; the tokenizer truncates, and uses every core."""
    most = CHARACTERS_A_PIECE * reads
    found = [part.ids for part in tokenizer.encode_batch_fast([text[:most] for text in texts])]
    # The last piece before a cut may be half a word: it counts only where the model does not read that far.
    short = [place for place, text in enumerate(texts) if len(text) > most and len(found[place]) < reads]
    for place, part in zip(short, tokenizer.encode_batch_fast([texts[place] for place in short]), strict=True):
        found[place] = part.ids
    return found


def by_library(model: Any, texts: list[str]) -> dict[str, Any]:
    # sentence-transformers renamed tokenize to preprocess in 5.x.
    return dict(model.preprocess(texts) if hasattr(model, "preprocess") else model.tokenize(texts))


def alike(lengths: Sequence[int], budget: int) -> list[list[int]]:
    """Group places by length, longest first, so that longest × count stays within budget (a longer text stands alone)."""
    groups: list[list[int]] = []
    for place in sorted(range(len(lengths)), key=lambda place: -lengths[place]):
        if groups and (len(groups[-1]) + 1) * lengths[groups[-1][0]] <= budget:
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups
