"""Readers' tests share one way to read a whole file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from winnow.ingest.base import Reader, Rejected


@dataclass(frozen=True)
class Taken:
    documents: list[dict[str, Any]]
    rejected: list[Rejected]
    lines: list[int]

    @property
    def texts(self) -> list[str]:
        return [document["text"] for document in self.documents]

    @property
    def reasons(self) -> dict[int, str]:
        return {row.line: row.reason for row in self.rejected}


def _take(reader: Reader, path: Path) -> Taken:
    taken = Taken([], [], [])
    for batch in reader.read(path):
        taken.documents.extend(batch.documents.to_pylist())
        taken.rejected.extend(batch.rejected)
        taken.lines.extend(batch.lines)
    assert len(taken.lines) == len(taken.documents)
    return taken


@pytest.fixture(scope="session")
def take() -> Callable[[Reader, Path], Taken]:
    return _take
