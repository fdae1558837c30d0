"""score: stages in order of need, one state of the corpus per stage, the same values from any executor."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pytest

from conftest import write_lines
from winnow.catalog.filters import Filter
from winnow.compute.local import LocalExecutor
from winnow.errors import MissingNeed
from winnow.jobs.progress import Silent
from winnow.jobs.score import _stages, score
from winnow.score.base import Scorer
from winnow.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Letters(Scorer):
    """Counts letters."""

    name: ClassVar[str] = "letters"

    def columns(self) -> dict[str, pa.DataType]:
        return {"letters": pa.int64()}

    def score(self, batch: pa.RecordBatch, prepared: Any) -> dict[str, Any]:
        return {"letters": np.array([len(text) for text in batch.column("text").to_pylist()])}


@dataclass(frozen=True, kw_only=True)
class Rank(Scorer):
    """Gives the share of the corpus with fewer letters: reads another's column and the whole corpus."""

    name: ClassVar[str] = "rank"
    whole_corpus: ClassVar[bool] = True

    def needs(self) -> frozenset[str]:
        return frozenset({"letters", "text"})

    def columns(self) -> dict[str, pa.DataType]:
        return {"rank": pa.float64()}

    def prepare(self, corpus: Iterable[pa.RecordBatch]) -> Any:
        return np.sort([len(text) for batch in corpus for text in batch.column("text").to_pylist()])

    def score(self, batch: pa.RecordBatch, prepared: Any) -> dict[str, Any]:
        return {"rank": np.searchsorted(prepared, batch.column("letters").to_numpy()) / len(prepared)}


def run(workspace: Workspace, *scorers: Scorer) -> None:
    score(workspace.catalog, scorers, LocalExecutor(1), Silent())


def ranks(workspace: Workspace) -> list[float | None]:
    found: list[float | None] = workspace.browse.arrow(Filter(), ["rank"]).column("rank").to_pylist()
    return found


def test_a_scorer_runs_after_those_it_reads() -> None:
    assert [[one.name for one in stage] for stage in _stages([Rank(), Letters()])] == [["letters"], ["rank"]]
    assert [[one.name for one in stage] for stage in _stages([Rank()])] == [["rank"]]


def test_a_missing_column_is_named_with_the_command(corpus: Workspace) -> None:
    with pytest.raises(MissingNeed, match=r"rank needs column 'letters'; .*; winnow score --all"):
        run(corpus, Rank())


def test_values_of_the_whole_corpus_are_made_anew_when_it_grows(corpus: Workspace, tmp_path: Path) -> None:
    """Lengths 29, 27, 25, 29, 29, 38: one is shorter than 27, two than 29 and five than 38; then one of 1 comes."""
    run(corpus, Rank(), Letters())
    assert ranks(corpus) == [2 / 6, 1 / 6, 0, 2 / 6, 2 / 6, 5 / 6]
    corpus.ingest([write_lines(tmp_path / "more.jsonl", [{"text": "x"}])])
    assert ranks(corpus)[6] is None
    with pytest.raises(MissingNeed, match="documents came in after"):
        run(corpus, Rank())
    run(corpus, Rank(), Letters())
    assert ranks(corpus) == [3 / 7, 2 / 7, 1 / 7, 3 / 7, 3 / 7, 6 / 7, 0]


def test_documents_that_come_in_meanwhile_wait_for_the_next_score(
    corpus: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(corpus, Letters())
    more = write_lines(tmp_path / "more.jsonl", [{"text": "x"}])
    learn = Rank.prepare

    def while_others_ingest(self: Rank, batches: Iterable[pa.RecordBatch]) -> Any:
        Workspace(corpus.folder).ingest([more])
        return learn(self, batches)

    monkeypatch.setattr(Rank, "prepare", while_others_ingest)
    run(corpus, Rank())
    assert ranks(corpus) == [2 / 6, 1 / 6, 0, 2 / 6, 2 / 6, 5 / 6, None]


def test_two_processes_give_the_same_as_one(tmp_path: Path) -> None:
    rows = [{"text": f"page {n} " + "word " * (n % 7)} for n in range(40_000)]
    path = write_lines(tmp_path / "a.jsonl", rows)
    tables = []
    for workers in (1, 2):
        workspace = Workspace.create(tmp_path / str(workers), executor=LocalExecutor(workers))
        workspace.ingest([path])
        workspace.score(["shape", "duplicates", "near_duplicates"])
        assert len(workspace.catalog.manifest.parts()) > 2
        names = [name for name in workspace.browse.columns() if name not in ("label",)]
        tables.append(workspace.browse.arrow(Filter(), names))
    assert tables[0].equals(tables[1])
