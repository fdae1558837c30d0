from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from winnow.errors import InputError
from winnow.score.benchmarks import files_of, read_benchmarks, state_of

ROWS = [
    {"question": "What is it?", "choices": ["this", "that"], "answer": "this"},
    {"question": "And why?", "choices": {"text": ["one", "two"], "label": ["A", "B"]}, "answer": "two"},
]


def texts(*paths: Path, fields: tuple[str, ...] = ()) -> list[str]:
    return list(read_benchmarks([str(path) for path in paths], fields).texts)


def test_every_kind_of_file_is_read(tmp_path: Path) -> None:
    lines = "".join(json.dumps(row) + "\n" for row in ROWS)
    (tmp_path / "a.jsonl").write_text(lines + "\n")
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    (tmp_path / "c.json").write_text(json.dumps({"version": 1, "data": ROWS}))
    pq.write_table(pa.table({"question": [row["question"] for row in ROWS]}), tmp_path / "d.parquet")
    with open(tmp_path / "e.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([["id", "question"], *([n, row["question"]] for n, row in enumerate(ROWS))])
    (tmp_path / "f.txt").write_text("What is it?\n\nAnd why?\n")
    for path in sorted(tmp_path.iterdir()):
        assert texts(path) == ["What is it?", "And why?"], path
    made = read_benchmarks([str(tmp_path)])
    assert made.names == tuple("abcdef")
    assert made.rows == (1, 2) * 6


def test_the_prompt_alone_is_compared_unless_fields_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    assert texts(path, fields=("question", "choices")) == ["What is it?\nthis\nthat", "And why?\none\ntwo"]
    with pytest.raises(InputError, match=r"no field 'qestion'; did you mean 'question'"):
        texts(path, fields=("qestion",))


def test_options_of_one_ending_become_the_right_sentence(tmp_path: Path) -> None:
    path = tmp_path / "w.jsonl"
    path.write_text(json.dumps({"context_options": ["so Sarah", "so Maria"], "continuation": "won.", "gold": 1}))
    assert texts(path) == ["so Maria won."]


def test_without_a_known_name_the_longest_field_is_the_prompt(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps({"id": "17", "riddle": "What walks on four legs in the morning?", "n": 3}))
    assert texts(path) == ["What walks on four legs in the morning?"]


def test_chat_turns_give_their_content(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps({"prompt": [{"role": "user", "content": "Say hello."}]}))
    assert texts(path) == ["Say hello."]


def test_splits_are_read_from_names_and_columns(tmp_path: Path) -> None:
    (tmp_path / "gsm8k_test.jsonl").write_text(json.dumps({"question": "a"}))
    (tmp_path / "other.jsonl").write_text(json.dumps({"question": "a", "split": "validation"}))
    (tmp_path / "third_train.jsonl").write_text(json.dumps({"question": "a"}))
    assert read_benchmarks([str(tmp_path)]).splits == ("test", "validation", "train")


def test_equal_names_are_told_apart(tmp_path: Path) -> None:
    for folder in ("arc", "sciq"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "test.jsonl").write_text(json.dumps({"question": "a"}))
    assert read_benchmarks([str(tmp_path)]).names == ("test", "sciq/test")


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a.jsonl", b"{broken"),
        ("b.parquet", b"no parquet"),
        ("c.jsonl.gz", b"no gzip"),
        ("d.json", b"[1,"),
        ("e.jsonl.zst", b"?"),
    ],
)
def test_a_broken_file_is_named_with_the_cause(tmp_path: Path, name: str, body: bytes) -> None:
    (tmp_path / name).write_bytes(body)
    with pytest.raises(InputError, match=rf"benchmark .*{name} cannot be read"):
        texts(tmp_path / name)


def test_absent_and_unknown_files_are_errors(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        files_of([str(tmp_path / "none")])
    (tmp_path / "a.exe").write_bytes(b"")
    with pytest.raises(InputError, match="nothing that can be read"):
        files_of([str(tmp_path)])


def test_the_state_follows_the_files(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("{}")
    before = state_of([str(path)])
    path.write_text("{} ")
    assert state_of([str(path)]) != before


def test_half_a_character_pair_in_json_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"question\n\xff\xfe broken bytes\n")
    assert len(texts(tmp_path / "a.csv")) == 1
