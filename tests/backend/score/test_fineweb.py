from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from text_batches import batch_of, texts
from winnow.score.fineweb import STOP_MARKS, FineWeb


def features(*documents: str) -> dict[str, list[Any]]:
    return {name: values.tolist() for name, values in FineWeb().score(batch_of(documents), None).items()}


def test_ratios_by_hand() -> None:
    # 4 lines that are not blank; 2 end in a mark; 3 are at most 30 characters, the 31 x are not.
    measured = features("Ends.\n\nno end\n" + "x" * 31 + "\n  “Said.”  ")
    assert measured["fineweb_line_punct_ratio"] == [2 / 4]
    assert measured["fineweb_short_line_ratio"] == [3 / 4]
    # 4 newlines on 5 words ("Ends.", "no", "end", the x, "“Said.”").
    assert measured["fineweb_list_ratio"] == [4 / 5]


def test_repeated_lines_by_hand() -> None:
    # "abc" again: 3 of the 3 + 2 + 3 characters that are no newline.
    assert features("abc\nde\nabc")["fineweb_char_dup_ratio"] == [3 / 8]


@pytest.mark.parametrize("mark", STOP_MARKS)
def test_every_script_ends_its_sentences(mark: str) -> None:
    assert features(f"line{mark}\nline")["fineweb_line_punct_ratio"] == [1 / 2]


def test_prose_passes_and_menus_fail() -> None:
    prose = "The river has been high since the snow went, and the ferry does not run before noon.\n" + (
        "People wait on the bank with their bicycles, and the ferryman sells them coffee meanwhile."
    )
    menu = "Home\nNews\nContact\nAbout\nShop\nLog in"
    assert features(prose, menu, f"{prose}\n{prose}", "")["fineweb_pass"] == [True, False, False, False]


def test_texts_without_words_have_null_features_and_fail() -> None:
    measured = features("", " \n")
    assert measured.pop("fineweb_pass") == measured.pop("fineweb_v1_pass") == [False, False]
    assert all(values == [None, None] for values in measured.values())


@given(texts)
def test_ratios_equal_counting_by_hand(documents: list[str]) -> None:
    measured = features(*documents)
    for row, text in enumerate(documents):
        lines = [line.strip() for line in text.split("\n") if line.strip()]
        if not lines:
            continue
        extra = sum(len(line) for place, line in enumerate(lines) if line in lines[:place])
        expected = {
            "fineweb_line_punct_ratio": sum(line.endswith(STOP_MARKS) for line in lines) / len(lines),
            "fineweb_short_line_ratio": sum(len(line) <= 30 for line in lines) / len(lines),
            "fineweb_char_dup_ratio": extra / len(text.replace("\n", "")),
            "fineweb_list_ratio": text.count("\n") / len(text.split()),
        }
        assert {name: measured[name][row] for name in expected} == pytest.approx(expected)


def test_the_first_release_by_hand() -> None:
    # Lines of "a.\n\nb \nb ": "a.", "", "b ", "b ": one of four ends in a mark, all are short. Of the three that are
    # not blank "b " comes twice: 2 characters of 9 - 3.
    measured = features("a.\n\nb \nb ")
    assert measured["fineweb_v1_line_punct_ratio"] == [1 / 4]
    assert measured["fineweb_v1_short_line_ratio"] == [1.0]
    assert measured["fineweb_v1_char_dup_ratio"] == [2 / 6]
    # The scorer's own counts leave the blank line out: one of three.
    assert measured["fineweb_line_punct_ratio"] == [1 / 3]


def test_on_a_threshold_the_first_release_drops_and_the_second_keeps() -> None:
    # 3 of 25 lines end in a mark, 12 %: kept at exactly .12 by one, dropped by the other. No line is short.
    line = "a line that goes on for more than thirty characters "
    page = "\n".join(f"{line}{number}{'.' if number < 3 else ''}" for number in range(25))
    measured = features(page)
    assert measured["fineweb_line_punct_ratio"] == measured["fineweb_v1_line_punct_ratio"] == [0.12]
    assert (measured["fineweb_pass"], measured["fineweb_v1_pass"]) == ([True], [False])


def test_only_the_first_release_takes_an_apostrophe_of_another_line_and_no_foreign_stops() -> None:
    measured = features("日本語の文です。\n'quoted'")
    assert measured["fineweb_v1_line_punct_ratio"] == [1 / 2]
    assert measured["fineweb_line_punct_ratio"] == [1.0]


@given(st.one_of(st.lists(st.text("ab .\n\u3000é", max_size=60), max_size=4), texts))
def test_the_first_release_equals_counting_line_by_line(documents: list[str]) -> None:
    measured = features(*documents)
    for row, text in enumerate(documents):
        if not text.split():
            continue
        lines = text.split("\n")
        solid = [line for line in lines if line.strip()]
        extra = sum(len(line) for place, line in enumerate(solid) if line in solid[:place])
        ended = sum(line.endswith((".", "'", '"', "!", "?")) for line in lines)
        assert measured["fineweb_v1_line_punct_ratio"][row] == pytest.approx(ended / len(lines))
        short = sum(len(line) <= 30 for line in lines)
        assert measured["fineweb_v1_short_line_ratio"][row] == pytest.approx(short / len(lines))
        assert measured["fineweb_v1_char_dup_ratio"][row] == pytest.approx(extra / len(text.replace("\n", "")))
