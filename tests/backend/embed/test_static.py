"""The static encoder's arithmetic and its shipped table."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from winnow.embed import static
from winnow.embed.static import WEIGHTS, StaticEncoder, pool
from winnow.errors import MissingNeed


def test_pooling_by_hand() -> None:
    # Pieces 0, 1, 2 are (3, 0), (0, 4), (-3, 0).
    # text 0 = pieces 0, 1    → (3, 4), length 5     → (.6, .8)
    # text 1 = no piece       → (0, 0)               → (0, 0)
    # text 2 = pieces 1, 1, 1 → (0, 12), length 12   → (0, 1)
    # text 3 = pieces 0, 2    → (0, 0), length 0     → (0, 0), not NaN
    table = np.array([[3, 0], [0, 4], [-3, 0]], np.float32)
    ids = np.array([0, 1, 1, 1, 1, 0, 2], np.int32)
    bounds = np.array([0, 2, 2, 5, 7])
    assert pool(table, ids, bounds) == pytest.approx(np.array([[0.6, 0.8], [0, 0], [0, 1], [0, 0]]))


def test_the_whole_of_a_long_text_counts() -> None:
    encoder = StaticEncoder()
    head, tail = "The river runs through the valley. " * 400, "Interest rates and bank shares fell. " * 400
    both, first, second = encoder.embed([head + tail, head, tail])
    assert both @ first > 0.6
    assert both @ second > 0.6


def test_texts_beyond_one_span_join_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["alpha beta", "gamma", "", "delta epsilon zeta"]
    whole = StaticEncoder().embed(texts)
    monkeypatch.setattr(static, "SPAN", 6)
    assert np.array_equal(StaticEncoder().embed(texts), whole)


def test_the_shipped_table_is_small_and_complete() -> None:
    stored = load_file(WEIGHTS)
    assert stored["vectors"].shape == (30522, 384)
    assert stored["vectors"].dtype == np.int8
    assert stored["scales"].dtype == np.float16
    assert (stored["scales"] > 0).all()
    assert WEIGHTS.stat().st_size < 13_000_000


def test_the_card_names_its_data_and_its_quality() -> None:
    card = json.loads(WEIGHTS.with_suffix(".json").read_text("utf8"))
    assert card["model"] == "static"
    assert all({"set", "licence", "sentences", "passages"} <= set(row) for row in card["fitted_on"])
    assert not {row["set"] for row in card["fitted_on"]} & {"stsb", "clinc150", "ag-news"}, (
        "measured on, never fitted on"
    )
    assert all(row["n"] > 0 and 0 < row["static"] < 1 for row in card["measured"])


def test_meaning_counts_and_not_spelling_alone() -> None:
    a, b, c = StaticEncoder().embed(["A physician examined the child.", "The doctor saw a kid.", "The dock was tidal."])
    assert a @ b > a @ c + 0.2


def test_an_absent_table_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(static, "WEIGHTS", tmp_path / "none.safetensors")
    with pytest.raises(MissingNeed, match="pip install"):
        static.load_table.__wrapped__()
