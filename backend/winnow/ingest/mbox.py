"""Mailboxes: one message, one document."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from winnow.ingest.base import EXCERPT_BYTES, Batch, Reader
from winnow.ingest.gathering import Found, Gathering
from winnow.ingest.isolated import Answer, Task, extract_each
from winnow.ingest.pieces import Holding, cut
from winnow.ingest.streams import COMPRESSED, ByteStream
from winnow.method import param

ATTACHED_BYTES = 128 << 20
"""So many bytes of attachments may stand in a message beside its text."""


@dataclass(frozen=True, kw_only=True)
class Mbox(Reader):
    """A mailbox (.mbox), plain or compressed: the text of each message, with subject, sender, recipients and date.

    The plain part of a message is taken, else the words of its HTML; attachments are left out and counted in a column.
    A message begins at a line "From " with a time of day that follows an empty line. The id is the Message-ID.
    """

    name: ClassVar[str] = "mbox"
    suffixes: ClassVar[tuple[str, ...]] = tuple(".mbox" + packed for packed in COMPRESSED)

    quotes: bool = param(True, "Keep the lines that quote an earlier message (they begin with >).")

    def read(self, path: Path) -> Iterator[Batch]:
        gathering = Gathering(self, path)
        stream = ByteStream(path, text=False)
        waiting: deque[tuple[int, bytes]] = deque()
        for answer in extract_each(self._tasks(stream, gathering, waiting)):
            number, head = waiting.popleft()
            value = dict(answer.value)
            if answer.fault:
                gathering.reject(number, answer.fault, head)
            else:
                parts = {name: value.pop(name, None) or None for name in ("id", "date")}
                gathering.add(Found(text=value.pop("text", ""), file=path, line=number, meta=value, **parts))
            if gathering.full:
                yield gathering.batch(stream.position)
        if not gathering.empty:
            yield gathering.batch(stream.position)

    def _tasks(
        self, stream: ByteStream, gathering: Gathering, waiting: deque[tuple[int, bytes]]
    ) -> Iterator[Task | Answer]:
        number = 0
        for pieces in cut(stream, _Messages(), 4 * self.max_chars + ATTACHED_BYTES):
            for raw in pieces.parts:
                if not raw.strip():
                    continue
                number += 1
                if pieces.fault:
                    gathering.reject(number, pieces.fault, raw)
                elif number == 1 and not raw.startswith(b"From "):
                    gathering.reject(number, "it does not begin with a line 'From ', as mailboxes do", raw)
                else:
                    waiting.append((number, raw[:EXCERPT_BYTES]))
                    yield Task("mail:message", raw, {"quotes": self.quotes})


_FROM = re.compile(rb"\n\r?\n(?=From [^\n]{0,200}\d\d:\d\d)")
_AHEAD = 220
"""A line that begins a message is known when so many bytes of it are there."""


class _Messages(Holding):
    """Split function for messages; holds back what may turn out to begin one when the next block comes."""

    def __call__(self, block: bytes) -> list[bytes]:
        whole = self.rest + block
        held = max(whole.rfind(b"\n\n", len(whole) - _AHEAD), whole.rfind(b"\n\r\n", len(whole) - _AHEAD))
        open_end = held >= 0 and b"From ".startswith(whole[held:].lstrip(b"\r\n")[:5])
        self.rest = whole[held:] if open_end else b""
        return _FROM.split(whole[:held] if open_end else whole)
