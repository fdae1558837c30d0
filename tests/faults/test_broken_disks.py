"""Disks that fill up, files that rot, clocks that run backwards: one line that says so, and nothing that was kept is lost."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import one_process, write_lines
from winnow.catalog import labels as labels_module
from winnow.errors import WinnowError
from winnow.workspace import Workspace


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("disks")
    rows = ({"id": f"d{n}", "text": f"Letter {n} about apples and a piano. " * 4} for n in range(400))
    workspace = one_process(folder / "corpus")
    workspace.ingest([write_lines(folder / "pages.jsonl", rows)])
    workspace.score(["tokens", "shape"])
    for doc_id in range(200):
        workspace.labels.add(doc_id, "keep", who="ana")
    workspace.select("random", docs=100, name="some")
    return folder / "corpus"


@pytest.fixture
def corpus(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(whole, tmp_path / "corpus")
    return tmp_path / "corpus"


LIMITED = """
import resource, signal, sys
from winnow.cli import main
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)), resource.RLIM_INFINITY))
main()
"""


@pytest.mark.parametrize("room", [2_000, 40_000])
@pytest.mark.parametrize("verb", [["score", "gopher"], ["embed"], ["select", "random", "--docs", "9", "--name", "few"]])
def test_a_full_disk_is_one_line(corpus: Path, verb: list[str], room: int) -> None:
    """No file may grow beyond so many bytes, which a program sees as it sees a full disk: a write that fails."""
    before = Workspace(corpus).sql("SELECT doc_id, label, tokens FROM docs ORDER BY doc_id").to_pylist()
    command = [sys.executable, "-c", LIMITED, str(room), "-w", str(corpus), *verb]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode in (0, 1), done.stderr
    assert "Traceback" not in done.stderr
    workspace = Workspace(corpus)
    assert {finding.kind for finding in workspace.examine().found} <= {"left over", "keywords"}
    assert workspace.sql("SELECT doc_id, label, tokens FROM docs ORDER BY doc_id").to_pylist() == before


def test_a_rotten_control_file_never_ends_in_a_traceback(corpus: Path) -> None:
    """64 bytes of a random page of control.sqlite are changed: it is refused in a line, named by the doctor, or harmless.

    Half of the pages here are free space and the texts of jobs, whose change SQLite cannot see.
    """
    draw = random.Random(11)
    good = (corpus / "control.sqlite").read_bytes()
    told = 0
    for _ in range(40):
        data = bytearray(good)
        start = draw.randrange(0, len(data), 4096)
        for _ in range(64):
            data[start + draw.randrange(min(4096, len(data) - start))] = draw.randrange(256)
        (corpus / "control.sqlite").write_bytes(bytes(data))
        for left in corpus.glob("control.sqlite-*"):
            left.unlink()
        try:
            told += bool(Workspace(corpus).examine().found)
        except WinnowError:
            told += 1
    assert told >= 12
    (corpus / "control.sqlite").write_bytes(good)
    assert Workspace(corpus).examine().found == ()


def test_a_clock_that_runs_backwards_does_not_reorder_labels(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    labels = Workspace(corpus).labels
    hours = iter(range(23, 0, -1))
    monkeypatch.setattr(labels_module, "now", lambda: f"2020-01-01T{next(hours):02d}:00:00.000+00:00")
    for value in ("keep", "drop", "keep", "drop"):
        labels.add(300, value, who="ana")
    assert [label.value for label in labels.standing("label") if label.doc_id == 300] == ["drop"]
    undone = labels.undo(who="ana")
    assert undone is not None
    assert (undone.doc_id, undone.value) == (300, "drop")
    assert [label.value for label in labels.standing("label") if label.doc_id == 300] == ["keep"]


def test_two_writers_of_one_verb_end_with_one_result(corpus: Path) -> None:
    command = [sys.executable, "-m", "winnow", "-w", str(corpus), "score", "gopher", "c4"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    ended = [writer.communicate(timeout=120)[1] for writer in both]
    assert all(writer.returncode in (0, 1) for writer in both), ended
    assert not any("Traceback" in words for words in ended)
    workspace = Workspace(corpus)
    assert workspace.examine().found == ()
    assert workspace.sql("SELECT COUNT(gopher_mean_word_length) AS n FROM docs").to_pylist() == [{"n": 400}]


READER = """
import sys
from winnow.compute.local import LocalExecutor
from winnow.errors import WinnowError
from winnow.workspace import Workspace
corpus = Workspace(sys.argv[1], executor=LocalExecutor(1))
assert corpus.sql("SELECT COUNT(*) AS n FROM docs").to_pylist()[0]["n"] > 0
for verb in (
    lambda: corpus.score(["shape"]), lambda: corpus.select("random", docs=2, name="few"), lambda: corpus.embed("static"),
    lambda: corpus.labels.add(0, "keep", who="ana"), lambda: corpus.ingest([sys.argv[2]]),
):
    try:
        verb()
    except WinnowError as reason:
        assert "read-only" in str(reason), reason
    else:
        raise AssertionError("it was written")
"""


def test_a_disk_that_is_read_only_is_read(corpus: Path, tmp_path: Path) -> None:
    more = tmp_path / "more.jsonl"
    more.write_text('{"text": "more"}\n')
    folder = str(corpus)
    mounted = f"mount --bind {folder} {folder} && mount -o remount,ro,bind {folder} && ! touch {folder}/x 2>/dev/null"
    if subprocess.run(["unshare", "-rm", "sh", "-c", mounted], capture_output=True, check=False).returncode:
        pytest.skip("no disk can be mounted read-only here")
    command = [
        "unshare",
        "-rm",
        "sh",
        "-c",
        f'{mounted} && exec "$@"',
        "sh",
        sys.executable,
        "-c",
        READER,
        folder,
        str(more),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
