"""Files damaged at random, and what a reader makes of them."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from pathlib import Path

from reader_samples import FILES, SINGLES, write
from winnow.errors import InputError
from winnow.ingest.base import DOCUMENT, Reader
from winnow.method import methods

READERS = methods(Reader)
TEXTS = [f"text number {place} " + "grain and flour, עברית 🌾 " * 3 for place in range(12)]
SPLICES = (
    b"\0",
    b"\xff\xfe",
    b'"',
    b"{" * 50,
    b"]",
    b"\n",
    b"<page>",
    b"<![CDATA[",
    b"\r\n\r\n",
    b"WARC/1.0\r\n",
    b"\n\nFrom ",
)


@dataclass(frozen=True)
class Outcome:
    """What reading one damaged file gave: a traceback in words or "", seconds, good rows before the damage that are lost."""

    traceback: str
    seconds: float
    lost: int


def damage(whole: bytes, dice: random.Random) -> tuple[bytes, int]:
    """Return a damaged copy and where the damage begins."""
    at = dice.randrange(len(whole) + 1)
    size = min(dice.choice((1, 2, 8, 64, 512)), len(whole) - at)
    how = dice.randrange(6)
    if how == 0:
        return whole[:at], at
    if how == 1:
        return whole[:at] + whole[at + size :], at
    if how == 2:
        return whole[:at] + dice.choice(SPLICES) + whole[at:], at
    if how == 3:
        return whole[:at] + dice.randbytes(size) + whole[at + size :], at
    if how == 4:
        return whole[:at] + whole[at : at + size] * 3 + whole[at + size :], at
    return dice.randbytes(dice.randrange(400)), 0


def try_reader(name: str, folder: Path, seed: int) -> Outcome:
    """Damage a sound file of a reader's format and read it."""
    dice = random.Random(f"{name} {seed}")
    folder.mkdir(parents=True, exist_ok=True)
    path = write(name, TEXTS[:1] if name in SINGLES else TEXTS, folder)
    file = next(iter(sorted(path.iterdir()))) if path.is_dir() else path
    content, at = damage(file.read_bytes(), dice)
    file.write_bytes(content)
    begun, texts, traceback = time.perf_counter(), list[str](), ""
    try:
        for batch in READERS[name]().read(file):
            batch.documents.validate(full=True)
            assert batch.documents.schema == DOCUMENT
            texts += [text.strip() for text in batch.documents.column("text").to_pylist()]
    except InputError:
        pass
    except Exception as reason:
        traceback = f"{type(reason).__name__}: {reason}"
    return Outcome(traceback, time.perf_counter() - begun, _lost(name, at, texts) if not traceback else 0)


WHOLE_BEFORE = ("jsonl", "dolma", "redpajama", "wet", "warc", "wikipedia")
"""Formats whose records stand one behind the other and know where they end: what is before the damage must come through."""


def _lost(name: str, at: int, texts: list[str]) -> int:
    if name not in WHOLE_BEFORE:
        return 0
    encode = FILES[name][1]
    head = next((count for count in range(len(TEXTS), 0, -1) if len(encode(TEXTS[:count])) + 16 <= at), 0)
    return len({text.strip() for text in TEXTS[: max(head - 1, 0)]} - set(texts))
