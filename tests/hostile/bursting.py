"""Files of which one part is far too large, long, wide or deep, between two sound documents."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import zstandard

from reader_samples import SITE, article, warc_record

FIRST, LAST = "the sound document before", "the sound document behind"
BLOCK = 1 << 20


@dataclass(frozen=True)
class Case:
    """A hostile file: its ending, its bytes piece by piece, and how many rows must be set aside."""

    name: str
    file: str
    parts: Callable[[], Iterator[bytes]]
    aside: int = 1

    def write(self, folder: Path) -> Path:
        path = folder / self.file
        with open(path, "wb") as plain, _packed(plain, self.file) as file:
            for part in self.parts():
                file.write(part)
        return path


def _packed(plain, file: str):
    if file.endswith(".gz"):
        return gzip.GzipFile(fileobj=plain, mode="wb", compresslevel=1)
    if file.endswith(".zst"):
        return zstandard.ZstdCompressor(level=1).stream_writer(plain, closefd=False)
    return plain


def filling(size: int, unit: bytes = b"a") -> Iterator[bytes]:
    """Yield `size` bytes in blocks of a megabyte."""
    block = unit * (BLOCK // len(unit))
    for _ in range(size // BLOCK):
        yield block


def between(head: str, middle: Iterator[bytes], tail: str) -> Iterator[bytes]:
    yield head.encode()
    yield from middle
    yield tail.encode()


def json_line(size: int) -> Iterator[bytes]:
    yield from between(f'{{"text": "{FIRST}"}}\n{{"text": "', filling(size), f'"}}\n{{"text": "{LAST}"}}\n')


def json_array(size: int) -> Iterator[bytes]:
    yield from between(f'[{{"text": "{FIRST}"}}, {{"text": "', filling(size), f'"}}, {{"text": "{LAST}"}}]')


def csv_line(size: int) -> Iterator[bytes]:
    yield from between(f'text\n{FIRST}\n"', filling(size), f'"\n{LAST}\n')


def mail(size: int) -> Iterator[bytes]:
    head = "From a@example.org Sat Nov 21 13:55:00 2026\nSubject: x\nContent-Type: text/plain\n\n"
    yield from between(f"{head}{FIRST}\n\n{head}", filling(size), f"\n\n{head}{LAST}\n")


def wet(size: int) -> Iterator[bytes]:
    def sound(number: int, text: str) -> str:
        return warc_record("conversion", number, "text/plain", text.encode()).decode()

    whole = warc_record("conversion", 2, "text/plain", b"").decode().replace("Length: 0", f"Length: {size}")
    yield from between(sound(1, FIRST) + whole[:-4], filling(size), "\r\n\r\n" + sound(3, LAST))


def dump(size: int) -> Iterator[bytes]:
    """Yield a MediaWiki dump with a page of that size."""
    begun, _, ended = article(2, "MIDDLE").partition("MIDDLE")
    yield from between(SITE + article(1, FIRST) + begun, filling(size), ended + article(3, LAST) + "</mediawiki>\n")


def keys_of_one(count: int) -> Iterator[bytes]:
    """Yield JSON lines of which one object has so many keys."""
    wide = (f'"key {start + n}": {n}, ' for start in range(0, count, 1000) for n in range(1000))
    yield from between(f'{{"text": "{FIRST}"}}\n{{', map(str.encode, wide), f'"text": "wide"}}\n{{"text": "{LAST}"}}\n')


def keys_of_many(count: int) -> Iterator[bytes]:
    """Yield JSON lines of which each has a key that no other has."""
    rows = (f'{{"text": "row {n} of many", "key {n}": {n}}}\n'.encode() for n in range(count))
    yield from between(f'{{"text": "{FIRST}"}}\n', rows, f'{{"text": "{LAST}"}}\n')


def deep(levels: int) -> Iterator[bytes]:
    def middle() -> Iterator[bytes]:
        for opened, closed in ((b"[", b"]"), (b'{"x":', b"}")):
            yield b'{"text": "deep", "x": ' + opened * levels + b"1" + closed * levels + b"}\n"

    yield from between(f'{{"text": "{FIRST}"}}\n', middle(), f'{{"text": "{LAST}"}}\n')


def wide_csv(count: int) -> Iterator[bytes]:
    yield ",".join(["text", *(f"c{n}" for n in range(count))]).encode() + b"\n"
    for text in (FIRST, LAST):
        yield text.encode() + b"," * count + b"\n"


CASES = (
    Case("JSON line of 1 GB", "a.jsonl", lambda: json_line(1 << 30)),
    Case("element of 1 GB in a JSON array", "a.json", lambda: json_array(1 << 30)),
    Case("gzip of 4 MB that unpacks to a JSON line of 1 GB", "a.jsonl.gz", lambda: json_line(1 << 30)),
    Case("zstd of 0.1 MB that unpacks to a JSON line of 4 GB", "a.jsonl.zst", lambda: json_line(1 << 32)),
    Case("CSV field of 1 GB", "a.csv", lambda: csv_line(1 << 30)),
    Case("mail of 1 GB", "a.mbox", lambda: mail(1 << 30)),
    Case("WET record of 1 GB", "a.wet", lambda: wet(1 << 30)),
    Case("Wikipedia article of 1 GB", "a.xml", lambda: dump(1 << 30)),
    Case("JSON object of 1,000,000 keys", "a.jsonl", lambda: keys_of_one(1_000_000), aside=0),
    Case("100,000 JSON lines, each with a key of its own", "a.jsonl", lambda: keys_of_many(100_000), aside=0),
    Case("CSV of 1,000,000 columns", "a.csv", lambda: wide_csv(1_000_000), aside=0),
    Case("JSON of 1,000 levels, arrays and objects", "a.jsonl", lambda: deep(1000), aside=0),
    Case("JSON of 1,000,000 levels, arrays and objects", "a.jsonl", lambda: deep(1_000_000), aside=2),
)
