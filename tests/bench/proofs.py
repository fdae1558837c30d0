"""Predict minutes and memory of small proofs, run them, and compare: python tests/bench/proofs.py

Three proofs of made texts, each in a process of its own with one worker: tier ci on bytes, ci on byte pairs, cpu on bytes.
One line a proof; no figure is a test.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from winnow.compute.local import LocalExecutor
from winnow.jobs.proof_plan import Asked
from winnow.workspace import Workspace

PROOFS = {
    "ci, bytes": {"tier": "ci", "tokens": 200_000},
    "ci, byte pairs": {"tier": "ci", "tokens": 60_000, "tokenizer": "bpe"},
    "cpu, bytes": {"tier": "cpu", "tokens": 100_000},
}
WORDS = [
    "river",
    "mill",
    "water",
    "wheel",
    "flour",
    "sack",
    "boat",
    "reed",
    "heron",
    "bridge",
    "stone",
    "willow",
    "train",
    "station",
    "rail",
    "guard",
]


def made(folder: Path) -> Workspace:
    """Make a corpus of 2,000 texts of words of chance, one selection, and texts to read in the end."""
    rng = np.random.default_rng(0)
    rows = [{"text": " ".join(rng.choice(WORDS, 120)), "source": f"s{number % 4}"} for number in range(2200)]
    for name, part in (("rows", rows[:2000]), ("held", rows[2000:])):
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, part)), encoding="utf-8")
    workspace = Workspace.create(folder / "corpus", executor=LocalExecutor(1))
    workspace.ingest([folder / "rows.jsonl"])
    workspace.score(["tokens"])
    workspace.select("random", share=0.2, name="some", seed=7)
    return workspace


def measure(name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        workspace = made(Path(folder))
        asked = Asked(selections=("some",), target=str(Path(folder) / "held.jsonl"), seeds=2, **PROOFS[name])  # type: ignore[arg-type]
        ahead = workspace.proofs.predict(asked, 1)
        began, used = time.monotonic(), time.process_time()
        workspace.prove("measured", asked.recipe)
        minutes, cores = (time.monotonic() - began) / 60, (time.process_time() - used) / 60
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        print(
            f"{name}: predicted {ahead.minutes:.2f} minutes, took {minutes:.2f} ({cores:.2f} of a core); "
            f"predicted {ahead.bytes / 1e6:.0f} MB, held {peak:.0f}; load {os.getloadavg()[0]:.0f}",
            flush=True,
        )


def main() -> None:
    if len(sys.argv) > 1:
        measure(sys.argv[1])
        return
    for name in PROOFS:
        subprocess.run([sys.executable, __file__, name], check=True)


if __name__ == "__main__":
    main()
