"""Texts that break things, through every scorer of rules, language and personal data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from text_batches import batch_of
from winnow.ingest.jsonl import JsonLines
from winnow.method import methods
from winnow.score.base import Scorer

RULES = ("shape", "gopher", "gopher_variants", "c4", "fineweb", "refinedweb", "redpajama", "dolma")
SCORERS = {name: methods(Scorer)[name] for name in (*RULES, "language", "pii", "tokens")}
STRANGE = st.sampled_from(
    [
        "👩‍👩‍👧", "🇫🇷", "👍🏽", "❤️", "\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u202e", "\u202c", "\u2067", "\u200f",
        "שלום", "مرحبا", "\x00", "\x01", "\x1f", "\x7f", "\x85", "\u2028", "\u2029", "\ufffd", "\ufffe", "\U0010ffff", "e\u0301",
        "\u0301", "\u3000", "ﬁ", "İ", "ß", "Ǆ", "ﷺ", "𝒳", "한국", "ไทย", "नमस्ते", "\r\n", "\n\n", "\t", " ", "a", "A b. ", "1", "@", ".",
        "ana@example.org", "{", "javascript", "https://x.example/y", "...", '"', "word " * 30,
    ]
)  # fmt: skip
strange = st.lists(st.lists(STRANGE, max_size=30).map("".join), max_size=5)


def values(scorer: Scorer, documents: list[str]) -> dict[str, list[Any]]:
    batch = batch_of(documents)
    found = scorer.score(batch, scorer.prepare([batch]))
    for name, column in found.items():
        numbers = column if isinstance(column, pa.Array) else pa.array(column)
        assert len(numbers) == len(documents)
        if pa.types.is_floating(numbers.type):
            assert np.isfinite(numbers.drop_null().to_numpy(zero_copy_only=False)).all(), name
    return {name: column.tolist() for name, column in found.items()}


@pytest.fixture(scope="module", params=SCORERS.values(), ids=SCORERS.keys())
def scorer(request: pytest.FixtureRequest) -> Scorer:
    built: Scorer = request.param()
    return built


@given(documents=strange)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_strange_texts_have_values_that_are_their_own(scorer: Scorer, documents: list[str]) -> None:
    together = values(scorer, documents)
    for row, text in enumerate(documents[:2]):
        for name, alone in values(scorer, [text]).items():
            expected = pytest.approx(alone[0], abs=1e-6) if _is_number(alone[0]) else alone[0]
            assert together[name][row] == expected, name


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


@pytest.mark.parametrize(
    "text",
    ["x" * 1_000_000, "word " * 200_000, "line of words.\n" * 60_000, "日本" * 300_000, "👍🏽 " * 100_000, "\x00" * 500_000, "1-" * 300_000, "ACGT" * 250_000 + " AB 12 34 56 C",
     "-----BEGIN PRIVATE KEY-----" * 30_000],
    ids=["one word", "one word often", "one line often", "no spaces", "emoji", "nul", "digits and marks", "a gene", "openings of keys"],
)  # fmt: skip
def test_a_huge_text_is_scored(scorer: Scorer, text: str) -> None:
    values(scorer, [text, "", "a plain sentence beside it"])


def test_half_a_surrogate_pair_never_reaches_a_scorer(tmp_path: Path) -> None:
    # JSON can write one, UTF-8 cannot: a reader mends or rejects the row, and Arrow takes no such text.
    with pytest.raises(UnicodeEncodeError):
        pa.array(["\ud800"], pa.large_string())
    path = tmp_path / "rows.jsonl"
    rows = [{"text": "before \ud83d after"}, {"text": "\udc4d"}, {"text": "a plain sentence, ended well."}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    texts = [text for batch in JsonLines().read(path) for text in batch.documents.column("text").to_pylist()]
    assert "a plain sentence, ended well." in texts
    assert not any(0xD800 <= ord(char) < 0xE000 for text in texts for char in text)
    for kind in SCORERS.values():
        values(kind(), texts)
