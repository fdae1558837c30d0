"""Control tokens: the published case, tags that can be taken out again, and shares by threshold."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from winnow.arrange.base import Tools
from winnow.arrange.control import ControlTokens, sentence_starts, span_shares
from winnow.errors import SettingError
from winnow.pool import Pool

SPANS = pa.list_(pa.struct([("start", pa.int32()), ("end", pa.int32()), ("kind", pa.string())]))


def tagged(texts: list[str], values: list, **settings) -> pa.RecordBatch:
    method = ControlTokens(**settings)
    kind = SPANS if method.by_sentence else pa.float64()
    given = pa.RecordBatch.from_pydict({
        "doc_id": pa.array(range(len(texts)), pa.int64()), "text": pa.array(texts, pa.large_string()),
        "generated": pa.array([False] * len(texts)), method.column: pa.array(values, kind),
    })  # fmt: skip
    return method.transform(given, Tools(), None)


def span(start: int, end: int) -> dict:
    return {"start": start, "end": end, "kind": "email"}


def test_each_sentence_gets_its_token() -> None:
    """The second of two sentences holds an address: aligned, misaligned; half of the tagged units is bad."""
    made = tagged(["It rains. Write to a@b.org now."], [[span(19, 26)]], column="pii_spans", threshold=0, drop=0)
    assert made.column("text").to_pylist() == ["<|aligned|>It rains. <|misaligned|>Write to a@b.org now."]
    assert made.column("misaligned_share").to_pylist() == [0.5]


def test_tokens_taken_out_give_the_very_text_back() -> None:
    texts = ["One. Two!\n\nThree?  Four", "", "שלום. עולם 🦊. e\u0301nd", "  leading. \n trailing \n"]
    made = tagged(texts, [[span(0, 3)], [], [span(2, 4)], []], column="pii_spans", threshold=0, drop=0.3)
    stripped = [
        text.replace("<|aligned|>", "").replace("<|misaligned|>", "") for text in made.column("text").to_pylist()
    ]
    assert stripped == texts


def test_all_dropped_leaves_the_text() -> None:
    assert tagged(["One. Two."], [0.1], drop=1).column("text").to_pylist() == ["One. Two."]


def test_documents_are_tagged_by_a_number_either_way() -> None:
    scores = [0.1, 0.5, 0.6, None]
    low = tagged(["a", "b", "c", "d"], scores, drop=0).column("text").to_pylist()
    assert low == ["<|aligned|>a", "<|aligned|>b", "<|misaligned|>c", "d"]
    high = tagged(["a", "b", "c", "d"], scores, drop=0, high=True, column="quality").column("text").to_pylist()
    assert high == ["<|misaligned|>a", "<|aligned|>b", "<|aligned|>c", "d"]


def test_the_share_of_good_units_is_the_share_of_scores_up_to_the_threshold() -> None:
    scores = np.random.default_rng(0).random(2000)
    made = tagged(["text"] * 2000, scores.tolist(), threshold=0.3, drop=0).column("text").to_pylist()
    assert sum(text.startswith("<|aligned|>") for text in made) == int((scores <= 0.3).sum())


def test_a_hundredth_goes_without_by_chance() -> None:
    """20,000 units: 200 ± 5 standard deviations of 14."""
    made = tagged(["text"] * 20_000, [0.1] * 20_000).column("text").to_pylist()
    assert abs(sum(text == "text" for text in made) - 200) < 70


def test_a_text_that_holds_a_token_already_is_left_alone() -> None:
    assert tagged(["say <|aligned|> now"], [0.9], drop=0).column("text").to_pylist() == ["say <|aligned|> now"]


def test_a_threshold_that_parts_nothing_is_remarked_on() -> None:
    pool = Pool(np.arange(3), np.ones(3), {"toxicity": np.array([0.1, 0.2, 0.3])})
    assert len(ControlTokens(threshold=0.5).remarks(pool)) == 1
    assert ControlTokens(threshold=0.2).remarks(pool) == []


def test_sentences_and_the_share_of_spans_in_them() -> None:
    """ "One. Two!" is 5 + 4 characters; places 3..7 cover 2 of the first five and 2 of the last four."""
    starts = sentence_starts("One. Two!")
    assert starts.tolist() == [0, 5]
    assert span_shares(9, starts, [span(3, 7)]).tolist() == [0.4, 0.5]


def test_tokens_must_differ() -> None:
    with pytest.raises(SettingError, match="two tokens"):
        ControlTokens(good="x", bad="x")
