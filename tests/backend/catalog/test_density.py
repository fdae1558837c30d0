"""The map's questions: cells counted by hand, and samples that grow into each other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import one_process, write_lines
from winnow.catalog.density import Box, shares
from winnow.catalog.filters import Filter
from winnow.compute.local import LocalExecutor
from winnow.errors import MissingNeed, QueryError
from winnow.jobs.progress import Silent
from winnow.jobs.score import score
from winnow.score.base import Scorer
from winnow.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Placed(Scorer):
    """Puts documents where their texts say: "x y"; a text without numbers has no place."""

    name: ClassVar[str] = "placed"

    def columns(self) -> dict[str, pa.DataType]:
        return {"map_x": pa.float32(), "map_y": pa.float32()}

    def score(self, batch: pa.RecordBatch, prepared: Any) -> dict[str, Any]:
        split = [str(text).split() if text.as_py() != "nowhere" else (None, None) for text in batch.column("text")]
        return {
            name: pa.array([None if each[i] is None else float(each[i]) for each in split], pa.float32())
            for i, name in enumerate(("map_x", "map_y"))
        }


def placed(folder: Path, places: list[tuple[float, float] | None], sources: str) -> Workspace:
    folder.mkdir(exist_ok=True)
    workspace = one_process(folder / "corpus")
    rows = [
        {"text": "nowhere" if place is None else f"{place[0]!r} {place[1]!r}", "source": source}
        for place, source in zip(places, sources, strict=True)
    ]
    workspace.ingest([write_lines(folder / "rows.jsonl", rows)])
    score(workspace.catalog, [Placed()], LocalExecutor(1), Silent())
    return workspace


@pytest.fixture
def square(tmp_path: Path) -> Workspace:
    """Six documents from (0, 0) to (4, 1), and one without a place."""
    corners = [(0.0, 0.0), (0.9, 0.1), (1.0, 0.0), (2.0, 0.5), (3.5, 0.8), (4.0, 1.0), None]
    return placed(tmp_path / "square", corners, "aabbaba")


def test_documents_are_counted_in_cells(square: Workspace) -> None:
    """Four columns, 1 wide: the xs fall into 0 0 1 2 3 3. Four rows, 0.25 high: the ys fall into 0 0 0 2 3 3.

    2.0 and 0.5 lie on edges and go up; 4.0 and 1.0 lie on the last edge and stay in the last cell.
    """
    box, documents = square.catalog.places.whole()
    assert box == (0.0, 0.0, 4.0, 1.0)
    assert documents == 6
    found = square.catalog.places.density(Filter(), box, bins=4)
    assert found.counts.tolist() == [[2, 1, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 2]]
    assert (found.documents, found.rest) == (6, 0)
    # Source a: documents 0, 1 and 4; document 6 is of a as well and has no place.
    found = square.catalog.places.density(Filter().with_values("source", "a"), box, bins=4)
    assert found.counts.tolist() == [[2, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]]
    assert (found.documents, found.rest) == (3, 3)


def test_only_the_documents_of_the_box_are_counted(square: Workspace) -> None:
    """From 1.0 to 3.5 in two columns of 1.25: 1.0 and 2.0 fall into the first, 3.5 into the last."""
    found = square.catalog.places.density(Filter(), Box(1.0, 0.0, 3.5, 1.0), bins=2)
    assert found.counts.tolist() == [[1, 0], [1, 1]]


def test_the_outermost_documents_are_inside(tmp_path: Path) -> None:
    """Places are float32, whose values no short decimal number meets."""
    places = np.random.default_rng(0).normal(size=(100, 2)).astype(np.float32).tolist()
    workspace = placed(tmp_path, [(x, y) for x, y in places], "a" * 100)
    box, documents = workspace.catalog.places.whole()
    assert documents == workspace.catalog.places.density(Filter(), box).documents == 100
    assert workspace.catalog.places.drawn(Filter(), box, "").num_rows == 100


def test_documents_in_one_place_are_one_cell(tmp_path: Path) -> None:
    workspace = placed(tmp_path, [(0.1, 0.1)] * 3, "abc")
    box, documents = workspace.catalog.places.whole()
    assert documents == 3
    found = workspace.catalog.places.density(Filter(where="source <> 'c'"), box, bins=2)
    assert (found.counts.tolist(), found.rest) == ([[2, 0], [0, 0]], 1)


def test_a_corpus_without_places_has_an_empty_map(tmp_path: Path) -> None:
    workspace = placed(tmp_path, [None], "a")
    assert workspace.catalog.places.whole() == (Box(0.0, 0.0, 0.0, 0.0), 0)


def test_what_is_drawn_says_which_documents_are_lit(square: Workspace) -> None:
    rows = square.catalog.places.drawn(Filter(where="source = 'a'"), Box(0.5, 0.0, 3.9, 1.0), "source")
    assert rows.column_names == ["doc_id", "map_x", "map_y", "lit", "colour"]
    assert rows.column("doc_id").to_pylist() == [1, 2, 3, 4]
    assert rows.column("lit").to_pylist() == [True, False, False, True]
    assert rows.column("colour").to_pylist() == ["a", "b", "b", "a"]
    # A condition without an answer keeps nobody: document 3 has no NULLIF(source, 'b').
    rows = square.catalog.places.drawn(Filter(where="NULLIF(source, 'b') = 'a'"), Box(0.0, 0.0, 4.0, 1.0), "")
    assert rows.column("lit").to_pylist() == [True, True, False, False, True, False]


def test_a_sample_is_part_of_every_larger_one(tmp_path: Path) -> None:
    """Of 600 documents every third is lit: 200 and 400. Deviations of 100 and 40 are 7.1 and 6; five are allowed."""
    grid = [(float(n % 30), float(n // 30)) for n in range(600)]
    workspace = placed(tmp_path, grid, "abb" * 200)
    filter, box = Filter(where="source = 'a'"), Box(0.0, 0.0, 29.0, 19.0)
    few = workspace.catalog.places.drawn(filter, box, "", (0.5, 0.1))
    lit = np.array(few.column("lit"), bool)
    assert abs(lit.sum() - 100) < 36
    assert abs((~lit).sum() - 40) < 31
    more = workspace.catalog.places.drawn(filter, Box(0.0, 0.0, 14.5, 19.0), "", (1.0, 0.3))
    left = {row["doc_id"] for row in few.to_pylist() if row["map_x"] <= 14.5}
    assert left <= set(more.column("doc_id").to_pylist())
    assert sum(more.column("lit").to_pylist()) == 100


def test_what_cannot_be_asked_is_said(scored: Workspace, square: Workspace) -> None:
    with pytest.raises(MissingNeed, match="needs a map"):
        scored.catalog.places.whole()
    with pytest.raises(QueryError, match="nothing"):
        square.catalog.places.density(Filter().with_range("nothing", 1, 2), Box(0, 0, 1, 1))
    with pytest.raises(QueryError, match="cannot be run"):
        square.catalog.places.drawn(Filter(where="CAST(source AS INTEGER) = 1"), Box(0.0, 0.0, 4.0, 1.0), "")


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.integers(1, 5_000))
def test_shares_make_the_limit_and_leave_nothing_over(lit: int, rest: int, limit: int) -> None:
    bright, others = shares(lit, rest, limit)
    assert 0 <= bright <= 1
    assert 0 <= others <= 1
    assert lit * bright + rest * others == pytest.approx(min(limit, lit + rest))
