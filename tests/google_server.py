"""As much of Google Cloud Storage's JSON API as pyarrow asks for, on a folder: python tests/google_server.py FOLDER.

FOLDER holds the bucket "grain" as files. It is a process of its own, since pyarrow reads from Google without letting other
threads run. Prints its port; FOLDER/faults, where there is one, lists the statuses that the next requests are answered
with, a line each; FOLDER/asked gets a line a request.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from local_server import Answers, LocalServer

BUCKET = "/storage/v1/b/grain"


@contextmanager
def google_storage(folder: Path) -> Iterator[str]:
    """Serve a folder and give the address."""
    (folder / "grain").mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen([sys.executable, __file__, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()


class _Answers(Answers):
    protocol_version = "HTTP/1.1"
    folder: Path
    uploads: list[tuple[str, bytearray]] = []

    def do_GET(self) -> None:
        path, asked = self._asked()
        name = unquote(path.rpartition("/o/")[2])
        if path == BUCKET:
            self.say({"kind": "storage#bucket", "name": "grain", "id": "grain"})
        elif path == f"{BUCKET}/o":
            found = (
                str(file.relative_to(self.folder / "grain")) for file in sorted((self.folder / "grain").rglob("*"))
            )
            names = [one for one in found if one.startswith(asked.get("prefix", "")) and self._file(one).is_file()]
            self.say({"kind": "storage#objects", "items": [self._about(one) for one in names]})
        elif f"{BUCKET}/o/" in path and self._file(name).is_file():
            self._send(self._file(name).read_bytes()) if asked.get("alt") == "media" else self.say(self._about(name))
        elif path:
            self._refuse(404)

    def do_POST(self) -> None:
        self.sent()
        path, asked = self._asked()
        if path:
            self.uploads.append((asked["name"], bytearray()))
            where = f"http://{self.headers['Host']}{path}?uploadType=resumable&upload_id={len(self.uploads) - 1}"
            self.answer(200, b"{}", Location=where)

    def do_PUT(self) -> None:
        body = self.sent()
        path, asked = self._asked()
        if not path:
            return
        name, held = self.uploads[int(asked["upload_id"])]
        held += body
        if self.headers.get("Content-Range", "").endswith("/*"):
            self.answer(308, b"", Range=f"bytes=0-{len(held) - 1}")
            return
        self._file(name).parent.mkdir(parents=True, exist_ok=True)
        self._file(name).write_bytes(held)
        self.say(self._about(name))

    def _asked(self) -> tuple[str, dict[str, str]]:
        with open(self.folder / "asked", "a") as log:
            log.write(f"{self.command} {self.path}\n")
        faults = self.folder / "faults"
        first, _, rest = faults.read_text().partition("\n") if faults.exists() else ("", "", "")
        if first:
            faults.write_text(rest)
            self._refuse(int(first))
            return "", {}
        parts = urlsplit(self.path)
        return parts.path, {key: values[0] for key, values in parse_qs(parts.query).items()}

    def _file(self, name: str) -> Path:
        return self.folder / "grain" / name

    def _about(self, name: str) -> dict[str, Any]:
        at = "2026-11-21T12:00:00.000Z"
        told = {"kind": "storage#object", "bucket": "grain", "name": name, "size": str(self._file(name).stat().st_size)}
        return {**told, "generation": "1", "metageneration": "1", "timeCreated": at, "updated": at}

    def _send(self, whole: bytes) -> None:
        first = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").partition("-")[0])
        self.answer(206 if first else 200, whole[first:])

    def _refuse(self, status: int) -> None:
        self.say({"error": {"code": status, "message": f"refused with {status}"}}, status)


if __name__ == "__main__":
    _Answers.folder = Path(sys.argv[1])
    server = LocalServer(_Answers)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
