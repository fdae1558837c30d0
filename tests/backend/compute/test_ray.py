"""Work on Ray: the same bytes as on this machine, errors as they are, dead workers and drivers lose nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from conftest import write_lines
from winnow.compute.choose import executor
from winnow.compute.local import LocalExecutor
from winnow.errors import MissingNeed, SettingError
from winnow.workspace import Workspace

pytest.importorskip("ray")

HERE = {**os.environ, "OMP_NUM_THREADS": "1", "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0"}
HERE.pop("RAY_ADDRESS", None)
PROGRAM = """
import json, os, signal, sys
from winnow.compute.ray import RayExecutor
from winnow.errors import SettingError, WinnowError

def square(number): return number ** 2
def refuse(number):
    if number == 3: raise SettingError("three", "was found", "leave it out")
    return number
def die_once(mark):
    if not os.path.exists(mark):
        open(mark, "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
    return "lived"
def die(number): os.kill(os.getpid(), signal.SIGKILL)
def lost(path): return open(path).read()
def error_of(work, items):
    try: return list(RayExecutor().map(work, items))
    except WinnowError as reason: return f"{type(reason).__name__}: {reason}"

found = {
    "squares": sorted(RayExecutor().map(square, range(40))), "refused": error_of(refuse, [3]),
    "retried": list(RayExecutor().map(die_once, [sys.argv[1] + "/mark"])), "dead": error_of(die, [1]),
    "lost": error_of(lost, [sys.argv[1] + "/none"]), "none": list(RayExecutor().map(square, [])),
}
with open(sys.argv[1] + "/answers.json", "w") as file:
    json.dump(found, file)
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What one program found that used a cluster of its own, as a user's program would."""
    folder = tmp_path_factory.mktemp("ray")
    (folder / "program.py").write_text(PROGRAM)
    command = [sys.executable, str(folder / "program.py"), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=HERE)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads((folder / "answers.json").read_text())
    return found


def test_every_item_is_answered_once(answers: dict[str, Any]) -> None:
    assert answers["squares"] == [number**2 for number in range(40)]
    assert answers["none"] == []


def test_errors_are_raised_as_they_are(answers: dict[str, Any]) -> None:
    assert answers["refused"] == "SettingError: three; was found; leave it out"
    assert "the workers of the cluster need to see the corpus" in answers["lost"]
    assert "none is not there" in answers["lost"]


def test_a_task_whose_worker_died_is_run_again(answers: dict[str, Any]) -> None:
    assert answers["retried"] == ["lived"]
    assert "run the command again" in answers["dead"]


def winnow(corpus: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "winnow", "-w", str(corpus), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, env=HERE)


def corpus_of(folder: Path, name: str) -> Path:
    workspace = Workspace.create(folder / name, executor=LocalExecutor(1))
    for file in range(3):
        rows = ({"id": f"{file}-{n}", "text": f"Letter {n % 50} of file {file}, with apples. " * 9} for n in range(300))
        path = folder / f"{file}.jsonl"
        workspace.ingest([path if path.exists() else write_lines(path, rows)])
    return workspace.folder


def made(corpus: Path, *homes: str) -> dict[str, bytes]:
    files = (path for home in homes for path in (corpus / home).rglob("*") if path.is_file())
    return {str(path.relative_to(corpus)): path.read_bytes() for path in files}


def test_the_same_bytes_are_made_and_a_killed_driver_loses_nothing(tmp_path: Path) -> None:
    verb = ["score", "shape", "gopher", "near_duplicates"]
    here, there = corpus_of(tmp_path, "here"), corpus_of(tmp_path, "there")
    assert winnow(here, *verb).returncode == 0
    command = [sys.executable, "-m", "winnow", "-w", str(there), "--on", "ray", *verb]
    driver = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=HERE)
    assert driver.stderr is not None
    driver.stderr.readline()
    time.sleep(0.5)
    driver.kill()
    driver.communicate()
    assert Workspace(there).examine().found == ()
    done = winnow(there, "--on", "ray", *verb)
    assert done.returncode == 0, done.stderr
    assert made(there, "cols", "vectors") == made(here, "cols", "vectors")
    assert Workspace(there).examine().found == ()


def workers(process: int) -> list[int]:
    """Return the workers below a process that have a task at this moment."""
    found = []
    with suppress(OSError):
        for task in Path(f"/proc/{process}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                found += [child] if Path(f"/proc/{child}/cmdline").read_bytes().startswith(b"ray::_run") else []
                found += workers(child)
    return found


def test_documents_are_taken_in_alike_though_a_worker_and_the_driver_are_killed(tmp_path: Path) -> None:
    files = [
        write_lines(
            tmp_path / f"{file}.jsonl",
            ({"id": f"{n % 9_000 + file}", "text": f"Letter {n} of file {file}. " * 9, "n": n} for n in range(10_000)),
        )
        for file in range(6)
    ]
    here, there, verb = tmp_path / "here", tmp_path / "there", ["ingest", *map(str, files)]
    assert winnow(here, *verb).returncode == 0
    command = [sys.executable, "-m", "winnow", "-w", str(there), "--on", "ray", *verb]
    driver = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=HERE)
    assert driver.stderr is not None
    driver.stderr.readline()
    until = time.monotonic() + 60
    while not (busy := workers(driver.pid)) and driver.poll() is None and time.monotonic() < until:
        time.sleep(0.01)
    assert busy, "a worker was meant to be hit at work"
    with suppress(ProcessLookupError):
        os.kill(busy[0], signal.SIGKILL)
    while driver.poll() is None and not any((there / "docs").glob("part-*")):
        time.sleep(0.01)
    driver.kill()
    driver.communicate()
    published = made(there, "docs")
    assert published.items() <= made(here, "docs").items(), "what is published is whole"
    assert {found.kind for found in Workspace(there).examine().found} <= {"keywords"}, "they are indexed in the end"
    done = winnow(there, "--on", "ray", *verb)
    assert done.returncode == 0 or "in the corpus already" in done.stderr
    assert made(there, "docs", "quarantine") == made(here, "docs", "quarantine")
    assert Workspace(there).examine().found == ()


def test_the_place_is_chosen_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WINNOW_ON", raising=False)
    assert isinstance(executor(), LocalExecutor)
    monkeypatch.setenv("WINNOW_ON", "rya")
    with pytest.raises(SettingError, match="ray"):
        executor()
    monkeypatch.setenv("WINNOW_ON", "ray")
    monkeypatch.setitem(sys.modules, "winnow.compute.ray", None)
    with pytest.raises(MissingNeed, match=r"winnow-workbench\[ray\]"):
        executor()


def test_no_cluster_at_the_address_is_one_line(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, "corpus")
    command = [sys.executable, "-m", "winnow", "-w", str(corpus), "--on", "ray", "score", "shape"]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=300, env={**HERE, "RAY_ADDRESS": "127.0.0.1:1"}
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "none answers at 127.0.0.1:1" in done.stderr.splitlines()[-1]
