"""How long a choice takes: by documents, or by tokens for methods that read texts."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import write_lines
from winnow.catalog.filters import Filter
from winnow.jobs import foretold as told
from winnow.method import methods
from winnow.select.base import Selector
from winnow.workspace import Workspace


class Heard:
    def __init__(self) -> None:
        self.stages: list[str] = []

    def stage(self, name: str, total: float, unit: str) -> None:
        self.stages.append(name)

    def advance(self, amount: float) -> None: ...

    def note(self, text: str) -> None: ...


def test_vectors_are_counted_by_documents_and_texts_by_tokens() -> None:
    rds, dsir, random = (methods(Selector)[name]() for name in ("rds", "dsir", "random"))
    # 12.5 s a million documents, three millions of them, however long they are.
    assert told.foretold(rds, 3_000_000, 10) == told.foretold(rds, 3_000_000, 10**10) == 37.5
    # 88 s a million documents of 1,000 tokens; 5 million of 200 tokens are as much to read.
    assert told.foretold(dsir, 5_000_000, 10**9) == 88
    assert told.foretold(random, 10**9, 10**12) == 0


def test_what_takes_more_than_a_moment_says_so_before_it_begins(
    scored: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    target = write_lines(tmp_path / "target.jsonl", [{"text": "bread and soup"}])
    heard = Heard()

    def choose(name: str) -> None:
        scored.select("dsir", name=name, docs=2, target=str(target), settings={"min_words": 0}, progress=heard)

    choose("quick")
    assert not [stage for stage in heard.stages if "about" in stage]
    # 1e9 s a million documents of 1,000 tokens is one second a token.
    monkeypatch.setattr(methods(Selector)["dsir"], "pace", 1e9)
    tokens = scored.browse.count(Filter()).tokens
    choose("slow")
    assert f"dsir chooses from 6 documents, about {told.in_words(float(tokens))}" in heard.stages
