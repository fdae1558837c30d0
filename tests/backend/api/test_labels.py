"""Labels through the API are the events that pages and notebooks see."""

from __future__ import annotations

from starlette.testclient import TestClient

from winnow.workspace import Workspace

from .conftest import Asker


def test_a_label_given_here_stands_everywhere(client: TestClient, scored: Workspace) -> None:
    given = client.post(
        "/api/v1/labels", json={"who": "ana", "labels": [{"doc_id": 2, "value": "keep", "seconds": 1.5}]}
    )
    assert given.status_code == 201
    assert given.json()["seq"] == scored.labels.last
    (label,) = scored.labels.history(2)
    assert (label.who, label.value, label.seconds, label.schema) == ("ana", "keep", 1.5, "label")
    listed = client.get("/api/v1/documents", params={"in.label": '["keep"]'}).json()["documents"]
    assert [(row["doc_id"], row["label"]) for row in listed] == [(2, "keep")]


def test_many_are_kept_all_or_none_and_a_retry_adds_nothing(client: TestClient, scored: Workspace) -> None:
    many = {"who": "ana", "labels": [{"doc_id": n, "value": "drop", "uuid": f"u{n}"} for n in range(4)]}
    assert client.post("/api/v1/labels", json=many).json()["new"] == 4
    assert client.post("/api/v1/labels", json=many).json()["new"] == 0
    bad = {"who": "ana", "labels": [{"doc_id": 4, "value": "drop"}, {"doc_id": 99, "value": "drop"}]}
    refused = client.post("/api/v1/labels", json=bad)
    assert refused.status_code == 400
    assert "no document 99" in refused.json()["detail"]
    assert scored.labels.last == 4


def test_wrong_values_names_and_fields_are_said(client: TestClient) -> None:
    def told(**changed: object) -> tuple[int, str]:
        body = {"who": "ana", "labels": [{"doc_id": 1, "value": "keep"}], **changed}
        answer = client.post("/api/v1/labels", json=body)
        return answer.status_code, answer.json()["detail"]

    assert told(labels=[{"doc_id": 1, "value": "keeep"}]) == (
        400, "schema 'label' has no value 'keeep'; it asks for one answer of a few; did you mean 'keep'?"
    )  # fmt: skip
    assert told(who="")[0] == 400
    assert "no name" in told(who="")[1]
    assert told(schema="nothing")[0] == 400
    assert told(labels=[])[0] == 422
    assert told(lables=1)[0] == 422


def test_undo_takes_back_the_newest(client: TestClient, scored: Workspace) -> None:
    for value in ("keep", "drop"):
        client.post("/api/v1/labels", json={"who": "ana", "labels": [{"doc_id": 1, "value": value}]})
    assert client.post("/api/v1/labels/undo", json={"who": "ana"}).json()["taken_back"]["value"] == "drop"
    assert [label.value for label in scored.labels.standing("label")] == ["keep"]
    assert client.post("/api/v1/labels/undo", json={"who": "ben"}).json() == {"taken_back": None}


def test_the_log_is_followed_from_an_event_on(client: TestClient, scored: Workspace) -> None:
    for doc_id in range(5):
        scored.labels.add(doc_id, "keep", who="ana" if doc_id % 2 else "ben")
    first = client.get("/api/v1/labels?limit=3").json()
    rest = client.get("/api/v1/labels", params={"limit": 3, "after": first["next"]}).json()
    assert [label["doc_id"] for label in first["labels"] + rest["labels"]] == [0, 1, 2, 3, 4]
    assert rest["next"] is None
    assert [label["doc_id"] for label in client.get("/api/v1/labels?who=ana").json()["labels"]] == [1, 3]


def test_questions_are_asked_of_everybody(client: TestClient, scored: Workspace) -> None:
    asked = {"name": "genre", "question": "What is it?", "values": ["news", "code"], "kind": "choices"}
    assert client.post("/api/v1/questions", json=asked).status_code == 201
    assert "genre" in scored.labels.schemas()
    answer = {"schema": "genre", "who": "ana", "labels": [{"doc_id": 0, "value": ["code", "news"]}]}
    assert client.post("/api/v1/labels", json=answer).status_code == 201
    assert scored.labels.history(0)[0].value == "news; code"
    names = [question["name"] for question in client.get("/api/v1/questions").json()["questions"]]
    assert names == ["label", "genre"]
    assert client.post("/api/v1/questions", json={**asked, "name": "a b"}).status_code == 400
    assert client.post("/api/v1/questions", json={**asked, "name": "x", "colour": 1}).status_code == 400


def test_somebody_who_logged_in_labels_under_their_name(scored: Workspace, ask: Asker) -> None:
    token = scored.catalog.people.add("ana", "annotator")
    client = ask(scored, token=token)
    assert client.post("/api/v1/labels", json={"labels": [{"doc_id": 1, "value": "keep"}]}).status_code == 201
    assert scored.labels.history(1)[0].who == "ana"
    theirs = {"who": "ben", "labels": [{"doc_id": 1, "value": "keep"}]}
    assert client.post("/api/v1/labels", json=theirs).status_code == 403
    assert ask(scored).post("/api/v1/labels", json={**theirs, "who": "ana"}).status_code == 403
