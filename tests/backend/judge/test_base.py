"""Asking in order, through a cache, until a judge proves broken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import pytest

from winnow.errors import InputError
from winnow.judge.base import PATIENCE, WINDOW, Answer, Judge, Prompt, chosen


@dataclass(frozen=True, kw_only=True)
class Echo(Judge):
    """Says what it is asked, and fails on what begins with "fail"."""

    name: ClassVar[str] = "echo"
    asked: ClassVar[list[str]] = []

    def answers(self, prompts: Iterable[Prompt]) -> Iterator[Answer]:
        for prompt in prompts:
            self.asked.append(prompt.text)
            yield Answer(error="no") if prompt.text.startswith("fail") else Answer(prompt.text.upper())


class Kept(dict[str, Answer]):
    def put(self, key: str, answer: Answer) -> None:
        self[key] = answer


@pytest.fixture(autouse=True)
def forget() -> None:
    Echo.asked.clear()


def test_known_answers_stand_in_their_places() -> None:
    cache, judge = Kept(), Echo()
    list(judge.ask([Prompt("b"), Prompt("d")], cache))
    found = list(judge.ask([Prompt(letter) for letter in "abcde"], cache))
    assert [answer.text for answer in found] == list("ABCDE")
    assert [answer.cached for answer in found] == [False, True, False, True, False]
    assert Echo.asked == ["b", "d", "a", "c", "e"]
    assert judge.estimate([Prompt(letter) for letter in "abcdefg"], cache).requests == 2


def test_failures_are_asked_again_the_next_time() -> None:
    cache = Kept()
    for _ in range(2):
        assert [bool(answer.error) for answer in Echo().ask([Prompt("fail"), Prompt("ok")], cache)] == [True, False]
    assert Echo.asked == ["fail", "ok", "fail"]


def test_a_broken_judge_is_given_up_after_ten_failures_in_a_row() -> None:
    answers = Echo().ask([Prompt(f"fail {number}") for number in range(100)])
    with pytest.raises(InputError, match="10 times in a row"):
        list(answers)
    assert len(Echo.asked) == PATIENCE


def test_scattered_failures_do_not_stop_it() -> None:
    prompts = [Prompt("fail" if number % 3 else "ok") for number in range(100)]
    assert len(list(Echo().ask(prompts))) == 100


def test_prompts_are_read_one_window_ahead() -> None:
    read = 0

    def endless() -> Iterator[Prompt]:
        nonlocal read
        while True:
            read += 1
            yield Prompt(str(read))

    answers = Echo().ask(endless(), Kept())
    assert [next(answers).text for _ in range(3)] == ["1", "2", "3"]
    assert read == WINDOW


@pytest.mark.parametrize(
    ("text", "expected"),
    [("A", "A"), (" b ", ""), ("**B**", "B"), ('"A"', "A"), ("The answer is B.", "B"), ("A, not B", ""), ("", ""),
     ("a better text is B", "B"), ("Apple", "")],
)  # fmt: skip
def test_an_answer_names_one_choice_or_none(text: str, expected: str) -> None:
    assert chosen(text, ("A", "B")) == expected
