"""kill -9 in the middle of a proof: the same command goes on from the last checkpoints and ends with the same numbers."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from conftest import one_process, write_lines
from test_kill import ENVIRONMENT, start
from winnow.jobs.proof_plan import Asked
from winnow.prove.results import Plan, read_result
from winnow.prove.train import CHECKPOINT
from winnow.workspace import Workspace

WORDS = "river mill water wheel flour sack boat reed heron bridge train rail guard ticket engine"
PROVER = """
import sys
from pathlib import Path
from winnow.compute.local import LocalExecutor
from winnow.workspace import Workspace
from winnow.jobs.proof_plan import Asked
corpus = Path(sys.argv[1])
asked = Asked(selections=("river",), target=str(corpus.parent / "held.jsonl"), seeds=2, tokens=20_480, general=8)
Workspace.create(corpus, executor=LocalExecutor(1)).prove("killed", asked.recipe)
"""


def invented(number: int) -> str:
    return " ".join(np.random.default_rng(number).choice(WORDS.split(), 60))


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    rows = [{"text": invented(n), "source": "river" if n < 60 else "train"} for n in range(120)]
    workspace = one_process(tmp_path / "corpus")
    workspace.ingest([write_lines(tmp_path / "rows.jsonl", rows)])
    workspace.score(["tokens"])
    workspace.catalog.selections.save("river", np.arange(60), np.ones(60), recipe={"target": None}, summary={})
    write_lines(tmp_path / "held.jsonl", [{"text": invented(1000 + n)} for n in range(12)])
    return tmp_path / "corpus"


def by_command(corpus: Path) -> subprocess.Popen[str]:
    """Prove in the processes of the command line, a worker for each core."""
    sizes = ["--seeds", "2", "--tokens", "20480", "--general", "8"]
    return start(corpus, "prove", "river", "--target", str(corpus.parent / "held.jsonl"), "--name", "killed", *sizes)


def by_script(corpus: Path) -> subprocess.Popen[str]:
    """Prove in one process."""
    command = [sys.executable, "-c", PROVER, str(corpus)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)


def begun(root: Path) -> int:
    """Count what runs have left so far: their checkpoints and their results."""
    return len(list(root.glob(f"runs/*/*/{CHECKPOINT}"))) + 10 * len(list(root.glob("runs/*/*/result.json")))


def test_a_proof_killed_at_random_moments_ends_with_the_same_numbers(corpus: Path) -> None:
    workspace = one_process(corpus)
    asked = Asked(selections=("river",), target=str(corpus.parent / "held.jsonl"), seeds=2, tokens=20_480, general=8)
    workspace.prove("whole", asked.recipe)
    root, chance, halves = corpus / "proofs" / "killed", random.Random(5), 0
    for begin in (by_script, by_command, by_script):
        before, process = begun(root), begin(corpus)
        # From the first thing that it leaves on, the rest of a run is a fraction of a second: the moment falls into one.
        while begun(root) == before and process.poll() is None:
            time.sleep(0.01)
        time.sleep(chance.uniform(0.0, 0.2))
        process.kill()
        _, errors = process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL, errors
        halves += any(root.glob(f"runs/*/*/{CHECKPOINT}"))
    assert halves, "the moments were meant to hit a run at work"
    workspace.prove("killed", asked.recipe)
    for arm, seed in Plan.read(root).runs():
        first, second = read_result(corpus / "proofs" / "whole", arm, seed), read_result(root, arm, seed)
        assert first is not None
        assert second is not None
        assert first.digest == second.digest
        assert first.points == second.points
        assert np.array_equal(first.losses["target"], second.losses["target"])
    told = [Workspace(corpus).proofs.report(name).to_dict()["lines"] for name in ("whole", "killed")]
    assert json.dumps(told[0]) == json.dumps(told[1])
    assert not list(root.glob(f"runs/*/*/{CHECKPOINT}"))
    assert {job.state for job in Workspace(corpus).catalog.jobs.all()} <= {"done", "interrupted"}
