"""What tests share: a small corpus, and how hypothesis runs."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from winnow.compute.local import LocalExecutor
from winnow.workspace import Workspace

settings.register_profile(
    "winnow", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=bool(os.environ.get("CI"))
)
settings.load_profile("winnow")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts background commands deaf to Ctrl-C, and so would be every command that a test stops at the keyboard.
    signal.signal(signal.SIGINT, signal.default_int_handler)

DOCUMENTS: list[dict[str, Any]] = [
    {"id": "a", "text": "The river runs past the mill.", "source": "wiki", "date": "2020-01-01", "stars": 1},
    {"id": "b", "text": "Flour and water make bread.", "source": "wiki", "date": "2020-02-01", "stars": 2},
    {"id": "c", "text": "The train leaves at nine.", "source": "forum", "date": "2021-01-01", "stars": 3},
    {"id": "d", "text": "The river runs past the mill.", "source": "forum", "stars": 4},
    {"id": "e", "text": "Buy now, buy cheap, buy more!", "source": "spam", "date": "2021-06-01"},
    {"id": "f", "text": "A vector has a length and a direction.", "date": "2022-01-01", "stars": 5},
]
"""doc_id 0 … 5. Documents 0 and 3 are alike; 3 has no date, 4 no stars, 5 no source."""


def write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    """Write one JSON object a line."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def one_process(folder: Path) -> Workspace:
    """Make or open a corpus whose work runs in this very process."""
    return Workspace.create(folder, executor=LocalExecutor(1))


@pytest.fixture
def corpus(tmp_path: Path) -> Workspace:
    """Six documents, taken in."""
    workspace = one_process(tmp_path / "corpus")
    workspace.ingest([write_lines(tmp_path / "pages.jsonl", DOCUMENTS)])
    return workspace


@pytest.fixture
def scored(corpus: Workspace) -> Workspace:
    """Six documents with chars, words, tokens, lines and duplicate_group."""
    corpus.score(["shape", "tokens", "duplicates"])
    return corpus
