"""Texts of like length in one batch, split as the model's own library splits them."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from winnow.embed.batching import CHARACTERS_A_PIECE, Batcher, alike, by_library
from winnow.embed.sentence import fresh

MODEL = fresh("minilm", "cpu")
# Pieces: two special ones and the words; "long" is one piece; the last text is cut far beyond what the model reads.
TEXTS = ["one", "two words", "three short words", "long " * 100, "Ünïcode 😀 東京", "long " * 3000, "a " * 3000]


def test_groups_by_hand() -> None:
    # Longest first: 9 alone (2 × 9 > 12), then 4, 4, 3 (3 × 4 = 12), then 2, 1.
    assert alike([1, 4, 9, 3, 4, 2], 12) == [[2], [1, 4, 3], [5, 0]]
    assert alike([50], 12) == [[0]]
    assert alike([], 12) == []


def test_batches_stay_within_their_pieces_and_hold_every_text_once() -> None:
    found = list(Batcher(MODEL, 300).batches(TEXTS))
    places = [place for group, _ in found for place in group]
    assert sorted(places) == list(range(len(TEXTS)))
    # 256 + 256 > 300, so the two long texts stand alone; 102 with the next, of 9, would be 204: five texts fill no 300.
    shapes = [tuple(features["input_ids"].shape) for _, features in found]
    assert shapes[:2] == [(1, 256), (1, 256)]
    assert all(rows * width <= 300 for rows, width in shapes)
    widths = [width for _, width in shapes]
    assert widths == sorted(widths, reverse=True)


def test_each_text_is_split_as_the_library_splits_it() -> None:
    for group, features in Batcher(MODEL, 1000).batches(TEXTS):
        expected = by_library(MODEL, [TEXTS[place] for place in group])
        assert features.keys() == expected.keys()
        for key, value in expected.items():
            assert np.array_equal(features[key], value), key


def test_a_text_of_long_words_is_read_beyond_the_first_cut() -> None:
    """Words of 60 letters that are one unknown piece each: 256 pieces need 15,000 characters, eight a piece are 2,048."""
    text = " ".join(["\u1200" * 120] * 200)
    assert len(text) > 2 * CHARACTERS_A_PIECE * 256
    batcher = Batcher(MODEL, 1000)
    ((_, features),) = batcher.batches([batcher.cut(text)])
    assert np.array_equal(features["input_ids"], by_library(MODEL, [batcher.cut(text)])["input_ids"])


def test_padding_on_the_left_is_kept_on_the_left() -> None:
    model = copy.deepcopy(MODEL)
    model.tokenizer.padding_side = "left"
    batcher = Batcher(model, 1000)
    ((group, features),) = batcher.batches(["a b c", "d"])
    assert group == [0, 1]
    assert features["attention_mask"].tolist() == [[1, 1, 1, 1, 1], [0, 0, 1, 1, 1]]
    assert features["input_ids"][1].tolist()[:2] == [0, 0]


def test_a_model_whose_library_splits_otherwise_is_asked_through_it(monkeypatch: pytest.MonkeyPatch) -> None:
    model = copy.deepcopy(MODEL)
    plain = type(model).preprocess
    monkeypatch.setattr(model, "preprocess", lambda texts: plain(model, [text[::-1] for text in texts]), raising=False)
    batcher = Batcher(model, 1000)
    ((_, features),) = batcher.batches(["stressed"])
    assert np.array_equal(features["input_ids"], plain(MODEL, ["desserts"])["input_ids"])


def test_a_prompt_for_documents_is_put_before_every_text() -> None:
    model = copy.deepcopy(MODEL)
    model.prompts = {"document": "passage: "}
    ((_, features),) = Batcher(model, 1000).batches(["rain"])
    assert np.array_equal(features["input_ids"], by_library(MODEL, ["passage: rain"])["input_ids"])
