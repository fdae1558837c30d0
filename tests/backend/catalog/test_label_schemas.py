"""Questions: what may be asked, and how each kind of answer is written, read and shown."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from winnow.catalog.label_schemas import DEFAULT, KINDS, NOTHING, SKIP, LabelSchema, schema_of
from winnow.errors import SettingError

GENRE = LabelSchema("genre", "What is it?", ("news", "code", "spam"), kind="choices")
MARKS = LabelSchema("marks", "Where?", ("ad", "name"), kind="spans")
TAGS = LabelSchema("tags", "In free words?", kind="tags")


def asked(kind: str) -> LabelSchema:
    return LabelSchema("q", "?", ("a", "b") if kind not in ("scale", "keep", "pair") else (), kind=kind)


def test_some_kinds_know_their_answers() -> None:
    assert asked("keep").values == ("keep", "drop")
    assert asked("pair").values == ("first", "second", "tie")
    assert asked("scale").values == ("1", "2", "3", "4", "5")
    assert TAGS.values == ()


@pytest.mark.parametrize("kind", KINDS)
def test_a_question_survives_its_own_writing(kind: str) -> None:
    schema = asked(kind)
    assert schema_of(json.loads(json.dumps(vars(schema)))) == schema


def test_a_question_that_an_older_program_wrote_still_asks_for_one_answer() -> None:
    told = {"name": "label", "question": "Keep?", "values": ["keep", "drop", "unsure"], "guidelines": ""}
    assert schema_of(told) == LabelSchema("label", "Keep?", ("keep", "drop", "unsure"))
    assert schema_of({**told, "from_a_later_program": 1}).kind == "choice"


def test_several_answers_stand_in_the_order_of_the_question() -> None:
    assert GENRE.written(["spam", "news", "spam"]) == "news; spam"
    assert GENRE.written("spam; news") == "news; spam"
    assert GENRE.written([]) == NOTHING
    assert GENRE.read("news; spam") == ["news", "spam"]
    assert GENRE.read(NOTHING) == []
    assert GENRE.names(NOTHING) == [NOTHING]


def test_free_tags_are_trimmed_and_stand_by_the_alphabet() -> None:
    assert TAGS.written([" river  bank", "Ash", "river bank", ""]) == "Ash; river bank"
    assert TAGS.written("b; a") == "a; b"
    assert TAGS.written([]) == NOTHING


def test_passages_stand_in_the_order_of_the_text() -> None:
    spans = [{"start": 7, "end": 9, "tag": "ad"}, {"start": 0, "end": 4, "tag": "name"}]
    written = MARKS.written(spans)
    assert written == '[{"start":0,"end":4,"tag":"name"},{"start":7,"end":9,"tag":"ad"}]'
    assert MARKS.read(written) == [spans[1], spans[0]]
    assert MARKS.written(written) == written
    assert MARKS.shown(written) == "ad; name"
    assert MARKS.shown(MARKS.written([])) == NOTHING


@pytest.mark.parametrize(
    ("schema", "answer"),
    [
        (DEFAULT, "kep"), (DEFAULT, ["keep"]), (DEFAULT, ""), (GENRE, ["news", "poem"]), (GENRE, [1]),
        (TAGS, ["a;b"]), (TAGS, ["x" * 101]), (TAGS, [str(number) for number in range(31)]),
        (MARKS, [{"start": 3, "end": 3, "tag": "ad"}]), (MARKS, [{"start": -1, "end": 3, "tag": "ad"}]),
        (MARKS, [{"start": 0, "end": 3, "tag": "AD"}]), (MARKS, [{"start": 0, "tag": "ad"}]), (MARKS, "ad"), (MARKS, "7"),
        (asked("pair"), "left"), (asked("scale"), "6"), (asked("keep"), "unsure"),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_refused(schema: LabelSchema, answer: object) -> None:
    with pytest.raises(SettingError):
        schema.written(answer)


@pytest.mark.parametrize("kind", KINDS)
def test_every_question_can_be_passed_over(kind: str) -> None:
    schema = asked(kind)
    assert schema.written(SKIP) == schema.read(SKIP) == schema.shown(SKIP) == SKIP


@pytest.mark.parametrize(
    "told",
    [
        {"kind": "essay"}, {"kind": "scale", "values": ("low", "high")}, {"kind": "choices", "values": ("a; b",)},
        {"kind": "spans", "values": ()}, {"overlap": 1.5}, {"gold": -0.1}, {"annotators": -1}, {"values": (NOTHING,)},
    ],
)  # fmt: skip
def test_a_question_that_cannot_be_asked_is_refused(told: dict[str, object]) -> None:
    with pytest.raises(SettingError):
        LabelSchema(**{"name": "q", "question": "?", "values": ("a", "b"), **told})


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters=";"), max_size=20), max_size=8))
def test_tags_read_back_what_was_written(words: list[str]) -> None:
    written = TAGS.written(words)
    assert TAGS.written(TAGS.read(written)) == written
    assert set(TAGS.read(written)) == {" ".join(word.split()) for word in words} - {"", NOTHING}
