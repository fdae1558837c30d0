"""The toxicity scorer: its arithmetic with tiny weights, and the shipped weights on invented sentences."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from winnow.embed.static import StaticEncoder
from winnow.score.linear import Head, load, sigmoid
from winnow.score.ngrams import BITS, grams
from winnow.score.passages import blocks, windows
from winnow.score.toxicity import THRESHOLD, Blend, Found, Hashed, Toxicity, marked, read, spans

CLEAN = [
    "The bakery on the corner opens at seven and sells rye bread.",
    "Rain is expected in the north, with sunny spells later in the week.",
    "Mix the flour with warm water and let the dough rest for an hour.",
    "The committee will meet again in March to discuss the budget.",
]
RUDE = "You are a stupid idiot and a disgusting moron."
LIFT = 0.3
"""A rude sentence at the end of a long clean page raises its toxicity by at least this."""


def batch(texts: Sequence[str]) -> pa.RecordBatch:
    vectors = StaticEncoder().embed(list(texts))
    column = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel(), pa.float32()), vectors.shape[1])
    columns = [pa.array(range(len(texts)), pa.int64()), pa.array(texts, pa.large_string()), column]
    return pa.RecordBatch.from_arrays(columns, names=["doc_id", "text", "vectors:static"])


def toxicity(*texts: str) -> list[float]:
    return [float(value) for value in Toxicity().score(batch(texts), None)["toxicity"]]


def bucket(word: str) -> int:
    block = next(blocks(pa.array([word])))
    return int(grams(block, windows(block))["words"][0].buckets[0])


def tiny() -> Hashed:
    """Weigh the word "bad" 2.0 and everything else 0, with bias -1."""
    words = np.zeros(1 << BITS, dtype=np.int8)
    words[bucket("bad")] = 100
    return Hashed(
        {"words": words, "letters": np.zeros(1 << BITS, dtype=np.int8)}, {"words": 0.02, "letters": 1.0}, -1.0
    )


def test_window_logit() -> None:
    # "bad" alone: 1 word, 0 pairs, n = 1: z = 2 / sqrt(1) - 1 = 1.
    # "so bad": 2 words, 1 pair, n = 3: z = 2 / sqrt(3) - 1.
    found = read(pa.array(["bad", "so bad", "fine"]), tiny())
    assert found.logits == pytest.approx([1.0, 2 / math.sqrt(3) - 1, -1.0])


def test_blend() -> None:
    # Text 0 has windows of sizes 30 and 10 with logits -1 and 3: mean = (30 * -1 + 10 * 3) / 40 = 0, peak = 3.
    # z = 0.5 + 2 * 0 + 1 * 3 + 0.25 * 4 - 1 * ln 2. Text 1 has none: 0. Text 2: mean = peak = -2, z = 0.5 - 4 - 2 + 1.
    found = Found(
        *(np.array(part) for part in ([0, 0, 2], [0, 30, 0], [30, 40, 9], [30, 10, 9])), np.array([-1.0, 3, -2])
    )
    blend = Blend(mean=2, peak=1, head=0.25, count=-1, bias=0.5, sentence_slope=1, sentence_bias=-3)
    z = np.array([0.5 + 3 + 1 - math.log(2), 0.5 - 4 - 2 + 1])
    chance = blend.documents(found, np.array([4.0, 4.0, 4.0]))
    assert chance == pytest.approx([1 / (1 + math.exp(-z[0])), 0, 1 / (1 + math.exp(-z[1]))])
    assert blend.sentences(found.logits) == pytest.approx(1 / (1 + np.exp(3 - found.logits)))


def test_marked_sentences_and_their_places() -> None:
    # Text 0 is at the threshold though no sentence is: its worst is marked. Text 1: the sentence at 0.9. Text 2: nothing.
    found = Found(
        *(np.array(part) for part in ([0, 0, 1, 2], [0, 20, 3, 0], [19, 40, 30, 9], [19, 20, 27, 9])),
        np.array([-1.0, 1, 2, 0]),
    )
    chosen = marked(found, np.array([0.1, 0.6, 0.9, 0.2]), np.array([0.8, 0.7, 0.1]), 0.8)
    assert chosen.tolist() == [False, True, True, False]
    assert spans(found, chosen, 3).to_pylist() == [
        [{"start": 20, "end": 40, "kind": "toxic"}],
        [{"start": 3, "end": 30, "kind": "toxic"}],
        [],
    ]


def test_head_with_and_without_a_hidden_layer() -> None:
    # relu([1, 2] @ [[1, -1], [1, 1]] + [0, -2]) = relu([3, -1]) = [3, 0]; z = 3 * 2 + 0 * 5 + 0.5.
    matrix = np.array([[1, -1], [1, 1]], dtype=np.float32)
    head = Head(np.array([2, 5], np.float32), 0.5, matrix, np.array([0, -2], np.float32))
    vectors = np.array([[1, 2]], dtype=np.float32)
    assert head.logits(vectors).tolist() == [6.5]
    assert Head(np.array([2, 5], np.float32), 0.5).logits(vectors).tolist() == [12.5]
    assert sigmoid(np.array([0.0, -1000.0, 1000.0])).tolist() == [0.5, 0.0, 1.0]


def test_shipped_threshold_is_the_documented_one() -> None:
    assert float(load("toxicity")["threshold"]) == pytest.approx(THRESHOLD)


def test_insults_stand_above_ordinary_sentences() -> None:
    rude = toxicity(RUDE, "Shut up, you stupid moron.", "You are an idiot and everybody hates you.")
    assert min(rude) > THRESHOLD
    assert max(toxicity(*CLEAN)) < 0.5


def test_obfuscated_spelling_counts_nearly_as_much() -> None:
    plain, *hidden = toxicity("You are an idiot.", "You are an 1d1ot.", "You are an i d i o t.", "You are an idiooot.")
    assert min(hidden) > 0.5
    assert plain >= min(hidden)


@pytest.mark.parametrize(
    "text",
    [
        "I am a proud gay man.",
        "My neighbour is a Muslim woman who teaches chemistry.",
        "Jewish families have lived in this town for centuries.",
        "The black cat killed time until the bus came.",
    ],
)
def test_naming_somebody_is_not_toxic(text: str) -> None:
    assert toxicity(text)[0] < 0.5


def test_one_rude_sentence_lifts_a_long_clean_page() -> None:
    page = " ".join(CLEAN * 10)
    before, after = toxicity(page, f"{page}\n\n{RUDE}")
    assert after - before >= LIFT
    found = Toxicity().score(batch([f"{page}\n\n{RUDE}"]), None)["toxicity_spans"].to_pylist()[0]
    marked_texts = [f"{page}\n\n{RUDE}"[span["start"] : span["end"]] for span in found]
    assert RUDE in marked_texts
    assert not set(marked_texts) & set(CLEAN)


def test_spans_of_a_text_beyond_the_first_block_and_plane() -> None:
    text = "🙂🙂 A calm day in the hills. " * 9000 + RUDE
    found = Toxicity().score(batch([text]), None)["toxicity_spans"].to_pylist()[0]
    assert text[found[-1]["start"] : found[-1]["end"]] == RUDE


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=200), min_size=1, max_size=5))
@settings(deadline=None, max_examples=40)
def test_any_text_has_a_chance_and_spans_inside_it(texts: list[str]) -> None:
    made = Toxicity(threshold=0.2).score(batch(texts), None)
    assert all(0 <= value <= 1 for value in made["toxicity"])
    assert made["toxicity"].dtype == np.float32
    for text, found in zip(texts, made["toxicity_spans"].to_pylist(), strict=True):
        assert all(0 <= span["start"] < span["end"] <= len(text) for span in found)
        assert [span["start"] for span in found] == sorted(span["start"] for span in found)


def test_a_text_scores_the_same_in_any_company() -> None:
    texts = [*CLEAN, RUDE, "", "$", "1d", "no full stop at the end"]
    together = toxicity(*texts)
    assert together == pytest.approx([toxicity(text)[0] for text in texts], abs=1e-6)
    assert toxicity(*reversed(texts)) == pytest.approx(list(reversed(together)), abs=1e-6)


def test_empty_texts_score_nothing() -> None:
    assert toxicity("", "\n", "\x00", "\u200b") == [0, 0, 0, 0]


def test_a_huge_text_passes_in_bounded_time() -> None:
    began = time.perf_counter()
    assert 0 <= toxicity("word " * 400_000)[0] <= 1
    assert time.perf_counter() - began < 30
