"""The local executor: every answer once, failures told after what was finished, no worker left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from winnow.compute.local import LocalExecutor, available_cores
from winnow.errors import SettingError, WinnowError


def square(number: int) -> int:
    return number * number


def fail_at_three(number: int) -> int:
    if number == 3:
        raise SettingError("three", "was found", "leave it out")
    return number


def die_at_three(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def wait_long(number: int) -> int:
    time.sleep(30 * number)
    return os.getpid()


def where(number: int) -> tuple[int, str | None]:
    return os.getpid(), os.environ.get("OMP_NUM_THREADS")


@pytest.mark.parametrize("workers", [1, 2])
def test_every_item_is_answered_once(workers: int) -> None:
    assert sorted(LocalExecutor(workers).map(square, range(20))) == [number**2 for number in range(20)]
    assert list(LocalExecutor(workers).map(square, [])) == []


def test_work_runs_in_processes_of_one_thread_each() -> None:
    found = set(LocalExecutor(2).map(where, range(8)))
    assert os.getpid() not in {process for process, _ in found}
    assert {threads for _, threads in found} == {"1"}
    assert {process for process, _ in LocalExecutor(2).map(where, [0])} == {os.getpid()}, "one item needs no process"
    assert 1 <= available_cores() <= (os.cpu_count() or 1)


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_is_raised_as_it_is(workers: int) -> None:
    answers = []
    with (
        pytest.raises(SettingError, match="leave it out"),
        closing(LocalExecutor(workers).map(fail_at_three, [1, 2, 3])) as found,
    ):
        answers.extend(found)
    assert set(answers) <= {1, 2}


def test_a_worker_that_is_killed_is_told_in_words() -> None:
    with pytest.raises(WinnowError, match="run the command again"):
        list(LocalExecutor(2).map(die_at_three, range(6)))


def test_leaving_early_does_not_wait_for_the_rest() -> None:
    start = time.monotonic()
    with closing(LocalExecutor(2).map(wait_long, [0, 1, 1])) as found:
        worker = next(found)
    assert time.monotonic() - start < 20
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)


PROGRAM = """
import sys; sys.path.insert(0, {here!r})
from winnow.compute.local import LocalExecutor
from test_local import wait_long
if __name__ == "__main__":
    for process in LocalExecutor(2).map(wait_long, [0, 1, 1]):
        print(process, flush=True)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["killed", "Ctrl-C"])
def test_workers_go_with_the_process_that_started_them(tmp_path: Path, how: signal.Signals) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.format(here=str(Path(__file__).parent)))
    process = subprocess.Popen(
        [sys.executable, program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    worker = int(process.stdout.readline())
    # A terminal sends Ctrl-C to every process of the group, kill to one.
    os.killpg(process.pid, how) if how == signal.SIGINT else process.kill()
    _, errors = process.communicate(timeout=20)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and Path(f"/proc/{worker}").exists():
        time.sleep(0.05)
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)
    assert errors.count("Traceback") <= 1, "the workers say nothing"
