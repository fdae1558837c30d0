"""The C4 rules: which lines are sentences, and which pages keep enough of them."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from winnow.errors import SettingError
from winnow.method import Paper, param
from winnow.score.base import Scorer, Values
from winnow.score.limits import where_words
from winnow.score.sentences import inner_ends
from winnow.score.words import Mask, Pieces, Texts, per_text, share, texts_of

MIN_WORDS = 5
MIN_SENTENCES = 3
MAX_WORD_CHARS = 1000
MAX_PAGE_CHARS = 190_000
END_MARKS = (".", "?", "!", '"')
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
    Line rules are measured, not applied: the text stays whole. A text without words does not pass and has null
    features. Raises SettingError when the list of words cannot be read.
    """

    name: ClassVar[str] = "c4"
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
            "c4_pass": pa.bool_(),
        }

    def score(self, batch: pa.RecordBatch, prepared: Any) -> Mapping[str, Values]:
        texts = texts_of(batch)
        size, lines = len(texts), texts.lines
        met = _Rules(texts, _list_pattern(self.bad_words) if self.bad_words else "").run()

        def count(mask: Mask) -> NDArray[np.int32]:
            return per_text(lines.rows[mask], size).astype(np.int32)

        kept = met["kept"]
        sentences = per_text(lines.rows[kept], size, 1 + inner_ends(texts)[kept]).astype(np.int32)
        pages = {name: count(met[name]) > 0 for name in ("lorem_ipsum", "brace", "bad_word")}
        features: dict[str, NDArray[Any]] = {
            "c4_kept_line_ratio": share(count(kept), per_text(lines.rows, size)),
            "c4_sentences": sentences,
            **{f"c4_{rule}": count(met[rule]) for rule in _LINE_RULES},
            **{f"c4_{rule}": fired for rule, fired in pages.items() if rule != "bad_word" or self.bad_words},
        }
        dropped = pages["lorem_ipsum"] | pages["brace"] | pages["bad_word"] | (texts.chars > MAX_PAGE_CHARS)
        passed = (sentences >= MIN_SENTENCES) & ~dropped
        return {**where_words(features, texts.word_counts), "c4_pass": passed}


_LINE_RULES = ("unended_lines", "short_lines", "javascript_lines", "policy_lines")


class _Rules:
    """The lines of a batch on their way through the rules; each rule sees only what the earlier ones left."""

    def __init__(self, texts: Texts, bad_words: str) -> None:
        self.texts, self.bad_words = texts, bad_words
        self.alive = np.ones(len(texts.lines), dtype=np.bool_)

    def run(self) -> dict[str, Mask]:
        """Return, for each rule, the lines it met first, and the lines kept."""
        lines = self.texts.lines
        self._drop(self._overlong())
        ended, counts = self._after_citations()
        met = {"unended_lines": self._drop(~ended), "short_lines": self._drop(counts < MIN_WORDS)}
        met["lorem_ipsum"] = self._drop(self._holds("lorem ipsum"))
        met["javascript_lines"] = self._drop(self._holds("javascript"))
        braces = np.flatnonzero(self.texts.data == ord("{"))
        met["brace"] = self._drop(np.diff(np.searchsorted(braces, np.append(lines.starts, len(lines.data)))) > 0)
        met["policy_lines"] = self._drop(self._holds(*POLICIES))
        met["bad_word"] = self._drop(self._matches(self.bad_words))
        return {**met, "kept": self.alive}

    def _drop(self, mask: Mask) -> Mask:
        met = self.alive & mask
        self.alive = self.alive & ~mask
        return met

    def _overlong(self) -> Mask:
        overlong = np.flatnonzero(self.texts.words.chars > MAX_WORD_CHARS)
        mask = np.zeros(len(self.alive), dtype=np.bool_)
        mask[np.searchsorted(self.texts.words_of_lines, overlong, side="right") - 1] = True
        return mask

    def _after_citations(self) -> tuple[Mask, NDArray[np.int64]]:
        """Return which lines end in a mark and how many words each has, once citation marks are cut."""
        lines = self.texts.lines
        ended, counts = _ended(lines), np.diff(self.texts.words_of_lines)
        brackets = np.flatnonzero(self.texts.data == ord("["))
        cited = np.unique(np.searchsorted(lines.starts, brackets, side="right") - 1)
        if len(cited):
            strings = pc.replace_substring_regex(lines.take(cited).strings(), pattern=CITATION, replacement="")
            cut = Texts.of(strings)
            ended[cited] = _ended(Pieces(cut.data, cut.offsets[:-1], cut.offsets[1:], np.arange(len(cut)), cut.chars))
            counts[cited] = cut.word_counts
        return ended, counts

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


def _ended(lines: Pieces) -> Mask:
    return lines.ends_with(*END_MARKS) & ~lines.ends_with("...")


def _places(data: bytes, phrase: bytes) -> list[int]:
    return [match.start() for match in re.finditer(re.escape(phrase), data)]


@functools.lru_cache(maxsize=4)
def _list_pattern(path: str) -> str:
    try:
        words = Path(path).read_text(encoding="utf-8").lower().splitlines()
    except (OSError, UnicodeDecodeError) as reason:
        raise SettingError(f"c4 needs a list of words at '{path}'", str(reason), "--set bad_words=PATH") from reason
    escaped = [re.sub(r"([^\w\s])", r"\\\1", word.strip()) for word in words if word.strip()]
    return f"[^a-z](?:{'|'.join(escaped)})[^a-z]" if escaped else ""
