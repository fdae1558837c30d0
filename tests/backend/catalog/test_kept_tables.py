"""Kept tables: read where they lie, never wrong, and no loss when they are gone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep

import pytest

from backend.catalog.conftest import rows
from conftest import write_lines
from winnow.catalog import kept_tables, table
from winnow.catalog.filters import Filter
from winnow.catalog.labels import LabelSchema
from winnow.catalog.publish import exclusive
from winnow.workspace import Workspace


@pytest.fixture(autouse=True)
def small_corpora_keep_theirs(scored: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_tables, "LEAST", 1)


def files(corpus: Workspace) -> list[Path]:
    return sorted((corpus.folder / "tables").glob("*"))


def column(corpus: Workspace, name: str) -> list[object]:
    found: list[object] = corpus.browse.arrow(Filter(), [name]).column(name).to_pylist()
    return found


def opened(corpus: Workspace) -> Workspace:
    """Return the corpus as another process sees it."""
    return Workspace(corpus.folder)


def test_the_next_process_builds_nothing(scored: Workspace, builds: list[str]) -> None:
    told = rows(scored)
    [file] = files(scored)
    assert (file.suffix, builds) == (".duckdb", ["built"])
    assert rows(opened(scored)) == told
    assert builds == ["built"]


def test_a_small_corpus_keeps_none(scored: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_tables, "LEAST", 7)
    rows(scored)
    assert files(scored) == []


@pytest.mark.parametrize("many", [0, 1, 100])
def test_labels_stand_beside_the_file_until_they_are_many(
    scored: Workspace, many: int, builds: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log has 8 events in the end; a file that lacks more than `many` of them is renewed, and never built anew."""
    monkeypatch.setattr(table, "MANY", many)
    told = rows(scored)
    [file] = files(scored)
    assert file.stem.split("-")[1] == "0"
    scored.labels.add(3, "keep", who="ana")
    scored.labels.add(4, "drop", who="ana")
    scored.labels.add(4, "keep", who="ana")
    scored.labels.define(LabelSchema("tone", "Which tone?", ("warm", "cold")))
    scored.labels.add(4, "warm", who="ben", schema="tone")
    for corpus in (scored, opened(scored)):
        assert column(corpus, "label") == [None, None, None, "keep", "keep", None]
        assert column(corpus, "label_tone") == [None, None, None, None, "warm", None]
        assert corpus.browse.count(Filter(where="label = 'keep' AND label_tone IS NULL")).documents == 1
    other = opened(scored)
    other.labels.undo(who="ana")
    other.labels.undo(who="ben", schema="tone")
    for corpus in (scored, other, opened(scored)):
        assert column(corpus, "label") == [None, None, None, "keep", "drop", None]
    scored.labels.undo(who="ana")
    scored.labels.undo(who="ana")
    assert rows(scored) == rows(opened(scored)) == {**told, "label_tone": [None] * 6}
    [newest] = files(scored)
    assert newest.stem.split("-")[1] == {0: "8", 1: "8", 100: "0"}[many]
    assert (newest == file) is (many == 100)
    assert builds == ["built"]


def test_a_new_column_brings_labels_into_the_file(scored: Workspace) -> None:
    """What the file holds of labels is outdone by what is said later, and only for documents of which something is."""
    rows(scored)
    for number, value in enumerate(["keep", "drop", "keep"]):
        scored.labels.add(number, value, who="ana")
    scored.score(["pii"])
    rows(scored)
    [file] = files(scored)
    assert file.stem.split("-")[1] == "3"
    scored.labels.define(LabelSchema("tone", "Which tone?", ("warm", "cold")))
    scored.labels.add(1, "warm", who="ben", schema="tone")
    scored.labels.undo(who="ana")
    for corpus in (scored, opened(scored)):
        assert column(corpus, "label") == ["keep", "drop", None, None, None, None]
        assert column(corpus, "label_tone") == [None, "warm", None, None, None, None]
    scored.labels.undo(who="ben", schema="tone")
    assert column(scored, "label") == ["keep", "drop", None, None, None, None]
    assert column(opened(scored), "label_tone") == [None] * 6


def test_a_file_that_cannot_be_renewed_has_its_labels_beside_it(
    scored: Workspace, builds: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "MANY", 0)
    rows(scored)
    [file] = files(scored)

    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(kept_tables.KeptTables, "_written", full)
    scored.labels.add(3, "keep", who="ana")
    for corpus in (scored, opened(scored)):
        assert column(corpus, "label") == [None, None, None, "keep", None, None]
    assert (files(scored), builds) == ([file], ["built"])


def test_a_file_that_knows_labels_of_a_later_log_is_not_read(scored: Workspace, builds: list[str]) -> None:
    """As where the control file was put back to an earlier day."""
    rows(scored)
    [file] = files(scored)
    file.rename(file.with_name(file.name.replace("-0-", "-7-")))
    rows(opened(scored))
    assert builds == ["built", "built"]
    assert [path.stem.split("-")[1] for path in files(scored)] == ["0"]


def test_a_new_column_makes_a_new_file(scored: Workspace) -> None:
    rows(scored)
    before = files(scored)
    scored.labels.add(3, "keep", who="ana")
    scored.score(["pii"])
    told = rows(scored)
    [file] = files(scored)
    assert file not in before
    assert rows(opened(scored)) == told
    assert told["label"] == [None, None, None, "keep", None, None]


def test_a_corpus_that_lacks_scores_of_new_documents_keeps_none(scored: Workspace, tmp_path: Path) -> None:
    scored.ingest([write_lines(tmp_path / "more.jsonl", [{"id": "g", "text": "One more page."}])])
    rows(scored)
    assert files(scored) == []


@pytest.mark.parametrize("damage", ["cut", "changed", "another's"])
def test_a_damaged_file_is_made_again(scored: Workspace, damage: str, builds: list[str]) -> None:
    told = rows(scored)
    [file] = files(scored)
    size = file.stat().st_size
    with open(file, "r+b") as opened_file:
        if damage == "cut":
            opened_file.truncate(size // 2)
        else:
            opened_file.seek(0 if damage == "another's" else size // 2)
            opened_file.write(b"no table at all")
    assert rows(opened(scored)) == told
    assert builds == ["built", "built"]
    assert [file.stat().st_size for file in files(scored)] == [size]


def test_a_file_that_duckdb_cannot_read_is_dropped(scored: Workspace) -> None:
    told = rows(scored)
    [file] = files(scored)
    file.write_bytes(b"of a later version")
    digest, newest, _ = file.stem.split("-")
    file.rename(file.with_name(f"{digest}-{newest}-{kept_tables.checksum(file)}.duckdb"))
    assert rows(opened(scored)) == told
    assert files(scored) == []


def test_a_folder_that_cannot_be_written_to_is_no_matter(scored: Workspace, builds: list[str]) -> None:
    (scored.folder / "tables").write_text("a file in its place")
    told = rows(scored)
    assert rows(opened(scored)) == told
    assert builds.count("built") >= 2


def test_a_verb_ends_with_the_table_that_later_processes_read(scored: Workspace, builds: list[str]) -> None:
    scored.score(["pii"])
    assert len(files(scored)) == 1
    assert builds == ["built"]
    assert len(column(opened(scored), "pii")) == 6
    assert builds == ["built"]
    scored.embed("static")
    assert builds == ["built"]


def test_who_stops_the_writing_of_the_table_stops_nothing_else(
    scored: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*told: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(table, "build", stopped)
        scored.score(["pii"])
    assert files(scored) == []
    assert scored.catalog.jobs.all(1)[0].state == "done"
    assert len(column(opened(scored), "pii")) == 6


def test_a_server_shows_the_older_table_while_another_process_writes(scored: Workspace) -> None:
    server = opened(scored)
    server.catalog.table.lags = True
    before = server.catalog.table.version
    assert "pii" not in server.browse.columns()
    with ThreadPoolExecutor() as beside, exclusive(scored.folder, kept_tables.FOLDER):
        job = beside.submit(scored.score, ["pii"])
        while scored.catalog.manifest.version == before.manifest and not job.done():
            sleep(0.01)
        scored.labels.add(3, "keep", who="ana")
        assert server.catalog.table.version == before._replace(labels=1)
        assert "pii" not in server.browse.columns()
        assert column(server, "label") == [None, None, None, "keep", None, None]
        assert not job.done()
    assert server.catalog.table.version != before
    assert len(column(server, "pii")) == 6


def test_what_a_server_has_promised_it_shows(scored: Workspace) -> None:
    """A count kept under a newer version would stay wrong if it came from the older table."""
    server = opened(scored)
    server.catalog.table.lags = True
    rows(server)
    scored.score(["pii"])
    promised = server.catalog.table.version
    with exclusive(scored.folder, kept_tables.FOLDER), server.catalog.table.cursor() as cursor:
        assert server.catalog.table.built(cursor) == promised
