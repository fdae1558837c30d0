from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from winnow.score.splits import BENCHMARKS, WORDS, benchmark_of, held_out, split_of


@pytest.mark.parametrize(
    ("path", "split"),
    [
        ("gsm8k_test.jsonl", "test"),
        ("data/gsm8k/main-test.parquet", "test"),
        ("hellaswag_val.jsonl.gz", "validation"),
        ("mmlu/dev/anatomy.csv", "validation"),
        ("mmlu/test/0000.parquet", "test"),
        ("squad-train.json.zst", "train"),
        ("test-00000-of-00001.parquet", "test"),
        ("my.test.jsonl", "test"),
        ("SquadTest.jsonl", "test"),
        ("training_test.txt", "test"),
        # A folder that says more than a split says nothing: a test runner's, a person's.
        ("/tmp/test_selecting0/pages.jsonl", ""),
        ("/home/dev/texts/pages.jsonl", ""),
        ("latest.jsonl", ""),
        ("contest.txt", ""),
        ("device.csv", ""),
    ],
)
def test_splits_by_name(path: str, split: str) -> None:
    assert split_of(path) == split


@pytest.mark.parametrize(
    ("path", "benchmark"),
    [
        ("gsm8k_test.jsonl", "gsm8k"),
        ("open_book_qa.jsonl", "openbookqa"),
        ("human_eval.jsonl", "humaneval"),
        ("arc_challenge.jsonl", "arc"),
        ("MMLU/anatomy.csv", "mmlu"),
        ("search.jsonl", ""),
        ("archive/pages.jsonl", ""),
        ("recordings.txt", ""),
    ],
)
def test_benchmarks_by_name(path: str, benchmark: str) -> None:
    assert benchmark_of(path) == benchmark


@pytest.mark.parametrize("name", BENCHMARKS)
def test_every_benchmark_without_a_split_is_held_out_and_its_train_split_is_not(name: str) -> None:
    assert (held_out(f"{name}.jsonl") is None) == (name in WORDS)
    assert held_out(f"{name}-train.jsonl") is None
    assert str(held_out(f"{name}-test.jsonl")) == f"the test split of {name} (its name)"


def test_columns_tell_a_benchmark_whose_name_does_not() -> None:
    assert held_out("items.jsonl", ["query", "choices", "gold"]) is not None
    assert held_out("items.jsonl", ["Question", "Choices", "AnswerKey", "id"]) is not None
    assert held_out("items-train.jsonl", ["query", "choices", "gold"]) is None
    assert held_out("pages.jsonl", ["text", "url", "label"]) is None


def test_a_split_column_outranks_the_name() -> None:
    assert held_out("train.jsonl", (), ["train", "Test"]) is not None
    assert held_out("test.jsonl", (), ["train"]) is None
    assert held_out("pages.jsonl", (), ["north", "south"]) is None


@given(st.text(max_size=40), st.lists(st.text(max_size=10), max_size=4))
def test_any_name_is_read(path: str, columns: list[str]) -> None:
    found = held_out(path, columns)
    assert found is None or found.split in ("test", "validation")
