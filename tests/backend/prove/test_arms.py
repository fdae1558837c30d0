from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from winnow.lm.tokenizer import Bytes
from winnow.pool import Pool, Rows
from winnow.prove.arms import Shown, fixed, joined, ordered, redrawn, repeated_random, show, slotted

IDS = np.arange(100, 120)


def texts(ids: Rows) -> pa.Array:
    return pa.array([chr(97 + int(doc_id) - 100) * 9 for doc_id in ids], pa.large_string())


def seen(arm: object, seed: int, windows: int, context: int = 10) -> list[int]:
    shown = show(arm, seed, texts, Bytes(), windows=windows, context=context)
    return shown.tokens.tolist()


def test_a_pass_shows_every_document_once() -> None:
    arm = fixed("all", IDS, np.ones(20))
    first, again, other = arm.epoch(0, 0), arm.epoch(0, 0), arm.epoch(0, 1)
    assert sorted(first) == sorted(other) == IDS.tolist()
    assert first.tolist() == again.tolist() != other.tolist()
    assert arm.epoch(1, 0).tolist() != first.tolist()


def test_a_weight_is_the_mean_number_of_showings() -> None:
    arm = fixed("weighted", IDS[:2], np.array([2.0, 0.5]))
    counts: Counter[int] = Counter()
    for number in range(400):
        counts.update(arm.epoch(3, number).tolist())
    assert counts[100] == 800
    # 400 coins: 200 heads, standard deviation 10.
    assert counts[101] == pytest.approx(200, abs=40)


def test_order_is_that_of_documents_and_not_of_places() -> None:
    backwards = fixed("all", IDS[::-1].copy(), np.ones(20))
    assert backwards.epoch(5, 2).tolist() == fixed("all", IDS, np.ones(20)).epoch(5, 2).tolist()


def test_no_document_comes_again_before_all_were_shown() -> None:
    # A text is ten tokens with its end mark: twenty fill 200 tokens, and 40 windows of 10 are two passes and a token.
    shown = show(fixed("all", IDS, np.ones(20)), 0, texts, Bytes(), windows=40, context=10)
    first = shown.order[:20]
    assert sorted(first) == list(range(20))
    assert (shown.documents, shown.unique) == (20, 200)
    assert shown.epochs == pytest.approx(401 / 200)


def test_an_ordered_arm_keeps_its_order() -> None:
    shown = show(ordered("curriculum", IDS[::-1].copy()), 0, texts, Bytes(), windows=3, context=10)
    assert shown.order.tolist() == [0, 1, 2]
    assert bytes(shown.tokens[:30:10].tolist()) == b"tsr"


def test_the_digest_tells_what_was_shown_and_in_which_order() -> None:
    arm = fixed("all", IDS, np.ones(20))
    digests = [show(arm, seed, texts, Bytes(), windows=20, context=10).digest for seed in (0, 0, 1)]
    assert digests[0] == digests[1] != digests[2]


def test_a_redrawn_arm_asks_for_each_seed() -> None:
    arm = redrawn("random", lambda seed: (IDS[seed : seed + 1], np.ones(1)))
    assert [arm.epoch(seed, 0).tolist() for seed in (0, 3)] == [[100], [103]]


def test_fresh_subsets_cover_the_pool_as_chance_has_it() -> None:
    pool = Pool(np.arange(2000), np.ones(2000, dtype=np.int64))
    arm = repeated_random("rs2", pool, 200)
    passes = [arm.epoch(0, number) for number in range(5)]
    assert {len(one) for one in passes} == {200}
    # A tenth in each of five passes, drawn anew: 1 - .9^5 = .4095 of the pool; standard deviation about .011.
    assert len(set(np.concatenate(passes).tolist())) / 2000 == pytest.approx(0.4095, abs=0.04)


def test_an_arm_without_text_shows_nothing() -> None:
    empty = fixed("none", IDS[:0], np.ones(0))
    assert show(empty, 0, texts, Bytes(), windows=4, context=10).tokens.tolist() == []


def letters(shown: Shown) -> list[str]:
    """Return the first letter of each window in the order in which they are read."""
    return [chr(shown.tokens[10 * row]) for row in shown.order]


def part(letter: str, windows: int) -> Shown:
    return show(fixed(letter, IDS[[ord(letter) - 97]], np.ones(1)), 0, texts, Bytes(), windows=windows, context=10)


def test_parts_lie_behind_each_other_in_whole_windows() -> None:
    # Three and two windows of ten tokens, each with one token more behind it that is cut off.
    whole, which = joined([part("a", 3), part("b", 2)], 10)
    assert which.tolist() == [0, 0, 0, 1, 1]
    assert letters(whole) == ["a"] * 3 + ["b"] * 2
    assert whole.showings.tolist() == [100, 100, 100, 100, 101, 101, 101]
    assert whole.ends.tolist() == [10, 20, 30, 30, 40, 50, 50]


def test_a_slot_fills_its_places_whatever_the_others_do_and_no_place_is_in_two() -> None:
    base = part("a", 40)
    first = letters(slotted(base, {0: part("b", 8)}, [0.2, 0.1], 5, 10))
    second = letters(slotted(base, {1: part("c", 4)}, [0.2, 0.1], 5, 10))
    both = letters(slotted(base, {0: part("b", 8), 1: part("c", 4)}, [0.2, 0.1], 5, 10))
    assert (first.count("b"), second.count("c")) == (8, 4)
    assert [letter == "b" for letter in first] == [letter == "b" for letter in both]
    assert [letter == "c" for letter in second] == [letter == "c" for letter in both]
    assert len(both) == 40
