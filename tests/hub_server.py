"""As much of the Hugging Face Hub's HTTP interface as its own client asks for, with one data set in memory."""

from __future__ import annotations

import base64
import hashlib
import json
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import unquote, urlsplit

from local_server import Answers, LocalServer, serving

REPO = "mill/grain"
COMMIT = "c0ffee" * 6 + "cafe"


class Hub(LocalServer):
    """The data set `mill/grain`. With a `token` it is private; `faults` are statuses to answer the next file with."""

    def __init__(self) -> None:
        super().__init__(_Answers)
        self.files: dict[str, bytes] = {}
        self.token = ""
        self.faults: list[int] = []
        self.asked: list[str] = []


def hub() -> AbstractContextManager[Hub]:
    return serving(Hub())


class _Answers(Answers):
    protocol_version = "HTTP/1.1"
    server: Hub

    def do_GET(self) -> None:
        path = self._asked()
        api, files = f"/api/datasets/{REPO}", f"/datasets/{REPO}/resolve/main/"
        if not self._allowed(path):
            return
        if path in (api, f"{api}/revision/main"):
            self.say({"id": REPO, "sha": COMMIT, "siblings": [], "private": bool(self.server.token), "tags": []})
        elif path == f"{api}/tree/main" or path.startswith(f"{api}/tree/main/"):
            self.say(
                self._tree(path.removeprefix(f"{api}/tree/main").strip("/"), "recursive=true" in self.path.lower())
            )
        elif path.startswith(files) and (name := path.removeprefix(files)) in self.server.files:
            self._send(self.server.files[name])
        else:
            self._refuse(404, "EntryNotFound")

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        body = self.sent()
        path = self._asked()
        if not self._allowed(path):
            return
        if path == f"/api/datasets/{REPO}/preupload/main":
            names = [file["path"] for file in json.loads(body)["files"]]
            self.say({"files": [{"path": name, "uploadMode": "regular", "shouldIgnore": False} for name in names]})
        elif path == f"/api/datasets/{REPO}/commit/main":
            for line in map(json.loads, body.splitlines()):
                if line["key"] == "file":
                    self.server.files[line["value"]["path"]] = base64.b64decode(line["value"]["content"])
            self.say({"commitUrl": f"{self.server.address}/datasets/{REPO}/commit/{COMMIT}", "commitOid": COMMIT})
        else:
            self._refuse(404, "EntryNotFound")

    def _asked(self) -> str:
        self.server.asked.append(f"{self.command} {self.path}")
        return unquote(urlsplit(self.path).path)

    def _allowed(self, path: str) -> bool:
        """Whether the visitor may see the path; says what the Hub says when not."""
        if self.server.token and self.headers.get("Authorization") != f"Bearer {self.server.token}":
            self._refuse(401, "RepoNotFound")
        elif REPO not in path:
            self._refuse(404, "RepoNotFound")
        elif "/resolve/" in path and self.server.faults:
            self._refuse(self.server.faults.pop(0), "")
        else:
            return True
        return False

    def _tree(self, folder: str, recursive: bool) -> list[dict[str, Any]]:
        below = f"{folder}/" if folder else ""
        found = {name: content for name, content in self.server.files.items() if name.startswith(below)}
        parents = {"/".join(name.split("/")[:depth]) for name in found for depth in range(1, name.count("/") + 1)}
        folders = [
            {"type": "directory", "oid": "0" * 40, "size": 0, "path": name}
            for name in parents if name.startswith(below) and (recursive or "/" not in name.removeprefix(below))
        ]  # fmt: skip
        files = [
            {"type": "file", "oid": hashlib.sha1(content).hexdigest(), "size": len(content), "path": name}
            for name, content in found.items() if recursive or "/" not in name.removeprefix(below)
        ]  # fmt: skip
        return sorted(folders + files, key=lambda one: one["path"])

    def _send(self, whole: bytes) -> None:
        asked = self.headers.get("Range")
        first, _, last = (asked or "bytes=0-").removeprefix("bytes=").partition("-")
        part = whole[int(first) : int(last) + 1 if last else None]
        told = {"Content-Range": f"bytes {first}-{int(first) + len(part) - 1}/{len(whole)}"} if asked else {}
        self.answer(206 if asked else 200, part, **told)

    def _refuse(self, status: int, code: str) -> None:
        self.say({"error": f"{status} as the test wants it"}, status, **{"X-Error-Code": code})
