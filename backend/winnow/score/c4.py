"""The C4 rules: which lines are sentences, and which pages keep enough of them."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from winnow.method import Paper, param
from winnow.score.base import Scorer, Values
from winnow.score.limits import where_words
from winnow.score.sentences import inner_ends
from winnow.score.word_list import read_words
from winnow.score.words import Mask, Pieces, Texts, per_text, share, texts_of

MIN_WORDS, DATATROVE_MIN_WORDS = 5, 3
MIN_SENTENCES, DATATROVE_MIN_SENTENCES = 3, 5
MAX_WORD_CHARS = 1000
MAX_PAGE_CHARS = 190_000
END_MARKS = (".", "?", "!", '"')
DATATROVE_END_MARKS = (*END_MARKS, "'")
LONG_LINE = 200
CITATION = r"\[\d*\]|\[edit\]|\[citation needed\]"
POLICIES = (
    "terms of use",
    "privacy policy",
    "cookie policy",
    "uses cookies",
    "use of cookies",
    "use cookies",
)


@dataclass(frozen=True, kw_only=True)
class C4(Scorer):
    """Measures the C4 line and page rules.

    Each stripped line meets, in this order: a word over 1,000 characters drops it; citation marks "[1]", "[edit]",
    "[citation needed]" are cut; it must end in . ? ! or " and not in "..."; it must have 5 words; "lorem ipsum" drops
    the page; "javascript" drops the line; "{" drops the page; a policy phrase ("privacy policy", "use cookies", ...)
    drops the line; a word of the list `bad_words`, if one is given, drops the page. A page passes when no page rule
    fired, at most 190,000 characters came in, and 3 sentences are left in the lines kept. A sentence ends at a line's
    end, or at a word in . ? ! (closing quotes or brackets may follow) that is no initial or common title and is not
    followed by a lower-case letter.

    Counts are of lines dropped by the first rule that met them; `c4_kept_line_ratio` is the share of lines kept.
    `c4_datatrove_*` are the same by the other published reading: 3 words in a line, counted before citation marks are
    cut, 5 sentences in a page, an apostrophe ends a line too, no list of words and no longest page. `c4_long_lines`
    counts lines of 200 characters, of which mC4 asks for three. Line rules are measured, not applied: the text stays
    whole. A text without words does not pass and has null features. Raises SettingError when the list of words cannot
    be read.
    """

    name: ClassVar[str] = "c4"
    version: ClassVar[int] = 2
    paper: ClassVar[Paper | None] = Paper(
        "Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer", "1910.10683", 2019
    )

    bad_words: str = param("", "A file of words, one a line, that drop a page; empty for none.")

    def columns(self) -> Mapping[str, pa.DataType]:
        return {
            "c4_kept_line_ratio": pa.float64(),
            "c4_sentences": pa.int32(),
            "c4_unended_lines": pa.int32(),
            "c4_short_lines": pa.int32(),
            "c4_javascript_lines": pa.int32(),
            "c4_policy_lines": pa.int32(),
            "c4_lorem_ipsum": pa.bool_(),
            "c4_brace": pa.bool_(),
            **({"c4_bad_word": pa.bool_()} if self.bad_words else {}),
            "c4_long_lines": pa.int32(),
            "c4_pass": pa.bool_(),
            "c4_datatrove_kept_line_ratio": pa.float64(),
            "c4_datatrove_sentences": pa.int32(),
            "c4_datatrove_lorem_ipsum": pa.bool_(),
            "c4_datatrove_brace": pa.bool_(),
            "c4_datatrove_pass": pa.bool_(),
        }

    def score(self, batch: pa.RecordBatch, prepared: Any) -> Mapping[str, Values]:
        texts = texts_of(batch)
        rules = _Rules(texts, _list_pattern(self.bad_words) if self.bad_words else "")
        met, other = rules.run(), rules.run_datatrove()
        pages = _Pages(texts)
        lorem, brace, bad = (pages.count(met[name]) > 0 for name in ("lorem_ipsum", "brace", "bad_word"))
        other_lorem, other_brace = (pages.count(other[name]) > 0 for name in ("lorem_ipsum", "brace"))
        sentences, other_sentences = pages.sentences(met["kept"]), pages.sentences(other["kept"])
        features: dict[str, NDArray[Any]] = {
            "c4_kept_line_ratio": pages.kept_ratio(met["kept"]),
            "c4_sentences": sentences,
            **{f"c4_{rule}": pages.count(met[rule]) for rule in _LINE_RULES},
            "c4_lorem_ipsum": lorem,
            "c4_brace": brace,
            **({"c4_bad_word": bad} if self.bad_words else {}),
            "c4_long_lines": pages.count(texts.lines.chars >= LONG_LINE),
            "c4_datatrove_kept_line_ratio": pages.kept_ratio(other["kept"]),
            "c4_datatrove_sentences": other_sentences,
            "c4_datatrove_lorem_ipsum": other_lorem,
            "c4_datatrove_brace": other_brace,
        }
        dropped = lorem | brace | bad | (texts.chars > MAX_PAGE_CHARS)
        return {
            **where_words(features, texts.word_counts),
            "c4_pass": (sentences >= MIN_SENTENCES) & ~dropped,
            "c4_datatrove_pass": (other_sentences >= DATATROVE_MIN_SENTENCES) & ~other_lorem & ~other_brace,
        }


_LINE_RULES = ("unended_lines", "short_lines", "javascript_lines", "policy_lines")


def line_rules(texts: Texts) -> dict[str, Mask]:
    """Return, for each rule, the lines that it met first, and under "kept" the lines that none did."""
    return _Rules(texts, "").run()


@dataclass(frozen=True)
class _Pages:
    """What lines say of the pages they stand on."""

    texts: Texts

    def count(self, mask: Mask) -> NDArray[np.int32]:
        return per_text(self.texts.lines.rows[mask], len(self.texts)).astype(np.int32)

    def kept_ratio(self, kept: Mask) -> NDArray[np.float64]:
        return share(self.count(kept), per_text(self.texts.lines.rows, len(self.texts)))

    def sentences(self, kept: Mask) -> NDArray[np.int32]:
        rows, ends = self.texts.lines.rows[kept], inner_ends(self.texts)[kept]
        return per_text(rows, len(self.texts), 1 + ends).astype(np.int32)


class _Rules:
    """The lines of a batch on their way through the rules; each rule sees only what the earlier ones left."""

    def __init__(self, texts: Texts, bad_words: str) -> None:
        self.texts, self.bad_words = texts, bad_words
        self.alive = np.ones(len(texts.lines), dtype=np.bool_)

    def run(self) -> dict[str, Mask]:
        """Return, for each rule, the lines it met first, and the lines kept."""
        ended, counts = self._after_citations(END_MARKS)
        met = self._rules(ended, counts, MIN_WORDS)
        met["bad_word"] = self._drop(self._matches(self.bad_words))
        return {**met, "kept": self.alive}

    def run_datatrove(self) -> dict[str, Mask]:
        """Return the same by datatrove's reading of the rules."""
        ended, _ = self._after_citations(DATATROVE_END_MARKS)
        met = self._rules(ended, np.diff(self.texts.words_of_lines), DATATROVE_MIN_WORDS)
        return {**met, "kept": self.alive}

    def _rules(self, ended: Mask, words: NDArray[np.int64], least: int) -> dict[str, Mask]:
        self.alive = np.ones(len(self.texts.lines), dtype=np.bool_)
        self._drop(self._overlong)
        met = {"unended_lines": self._drop(~ended), "short_lines": self._drop(words < least)}
        for rule in ("lorem_ipsum", "javascript_lines", "brace", "policy_lines"):
            met[rule] = self._drop(self._held[rule])
        return met

    @functools.cached_property
    def _held(self) -> dict[str, Mask]:
        lines, braces = self.texts.lines, np.flatnonzero(self.texts.data == ord("{"))
        return {
            "lorem_ipsum": self._holds("lorem ipsum"),
            "javascript_lines": self._holds("javascript"),
            "brace": np.diff(np.searchsorted(braces, np.append(lines.starts, len(lines.data)))) > 0,
            "policy_lines": self._holds(*POLICIES),
        }

    def _drop(self, mask: Mask) -> Mask:
        met = self.alive & mask
        self.alive = self.alive & ~mask
        return met

    @functools.cached_property
    def _overlong(self) -> Mask:
        overlong = np.flatnonzero(self.texts.words.chars > MAX_WORD_CHARS)
        mask = np.zeros(len(self.alive), dtype=np.bool_)
        mask[np.searchsorted(self.texts.words_of_lines, overlong, side="right") - 1] = True
        return mask

    def _after_citations(self, marks: tuple[str, ...]) -> tuple[Mask, NDArray[np.int64]]:
        """Return which lines end in a mark and how many words each has, once citation marks are cut."""
        lines = self.texts.lines
        ended, counts = _ended(lines, marks), np.diff(self.texts.words_of_lines)
        brackets = np.flatnonzero(self.texts.data == ord("["))
        cited = np.unique(np.searchsorted(lines.starts, brackets, side="right") - 1)
        if len(cited):
            cut = self._cut(cited)
            pieces = Pieces(cut.data, cut.offsets[:-1], cut.offsets[1:], np.arange(len(cut)), cut.chars)
            ended[cited] = _ended(pieces, marks)
            counts[cited] = cut.word_counts
        return ended, counts

    def _cut(self, cited: NDArray[np.int64]) -> Texts:
        strings = self.texts.lines.take(cited).strings()
        return Texts.of(pc.replace_substring_regex(strings, pattern=CITATION, replacement=""))

    @functools.cached_property
    def _lowered(self) -> bytes:
        return self.texts.data.tobytes().lower()

    def _holds(self, *phrases: str) -> Mask:
        """Say which lines hold one of the ASCII phrases, in any case."""
        mask = np.zeros(len(self.alive), dtype=np.bool_)
        found = [place for phrase in phrases for place in _places(self._lowered, phrase.encode())]
        mask[np.searchsorted(self.texts.lines.starts, found, side="right") - 1] = True
        return mask

    def _matches(self, pattern: str) -> Mask:
        mask = np.zeros(len(self.alive), dtype=np.bool_)
        if pattern:
            lowered = pc.utf8_lower(self.texts.lines.take(self.alive).strings())
            mask[self.alive] = pc.match_substring_regex(lowered, pattern=pattern).to_numpy(zero_copy_only=False)
        return mask


def _ended(lines: Pieces, marks: tuple[str, ...]) -> Mask:
    return lines.ends_with(*marks) & ~lines.ends_with("...")


def _places(data: bytes, phrase: bytes) -> list[int]:
    return [match.start() for match in re.finditer(re.escape(phrase), data)]


def _list_pattern(path: str) -> str:
    listed = read_words("c4", path)
    entries = listed.words + listed.phrases
    return f"[^a-z](?:{listed.pattern(entries)})[^a-z]" if entries else ""
