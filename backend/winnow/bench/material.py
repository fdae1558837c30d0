"""The documents that benchmarks run on: given, or made from what every Python carries."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from winnow.errors import InputError
from winnow.ingest.files import expand, reader_for

BATCH = 512
MADE_CHARACTERS = 4000
PARAGRAPH = re.compile(r"\n\s*\n")


@dataclass(frozen=True)
class Material:
    """Texts, and where they come from in words."""

    texts: tuple[str, ...]
    origin: str

    @property
    def bytes(self) -> int:
        return sum(len(text.encode("utf8", "replace")) for text in self.texts)

    def first(self, count: int) -> Material:
        return Material(self.texts[:count], self.origin)

    def batches(self) -> list[pa.RecordBatch]:
        """Return fresh batches of doc_id and text: a scorer that keeps what it made of a batch finds none of it."""
        ids, texts = pa.array(range(len(self.texts)), pa.int64()), pa.array(self.texts, pa.large_string())
        whole = pa.record_batch({"doc_id": ids, "text": texts})
        return [whole.slice(start, BATCH) for start in range(0, len(self.texts), BATCH)]


def made(documents: int, *, characters: int = MADE_CHARACTERS, seed: int = 0) -> Material:
    """Join paragraphs of Python's own manual, drawn at random, into documents of about `characters`.

    English prose with some code and tables, on every machine, the same for the same Python.
    """
    from pydoc_data.topics import topics

    paragraphs = [part.strip() for name in sorted(topics) for part in PARAGRAPH.split(topics[name]) if part.strip()]
    draw = random.Random(seed)
    texts = itertools.islice(_documents(paragraphs, characters, draw), documents)
    return Material(tuple(texts), "made from Python's manual")


def _documents(paragraphs: Sequence[str], characters: int, draw: random.Random) -> Iterator[str]:
    while True:
        parts: list[str] = []
        missing = characters
        while missing > 0:
            parts.append(draw.choice(paragraphs))
            missing -= len(parts[-1]) + 2
        yield "\n\n".join(parts)[:characters]


def from_file(path: Path, documents: int) -> Material:
    """Take the first documents of a file or folder, read as `winnow ingest` reads it; raises InputError."""
    texts = (
        text
        for source in expand([path])
        for batch in reader_for(source.path, source.format).read(source.path)
        for text in batch.documents.column("text").to_pylist()
    )
    found = tuple(itertools.islice((text for text in texts if text.strip()), documents))
    if len(found) < 2:
        raise InputError("a benchmark needs two documents", f"{path} holds {len(found)}", "give another file")
    return Material(found, path.name)
