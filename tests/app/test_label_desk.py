"""The server's half of the label desk: answers that come back, whatever the network does to them, and what goes ahead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.invented import ATTACK
from winnow.catalog.filters import Filter
from winnow.catalog.labels import SKIP, LabelSchema
from winnow.workspace import Workspace
from winnow_app import label_charts
from winnow_app.parts.labelling.desk import FETCHED, SENT, Desk
from winnow_app.parts.labelling.task import Task

DOCUMENTS = 39


@pytest.fixture
def corpus_here(own_corpus: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("WINNOW_WORKSPACE", str(own_corpus))
    return Workspace(own_corpus)


@pytest.fixture
def sit(corpus_here: Workspace) -> Callable[..., Desk]:
    def sit_down(
        who: str = "ada", question: str = "label", order: str = "random", filter: Filter | None = None
    ) -> Desk:
        desk = Desk(Task(who, question, order, "", filter or Filter()))
        desk.fill(desk.task, least=SENT)
        return desk

    return sit_down


def told(desk: Desk) -> dict[str, Any]:
    from winnow_app import data

    return desk.told(desk.task, data.workspace().labels.schema(desk.task.question))


def entry(desk: Desk, uuid: str, **said: object) -> dict[str, object]:
    item = desk.queue[0]
    return {
        "uuid": uuid,
        "question": desk.task.question,
        "doc_id": item.doc_id,
        "other": item.other,
        "seconds": 1.5,
        **said,
    }


def standing(workspace: Workspace, question: str = "label") -> list[tuple[str, int, str | None]]:
    return [(label.who, label.doc_id, label.value) for label in workspace.labels.standing(question)]


def test_an_answer_brings_the_next_document(sit: Callable[..., Desk], corpus_here: Workspace) -> None:
    desk = sit()
    first, second = desk.queue[:2]
    assert [item["doc_id"] for item in told(desk)["items"]] == [item.doc_id for item in desk.queue[:SENT]]
    desk.take([entry(desk, "u1", value="keep")])
    assert standing(corpus_here) == [("ada", first.doc_id, "keep")]
    after = told(desk)
    assert after["items"][0]["doc_id"] == second.doc_id
    assert (after["acks"], after["waiting"], after["progress"]["answered"]) == (["u1"], DOCUMENTS - 1, 1)
    assert [row["value"] for row in after["last"]] == ["keep"]


def test_an_outbox_that_comes_twice_is_worked_off_once(sit: Callable[..., Desk], corpus_here: Workspace) -> None:
    """The browser sends what was not acknowledged again and again, to this window's desk or to a new one."""
    desk = sit()
    sent = [entry(desk, "u1", value="keep"), {"uuid": "u2", "question": "label", "undo": True}]
    sent.append({**entry(desk, "u3", value="drop")})
    for window in (desk, desk, sit()):
        window.take(sent)
        assert told(window)["acks"] == ["u1", "u2", "u3"]
    assert [value for *_, value in standing(corpus_here)] == ["drop"]
    assert len(corpus_here.labels.history(int(str(sent[0]["doc_id"])))) == 3


def test_undo_and_looking_back_bring_a_document_to_the_front(sit: Callable[..., Desk], corpus_here: Workspace) -> None:
    desk = sit()
    first, second = desk.queue[:2]
    desk.take([entry(desk, "u1", value="keep")])
    desk.take([entry(desk, "u2", value=SKIP)])
    assert told(desk)["progress"] == {"answered": 1, "skipped": 1, "team": 1, "people": 1}
    desk.take([{"uuid": "u3", "question": "label", "undo": True}])
    assert told(desk)["items"][0]["doc_id"] == second.doc_id
    assert "Taken back" in told(desk)["refused"]["u3"]
    desk.take([{"uuid": "u4", "question": "label", "back": first.doc_id, "other": None}])
    seen = told(desk)
    assert (seen["items"][0]["doc_id"], seen["items"][0]["said"]) == (first.doc_id, "keep")
    desk.take([entry(desk, "u5", value="drop")])
    assert standing(corpus_here) == [("ada", first.doc_id, "drop")]
    assert told(desk)["waiting"] == DOCUMENTS - 1
    for number in range(6, 9):
        desk.take([{"uuid": f"u{number}", "question": "label", "undo": True}])
    assert "nothing to take back" in told(desk)["refused"]["u8"]


def test_what_is_no_answer_is_said_and_the_document_stays(sit: Callable[..., Desk], corpus_here: Workspace) -> None:
    desk = sit()
    first = desk.queue[0]
    desk.take([entry(desk, "u1", value=ATTACK), {"uuid": "u2", "question": "another", "doc_id": 0, "value": "keep"}])
    assert standing(corpus_here) == []
    assert told(desk)["items"][0]["doc_id"] == first.doc_id
    assert "no value" in told(desk)["refused"]["u1"]
    assert told(desk)["acks"] == ["u1", "u2"]


def test_two_people_at_once_share_the_work_and_see_each_other(sit: Callable[..., Desk], corpus_here: Workspace) -> None:
    """No document is shared: whatever order they work in, each is answered once and by one of them."""
    corpus_here.labels.define(LabelSchema("label", "Keep?", ("keep", "drop", "unsure"), overlap=0.0))
    desks = {who: sit(who) for who in ("ada", "ben")}
    for turn in range(2 * DOCUMENTS):
        desk = desks["ada" if turn % 3 else "ben"]
        desk.fill(desk.task, least=SENT)
        if told(desk)["items"]:
            desk.take([entry(desk, f"u{turn}", value="keep")])
    found = standing(corpus_here)
    assert sorted(doc_id for _, doc_id, _ in found) == list(range(DOCUMENTS))
    assert {who for who, *_ in found} == {"ada", "ben"}
    assert told(desks["ada"])["progress"]["team"] == told(desks["ben"])["progress"]["team"] == DOCUMENTS


def test_two_people_may_differ_about_one_document(sit: Callable[..., Desk], corpus_here: Workspace) -> None:
    for who, value in (("ada", "keep"), ("ben", "drop")):
        desk = sit(who)
        desk.take([entry(desk, f"of {who}", value=value)])
    assert {(who, value) for who, _, value in standing(corpus_here)} == {("ada", "keep"), ("ben", "drop")}
    assert len({doc_id for _, doc_id, _ in standing(corpus_here)}) == 1


def test_the_queue_is_filled_up_and_ends_with_words(sit: Callable[..., Desk], corpus_here: Workspace) -> None:
    kitchen = Filter().with_values("source", "kitchen")
    desk = sit(filter=kitchen)
    assert len(desk.queue) == 13 < FETCHED
    for turn in range(13):
        desk.take([entry(desk, f"u{turn}", value="keep")])
        desk.fill(desk.task, least=SENT)
    ended = told(desk)
    assert (ended["items"], ended["waiting"]) == ([], 0)
    assert "has your answer" in ended["ended"]
    assert len(standing(corpus_here)) == 13


def test_every_kind_of_question_goes_ahead(sit: Callable[..., Desk], corpus_here: Workspace) -> None:
    for kind, values, answer in (
        ("choices", ("a", "b"), ["b"]), ("scale", (), "4"), ("tags", (), ["old mill"]), ("keep", (), "drop"),
        ("spans", ("ad",), [{"start": 0, "end": 4, "tag": "ad"}]), ("pair", (), "tie"),
    ):  # fmt: skip
        corpus_here.labels.define(LabelSchema(kind, f"{kind}?", values, kind=kind))
        desk = sit(question=kind)
        shown = told(desk)
        assert len(shown["items"][0]["sides"]) == (2 if kind == "pair" else 1)
        desk.take([entry(desk, kind, value=answer)])
        assert told(desk)["refused"] == {}
        assert len(standing(corpus_here, kind)) == 1
    assert told(sit(question="tags"))["known"] == ["old mill"]


def test_what_is_asked_again_comes_once(sit: Callable[..., Desk], corpus_here: Workspace) -> None:
    for doc_id in (3, 4):
        corpus_here.labels.add(doc_id, SKIP, who="ada")
    desk = sit(order="skipped")
    desk.take([entry(desk, "u1", value=SKIP)])
    desk.fill(desk.task, least=SENT)
    assert [item.doc_id for item in desk.queue] == [4]


def test_the_curve_shows_its_intervals() -> None:
    drawn = label_charts.curve([(10, 0.6, 0.5, 0.8), (20, 0.7, 0.65, 0.75)], 0.5)
    assert list(drawn.data[0].x) == [10, 20]
    assert drawn.data[0].error_y.array == pytest.approx((0.2, 0.05))
    assert drawn.data[0].error_y.arrayminus == pytest.approx((0.1, 0.05))
    assert list(drawn.data[1].y) == [0.5, 0.5]
