"""Answers kept on disk: one JSON object a line, appended under a lock, so that many processes may share one file."""

from __future__ import annotations

import fcntl
import os
import threading
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import orjson

from winnow.judge.base import Answer


class AnswerCache:
    """Answers by key in an append-only file; memory holds only where each one stands (about 150 bytes an answer).

    A line that a killed process left half-written is passed over, and the next answer begins a line of its own.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._places: dict[bytes, int] = {}
        self._read_to = 0
        self._lock = threading.Lock()

    def get(self, key: str) -> Answer | None:
        with self._lock:
            place = self._places.get(bytes.fromhex(key))
            if place is None and self._grown():
                self._read_on()
                place = self._places.get(bytes.fromhex(key))
            if place is None:
                return None
            with open(self.path, "rb") as file:
                file.seek(place)
                return Answer(**orjson.loads(file.readline())["answer"])

    def put(self, key: str, answer: Answer) -> None:
        kept = {name: value for name, value in asdict(answer).items() if name not in ("cached", "error")}
        line = orjson.dumps({"key": key, "answer": kept}) + b"\n"
        with self._lock:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with open(self.path, "a+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                end = file.seek(0, os.SEEK_END)
                if end and os.pread(file.fileno(), 1, end - 1) != b"\n":
                    line = b"\n" + line
                file.write(line)

    def _grown(self) -> bool:
        return self.path.exists() and self.path.stat().st_size > self._read_to

    def _read_on(self) -> None:
        """Learn the places of what was appended, by this process or by others, up to the last whole line."""
        with open(self.path, "rb") as file:
            file.seek(self._read_to)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                with suppress(ValueError, KeyError, TypeError):
                    self._places[bytes.fromhex(orjson.loads(line)["key"])] = self._read_to
                self._read_to += len(line)
