"""Secrets never rest: a password, a token and a judge's key are given to a server that works, and looked for everywhere."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import urllib3

from chat_server import completion, serve
from winnow.workspace import Workspace

PASSWORD, KEY = "canary-of-the-password-5b1d", "canary-of-the-judge-77ac"
WRONG = "canary-of-a-wrong-guess-01f9"


def files_holding(folder: Path, secret: str) -> list[str]:
    """Return every file below a folder that holds a secret, as it is or as JSON writes it."""
    return [str(path) for path in folder.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]


@pytest.mark.slow
def test_no_log_manifest_or_job_holds_a_secret(scored: Workspace, tmp_path: Path) -> None:
    token = scored.catalog.people.add("ana", "curator")
    scored.select("random", docs=3, name="three")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "WINNOW_PASSWORD": PASSWORD, "WINNOW_JUDGE_KEY": KEY}
    command = [sys.executable, "-m", "winnow", "-w", str(scored.folder), "api", "--port", str(port)]
    with serve() as judge, open(tmp_path / "server.log", "wb") as log:
        judge.reply = lambda number, body: (200, completion("A plain text."))
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            _work(f"http://127.0.0.1:{port}", token, tmp_path / "out", judge.url)
        finally:
            process.terminate()
            process.wait(30)
        assert any(f"Bearer {KEY}" in sent.values() for sent in judge.headers), "the judge was asked with its key"
    exported = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert exported["documents"] >= 3
    for secret in (PASSWORD, KEY, WRONG, token):
        assert files_holding(tmp_path, secret) == []


def _work(address: str, token: str, out: Path, judge: str) -> None:
    for _ in range(600):
        try:
            if urllib3.request("GET", f"{address}/api/v1/me", retries=False).status == 401:
                break
        except urllib3.exceptions.HTTPError:
            time.sleep(0.1)
    wrong = urllib3.request("GET", f"{address}/api/v1/me", headers={"Authorization": f"Bearer {WRONG}"})
    assert wrong.status == 401
    shared = urllib3.request("GET", f"{address}/api/v1/me", headers={"Authorization": f"Bearer {PASSWORD}"})
    assert shared.status == 200
    told = {
        "name": "three", "folder": str(out), "format": "jsonl", "arrange": [{"method": "rephrase"}],
        "judge": {"method": "endpoint", "url": judge, "model": "m", "private": True},
    }  # fmt: skip
    mine = {"Authorization": f"Bearer {token}"}
    started = urllib3.request("POST", f"{address}/api/v1/exports", json=told, headers=mine)
    assert started.status == 202, started.data
    job = started.json()["job"]
    for _ in range(1200):
        state = urllib3.request("GET", f"{address}/api/v1/jobs/{job}", headers=mine).json()
        if state["state"] not in ("queued", "running"):
            break
        time.sleep(0.1)
    assert state["state"] == "done", state
