"""Backup and restore: a folder that is itself a corpus, brought up to date file by file, and never half."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from winnow.errors import ConflictError, CorpusError, InputError, WinnowError
from winnow.jobs import backup as backup_module
from winnow.jobs.backup import restore
from winnow.jobs.progress import Silent
from winnow.workspace import Workspace


def notes(path: Path, first: int, count: int) -> Path:
    rows = [{"id": f"n{row}", "text": f"Apples and letters, note {row}."} for row in range(first, first + count)]
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = Workspace.create(tmp_path / "corpus")
    workspace.ingest([notes(tmp_path / "a.jsonl", 0, 40)])
    workspace.score(["tokens"])
    workspace.labels.add(3, "keep", who="ana")
    workspace.select("random", docs=10, name="ten")
    return workspace


def everything(workspace: Workspace) -> list[dict[str, object]]:
    return workspace.sql("SELECT * FROM docs ORDER BY doc_id").to_pylist()


def test_a_backup_is_a_corpus_and_comes_back_whole(workspace: Workspace, tmp_path: Path) -> None:
    workspace.back_up(tmp_path / "copy")
    assert everything(Workspace(tmp_path / "copy")) == everything(workspace)
    restore(tmp_path / "copy", tmp_path / "again", Silent())
    again = Workspace(tmp_path / "again")
    assert everything(again) == everything(workspace)
    assert (
        again.catalog.selections.get("ten").read()[0].tolist()
        == workspace.catalog.selections.get("ten").read()[0].tolist()
    )
    assert [finding.kind for finding in again.examine(repair=True).mended] == ["keywords"]
    again.ingest([notes(tmp_path / "b.jsonl", 40, 5)])
    assert len(everything(again)) == 45


def test_only_what_is_new_is_copied(workspace: Workspace, tmp_path: Path) -> None:
    first = workspace.back_up(tmp_path / "copy")
    assert first.known == 0
    second = workspace.back_up(tmp_path / "copy")
    assert (second.files, second.known) == (0, first.files)
    workspace.ingest([notes(tmp_path / "b.jsonl", 40, 5)])
    third = workspace.back_up(tmp_path / "copy")
    assert (third.files, third.known) == (1, first.files)
    assert len(everything(Workspace(tmp_path / "copy"))) == 45


def test_a_backup_that_breaks_off_is_still_the_one_before(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.back_up(tmp_path / "copy")
    before = everything(workspace)
    workspace.ingest([notes(tmp_path / "b.jsonl", 40, 5)])

    def full(source: Path, target: Path) -> None:
        Path(target).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup_module.shutil, "copy2", full)
    with pytest.raises(CorpusError, match="free some space"):
        workspace.back_up(tmp_path / "copy")
    monkeypatch.undo()
    assert everything(Workspace(tmp_path / "copy")) == before
    workspace.back_up(tmp_path / "copy")
    assert len(everything(Workspace(tmp_path / "copy"))) == 45
    assert not list((tmp_path / "copy").rglob("*-copy"))


def test_labels_given_meanwhile_are_whole(workspace: Workspace, tmp_path: Path) -> None:
    stop, given = threading.Event(), []

    def annotate() -> None:
        mine = Workspace(workspace.folder)
        while not stop.is_set():
            given.append(mine.labels.add(len(given) % 40, "keep", who="ben"))

    annotator = threading.Thread(target=annotate)
    annotator.start()
    try:
        for _ in range(5):
            acknowledged = len(given)
            workspace.back_up(tmp_path / "copy")
            kept = [label.seq for label in Workspace(tmp_path / "copy").labels.standing("label")]
            assert len(kept) >= min(acknowledged, 1)
            assert Workspace(tmp_path / "copy").labels.last >= acknowledged
    finally:
        stop.set()
        annotator.join()


def test_a_folder_that_is_used_otherwise_is_left_alone(workspace: Workspace, tmp_path: Path) -> None:
    used = tmp_path / "used"
    used.mkdir()
    (used / "thesis.tex").write_text("x")
    other = Workspace.create(tmp_path / "other")
    cases: list[tuple[Path, type[WinnowError]]] = [
        (used, InputError), (workspace.folder, ConflictError), (workspace.folder / "copy", ConflictError),
        (workspace.folder.parent, ConflictError), (other.folder, ConflictError),
    ]  # fmt: skip
    for folder, kind in cases:
        with pytest.raises(kind):
            workspace.back_up(folder)
    assert [path.name for path in used.iterdir()] == ["thesis.tex"]


def test_restoring_never_overwrites(workspace: Workspace, tmp_path: Path) -> None:
    workspace.back_up(tmp_path / "copy")
    with pytest.raises(ConflictError, match="is not empty"):
        restore(tmp_path / "copy", workspace.folder, Silent())
    with pytest.raises(CorpusError, match="is no corpus"):
        restore(tmp_path, tmp_path / "again", Silent())
    assert not (tmp_path / "again").exists()
