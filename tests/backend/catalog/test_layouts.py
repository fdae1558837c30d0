"""Layouts: a corpus of every released layout is brought forward and works from end to end."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import zipfile
from pathlib import Path

import pytest

from winnow.catalog.control import Control
from winnow.catalog.layouts import LAYOUT, STEPS
from winnow.errors import CorpusError
from winnow.workspace import Workspace

KEPT = sorted((Path(__file__).parent / "layouts").glob("layout-*.zip"))
"""One corpus for each released layout: eight documents, one bad row, two annotators, a selection of four."""


def corpus_of(kept: Path, folder: Path) -> Path:
    with zipfile.ZipFile(kept) as packed:
        packed.extractall(folder / kept.stem)
    return folder / kept.stem


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: kept.stem)
def test_a_corpus_of_an_older_layout_goes_on_working(kept: Path, tmp_path: Path) -> None:
    folder = corpus_of(kept, tmp_path)
    workspace = Workspace(folder)
    assert workspace.catalog.control.meta("layout") == str(LAYOUT)
    assert workspace.catalog.manifest.documents() == 8
    found = workspace.sql("SELECT id, label, language FROM docs ORDER BY doc_id").to_pylist()
    assert [row["label"] for row in found] == ["keep", None, None, "drop", None, None, None, None]
    assert {row["language"] for row in found} == {"en"}
    assert len(workspace.catalog.selections.get("half").read()[0]) == 4
    workspace.catalog.labels.add(1, "keep", who="ben")
    workspace.select("random", docs=2, name="pair", settings={})
    workspace.export("half", tmp_path / "out")
    assert (tmp_path / "out" / "manifest.json").exists()


def test_every_table_of_a_migrated_corpus_is_that_of_a_new_one(tmp_path: Path) -> None:
    def tables(folder: Path) -> list[tuple[str, str]]:
        with sqlite3.connect(folder / "control.sqlite") as connection:
            rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
            return [(name, str(connection.execute(f"PRAGMA table_info({name})").fetchall())) for (name,) in rows]

    old = corpus_of(KEPT[0], tmp_path)
    Control.open(old)
    Control.create(tmp_path / "new")
    assert tables(old) == tables(tmp_path / "new")


def test_a_migration_that_fails_leaves_the_old_layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = corpus_of(KEPT[0], tmp_path)
    steps = (*STEPS, "CREATE TABLE made (x);\nCREATE TABLE no such thing")
    monkeypatch.setattr("winnow.catalog.layouts.STEPS", steps)
    with pytest.raises(CorpusError, match="cannot be used"):
        Control.open(folder)
    monkeypatch.undo()
    with sqlite3.connect(folder / "control.sqlite") as connection:
        assert connection.execute("SELECT value FROM meta WHERE key = 'layout'").fetchone() == ("1",)
        assert not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'made'").fetchone()
    assert Control.open(folder).meta("layout") == str(LAYOUT)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_older_corpus_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    folder = corpus_of(KEPT[0], tmp_path)
    folder.chmod(0o555)
    with pytest.raises(CorpusError, match="read-only"):
        Control.open(folder)


def test_a_released_step_never_changes() -> None:
    assert hashlib.sha256(STEPS[0].encode()).hexdigest()[:16] == "bf707feeecdf4af6"
