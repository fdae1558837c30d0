"""export: documents in order with their columns and weights, in a folder that is there whole or not at all."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from winnow.errors import Cancelled, ConflictError, SettingError
from winnow.jobs.progress import Silent
from winnow.workspace import Workspace

SUMMARY = {
    "asked": {"docs": 3},
    "documents": 3,
    "tokens": 20,
    "pool": {"documents": 6, "tokens": 40, "fingerprint": "0"},
}


@pytest.fixture
def chosen(scored: Workspace) -> Workspace:
    """Documents 4, 0 and 3, seen 1, 2 and 0.5 times."""
    weights = np.array([1.0, 2.0, 0.5])
    scored.catalog.selections.save("mix", np.array([4, 0, 3]), weights, recipe={"seed": 1}, summary=SUMMARY)
    return scored


def rows(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(folder / "part-00000.parquet").to_pylist()
    return found


def test_rows_come_in_order_with_weights_and_columns(chosen: Workspace, tmp_path: Path) -> None:
    chosen.labels.add(3, "keep", who="ana")
    found = rows(chosen.export("mix", tmp_path / "out", columns=["stars", "label", "meta"]))
    assert [(row["doc_id"], row["weight"], row["stars"], row["label"]) for row in found] == [
        (0, 2.0, 1, None),
        (3, 0.5, 4, "keep"),
        (4, 1.0, None, None),
    ]
    assert found[0]["text"] == "The river runs past the mill."
    assert json.loads(found[1]["meta"]) == {"stars": 4}
    everything = rows(chosen.export("mix", tmp_path / "all", columns=["all"]))[0]
    assert {"chars", "tokens", "duplicate_keep", "stars"} <= set(everything)


def test_an_empty_selection_is_exported_with_its_columns(chosen: Workspace, tmp_path: Path) -> None:
    chosen.catalog.selections.save("none", np.array([], np.int64), np.array([]), recipe={}, summary=SUMMARY)
    assert rows(chosen.export("none", tmp_path / "out", columns=["stars"])) == []
    assert "stars" in pq.read_schema(tmp_path / "out" / "part-00000.parquet").names


def test_an_export_needs_a_new_folder_and_known_columns(chosen: Workspace, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="did you mean 'stars'"):
        chosen.export("mix", tmp_path / "out", columns=["star"])
    (tmp_path / "out").mkdir()
    chosen.export("mix", tmp_path / "out")
    with pytest.raises(ConflictError, match="not empty"):
        chosen.export("mix", tmp_path / "out")
    with pytest.raises(ConflictError):
        chosen.export("mix", tmp_path / "out" / "manifest.json")


class Stop(Silent):
    def advance(self, amount: float) -> None:
        if amount:
            raise Cancelled("stopped")


def test_a_stopped_export_leaves_nothing(chosen: Workspace, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    with pytest.raises(Cancelled):
        chosen.export("mix", tmp_path / "out", progress=Stop())
    assert sorted(tmp_path.iterdir()) == before


def test_what_a_killed_export_left_is_swept_and_a_living_one_s_is_not(chosen: Workspace, tmp_path: Path) -> None:
    program = (
        "import pathlib, os, signal, sys; from winnow.jobs.export import _partial\n"
        f"with _partial(pathlib.Path({str(tmp_path / 'o[1]')!r}), 'other'): print(1, flush=True); input()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    chosen.export("mix", tmp_path / "o[1]")
    assert len(list(tmp_path.glob(".o*.partial"))) == 1
    process.kill()
    process.communicate()
    (tmp_path / "o[1]").rename(tmp_path / "first")
    chosen.export("mix", tmp_path / "o[1]")
    assert not list(tmp_path.glob(".o*.partial"))


def test_a_corpus_that_cannot_be_written_can_be_exported(
    chosen: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("winnow.catalog.control.Control.read_only", True)
    reader = Workspace(chosen.folder)
    assert len(rows(reader.export("mix", tmp_path / "out"))) == 3
    with pytest.raises(Exception, match="read-only"):
        reader.score(["shape"])
