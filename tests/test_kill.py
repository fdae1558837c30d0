"""kill -9 at random moments: nothing acknowledged is lost, nothing half is seen, the next run completes."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from conftest import one_process, write_lines
from winnow.catalog.filters import Filter
from winnow.export.manifest import verify
from winnow.workspace import Workspace

ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Four files of 10,000 short documents: about a second of work, in several shards when put together."""
    folder = tmp_path_factory.mktemp("pages")
    return [
        write_lines(
            folder / f"{file}.jsonl",
            ({"id": f"{file}-{n}", "text": f"Page {n} of file {file}. " * 8, "n": n} for n in range(10_000)),
        )
        for file in range(4)
    ]


def start(corpus: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "winnow", "-w", str(corpus), *arguments]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT, start_new_session=True
    )


def killed(process: subprocess.Popen[str], *, after: float) -> bool:
    """Kill a process so many seconds after its first word about its work; return whether it was still at it."""
    assert process.stderr is not None
    process.stderr.readline()
    time.sleep(after)
    process.kill()
    process.communicate(timeout=30)
    return process.returncode == -signal.SIGKILL


def finish(corpus: Path, *arguments: str) -> None:
    process = start(corpus, *arguments)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors


def moments(count: int, low: float, high: float, seed: int) -> Iterator[float]:
    """Yield moments spread over a stretch of time, each at random within its share."""
    draw = random.Random(seed)
    share = (high - low) / count
    return (low + share * (turn + draw.random()) for turn in range(count))


def check_documents(workspace: Workspace) -> int:
    """Check that every shard in the manifest is whole and every document is there once; return how many there are."""
    first = 0
    for part in workspace.catalog.manifest.parts():
        ids = pq.read_table(part.path, columns=["doc_id"]).column("doc_id").to_numpy()
        assert np.array_equal(ids, np.arange(first, first + part.documents))
        first += part.documents
    assert workspace.browse.count(Filter()).documents == first
    assert first == sum(made.documents for made in workspace.catalog.manifest.inputs())
    return first


def check_columns(workspace: Workspace) -> None:
    """Check that every column in the manifest has one row a document, in order."""
    parts = {part.part: part for part in workspace.catalog.manifest.parts()}
    for run in workspace.catalog.manifest.runs("columns", current=False):
        for part, path in run.paths.items():
            ids = pq.read_table(path, columns=["doc_id"]).column("doc_id").to_numpy()
            assert np.array_equal(ids, parts[part].first_id + np.arange(parts[part].documents))


def check_swept(workspace: Workspace, *states: str) -> None:
    assert list((workspace.folder / "tmp").iterdir()) == []
    assert {job.state for job in workspace.catalog.jobs.all()} <= {"done", "interrupted", *states}


def test_ingest(tmp_path: Path, pages: list[Path]) -> None:
    corpus, hits = tmp_path / "corpus", 0
    for moment in moments(3, 0.0, 1.0, seed=1):
        hits += killed(start(corpus, "ingest", *map(str, pages)), after=moment)
        if (corpus / "control.sqlite").exists():
            workspace = Workspace.create(corpus)
            assert check_documents(workspace) in (0, 10_000, 20_000, 30_000, 40_000)
    process = start(corpus, "ingest", *map(str, pages))
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0 or "in the corpus already" in errors
    workspace = Workspace(corpus)
    assert check_documents(workspace) == 40_000
    workspace.index()
    assert len(workspace.browse.doc_ids(Filter(search="file"))) == 40_000
    assert hits >= 2, "the moments were meant to hit it at work"
    check_swept(workspace, "failed")


def test_score(tmp_path: Path, pages: list[Path]) -> None:
    one_process(tmp_path / "corpus").ingest(pages[:2])
    hits = 0
    for moment in moments(3, 0.0, 1.2, seed=2):
        hits += killed(start(tmp_path / "corpus", "score", "shape", "gopher", "duplicates"), after=moment)
        workspace = Workspace(tmp_path / "corpus")
        check_documents(workspace)
        check_columns(workspace)
        values = workspace.browse.columns()
        if "chars" in values:
            assert workspace.browse.count(Filter(where="chars IS NULL")).documents == 0
    finish(tmp_path / "corpus", "score", "shape", "gopher", "duplicates")
    workspace = Workspace(tmp_path / "corpus")
    check_columns(workspace)
    assert workspace.browse.count(Filter(where="chars IS NULL OR duplicate_keep IS NULL")).documents == 0
    assert hits >= 1
    check_swept(workspace)


LABELLER = """
import sys
from winnow.workspace import Workspace
labels = Workspace(sys.argv[1]).labels
for turn in range(100_000):
    seq = labels.add(turn % 10_000, "keep", who="ana", uuid=f"{sys.argv[2]}-{turn}")
    print(seq, flush=True)
"""


def test_label_writes(tmp_path: Path, pages: list[Path]) -> None:
    workspace = one_process(tmp_path / "corpus")
    workspace.ingest(pages[:1])
    acknowledged = 0
    for turn, moment in enumerate(moments(3, 0.1, 0.6, seed=3)):
        process = subprocess.Popen(
            [sys.executable, "-c", LABELLER, str(tmp_path / "corpus"), str(turn)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(moment)
        process.kill()
        told = [line for line in (first + process.communicate()[0]).split("\n")[:-1] if line]
        acknowledged += len(told)
        found = {row["uuid"] for row in workspace.catalog.control.rows("SELECT uuid FROM label_events")}
        assert {f"{turn}-{number}" for number in range(len(told))} <= found, "a label that was acknowledged is there"
        assert acknowledged <= len(found) <= acknowledged + turn + 1, "at most the one under way is there besides"
    assert acknowledged > 10
    seen = workspace.browse.count(Filter().with_values("label", "keep")).documents
    assert seen == len({label.doc_id for label in workspace.labels.standing("label")})


def test_export(tmp_path: Path, pages: list[Path]) -> None:
    workspace = one_process(tmp_path / "corpus")
    workspace.ingest(pages)
    workspace.score(["tokens"])
    workspace.select("random", docs=30_000, name="most")
    out, hits = tmp_path / "out" / "most", 0
    for moment in moments(3, 0.0, 1.2, seed=4):
        hits += killed(start(tmp_path / "corpus", "export", "most", str(out), "--columns", "all"), after=moment)
        if out.exists():
            assert verify(out) == [], "a folder that is there is whole"
            for path in out.iterdir():
                path.unlink()
            out.rmdir()
    finish(tmp_path / "corpus", "export", "most", str(out), "--columns", "all")
    assert verify(out) == []
    assert json.loads((out / "manifest.json").read_text())["documents"] == 30_000
    assert [path.name for path in out.parent.iterdir()] == ["most"], "what killed exports left is swept"
    assert hits >= 1
    check_swept(workspace)


def test_a_stop_at_the_keyboard_is_one_line_and_leaves_nothing(tmp_path: Path, pages: list[Path]) -> None:
    for arguments in (["ingest", *map(str, pages)], ["score", "shape", "gopher"]):
        process = start(tmp_path / "corpus", *arguments)
        assert process.stderr is not None
        # Its first line says that the work has begun.
        process.stderr.readline()
        time.sleep(0.1)
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        assert process.returncode == 130, errors
        assert "Traceback" not in errors
        assert "stopped" in errors.strip().splitlines()[-1]
        workspace = Workspace(tmp_path / "corpus")
        assert workspace.catalog.jobs.all()[0].state == "cancelled"
        assert list((workspace.folder / "tmp").iterdir()) == []
        check_documents(workspace)
        check_columns(workspace)
        finish(tmp_path / "corpus", *arguments)
