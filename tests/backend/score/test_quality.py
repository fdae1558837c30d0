"""The quality scorer: its shape features by hand, and the shipped weights on invented passages."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from winnow.embed.static import StaticEncoder
from winnow.score.linear import load
from winnow.score.quality import SHAPE, Quality, shape

EDITED = (
    "The castle stands on a low hill above the river. It was built in the twelfth century by a local count, enlarged "
    "after the war of 1648, and turned into a museum of regional history in 1911. Its oldest tower, which survived two "
    "fires, holds a collection of maps and letters that describe the trade between the towns of the valley."
)
RAW = (
    "CLICK HERE!!! Best price $$$ free shipping >>> order now at our site <<< 100% guaranteed, call 555-0100 today, "
    "don't miss out!!! Unsubscribe | Privacy | Home | Cart (0)"
)
CHATTER = "lol yeah i know right @friend haha gonna watch it later tho, so tired rn"


def batch(texts: Sequence[str]) -> pa.RecordBatch:
    vectors = StaticEncoder().embed(list(texts))
    column = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel(), pa.float32()), vectors.shape[1])
    columns = [pa.array(range(len(texts)), pa.int64()), pa.array(texts, pa.large_string()), column]
    return pa.RecordBatch.from_arrays(columns, names=["doc_id", "text", "vectors:static"])


def quality(*texts: str) -> list[float]:
    return [float(value) for value in Quality().score(batch(texts), None)["quality"]]


def test_shape_by_hand() -> None:
    # "Ab 12.\nCd!" is 10 code points: 4 letters (2 capitals), 2 digits, 1 newline, 3 words, 2 sentence ends, 0 symbols.
    raw = {
        "letters": (4 / 10 - 0.78) / 0.06,
        "digits": (2 / 10 - 0.015) / 0.03,
        "capitals": (2 / 4 - 0.04) / 0.04,
        "newlines": (1 / 10 - 0.01) / 0.01,
        "word_length": ((4 + 2) / 3 - 4.6) / 0.6,
        "sentence_length": math.log(3 / 2 / 18) / 0.5,
        "symbols": (0 - 0.03) / 0.02,
    }
    assert tuple(raw) == SHAPE
    assert shape(pa.array(["Ab 12.\nCd!"]))[0] == pytest.approx([min(max(value, -3), 3) for value in raw.values()])


def test_shape_of_ordinary_prose_is_not_clipped() -> None:
    assert np.abs(shape(pa.array([EDITED]))).max() < 3


def test_shape_does_not_grow_with_length() -> None:
    once, often = shape(pa.array([f"{EDITED} ", f"{EDITED} " * 2000]))
    assert often == pytest.approx(once, abs=0.05)


def test_score_is_the_sigmoid_of_both_products() -> None:
    weights, held = load("quality"), batch([EDITED])
    vector = StaticEncoder().embed([EDITED])[0].astype(np.float64)
    z = vector @ weights["output"] + shape(pa.array([EDITED]))[0] @ weights["shape"] + float(weights["bias"])
    assert float(Quality().score(held, None)["quality"][0]) == pytest.approx(1 / (1 + math.exp(-z)), abs=1e-5)


def test_edited_prose_stands_above_spam_and_chatter() -> None:
    edited, raw, chatter = quality(EDITED, RAW, CHATTER)
    assert edited > 0.5 > max(raw, chatter)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=200), min_size=1, max_size=5))
@settings(deadline=None, max_examples=40)
def test_any_text_lies_between_0_and_1(texts: list[str]) -> None:
    values = Quality().score(batch(texts), None)["quality"]
    assert values.dtype == np.float32
    assert len(values) == len(texts)
    assert all(0 <= value <= 1 for value in values)


def test_a_text_scores_the_same_in_any_company() -> None:
    texts = [EDITED, "", RAW, CHATTER]
    assert quality(*texts) == pytest.approx([quality(text)[0] for text in texts], abs=1e-6)
