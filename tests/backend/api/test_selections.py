"""Selections through the API are those of `winnow select`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from winnow.api.visitors import Door
from winnow.catalog.filters import Filter
from winnow.workspace import Workspace

from .conftest import PASSWORD, Asker

TOP = {"method": "top", "settings": {"column": "words"}, "docs": 3, "seed": 4}


def test_the_same_settings_choose_the_same_documents(client: TestClient, scored: Workspace) -> None:
    asked = {**TOP, "filter": {"not.source": '["spam"]'}}
    made = client.post("/api/v1/selections", json={**asked, "name": "api"})
    assert made.status_code == 201, made.text
    filter = Filter.from_query({"not.source": '["spam"]'})
    kept = scored.select("top", settings={"column": "words"}, docs=3, seed=4, name="here", filter=filter)
    there = scored.catalog.selections.get("api")
    for mine, theirs in zip(kept.read(), there.read(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert kept.recipe == there.recipe
    listed = client.get("/api/v1/selections/api/documents?limit=2").json()
    assert [row["doc_id"] for row in listed["documents"]] == there.read()[0][:2].tolist()
    assert client.get("/api/v1/selections/api/documents", params={"cursor": listed["next"]}).json()["next"] is None


def test_a_preview_keeps_nothing(client: TestClient, scored: Workspace) -> None:
    told = client.post("/api/v1/selections", json={**TOP, "name": "x", "preview": True}).json()
    assert told["summary"]["documents"] == 3
    assert scored.catalog.selections.all() == []


def test_recipe_and_reasons(client: TestClient, scored: Workspace) -> None:
    client.post("/api/v1/selections", json={**TOP, "name": "best"})
    recipe = client.get("/api/v1/selections/best/recipe")
    assert recipe.text == scored.recipe("best")
    assert recipe.headers["content-type"].startswith("application/yaml")
    why = client.get("/api/v1/selections/best/why/5").json()
    assert why["steps"][0]["step"] == "top"
    assert "ranks" in why["steps"][0]["words"]
    assert client.get("/api/v1/selections/best/why/77").status_code == 400


@pytest.mark.parametrize("path", ["", "/documents", "/recipe", "/why/1"])
def test_what_is_not_there_is_not_found(client: TestClient, path: str) -> None:
    client.post("/api/v1/selections", json={**TOP, "name": "best"})
    answer = client.get(f"/api/v1/selections/bset{path}")
    assert answer.status_code == 404
    assert "did you mean 'best'?" in answer.json()["detail"]


def test_slips_are_said(client: TestClient) -> None:
    def told(**changed: object) -> tuple[int, str]:
        answer = client.post("/api/v1/selections", json={**TOP, "name": "x", **changed})
        return answer.status_code, answer.json()["detail"]

    assert told(method="tpo")[0] == 400
    assert "did you mean 'top'?" in told(method="tpo")[1]
    assert told(docs=None)[0] == 400
    assert told(settings={"column": "qualty"})[0] == 409
    assert told(name="../x")[0] == 400
    assert told(colour="red")[0] == 422
    assert told(filter={"serach": "x"})[0] == 400
    client.post("/api/v1/selections", json={**TOP, "name": "x"})
    assert told()[0] == 409
    assert client.post("/api/v1/selections", json={**TOP, "name": "x", "replace": True}).status_code == 201


def test_a_removed_selection_leaves_a_line_in_the_trail(client: TestClient, scored: Workspace) -> None:
    client.post("/api/v1/selections", json={**TOP, "name": "best"})
    assert client.delete("/api/v1/selections/best").status_code == 204
    assert client.delete("/api/v1/selections/best").status_code == 404
    deed = scored.catalog.audit.all()[0]
    assert (deed.what, deed.subject, deed.who) == ("delete selection", "best", "(no name)")


def test_behind_a_password_targets_lie_where_people_may_name_files(
    scored: Workspace, ask: Asker, tmp_path: Path
) -> None:
    client = ask(scored, Door(PASSWORD, folders=(tmp_path / "data",)), PASSWORD)
    answer = client.post("/api/v1/selections", json={**TOP, "name": "x", "target": "/etc/passwd"})
    assert answer.status_code == 403
    assert "WINNOW_FOLDERS" in answer.json()["detail"]
