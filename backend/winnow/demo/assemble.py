"""Assemble the demo corpus: files that `winnow ingest` reads, made from what this machine already holds."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

import zstandard

from winnow.demo import distributions, docstrings, written
from winnow.demo.document import Document
from winnow.demo.installed import Installed

TOTAL = 7_000
"""Documents aimed at; fewer only when the packages installed hold fewer."""
MOST_PACKAGE_FILES = 400

Progress = Callable[[float, str], None]
"""Called with the share done, from 0 to 1, and what is being done."""


def silent(share: float, note: str) -> None:
    """Report nothing."""


def build(folder: Path, progress: Progress = silent, *, installed: Installed | None = None) -> list[Path]:
    """Write the demo corpus into a folder and return its files, the same ones on every call.

    About 7,000 documents: those written for this project as .jsonl, and the documentation strings, long descriptions,
    licences and changelogs of the installed Python packages as .jsonl.zst, each at most 60 kB, without e-mail
    addresses. Files of an earlier call are replaced. Raises InputError when the written documents are not installed.
    """
    installed = installed or Installed.here()
    originals = written.files()
    folder.mkdir(parents=True, exist_ok=True)
    progress(0.0, "copying the documents written for the demo")
    contents = {original.name: original.read_bytes() for original in originals}
    count = sum(content.count(b"\n") for content in contents.values())
    paths = [_publish(folder / name, content) for name, content in contents.items()]

    progress(0.05, "reading long descriptions and licences")
    beside = list(islice(_distinct(distributions.documents(installed)), MOST_PACKAGE_FILES))
    paths.append(_compress(folder / "package-files.jsonl.zst", beside))

    drawn = draw(installed, TOTAL - count - len(beside), progress)
    for source, documents in drawn.items():
        name = source.replace(" ", "-")
        paths.append(_compress(folder / f"docstrings-{name}.jsonl.zst", documents))
    progress(1.0, f"{count + len(beside) + sum(map(len, drawn.values())):,} documents")
    return paths


def draw(installed: Installed, wanted: int, progress: Progress = silent) -> dict[str, list[Document]]:
    """Draw documentation strings by source; what one source lacks is taken from the others."""
    taps = {source: _distinct(found) for source, found in docstrings.by_source(installed).items()}
    drawn: dict[str, list[Document]] = {source: [] for source in taps}
    left = wanted
    while left > 0 and taps:
        for source, share in _shares(left, taps).items():
            progress(0.1 + 0.9 * (1 - left / wanted), f"reading documentation strings: {source}")
            taken = list(islice(taps[source], share))
            drawn[source] += taken
            left -= len(taken)
            if len(taken) < share:
                del taps[source]
    return {source: documents for source, documents in drawn.items() if documents}


def _shares(left: int, sources: Iterable[str]) -> dict[str, int]:
    weights = {source: docstrings.SOURCES[source] for source in sources}
    total = sum(weights.values())
    shares = {source: int(left * weight / total) for source, weight in weights.items()}
    shares[next(iter(shares))] += left - sum(shares.values())
    return shares


def _distinct(documents: Iterable[Document]) -> Iterator[Document]:
    seen: set[str] = set()
    for document in documents:
        if document.id not in seen:
            seen.add(document.id)
            yield document


def _compress(path: Path, documents: list[Document]) -> Path:
    return _publish(path, zstandard.compress(b"".join(document.line() for document in documents), 3))


def _publish(path: Path, content: bytes) -> Path:
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(content)
    os.replace(partial, path)
    return path
