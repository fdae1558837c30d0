"""Jobs and exports: started, watched, cancelled; where files may lie; the trail they leave."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from winnow.api.visitors import Door
from winnow.workspace import Workspace

from .conftest import PASSWORD, Asker


def ended(client: TestClient, job: int) -> dict[str, Any]:
    for _ in range(600):
        told: dict[str, Any] = client.get(f"/api/v1/jobs/{job}").json()
        if told["state"] not in ("queued", "running"):
            return told
        time.sleep(0.1)
    raise AssertionError(f"job {job} goes on: {told}")


def test_an_export_runs_as_a_job_and_is_written_down(client: TestClient, scored: Workspace, tmp_path: Path) -> None:
    scored.select("top", settings={"column": "words"}, docs=2, name="two")
    out = tmp_path / "out"
    started = client.post("/api/v1/exports", json={"name": "two", "folder": str(out), "format": "jsonl"})
    assert started.status_code == 202, started.text
    told = ended(client, started.json()["job"])
    assert told["state"] == "done", told
    assert (out / "manifest.json").exists()
    assert client.get("/api/v1/exports").json()["exports"][0]["recipe"]["folder"] == str(out)
    log = client.get(f"/api/v1/jobs/{told['job']}/log").json()
    assert log["next"] == len(log["log"].encode())
    deed = client.get("/api/v1/audit").json()["audit"][0]
    assert (deed["what"], deed["subject"], deed["detail"]["folder"]) == ("export", "two", str(out))
    again = client.post("/api/v1/exports", json={"name": "two", "folder": str(out)})
    assert again.status_code == 409
    assert "new folder" in again.json()["detail"]


def test_jobs_that_end_can_be_done_again(client: TestClient, scored: Workspace) -> None:
    job = scored.catalog.jobs.add("index", {})
    assert client.post(f"/api/v1/jobs/{job}/cancel").json()["state"] == "cancelled"
    again = client.post(f"/api/v1/jobs/{job}/again")
    assert again.status_code == 202
    assert ended(client, again.json()["job"])["state"] == "done"
    assert client.get("/api/v1/jobs").json()["jobs"][0]["verb"] == "index"


@pytest.mark.parametrize("path", ["/api/v1/jobs/99", "/api/v1/jobs/99/log"])
def test_unknown_jobs_are_not_found(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404
    assert client.post("/api/v1/jobs/99/cancel").status_code == 404


def test_unknown_verbs_formats_and_selections_are_said_before_anything_starts(
    client: TestClient, scored: Workspace, tmp_path: Path
) -> None:
    before = len(scored.catalog.jobs.all())
    assert client.post("/api/v1/jobs", json={"verb": "explode"}).status_code == 400
    scored.select("random", docs=2, name="two")
    out = str(tmp_path / "o")
    assert client.post("/api/v1/exports", json={"name": "two", "folder": out, "format": "docx"}).status_code == 400
    assert client.post("/api/v1/exports", json={"name": "twoo", "folder": out}).status_code == 404
    assert len(scored.catalog.jobs.all()) == before + 1


def test_behind_a_password_files_lie_where_people_may_name_them(scored: Workspace, ask: Asker, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "way").symlink_to("/")
    scored.select("random", docs=2, name="two")
    client = ask(scored, Door(PASSWORD, folders=(data,)), PASSWORD)
    for folder in ("/tmp/elsewhere", str(data / ".." / "x"), str(data / "way" / "tmp" / "x"), "relative"):
        assert client.post("/api/v1/exports", json={"name": "two", "folder": folder}).status_code == 403, folder
    for work in (
        {"verb": "ingest", "recipe": {"paths": ["/etc/passwd"]}},
        {"verb": "export", "recipe": {"name": "two", "folder": "/tmp/elsewhere"}},
        {"verb": "run_recipe", "recipe": {"path": str(data / "r.yaml"), "out": "/tmp/elsewhere"}},
    ):
        assert client.post("/api/v1/jobs", json=work).status_code == 403, work


def test_methods_are_listed_with_their_settings(client: TestClient) -> None:
    names = {row["name"] for row in client.get("/api/v1/methods?kind=selector").json()["methods"]}
    assert {"top", "random"} <= names
    assert client.get("/api/v1/methods?kind=nothing").status_code == 400
