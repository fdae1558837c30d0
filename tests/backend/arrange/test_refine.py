"""Cleaning by programs: who writes them, when a document stays, and when it goes."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from winnow.arrange.base import Tools
from winnow.arrange.refine import Refine, unwanted_lines
from winnow.errors import InputError, SettingError
from winnow.judge.base import Answer
from winnow.pool import Pool

PAGE = "\n".join([
    "Home | About | Contact", "The mill stands by the river and has ground flour for the town since 1720.",
    "https://example.org/mill", "Its wheel was mended twice, after the floods of 1845 and of 1902, by the same family.",
    "Share this page",
])  # fmt: skip


def batch(*texts: str) -> pa.RecordBatch:
    n = len(texts)
    return pa.RecordBatch.from_pydict({
        "doc_id": pa.array(range(n), pa.int64()), "id": pa.array([f"d{row}" for row in range(n)], pa.large_string()),
        "text": pa.array(texts, pa.large_string()), "generated": pa.array([False] * n),
    })  # fmt: skip


def test_rules_write_programs_for_menus_links_and_notices() -> None:
    made = Refine().transform(batch(PAGE), Tools(), None)
    lines = PAGE.split("\n")
    assert made.column("text").to_pylist() == ["\n".join([lines[1], lines[3]])]
    assert made.column("refine_program")[0].as_py().count("remove_lines") == 3
    assert made.column("refine_status").to_pylist() == ["edited"]


def test_rules_find_what_was_there_before_and_leave_prose_alone() -> None:
    again = "A sentence that is long enough to count."
    assert unwanted_lines(f"{again}\nOther.\n{again}\nOther.") == [2]
    prose = "He said: share this bread with all who ask, and subscribe to no doctrine that forbids it, whatever it be."
    assert unwanted_lines(prose) == []
    assert unwanted_lines("") == []


def test_what_is_left_decides_whether_a_document_stays() -> None:
    """Eleven words stay, ten go as short; at most a twentieth of the words goes as little."""
    words = " ".join(f"w{number}" for number in range(11))
    told = "remove_lines(1, 1)"
    assert Refine().refined(f"{words}\nmore", told)[2] == "edited"
    assert Refine(min_words=11).refined(f"{words}\nmore", told)[2] == "dropped: short"
    assert Refine(min_words=0).refined(f"{words}\n" + "x " * 400, told)[2] == "dropped: little left"


def test_a_short_document_that_is_kept_is_not_dropped() -> None:
    """The released code drops "one two three" even when the program is keep_chunk(); an empty text divides by zero."""
    assert Refine().refined("one two three", "keep_chunk()") == ("one two three", "keep_chunk()", "kept")
    assert Refine().refined("", "keep_chunk()")[2] == "kept"


def test_a_program_with_a_fault_leaves_the_document_as_it_was() -> None:
    bad = "remove_lines(0, 0)\nexec('x')"
    assert Refine().refined(PAGE, bad)[::2] == (PAGE, "invalid")
    assert Refine(tolerated=1).refined(PAGE, bad)[2] == "edited"
    assert Refine(tolerated=1).refined(PAGE, f"{bad}\nnonsense")[2] == "invalid"
    assert Refine(tolerated=5).refined(PAGE, "nonsense")[2] == "invalid", "nothing to run is no program"


def test_programs_from_a_file_by_either_id(tmp_path: Path) -> None:
    path = tmp_path / "programs.jsonl"
    path.write_text(
        '{"doc_id": 0, "program": "drop_doc()"}\n\n{"id": "d1", "program": "normalize(\\"mill\\", \\"inn\\")"}\n'
    )
    method = Refine(programs="file", path=str(path))
    prepared = method.prepare(Pool([0], [1]), Tools())
    made = method.transform(batch(PAGE, PAGE, "other"), Tools(), prepared)
    assert made.column("doc_id").to_pylist() == [1, 2]
    assert "The inn stands" in made.column("text")[0].as_py()
    assert made.column("refine_status").to_pylist() == ["edited", "no program"]


def test_a_file_that_is_none_says_what_a_line_is(tmp_path: Path) -> None:
    path = tmp_path / "programs.jsonl"
    for text in ("{", '{"program": "keep_all()"}', '{"doc_id": 1}', "[1]"):
        path.write_text(text)
        with pytest.raises(InputError, match="keep_all"):
            Refine(programs="file", path=str(path)).prepare(Pool([0], [1]), Tools())
    with pytest.raises(InputError, match="No such file"):
        Refine(programs="file", path=str(tmp_path / "none")).prepare(Pool([0], [1]), Tools())
    with pytest.raises(SettingError, match=r"refine\.path"):
        Refine(programs="file")


def test_a_judge_sees_numbered_lines_in_parts_and_its_programs_are_joined() -> None:
    """With 1,500 tokens at once, two lines of 1,000 are two parts, numbered through."""
    seen = []

    def ask(prompts):
        for prompt in prompts:
            seen.append(prompt.text[:11])
            line = int(prompt.text[7:10])
            yield Answer(f"remove_lines({line}, {line})") if line == 1 else Answer("keep_all()")

    long = "word " * 800
    made = Refine(programs="judge").transform(batch(f"{long}\n{long}x"), Tools(ask=ask), None)
    assert seen == ["[doc]\n[000]", "[doc]\n[001]"]
    assert made.column("text").to_pylist() == [long]


def test_a_judge_that_fails_leaves_the_document() -> None:
    def ask(prompts):
        return (Answer(error="no") for _ in prompts)

    made = Refine(programs="judge").transform(batch(PAGE), Tools(ask=ask), None)
    assert made.column("text").to_pylist() == [PAGE]
    assert made.column("refine_status").to_pylist() == ["no program"]
