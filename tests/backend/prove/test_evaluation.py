from __future__ import annotations

import json
from pathlib import Path

import pytest

from fixed_decoder import FixedDecoder
from winnow.errors import InputError
from winnow.lm.tokenizer import Bytes
from winnow.prove.evaluation import minimal_pairs, multiple_choice, read_choices

A, B, SPACE = 97, 98, 32
LIKES_A = FixedDecoder({A: 0.8, SPACE: 0.1, B: 0.05})


def test_the_likelier_sentence_is_chosen_and_a_tie_is_wrong() -> None:
    pairs = [{"sentence_good": good, "sentence_bad": bad} for good, bad in [("aa", "bb"), ("bb", "aa"), ("a", "a")]]
    assert minimal_pairs(pairs, Bytes(), 16).correct(LIKES_A).tolist() == [True, False, False]


def test_answers_are_compared_per_byte() -> None:
    # " a": ln 10 + ln 1.25 over two bytes, 1.263; " aaaa": ln 10 + 4 ln 1.25 over five, .639: the longer one wins,
    # though its sum is the larger.
    asked = [{"query": "q", "choices": ["a", "aaaa"], "gold": 1}]
    assert multiple_choice(asked, Bytes(), 16).correct(LIKES_A).tolist() == [True]


def test_a_file_says_which_kind_it_is(tmp_path: Path) -> None:
    questions = tmp_path / "q.jsonl"
    questions.write_text(
        json.dumps({"question": "which?", "choices": ["a", "b"], "gold": 0}) + "\n\n", encoding="utf-8"
    )
    assert read_choices(questions, Bytes(), 16).correct(LIKES_A).tolist() == [True]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "holds no question"),
        ("not json\n", "line 1 is neither"),
        ('{"query": "q", "choices": ["a"], "gold": 3}\n', "gold names no choice"),
        ('{"sentence_good": "a", "sentence_bad": "b"}\n{"query": "q", "choices": ["a"], "gold": 0}\n', "mixes"),
    ],
)
def test_a_file_that_is_neither_is_named(tmp_path: Path, content: str, told: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=told):
        read_choices(path, Bytes(), 16)
