"""control.sqlite: made once, opened by anybody, written whole or not at all."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from winnow.catalog.control import LAYOUT, Control, dump, load
from winnow.errors import CorpusError


def test_a_new_corpus_has_a_layout_and_an_empty_manifest(tmp_path: Path) -> None:
    control = Control.create(tmp_path / "a b ü")
    assert control.meta("layout") == str(LAYOUT)
    assert Control.open(tmp_path / "a b ü").meta("manifest") == "0"
    assert Control.create(tmp_path / "a b ü").rows("SELECT * FROM parts") == []


CREATE = """
import pathlib, sys
from winnow.catalog.control import Control
print(Control.create(pathlib.Path(sys.argv[1])).meta("manifest"))
"""


def test_many_processes_may_make_it_at_once(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CREATE, str(tmp_path / "corpus")]
    makers = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(8)]
    assert [maker.communicate(timeout=120) for maker in makers] == [("0\n", "")] * 8


@pytest.mark.parametrize(("layout", "fix"), [(str(LAYOUT + 1), "upgrade"), ("0", "the Winnow that made it")])
def test_another_layout_is_refused(tmp_path: Path, layout: str, fix: str) -> None:
    with Control.create(tmp_path).write() as connection:
        connection.execute("UPDATE meta SET value = ? WHERE key = 'layout'", (layout,))
    with pytest.raises(CorpusError, match=fix):
        Control.open(tmp_path)


def test_what_is_no_corpus_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="winnow ingest"):
        Control.open(tmp_path / "none")
    (tmp_path / "control.sqlite").touch()
    with pytest.raises(CorpusError, match="is empty"):
        Control.open(tmp_path)
    (tmp_path / "control.sqlite").write_bytes(b"this is not a database at all, by far")
    with pytest.raises(CorpusError, match="cannot be used"):
        Control.open(tmp_path)


def test_a_folder_used_otherwise_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    with pytest.raises(CorpusError, match="folder of its own"):
        Control.create(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["docs"]


def test_a_write_is_whole_or_nothing(tmp_path: Path) -> None:
    control = Control.create(tmp_path)
    with pytest.raises(ZeroDivisionError), control.change_manifest() as connection:
        assert connection.execute("INSERT INTO views VALUES ('a', '{}', '')").rowcount / 0
    assert control.rows("SELECT * FROM views") == []
    assert control.meta("manifest") == "0"
    with control.change_manifest() as connection:
        connection.execute("INSERT INTO views VALUES ('a', '{}', '')")
    assert control.meta("manifest") == "1"


def test_an_error_of_the_database_is_told_in_words(tmp_path: Path) -> None:
    control = Control.create(tmp_path)
    with pytest.raises(CorpusError, match="no such table"):
        control.rows("SELECT * FROM nowhere")
    with pytest.raises(CorpusError, match="no such table"), control.write() as connection:
        connection.execute("INSERT INTO nowhere VALUES (1)")
    with pytest.raises(sqlite3.IntegrityError), control.write() as connection:
        connection.executemany("INSERT INTO views VALUES (?, '', '')", [("a",), ("a",)])
    assert control.rows("SELECT * FROM views") == []


def test_a_snapshot_stays_as_it_was(tmp_path: Path) -> None:
    control = Control.create(tmp_path)

    def add() -> None:
        with control.change_manifest():
            pass

    with control.snapshot():
        before = control.meta("manifest")
        other = threading.Thread(target=add)
        other.start()
        other.join()
        assert control.meta("manifest") == before
    assert control.meta("manifest") == str(int(before) + 1)


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming somebody else needs root; the next test covers the rest")
def test_a_corpus_of_somebody_else_can_be_read() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        Control.create(Path(folder)).close()
        child = os.fork()
        if child == 0:
            os.setuid(65534)
            os._exit(_reads_and_cannot_write(Path(folder)))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _reads_and_cannot_write(folder: Path) -> int:
    try:
        control = Control.open(folder)
        if not control.read_only or control.meta("manifest") != "0":
            return 1
        with control.write():
            return 2
    except CorpusError as reason:
        return 0 if "read-only" in str(reason) else 3


def test_a_read_only_corpus_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Control.create(tmp_path).close()
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    control = Control.create(tmp_path)
    assert control.read_only
    assert control.meta("manifest") == "0"
    with pytest.raises(CorpusError, match="read-only"), control.write():
        pass


def test_names_that_are_no_text_survive_json() -> None:
    assert load(dump({"path": "caf\udce9", "ü": 1})) == {"path": "caf\udce9", "ü": 1}
    assert dump({"b": "ü", "a": "\udce9"}).isascii()
