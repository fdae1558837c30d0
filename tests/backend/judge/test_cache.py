"""Answers on disk: shared by processes, whole after a kill."""

from __future__ import annotations

import threading
from hashlib import sha256
from pathlib import Path

from winnow.judge.base import Answer
from winnow.judge.cache import AnswerCache


def key(word: str) -> str:
    return sha256(word.encode()).hexdigest()


def test_an_answer_comes_back_as_it_was_given(tmp_path: Path) -> None:
    given = Answer('line\n"quoted" ü', {"A": 0.25, "B": 0.75}, 12, 3)
    AnswerCache(tmp_path / "judge" / "answers.jsonl").put(key("one"), given)
    again = AnswerCache(tmp_path / "judge" / "answers.jsonl")
    assert again.get(key("one")) == given
    assert again.get(key("two")) is None


def test_one_process_sees_what_another_appends(tmp_path: Path) -> None:
    first, second = AnswerCache(tmp_path / "answers.jsonl"), AnswerCache(tmp_path / "answers.jsonl")
    assert first.get(key("late")) is None
    second.put(key("late"), Answer("x"))
    assert first.get(key("late")) == Answer("x")


def test_a_half_written_line_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    AnswerCache(path).put(key("one"), Answer("1"))
    with open(path, "ab") as file:
        file.write(b'{"key": "abc')
    cache = AnswerCache(path)
    assert cache.get(key("one")) == Answer("1")
    cache.put(key("two"), Answer("2"))
    assert cache.get(key("two")) == Answer("2")
    assert AnswerCache(path).get(key("two")) == Answer("2")


def test_eight_threads_lose_nothing(tmp_path: Path) -> None:
    caches = [AnswerCache(tmp_path / "answers.jsonl") for _ in range(8)]

    def write(number: int) -> None:
        for item in range(25):
            caches[number].put(key(f"{number}.{item}"), Answer(f"{number}.{item}"))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    fresh = AnswerCache(tmp_path / "answers.jsonl")
    assert all(
        fresh.get(key(f"{number}.{item}")) == Answer(f"{number}.{item}") for number in range(8) for item in range(25)
    )
