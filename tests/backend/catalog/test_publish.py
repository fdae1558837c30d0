"""Publishing: files move in whole, staging folders go with their owner, locks exclude."""

from __future__ import annotations

import fcntl
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from winnow.catalog.publish import exclusive, move_into_place, staging, sweep
from winnow.errors import ConflictError

HOLD = "import sys; from pathlib import Path; from winnow.catalog.publish import {0}\nwith {1}: print('held', flush=True); input()"


def holder(folder: Path, what: str, call: str) -> subprocess.Popen[str]:
    program = HOLD.format(what, call.replace("FOLDER", f"Path({str(folder)!r})"))
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_files_move_into_folders_that_are_made(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("new")
    (tmp_path / "old").write_text("old")
    move_into_place([(tmp_path / "a", tmp_path / "deep" / "down" / "a")])
    assert (tmp_path / "deep" / "down" / "a").read_text() == "new"
    move_into_place([(tmp_path / "deep" / "down" / "a", tmp_path / "old")])
    assert (tmp_path / "old").read_text() == "new"


def test_a_staging_folder_goes_when_left(tmp_path: Path) -> None:
    with staging(tmp_path) as folder:
        (folder / "half").write_text("half")
        sweep(tmp_path)
        assert (folder / "half").exists(), "its owner lives"
    with pytest.raises(ZeroDivisionError), staging(tmp_path) as folder:
        assert folder.exists() / 0
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_killed_process_s_folder_is_swept_and_a_living_one_s_is_not(tmp_path: Path) -> None:
    process = holder(tmp_path, "staging", "staging(FOLDER)")
    sweep(tmp_path)
    assert len(list((tmp_path / "tmp").iterdir())) == 2
    process.kill()
    process.communicate()
    with staging(tmp_path) as folder:
        assert sorted((tmp_path / "tmp").iterdir()) == sorted([folder, folder.with_suffix(".lock")])


def test_many_threads_stage_and_sweep(tmp_path: Path) -> None:
    wrong: list[object] = []

    def work() -> None:
        for _ in range(20):
            with staging(tmp_path) as folder:
                (folder / "half").write_text("half")
                sweep(tmp_path)
                if not (folder / "half").exists():
                    wrong.append(folder)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_sweeper_that_comes_late_leaves_the_folder_of_a_new_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It opened a lock that is taken away and made anew, under the same name, before it locks what it opened."""
    (tmp_path / "tmp" / "1-a").mkdir(parents=True)
    lock = tmp_path / "tmp" / "1-a.lock"
    lock.touch()
    take = fcntl.flock

    def late(file: int, how: int) -> None:
        lock.rename(tmp_path / "taken away")
        lock.touch()
        take(file, how)

    monkeypatch.setattr(fcntl, "flock", late)
    sweep(tmp_path)
    assert lock.exists()
    assert lock.with_suffix("").exists()


def test_a_lock_excludes_another_process_until_it_dies(tmp_path: Path) -> None:
    process = holder(tmp_path, "exclusive", "exclusive(FOLDER, 'ingest')")
    with pytest.raises(ConflictError, match="another ingest is running"), exclusive(tmp_path, "ingest"):
        pass
    with exclusive(tmp_path, "index"):
        pass
    threading.Timer(0.2, process.kill).start()
    with exclusive(tmp_path, "ingest", wait=True):
        assert process.wait() != 0
    process.communicate()
