"""Sweeping: what is named stays, what runs is left in peace, and a killed sweep is finished by the next."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from winnow.catalog.publish import exclusive
from winnow.catalog.sweeping import superseded, sweep_corpus
from winnow.errors import ConflictError
from winnow.workspace import Workspace


@pytest.fixture
def littered(scored: Workspace) -> Workspace:
    """Give a corpus with two superseded runs, a replaced and a removed selection, and a file from nowhere."""
    for policy in ("longest", "newest", "longest"):
        scored.score(["duplicates"], settings={"duplicates": {"policy": policy}})
    for name, docs in (("best", 2), ("gone", 1)):
        scored.select("random", docs=docs, name=name)
    scored.select("random", docs=3, name="best", replace=True)
    scored.catalog.selections.remove("gone")
    (scored.folder / "cols" / "nowhere-1").mkdir()
    (scored.folder / "cols" / "nowhere-1" / "part-00000.parquet").write_bytes(b"half")
    return scored


def named(workspace: Workspace) -> list[Path]:
    manifest = workspace.catalog.manifest
    paths = [part.path for part in manifest.parts()]
    paths += [path for run in manifest.runs(current=False) for path in run.paths.values()]
    return paths + [kept.path for kept in workspace.catalog.selections.all()]


def check_whole(workspace: Workspace) -> None:
    fresh = Workspace(workspace.folder)
    assert all(path.exists() for path in named(fresh))
    assert len(fresh.catalog.selections.get("best").read()[0]) == 3
    assert "duplicate_keep" in fresh.browse.columns()
    assert len(fresh.browse.arrow(fresh_filter(), ["duplicate_keep", "tokens"])) == 6


def fresh_filter() -> object:
    from winnow.catalog.filters import Filter

    return Filter()


def files(workspace: Workspace) -> set[Path]:
    return {path for folder in ("docs", "cols", "vectors", "selections") for path in (workspace.folder / folder).rglob("*") if path.is_file()}  # fmt: skip


def test_tables_of_the_whole_corpus_stay_with_their_run(scored: Workspace) -> None:
    def tables() -> list[Path]:
        return sorted((scored.folder / "cols").rglob("lines.parquet"))

    scored.score(["boilerplate"], settings={"boilerplate": {"least_documents": 2}})
    (first,) = tables()
    os.utime(first, (0, 0))
    sweep_corpus(scored.catalog, settled=0)
    assert tables() == [first]
    scored.score(["boilerplate"], settings={"boilerplate": {"least_documents": 3}})
    assert len(tables()) == 2
    sweep_corpus(scored.catalog, settled=0)
    (second,) = tables()
    assert second != first
    assert scored.examine().found == ()


def test_only_what_nothing_names_goes(littered: Workspace) -> None:
    before = files(littered)
    told = sweep_corpus(littered.catalog, dry_run=True, settled=0)
    assert files(littered) == before
    assert len(told.runs) == 2  # the policies "first" and "newest"; "longest" ran twice, as one run, and is current
    found = sweep_corpus(littered.catalog, settled=0)
    assert found == told
    assert before - files(littered) == set(found.files)
    names = sorted(path.name.split("-")[0] for path in found.files)
    assert names == ["best", "gone", "part", "part", "part"]
    assert files(littered) == set(named(littered))
    assert not (littered.folder / "cols" / "nowhere-1").exists()
    check_whole(littered)
    assert sweep_corpus(littered.catalog, settled=0).files == ()


def test_young_files_may_still_be_on_their_way_into_the_manifest(littered: Workspace) -> None:
    found = sweep_corpus(littered.catalog)
    assert len(found.runs) == 2  # a run leaves by the manifest, whatever the age of its files
    assert [path.parent.name.split("-")[0] for path in found.files] == ["duplicates", "duplicates"]
    assert (littered.folder / "cols" / "nowhere-1").exists()


def test_an_unfinished_run_stays_to_go_on(littered: Workspace) -> None:
    manifest = littered.catalog.manifest
    run = manifest.begin_run("columns", "duplicates", {"policy": "source"}, {"duplicate_keep": "bool"}, "state")
    assert run.run not in {old.run for old in superseded(littered.catalog)}
    assert run.run not in sweep_corpus(littered.catalog, settled=0).runs


def test_a_corpus_at_work_is_left_in_peace(littered: Workspace) -> None:
    before = files(littered)
    log = littered.catalog.jobs
    job = log.add("score", {})
    log.start(job)
    with pytest.raises(ConflictError, match=f"job {job} .score. is running"):
        sweep_corpus(littered.catalog, settled=0)
    log.finish(job, "done")
    with exclusive(littered.folder, "ingest"), pytest.raises(ConflictError, match="ingest"):
        sweep_corpus(littered.catalog, settled=0)
    assert files(littered) == before


KILLED = """
import os, signal, sys
from pathlib import Path
from winnow.catalog import sweeping
from winnow.workspace import Workspace

steps = int(sys.argv[2])

def count(work):
    def counted(*arguments, **told):
        global steps
        if steps == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        steps -= 1
        return work(*arguments, **told)
    return counted

Path.unlink = count(Path.unlink)
sweeping._forget = count(sweeping._forget)
sweeping._remove = count(sweeping._remove)
sweeping.sweep_corpus(Workspace(sys.argv[1]).catalog, settled=0)
"""


@pytest.mark.parametrize("step", range(6))
def test_a_killed_sweep_is_finished_by_the_next(littered: Workspace, step: int) -> None:
    command = [sys.executable, "-c", KILLED, str(littered.folder), str(step)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=environment)
    assert done.returncode == -signal.SIGKILL, done.stderr
    check_whole(littered)
    sweep_corpus(Workspace(littered.folder).catalog, settled=0)
    check_whole(littered)
    assert files(littered) == set(named(littered))
