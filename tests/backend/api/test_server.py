"""The API as a whole: it describes itself, and no failure shows more than a line."""

from __future__ import annotations

import logging

import pytest
from starlette.testclient import TestClient

from winnow.workspace import Workspace

from .conftest import Asker

PATHS = {
    "/documents", "/documents.jsonl", "/documents/{doc_id}", "/search", "/count", "/columns", "/facets/{column}", "/sql",
    "/questions", "/labels", "/labels/undo", "/selections", "/selections/{name}", "/selections/{name}/documents",
    "/selections/{name}/recipe", "/selections/{name}/why/{doc_id}", "/jobs", "/jobs/{job}", "/jobs/{job}/log",
    "/jobs/{job}/cancel", "/jobs/{job}/again", "/exports", "/methods", "/me", "/audit",
}  # fmt: skip


def test_it_describes_itself(client: TestClient) -> None:
    told = client.get("/api/v1/openapi.json").json()
    assert set(told["paths"]) == PATHS
    assert all(way.get("summary") for ways in told["paths"].values() for way in ways.values())
    assert told["servers"] == [{"url": "/api/v1"}]
    assert client.get("/api/v1/").json()["openapi"] == "/api/v1/openapi.json"


def test_unknown_ways_and_methods_are_problems(client: TestClient) -> None:
    for answer, status in ((client.get("/api/v1/nothing"), 404), (client.delete("/api/v1/count"), 405)):
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert "openapi" in answer.json()["detail"]


def test_what_nobody_foresaw_is_told_to_the_log_alone(
    scored: Workspace, ask: Asker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a secret thing in /home/somebody")

    monkeypatch.setattr(type(scored.browse), "count", broken)
    with caplog.at_level(logging.ERROR):
        answer = ask(scored).get("/api/v1/count")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert "a secret thing" in caplog.text
