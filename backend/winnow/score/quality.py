"""How much a text resembles edited reference prose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from winnow.method import Paper
from winnow.score.base import Scorer, Values, vectors_of
from winnow.score.linear import Floats64, Head, load, sigmoid
from winnow.score.passages import ALONE, DIGIT, LETTER, MASK_DIGIT, SPACE, Block, blocks, fold, kinds

SHAPE = ("letters", "digits", "capitals", "newlines", "word_length", "sentence_length", "symbols")
"""What `shape` tells of a text, in order."""

_COUNTS = 8


def counts(block: Block) -> Floats64:
    """Count, for each piece of a block: code points, letters, digits, capitals, newlines, words, sentence ends, symbols."""
    kind, codes = kinds(block.codes), block.codes
    letter = (kind == LETTER) | (kind == ALONE)
    word = letter | (kind == DIGIT) | (kind == MASK_DIGIT)
    ends = np.isin(codes, np.array([ord(mark) for mark in ".!?。！？"], dtype=np.uint32))
    ends[1:] &= ~ends[:-1]
    begins = word.copy()
    begins[1:] &= ~word[:-1]
    marks = (
        np.ones(len(codes), dtype=bool),
        letter,
        (kind == DIGIT) | (kind == MASK_DIGIT),
        (kind == LETTER) & (fold(codes) != codes) & (codes < 128),
        codes == ord("\n"),
        begins,
        ends,
        ~word & (kind != SPACE) & ~ends,
    )
    totals = np.stack([np.add.reduceat(mark, block.starts[:-1], dtype=np.int64) for mark in marks], axis=1)
    totals[:, [0, 4]] -= (2, 2)
    return totals.astype(np.float64)


def shape(texts: pa.Array) -> Floats64:
    """Return float64 [n, 7], in the order of SHAPE, none of which grows with the length of a text.

    Shares of the code points: letters, digits, capitals among letters, newlines, symbols. Lengths: letters and digits a
    word, ln of words a sentence. Each is moved and scaled to about [-3, 3] by fixed numbers.
    """
    total = np.zeros((len(texts), _COUNTS))
    for block in blocks(texts):
        np.add.at(total, block.rows, counts(block))
    points, letters, digits, capitals, newlines, words, ends, symbols = total.T
    points, words = np.maximum(points, 1), np.maximum(words, 1)
    raw = np.stack(
        [
            (letters / points - 0.78) / 0.06,
            (digits / points - 0.015) / 0.03,
            (capitals / np.maximum(letters, 1) - 0.04) / 0.04,
            (newlines / points - 0.01) / 0.01,
            ((letters + digits) / words - 4.6) / 0.6,
            np.log(words / np.maximum(ends, 1) / 18) / 0.5,
            (symbols / points - 0.03) / 0.02,
        ],
        axis=1,
    )
    return np.clip(raw, -3, 3)


@dataclass(frozen=True, kw_only=True)
class Quality(Scorer):
    """Says how much a text resembles edited reference prose rather than raw web pages, mail or chatter.

    quality = σ(b + w·v + u·s), v the static vector of the whole text, s its shape (shares of letters, digits, capitals,
    newlines and symbols, length of words and sentences). Fitted on passages of encyclopedia articles, news, lessons,
    presidential speeches, papers and answers (1) against web pages, mail, spam, tweets, comments and short requests (0):
    it knows nothing of truth or worth, does not follow ratings of educational value, and scores a good page on a subject
    of chatter low. English only. What was measured stands in tests/truth/README.md.
    """

    name: ClassVar[str] = "quality"
    paper: ClassVar[Paper | None] = Paper("Language Models are Few-Shot Learners", "2005.14165", 2020)

    def columns(self) -> Mapping[str, pa.DataType]:
        return {"quality": pa.float32()}

    def needs(self) -> frozenset[str]:
        return frozenset({"text", "vectors:static"})

    def score(self, batch: pa.RecordBatch, prepared: Any) -> Mapping[str, Values]:
        fitted = load("quality")
        found = shape(batch.column("text"))
        logits = Head.of(fitted).logits(vectors_of(batch, "static")) + found @ fitted["shape"].astype(np.float64)
        return {"quality": sigmoid(logits).astype(np.float32)}
