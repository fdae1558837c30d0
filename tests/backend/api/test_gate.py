"""The gate: strangers' names, other sites, sizes, and who is let through as whom."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from winnow.api.gate import LARGEST, Gate
from winnow.api.visitors import COOKIE, Door, Visitors
from winnow.workspace import Workspace

from .conftest import PASSWORD, Asker

LABEL = {"who": "ana", "labels": [{"doc_id": 1, "value": "keep"}]}


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8501", "[::1]:8501", "192.168.0.7", "x.localhost"])
def test_an_open_server_answers_to_its_own_names(corpus: Workspace, ask: Asker, host: str) -> None:
    assert ask(corpus).get("/api/v1/count", headers={"Host": host}).status_code == 200


def test_a_name_of_another_site_that_leads_here_is_refused_unless_it_is_named(corpus: Workspace, ask: Asker) -> None:
    strange = {"Host": "evil.example"}
    refused = ask(corpus).get("/api/v1/count", headers=strange)
    assert refused.status_code == 421
    assert "WINNOW_HOSTS" in refused.json()["detail"]
    assert ask(corpus, Door(hosts=frozenset({"evil.example"}))).get("/api/v1/count", headers=strange).status_code == 200
    assert ask(corpus, Door(PASSWORD), PASSWORD).get("/api/v1/count", headers=strange).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": "http://localhost:9999"}, {"Sec-Fetch-Site": "cross-site"}],
)  # fmt: skip
def test_another_site_changes_nothing(corpus: Workspace, ask: Asker, headers: dict[str, str]) -> None:
    for method, path in (("POST", "/api/v1/labels"), ("DELETE", "/api/v1/selections/x"), ("POST", "/login")):
        assert ask(corpus).request(method, path, headers=headers, json=LABEL).status_code == 403
    assert corpus.labels.last == 0
    assert ask(corpus).post("/api/v1/labels", json=LABEL, headers={"Origin": "http://localhost"}).status_code == 201


def test_a_form_of_another_kind_is_no_label(corpus: Workspace, ask: Asker) -> None:
    """A page elsewhere may send text/plain without asking first, so its body must not be read as JSON."""
    sent = ask(corpus).post(
        "/api/v1/labels",
        content=b'{"who":"a","labels":[{"doc_id":1,"value":"keep"}]}',
        headers={"Content-Type": "text/plain"},
    )
    assert sent.status_code == 422
    assert corpus.labels.last == 0


def test_a_guarded_server_shows_strangers_the_log_in_alone(corpus: Workspace, ask: Asker) -> None:
    client = ask(corpus, Door(PASSWORD))
    page = client.get("/explore?search=x", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["location"]) == (303, "/login?next=%2Fexplore%3Fsearch%3Dx")
    assert client.get("/static/x.js").status_code == 401
    for path in ("count", "documents/1", "openapi.json", "me", "methods"):
        answer = client.get(f"/api/v1/{path}")
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.headers["content-type"] == "application/problem+json"
    assert client.get("/api/v1/count", headers={"Authorization": f"Bearer {PASSWORD}"}).status_code == 200


def test_roles_hold_on_every_way_in(corpus: Workspace, ask: Asker) -> None:
    people = corpus.catalog.people
    tokens = {role: people.add(role[:3], role) for role in ("reader", "annotator", "curator")}
    label = {"labels": [{"doc_id": 1, "value": "keep"}]}
    choice = {"method": "random", "name": "half", "docs": 3}
    deeds = [
        ("read", lambda asker: asker.get("/api/v1/documents")),
        ("label", lambda asker: asker.post("/api/v1/labels", json=label)),
        ("label", lambda asker: asker.post("/api/v1/labels/undo", json={})),
        ("curate", lambda asker: asker.post("/api/v1/questions", json={"name": "q", "question": "?", "values": ["a"]})),
        ("curate", lambda asker: asker.post("/api/v1/selections", json=choice)),
        ("curate", lambda asker: asker.post("/api/v1/jobs", json={"verb": "index"})),
        ("curate", lambda asker: asker.get("/api/v1/audit")),
        ("curate", lambda asker: asker.delete("/api/v1/selections/half")),
    ]
    allowed = {"reader": ("read",), "annotator": ("read", "label"), "curator": ("read", "label", "curate")}
    corpus.score(["tokens"])
    for role in ("reader", "annotator", "curator"):
        client = ask(corpus, Door(PASSWORD), tokens[role])
        for right, do in deeds:
            status = do(client).status_code
            expected = status < 300 if right in allowed[role] else status in (403, 404)
            assert expected, (role, right, status)
    assert [label.who for label in corpus.labels.history(1)] == ["ann", "ann", "cur", "cur"]


def test_a_body_that_is_too_large_is_not_read(corpus: Workspace, ask: Asker) -> None:
    client = ask(corpus)
    assert client.post("/api/v1/labels", content=b"x" * (LARGEST + 1)).status_code == 413
    parts = (b"x" * 1_000_000 for _ in range(LARGEST // 1_000_000 + 2))
    assert client.post("/api/v1/labels", content=parts).status_code >= 400


def test_headers_keep_others_from_framing_and_guessing(corpus: Workspace, ask: Asker) -> None:
    answer = ask(corpus).get("/api/v1/count")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert answer.headers["cache-control"] == "no-store"


def test_web_sockets_go_through_the_gate(corpus: Workspace) -> None:
    async def greet(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text("in")
        await socket.close()

    visitors = Visitors(corpus.catalog.people, Door(PASSWORD))
    app = Starlette(routes=[WebSocketRoute("/stream", greet)], middleware=[Middleware(Gate, visitors=visitors)])
    client = TestClient(app, base_url="http://localhost")
    session = {COOKIE: visitors.log_in("ana", PASSWORD, "a")}

    def greeted(cookies: dict[str, str], headers: dict[str, str]) -> bool:
        client.cookies.clear()
        client.cookies.update(cookies)
        try:
            with client.websocket_connect("/stream", headers=headers) as socket:
                return bool(socket.receive_text() == "in")
        except WebSocketDisconnect:
            return False

    own = {"Origin": "http://localhost", "Host": "localhost"}
    assert greeted(session, own)
    assert not greeted({}, own)
    assert not greeted(session, {**own, "Origin": "http://evil.example"})
