"""The toxicity scorer: its arithmetic with tiny weights, and the shipped weights on invented sentences."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from text_batches import batch_of
from winnow.score.chunks import MOST_READ, Gate, survey
from winnow.score.linear import Head, load, sigmoid
from winnow.score.ngrams import BITS, Spelled, grams
from winnow.score.passages import blocks, windows
from winnow.score.toxic_blend import FLOOR, HARMS, MEANINGS, OUTPUTS, READ, TOLD, Blend, Features, Reading
from winnow.score.toxicity import THRESHOLD, Hashed, Toxicity, marked, model, spans

CLEAN = [
    "The bakery on the corner opens at seven and sells rye bread.",
    "Rain is expected in the north, with sunny spells later in the week.",
    "Mix the flour with warm water and let the dough rest for an hour.",
    "The committee will meet again in March to discuss the budget.",
]
RUDE = "You are a stupid idiot and a disgusting moron."
LIFT = 0.3
"""A rude sentence at the end of a long clean page raises its toxicity by at least this."""


def scored(*texts: str) -> dict[str, Any]:
    made = Toxicity().score(batch_of(texts), None)
    return {
        name: values.to_pylist() if isinstance(values, pa.Array) else values.tolist() for name, values in made.items()
    }


def toxicity(*texts: str) -> list[float]:
    return [float(value) for value in scored(*texts)["toxicity"]]


def marks(text: str) -> list[tuple[str, str]]:
    """Return the marked stretches of a text and what they are called."""
    [found] = scored(text)["toxicity_spans"]
    return [(text[span["start"] : span["end"]], span["kind"]) for span in found]


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


def zeros(plain: Spelled) -> Any:
    return np.zeros(len(plain.bounds) - 1)


def reading(*logits: Sequence[float]) -> Reading:
    """Return what the network would say of open chunks of one window each."""
    table = np.array(logits, dtype=np.float64).reshape(-1, len(OUTPUTS))
    return Reading(table, table, np.zeros(len(table)))


def blend(**changed: Any) -> Blend:
    harms = np.tile([1.0, 0.0], (len(HARMS), 1))
    plain = Blend(
        np.zeros(len(READ)), np.zeros(4), np.array([0.0, 1, 2]), np.array([0.5, 1]), harms, np.zeros((len(MEANINGS), 4)),
        gate=Gate(0.0, 0.0), threshold=0.9,
    )  # fmt: skip
    return replace(plain, **changed)


def test_window_logit() -> None:
    # "bad" alone: 1 word, 0 pairs, n = 1: z = 2 / sqrt(1) - 1 = 1.
    # "so bad": 2 words, 1 pair, n = 3: z = 2 / sqrt(3) - 1.
    found = survey(pa.array(["bad", "so bad", "fine"]), tiny().logits, Gate(0.0, 0.0))
    assert found.logits == pytest.approx([1.0, 2 / math.sqrt(3) - 1, -1.0])
    assert found.open.tolist() == [True, True, False]


def test_features_and_the_probability_of_a_document() -> None:
    # Text 0: one open chunk, n-grams 1, network 2. Text 1: a closed one counts FLOOR. Text 2: nothing to read.
    found = survey(pa.array(["bad", "fine", " "]), tiny().logits, Gate(0.0, 0.0))
    features = Features.of(found, reading([2.0, 0, 0, 0, 0, 0, 1.0, 3.0, 4.0]), 3)
    assert features.some.tolist() == [True, True, False]
    assert features.here[0].tolist() == [1, 1, 1, 2, 2, 3, 4, 0, 0, 0, 0]
    assert features.here[1].tolist() == [1, -1, -1, *[FLOOR] * 4, 0, 0, 0, 0]
    assert features.harms[0].tolist() == [0, 0, 0, 0, 0, 1]
    weights = np.array([0.5, 1, 0, 0, 2, *[0] * 6])
    # z = 0.5 + 1 + 2 * 2 = 5.5; z = 0.5 - 1 + 2 * FLOOR.
    chance = blend(read=weights).documents(features)
    assert chance == pytest.approx([*sigmoid(np.array([5.5, -0.5 + 2 * FLOOR])), 0])


def test_a_sense_weighs_its_own_logit_beside_the_whole_and_the_n_grams() -> None:
    # Text 0: own logits 3 and 4 of the two senses, any harm 2, n-grams 1. Sense 1: z = 0.5 + 3 * 1 + 2 * 2 + 1 * 4 = 11.5.
    found = survey(pa.array(["bad", "fine"]), tiny().logits, Gate(0.0, 0.0))
    features = Features.of(found, reading([2.0, 0, 0, 0, 0, 0, 0, 3.0, 4.0]), 2)
    meanings = np.zeros((2, len(TOLD)))
    meanings[0, TOLD.index("hate peak")] = 1
    meanings[1, [TOLD.index(name) for name in ("bias", "peak", "network peak", "forum peak")]] = [0.5, 3, 2, 1]
    chance = blend(meanings=meanings).senses(features)
    assert chance[0] == pytest.approx(sigmoid(np.array([3.0, 11.5])))
    assert chance[1] == pytest.approx(sigmoid(np.array([FLOOR, 0.5 - 3 + 3 * FLOOR])))


def test_a_foreign_text_has_weights_of_its_own() -> None:
    found = survey(pa.array(["какой дурак", "what a fool", "ok 你好你好你好"]), zeros, Gate(0.0, 0.0))
    assert found.foreign.tolist() == [True, False, True]
    assert found.open.tolist() == [False, True, False]
    features = Features.of(found, reading([0.0] * len(OUTPUTS)), 3)
    chance = blend(read=np.full(len(READ), -9.0), foreign=np.array([3.0, 0, 0, 0])).documents(features)
    assert chance[[0, 2]] == pytest.approx(sigmoid(np.array([3.0, 3.0])))
    assert chance[1] < 0.01


def test_sentences_by_both_models_or_one() -> None:
    # Open: z = 0 + 1 * 1 + 2 * 2 = 5; shut: z = 0.5 + 1 * -1.
    found = survey(pa.array(["bad", "fine"]), tiny().logits, Gate(0.0, 0.0))
    chance = blend().sentences(found, reading([2.0] * len(OUTPUTS)))
    assert chance == pytest.approx(sigmoid(np.array([5.0, -0.5])))


def test_a_category_is_calibrated_by_slope_and_bias() -> None:
    harms = np.tile([1.0, 0.0], (len(HARMS), 1))
    harms[1] = [2.0, -1.0]
    chance = blend(harms=harms).categories(np.ones((1, len(HARMS))))
    assert chance[0, :2] == pytest.approx(sigmoid(np.array([1.0, 1.0])))


def test_marked_sentences_and_their_places() -> None:
    # Text 0 is at the threshold though no sentence is: its worst is marked. Text 1: the sentence at 0.9. Text 2: nothing.
    texts = ["A calm line here. A worse line here.", "Something at nine.", "Nothing at all."]
    found = survey(pa.array(texts), zeros, Gate(0.0, 0.0))
    chosen = marked(found.rows, np.array([0.1, 0.6, 0.9, 0.2]), np.array([0.8, 0.7, 0.1]), 0.8)
    assert chosen.tolist() == [False, True, True, False]
    made = spans(found, chosen, np.array([6, 6, 1, 6]), 3).to_pylist()
    assert made == [[{"start": 18, "end": 36, "kind": "toxic"}], [{"start": 0, "end": 18, "kind": "threat"}], []]


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
    assert min(rude) > 0.7
    assert max(toxicity(*CLEAN)) < 0.2


@pytest.mark.parametrize(
    "written",
    [
        "an 1d1ot",
        "an i d i o t",
        "an idiooot",
        "an \u0456d\u0456\u043et",
        "an id\u200biot",
        "an ɪᴅɪᴏᴛ",
        "an ＩＤＩＯＴ",
    ],
)
def test_obfuscated_spelling_is_undone(written: str) -> None:
    assert toxicity(f"You are {written}.") == pytest.approx(toxicity("You are an idiot."), abs=0.05)


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


def test_categories_tell_apart() -> None:
    made = scored("I will find you and kill you tonight.", "I want to kill myself, I took all the pills.", *CLEAN)
    assert made["toxicity_threat"][0] > max(made["toxicity_threat"][2:])
    assert made["toxicity_self_harm"][1] > max(made["toxicity_self_harm"][2:])
    assert made["toxicity_self_harm"][1] > made["toxicity_self_harm"][0]
    assert made["toxicity_threat"][0] > 0.5


def test_senses_differ_where_people_differ() -> None:
    # To swear is no hate; to call a group animals is.
    swears, hates = "What the fuck, this printer is a piece of shit again.", "All those immigrants are filthy animals."
    made = scored(swears, hates)
    assert made["toxicity_as_hate"][0] < 0.5 < made["toxicity_as_hate"][1]
    assert made["toxicity_as_forum"][0] > made["toxicity_as_hate"][0] + 0.2


def test_a_script_that_the_network_does_not_know_has_no_categories() -> None:
    made = scored("今天天气很好，我们去公园散步。", "The weather is fine today.", "")
    assert made["toxicity_insult"][0] is None
    assert made["toxicity_insult"][1] < 0.5
    assert made["toxicity_insult"][2] == 0
    assert 0 < made["toxicity"][0] < 0.5


def test_one_rude_sentence_lifts_a_long_clean_page() -> None:
    page = " ".join(CLEAN * 10)
    before, after = toxicity(page, f"{page}\n\n{RUDE}")
    assert after - before >= LIFT
    found = marks(f"{page}\n\n{RUDE}")
    assert [text for text, _ in found if text in CLEAN] == []
    assert found == [(RUDE, found[0][1])]
    assert found[0][1] in {"insult", "obscene", "toxic"}


def test_spans_of_a_text_beyond_the_first_block_and_plane() -> None:
    text = "🙂🙂 A calm day in the hills. " * 9000 + RUDE
    [*_, (last, _)] = marks(text)
    assert last == RUDE


def test_the_gate_lets_in_what_is_toxic_and_leaves_out_ordinary_pages() -> None:
    fitted = model()
    found, _ = fitted.look(pa.array([RUDE, "I will find you and kill you tonight.", "People like them are animals."]))
    assert found.open.all()
    page, _ = fitted.look(pa.array([" ".join(CLEAN * 10)]))
    assert page.open.mean() < 0.5
    assert fitted.blend.gate.short < fitted.blend.gate.page


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=200), min_size=1, max_size=5))
@settings(deadline=None, max_examples=40)
def test_any_text_has_a_chance_and_spans_inside_it(texts: list[str]) -> None:
    made = Toxicity(threshold=0.2).score(batch_of(texts), None)
    assert all(0 <= value <= 1 for value in made["toxicity"])
    assert made["toxicity"].dtype == np.float32
    for text, found in zip(texts, made["toxicity_spans"].to_pylist(), strict=True):
        assert all(0 <= span["start"] < span["end"] <= len(text) for span in found)
        assert [span["start"] for span in found] == sorted(span["start"] for span in found)


def test_a_text_scores_the_same_in_any_company() -> None:
    texts = [*CLEAN, RUDE, "", "$", "1d", "no full stop at the end", "какой дурак"]
    together = toxicity(*texts)
    assert together == pytest.approx([toxicity(text)[0] for text in texts], abs=1e-6)
    assert toxicity(*reversed(texts)) == pytest.approx(list(reversed(together)), abs=1e-6)


def test_empty_texts_score_nothing() -> None:
    assert toxicity("", "\n", "\x00", "\u200b") == [0, 0, 0, 0]


def test_a_huge_text_opens_few_chunks() -> None:
    found, _ = model().look(pa.array([f"{RUDE} " * 10_000]))
    # 47 characters a sentence make 470 kB: eight pieces of 64 kB or less.
    assert found.open.sum() <= 8 * MOST_READ
    assert 0 <= toxicity("word " * 100_000)[0] <= 1
