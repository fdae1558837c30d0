"""Chunks: which windows are read together, and what of a text the network sees."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from winnow.score.chunks import CHUNK, MOST_READ, OPEN, SHORT, Gate, Survey, emoji_names, survey
from winnow.score.ngrams import Spelled

ZERO = Gate(0.0, 0.0)


def logits(plain: Spelled) -> Any:
    """Give a window 1 when it holds an "x", else -1; NaN when it is empty."""
    bounds = plain.bounds.tolist()
    texts = ["".join(map(chr, plain.codes[a:b])).strip() for a, b in pairwise(bounds)]
    return np.array([np.nan if not text else 1.0 if "x" in text else -1.0 for text in texts])


def of(*texts: str, gate: Gate = ZERO) -> Survey:
    return survey(pa.array(texts, pa.large_string()), logits, gate)


def test_a_short_text_is_one_chunk_and_texts_do_not_mix() -> None:
    found = of("A fine day it was. A box of nails.", "Another box of things.")
    assert found.chunks.tolist() == [0, 0, 1]
    assert found.chunk_rows.tolist() == [0, 1]
    assert found.firsts.tolist() == [0, 2]


def test_a_gate_opens_the_whole_chunk() -> None:
    found = of("A fine day it was. A box of nails.", "Nothing to see here.")
    assert found.open.tolist() == [True, False]
    assert [word.strip() for word in found.words] == ["a fine day it was.", "a box of nails."]


def test_a_long_text_is_cut_by_stretches_of_its_own() -> None:
    sentence = "Seventy letters are in this sentence, which is here so that it counts. "
    alone, second = of(sentence * 20), of("Hello there, you.", sentence * 20)
    assert np.bincount(alone.chunks).max() <= CHUNK // len(sentence) + 1
    assert (second.chunks[1:] - 1).tolist() == alone.chunks.tolist()


def test_short_texts_and_pages_have_gates_of_their_own() -> None:
    # Of a page the highest chunk passes the lower gate, the others the higher one: at 0 none of them, at -0.7 one.
    logits = np.array([-1.0, -1.5, -0.5, -3.0, -1.2, -0.2])
    page = np.zeros(6, dtype=np.int64)
    assert Gate(-2.0, 0.0).passes(page, logits).tolist() == [False, False, False, False, False, True]
    assert Gate(-2.0, -0.7).passes(page, logits).tolist() == [False, False, True, False, False, True]
    short = Gate(-2.0, 0.0).passes(np.array([0, 0, 0, 0, 1, 1]), logits)
    assert short.tolist() == [True, True, True, False, True, True]
    assert SHORT == 4
    assert Gate(0.0, 0.0).passes(np.zeros(0, dtype=np.int64), np.zeros(0)).tolist() == []


def test_of_a_long_text_only_the_foremost_chunks_are_read() -> None:
    sentence = "Seventy letters are in this sentence, which is here so that it counts. "
    found = of(sentence * 400, gate=OPEN)
    assert len(found.open) > MOST_READ
    assert found.open.sum() == MOST_READ


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("@someone look at https://example.org/a?b now", "look at now"),
        ("[USER] fix it", "fix it"),
        ("e\u0301x \u200bi d i o t", "ex idiot"),
        ("x 🐒", "x monkey"),
    ],
)
def test_what_the_network_sees(text: str, seen: str) -> None:
    assert " ".join(" ".join(of(text, gate=OPEN).words).split()) == seen


def test_foreign_letters_are_counted_and_signs_are_not() -> None:
    assert of("Привет x", "x hello 你", "👍👍👍👍 x yes").foreign.tolist() == [True, False, False]


def test_nothing_at_all() -> None:
    for found in (of(), of("", " ")):
        assert len(found.rows) == len(found.foreign) == len(found.words) == 0


def test_emoji_have_names() -> None:
    assert emoji_names()[ord("🔪")].strip() == "hocho"
