"""ingest: interrupted runs leave no trace, progress adds up, a second run goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import one_process, write_lines
from reader_samples import article, write
from winnow.catalog.filters import Filter
from winnow.catalog.publish import exclusive
from winnow.errors import Cancelled, ConflictError
from winnow.jobs.progress import Silent
from winnow.workspace import Workspace


class Watched(Silent):
    """Adds up what is reported, and stops at a limit."""

    def __init__(self, limit: float = float("inf")) -> None:
        self.stages: list[tuple[str, float]] = []
        self.done = 0.0
        self.limit = limit

    def stage(self, name: str, total: float, unit: str) -> None:
        self.stages.append((name, total))
        self.done = 0.0

    def advance(self, amount: float) -> None:
        assert amount >= 0
        self.done += amount
        if self.done >= self.limit:
            raise Cancelled("stopped")


def test_progress_adds_up_to_the_bytes(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", [{"text": f"page {n}"} for n in range(9_000)])
    watched = Watched()
    made = one_process(tmp_path / "corpus").ingest([path], progress=watched)
    assert watched.stages[0] == ("ingest", path.stat().st_size)
    assert made.bytes == path.stat().st_size
    assert made.seconds > 0
    (part,) = [part.bytes for part in Workspace(tmp_path / "corpus").catalog.manifest.parts()]
    assert (watched.stages[1], watched.done) == (("keyword index", part), pytest.approx(part))


def test_a_stopped_ingest_leaves_no_trace_and_the_next_goes_on(tmp_path: Path) -> None:
    workspace = one_process(tmp_path / "corpus")
    first = write_lines(tmp_path / "a.jsonl", [{"text": f"page {n}"} for n in range(10)])
    second = write_lines(tmp_path / "b.jsonl", [{"text": f"leaf {n}"} for n in range(10_000)])
    with pytest.raises(Cancelled):
        workspace.ingest([first, second], progress=Watched(first.stat().st_size + 1))
    assert workspace.catalog.manifest.documents() == 10
    assert [path.name for path in (workspace.folder / "docs").iterdir()] == ["part-00000.parquet"]
    assert not list((workspace.folder / "tmp").iterdir())
    made = workspace.ingest([first, second])
    assert (made.documents, made.known) == (10_000, [str(first)])
    assert [job.state for job in workspace.catalog.jobs.all()] == ["done", "cancelled"]
    assert workspace.browse.doc_ids(Filter(search="leaf")).size == 10_000


def test_two_ingests_do_not_mix(tmp_path: Path) -> None:
    workspace = one_process(tmp_path / "corpus")
    path = write_lines(tmp_path / "a.jsonl", [{"text": "page"}])
    with exclusive(workspace.folder, "ingest"), pytest.raises(ConflictError, match="wait for it"):
        workspace.ingest([path])
    assert workspace.catalog.jobs.all()[0].state == "failed"
    assert workspace.ingest([path]).documents == 1


def test_a_guessed_folder_of_text_leaves_other_files_out(tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "a.txt").write_text("grain")
    (folder / "b.html").write_text("<p>flour")
    (folder / "c.docx").write_text("no text")
    workspace = one_process(tmp_path / "corpus")
    made = workspace.ingest([folder])
    assert (made.documents, made.rejected) == (2, 1)
    assert one_process(tmp_path / "other").ingest([folder], format="text").documents == 3


def test_what_is_passed_over_is_counted(tmp_path: Path) -> None:
    write("wikipedia", ["grain"], tmp_path)
    path = tmp_path / "a.xml"
    path.write_text(path.read_text().replace("</mediawiki>", article(7, "x", more='<redirect title="b"/>')))
    made = one_process(tmp_path / "corpus").ingest([path])
    assert (made.documents, dict(made.skipped)) == (1, {"redirects": 1})
