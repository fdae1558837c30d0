"""The Gopher repetition rules as other tools compute them: the names are one, the formulas are not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from winnow.method import Paper
from winnow.score.base import Scorer, Values
from winnow.score.foreign import with_foreign
from winnow.score.limits import where_words
from winnow.score.repetition import (
    COVERED_SIZES,
    TOP_SIZES,
    Repeats,
    covered_share,
    first_copies,
    first_of,
    first_top,
    regroup,
    repeats,
    top_share,
)
from winnow.score.words import NEWLINE, Pieces, Texts, per_text, share, texts_of

Floats = NDArray[np.float64]
TOOLS = ("datatrove", "dclm", "nemo")
_MARK = np.isin(np.arange(256), list(b"!\"#$%&'()*+,-./:;<=>?@[\\]^`{|}~"))
_INNER = np.isin(np.arange(256), list(b"'.:"))


@dataclass(frozen=True, kw_only=True)
class GopherVariants(Scorer):
    """Measures the Gopher repetition rules as datatrove, DCLM and NeMo Curator compute them.

    `gopher_<rule>_datatrove`: words and marks apart; `top_ngram` = count · characters of the most frequent n-gram, the
    first of several, with a space between words, even when it occurs once, / characters of the text; `dup_ngram`, read
    from the left, n-grams met before, after which n words are passed over, without spaces / characters of the text;
    lines are split at runs of newlines, and a newline at an end leaves an empty one.
    `gopher_<rule>_dclm`: words alone; the longest of the most frequent n-grams, / characters of words; `dup_ngram` =
    words inside some repeated n-gram; every copy of a repeated line counts, the first too, blank lines do not.
    `gopher_<rule>_nemo`: split on whitespace; what the text loses when the most frequent n-gram is cut out of it
    wherever it stands with single spaces, 1 for a text too short for one; `dup_ngram` = words inside an n-gram that came
    before, with their spaces / characters of the text.

    The default columns of `gopher` are the covered words over characters of words. Word borders of spaCy and of
    Unicode are come near by letters, digits and marks. A text without words has null features.
    """

    name: ClassVar[str] = "gopher_variants"
    paper: ClassVar[Paper | None] = Paper(
        "Scaling Language Models: Methods, Analysis & Insights from Training Gopher", "2112.11446", 2021
    )
    reconstruction: ClassVar[bool] = True
    default: ClassVar[bool] = False

    def columns(self) -> Mapping[str, pa.DataType]:
        lines = [f"{rule}_{tool}" for tool in TOOLS[:2] for rule in ("dup_line_ratio", "dup_line_chars")]
        ngrams = [
            (f"top_{size}gram" if size in TOP_SIZES else f"dup_{size}gram") for size in (*TOP_SIZES, *COVERED_SIZES)
        ]
        return {f"gopher_{name}": pa.float64() for name in (*lines, *(f"{n}_{tool}" for tool in TOOLS for n in ngrams))}

    def score(self, batch: pa.RecordBatch, prepared: Any) -> Mapping[str, Values]:
        texts = texts_of(batch)
        features = {**_lines(texts), **dict(_datatrove(texts)), **dict(_dclm(texts)), **dict(_nemo(texts))}
        return where_words({f"gopher_{name}": found for name, found in features.items()}, texts.word_counts)


def _lines(texts: Texts) -> dict[str, Floats]:
    lines, size = texts.raw_lines, len(texts)
    filled = np.diff(texts.offsets) > 0
    ends = np.zeros(size)
    if len(texts.data):
        ends[filled] = texts.data[texts.offsets[:-1][filled]] == NEWLINE
        ends[filled] += texts.data[texts.offsets[1:][filled] - 1] == NEWLINE
    extra = ~first_copies(lines)
    again = per_text(lines.rows[extra], size) + np.maximum(ends - 1, 0)
    stripped = texts.lines
    every, several = _every_copy(stripped), per_text(stripped.rows, size) > 1
    chars = per_text(stripped.rows, size, stripped.chars)
    return {
        "dup_line_ratio_datatrove": share(again, per_text(lines.rows, size) + ends),
        "dup_line_chars_datatrove": share(per_text(lines.rows[extra], size, lines.chars[extra]), texts.chars),
        "dup_line_ratio_dclm": several * share(per_text(stripped.rows[every], size), per_text(stripped.rows, size)),
        "dup_line_chars_dclm": several * share(per_text(stripped.rows[every], size, stripped.chars[every]), chars),
    }


def _every_copy(pieces: Pieces) -> NDArray[np.bool_]:
    """Say which pieces stand at least twice in their text."""
    codes, distinct = pieces.encoded
    groups = regroup(pieces.rows * max(len(distinct), 1) + codes)
    return np.bincount(groups, minlength=1)[groups] > 1


def _datatrove(texts: Texts) -> Iterator[tuple[str, Floats]]:
    apart = marks_apart(texts)
    for found in repeats(apart, COVERED_SIZES[-1]):
        if found.size in TOP_SIZES:
            top = first_top(apart, found)
            yield f"top_{found.size}gram_datatrove", share(top.counts * (top.chars + found.size - 1), texts.chars)
        elif found.size in COVERED_SIZES:
            yield f"dup_{found.size}gram_datatrove", share(_greedy(apart, found), texts.chars)


def _greedy(texts: Texts, found: Repeats) -> Floats:
    """Sum the characters of n-grams met before, read from the left; after each, its words are passed over."""
    met: set[int] = set()
    taken, free = [], 0
    for start, group in zip(found.starts.tolist(), found.groups.tolist(), strict=True):
        if start >= free:
            if group in met:
                taken.append(start)
                free = start + found.size
            else:
                met.add(group)
    starts, before = np.array(taken, dtype=np.int64), texts.words.chars_before
    return per_text(texts.words.rows[starts], len(texts), before[starts + found.size] - before[starts])


def _dclm(texts: Texts) -> Iterator[tuple[str, Floats]]:
    words = words_alone(texts)
    for found in repeats(words, COVERED_SIZES[-1]):
        if found.size in TOP_SIZES:
            yield f"top_{found.size}gram_dclm", top_share(words, found)
        elif found.size in COVERED_SIZES:
            yield f"dup_{found.size}gram_dclm", covered_share(words, found)


def _nemo(texts: Texts) -> Iterator[tuple[str, Floats]]:
    for found in repeats(texts, COVERED_SIZES[-1]):
        if found.size in TOP_SIZES:
            yield f"top_{found.size}gram_nemo", _cut_out(texts, found)
        elif found.size in COVERED_SIZES:
            shares = share(_later_copies(texts, found), texts.chars)
            yield f"dup_{found.size}gram_nemo", np.where(texts.word_counts < found.size, 1.0, shares)


def _cut_out(texts: Texts, found: Repeats) -> Floats:
    top, words = first_top(texts, found), texts.words
    lost = np.zeros(len(texts))
    for row in np.flatnonzero(top.starts >= 0).tolist():
        start = int(top.starts[row])
        parts = [words.data[words.starts[w] : words.ends[w]].tobytes() for w in range(start, start + found.size)]
        body = texts.data[texts.offsets[row] : texts.offsets[row + 1]].tobytes()
        lost[row] = body.count(b" ".join(parts)) * (top.chars[row] + found.size - 1)
    return np.where(top.starts >= 0, share(lost, texts.chars), 1.0)


def _later_copies(texts: Texts, found: Repeats) -> Floats:
    """Count the characters of words inside n-grams that came before, with a space for each word not counted yet."""
    later = np.ones(len(found.starts), dtype=np.bool_)
    later[first_of(found.groups)] = False
    starts, before, rows = found.starts[later], texts.words.chars_before, texts.words.rows
    step = np.diff(starts, prepend=-found.size)
    same = np.append(False, rows[starts[1:]] == rows[starts[:-1]])[: len(starts)]
    fresh = np.where(same, np.minimum(step, found.size), found.size)
    chars = before[starts + found.size] - before[starts + found.size - fresh] + np.minimum(fresh, found.size - 1)
    return per_text(rows[starts], len(texts), chars)


def marks_apart(texts: Texts) -> Texts:
    """Return the texts with a space around every mark: words and marks become words."""
    texts = with_foreign(texts, lambda found: pc.replace_substring_regex(found, r"([^\x00-\x7f\pL\pN\pM])", r" \1 "))
    marks = _MARK[texts.data]
    places = np.arange(len(texts.data)) + 2 * np.cumsum(marks) - marks
    wide = np.full(len(texts.data) + 2 * int(marks.sum()), ord(" "), dtype=np.uint8)
    wide[places] = texts.data
    before = np.concatenate([[0], np.cumsum(marks)])
    return Texts(wide, texts.offsets + 2 * before[texts.offsets])


def words_alone(texts: Texts) -> Texts:
    """Return the texts with marks blanked, but for . ' : between two letters or digits."""
    texts = with_foreign(texts, lambda found: pc.replace_substring_regex(found, r"[^\x00-\x7f\pL\pN\pM’]", " "))
    data = texts.data.copy()
    marks = _MARK[data]
    inside = np.zeros(len(data), dtype=np.bool_)
    word = ~marks & (data > 32)
    inside[1:-1] = _INNER[data[1:-1]] & word[:-2] & word[2:]
    data[marks & ~inside] = ord(" ")
    return Texts(data, texts.offsets)
