from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from winnow.score.folded import FoldedWords
from winnow.score.overlap import build, find, pairs, words_covered

LETTERS = "abcdefghijklmnopqrstuvwxyz"
ITEM = [f"{letter}w" for letter in LETTERS[:16]]
"""An item of 16 words."""


def found(items: Sequence[str], documents: Sequence[str], size: int = 8) -> dict[tuple[int, int], tuple[float, int]]:
    """Return (document, item) → (covered share of the item, longest run)."""
    index = build(items, size)
    both = pairs(find(FoldedWords.of(pa.array(documents, pa.large_string())), index), index)
    keys = zip(both.rows.tolist(), both.items.tolist(), strict=True)
    return dict(zip(keys, zip(both.coverage.tolist(), both.run.tolist(), strict=True), strict=True))


def shared(length: int) -> str:
    """Return a document whose first words are the item's, and no further ones."""
    return " ".join([*ITEM[:length], "other", "words", "follow", "here"])


def test_the_share_of_an_item_of_16_words_by_the_length_of_one_shared_run() -> None:
    # 7 words are no run of 8; 8 of 16 are half; 9 / 16 = .5625; 10 / 16 = .625.
    documents = [shared(length) for length in (7, 8, 9, 10, 16)]
    assert found([" ".join(ITEM)], documents) == {
        (1, 0): (0.5, 8),
        (2, 0): (0.5625, 9),
        (3, 0): (0.625, 10),
        (4, 0): (1.0, 16),
    }


def test_two_runs_in_one_document_add_up_and_in_two_documents_do_not() -> None:
    first, last = " ".join(ITEM[:8]), " ".join(ITEM[8:])
    apart = found([" ".join(ITEM)], [first + " x", "y " + last, f"{last} between {first}"])
    assert apart == {(0, 0): (0.5, 8), (1, 0): (0.5, 8), (2, 0): (1.0, 8)}


def test_every_eighth_word_changed_leaves_no_run() -> None:
    changed = ["changed" if place % 8 == 7 else word for place, word in enumerate(ITEM)]
    assert found([" ".join(ITEM)], [" ".join(changed)]) == {}


def test_case_marks_and_spelling_variants_do_not_count() -> None:
    item = "Janet's ducks lay sixteen eggs per day, she said."
    assert found([item], ["… JANET’S “ducks” lay ｓｉｘｔｅｅｎ\n\neggs (per day): she said!"]) == {(0, 0): (1.0, 10)}


def test_an_item_shorter_than_a_run_is_found_where_it_is_the_whole_document() -> None:
    assert found(["Predators eat"], ["Predators eat", "predators, eat!", "eat predators", "Predators eat bunnies"]) == {
        (0, 0): (1.0, 2),
        (1, 0): (1.0, 2),
    }


def test_runs_of_numbers_alone_do_not_count() -> None:
    numbers = " ".join(str(number) for number in range(1, 13))
    assert found([numbers], [numbers]) == {}
    assert found([f"{numbers} apples"], [f"{numbers} apples"]) == {(0, 0): (8 / 13, 8)}


def test_runs_do_not_reach_over_documents_or_items() -> None:
    first, last = " ".join(ITEM[:7]), " ".join(ITEM[7:14])
    assert found([f"{first} {last}"], [first, last]) == {}
    assert found([first, last], [f"{first} {last}"]) == {}


def test_words_of_a_document_that_two_items_share_count_once() -> None:
    index = build([" ".join(ITEM), " ".join(ITEM[2:])], 8)
    words = FoldedWords.of(pa.array(["", "x " + " ".join(ITEM[:12])]))
    assert words_covered(find(words, index), index, 2).tolist() == [0, 12]


@given(
    st.lists(st.text("abc ", max_size=30), max_size=4),
    st.lists(st.text("abc ", max_size=30), max_size=4),
    st.integers(2, 4),
)
def test_coverage_and_runs_are_those_of_a_plain_search(items: list[str], documents: list[str], size: int) -> None:
    expected = {}
    for row, document in enumerate(documents):
        for place, item in enumerate(items):
            theirs, mine = document.split(), item.split()
            covered, run = np.zeros(len(mine), dtype=bool), 0
            for length in range(size, min(len(mine), len(theirs)) + 1):
                for at in range(len(mine) - length + 1):
                    part = mine[at : at + length]
                    if any(theirs[start : start + length] == part for start in range(len(theirs) - length + 1)):
                        covered[at : at + length], run = True, length
            if 0 < len(mine) < size and theirs == mine:
                covered[:], run = True, len(mine)
            if covered.any():
                expected[row, place] = (covered.mean(), run)
    assert found(items, documents, size) == expected
