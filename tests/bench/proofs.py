"""Predict minutes and memory of proofs, run them, and compare: python tests/bench/proofs.py [CORPUS TARGET SELECTION...]

Three proofs of made texts with one worker: tier ci on bytes, ci on byte pairs, cpu on bytes; one of them again with two
workers; and, where a corpus is named (it gets a proof called "foretold"), its selections in tier ci with rs2, 4 seeds, 40,000 tokens and a
worker for each core. Each is predicted and run in a process of its own, which does nothing else. Prints rows of a table; no figure is a test.
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
from typing import Any

import numpy as np

from winnow.compute.local import LocalExecutor, available_cores
from winnow.jobs.proof_plan import Asked
from winnow.workspace import Workspace

PROOFS: dict[str, tuple[int, dict[str, Any]]] = {
    "ci, bytes": (1, {"tier": "ci", "tokens": 100_000}),
    "ci, bytes, 2 workers": (2, {"tier": "ci", "tokens": 100_000}),
    "ci, byte pairs": (1, {"tier": "ci", "tokens": 40_000, "tokenizer": "bpe"}),
    "cpu, bytes": (1, {"tier": "cpu", "tokens": 40_960}),
}
"""Workers, and what is asked."""


def made(folder: Path) -> None:
    """Make a corpus of 2,000 texts of 3,000 words of chance, one selection, and texts to read in the end."""
    rng = np.random.default_rng(0)
    words = ["".join(rng.choice(list("abcdefghijklmnopqrstuvwxyz"), size)) for size in rng.integers(3, 10, 3000)]
    rows = [{"text": " ".join(rng.choice(words, 120))} for number in range(2040)]
    for name, part in (("rows", rows[:2000]), ("held", rows[2000:])):
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, part)), encoding="utf-8")
    workspace = Workspace.create(folder / "corpus", executor=LocalExecutor(1))
    workspace.ingest([folder / "rows.jsonl"])
    workspace.score(["tokens"])
    workspace.select("random", share=0.2, name="some", seed=7)


def measure(name: str, corpus: Path, workers: int, asked: Asked) -> None:
    """Print what was predicted of a proof and what it took, as a row."""
    workspace = Workspace.create(corpus, executor=LocalExecutor(workers))
    ahead = workspace.proofs.predict(asked, workers)
    load, began, used = os.getloadavg()[0], time.monotonic(), processor()
    workspace.prove("foretold", asked.recipe, replace=True)
    minutes, cores = (time.monotonic() - began) / 60, (processor() - used) / 60
    own, workers_at_most = (resource.getrusage(who).ru_maxrss / 1e3 for who in WHO)
    taken = own + workers * workers_at_most if workers > 1 else own
    each = f"{ahead.worker / 1e6:.0f} | {workers_at_most if workers > 1 else own:.0f}"
    print(
        f"| {name} | {ahead.minutes:.2f} | {minutes:.2f} | {cores:.2f} | {each} | {ahead.bytes / 1e6:.0f} | {taken:.0f} | "
        f"{load:.0f} to {os.getloadavg()[0]:.0f} |",
        flush=True,
    )


WHO = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)


def processor() -> float:
    """Return the seconds of processor that this process and those that it waited for have taken."""
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, WHO))


def main() -> None:
    if sys.argv[1:2] == ["--one"]:
        name, corpus, target = sys.argv[2:5]
        workers, told = PROOFS.get(name, (available_cores(), {"repeated": True, "seeds": 4, "tokens": 40_000}))
        asked = Asked(**{"selections": tuple(sys.argv[5:]), "target": target, "seeds": 2, "general": 20, **told})
        measure(name, Path(corpus), workers, asked)
        return
    print(
        "| proof | minutes: predicted | taken | of a core | MB of a worker: predicted | taken | MB of all | taken | load |"
    )
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-c", MAKE, folder], check=True, cwd=Path(__file__).parent)
        for name in PROOFS:
            one(name, f"{folder}/corpus", f"{folder}/held.jsonl", "some")
    if len(sys.argv) > 1:
        one(f"{len(sys.argv) - 3} selections, rs2, 4 seeds", *sys.argv[1:])


MAKE = "import sys; from pathlib import Path; from proofs import made; made(Path(sys.argv[1]))"


def one(*told: str) -> None:
    subprocess.run([sys.executable, __file__, "--one", *told], check=True)


if __name__ == "__main__":
    main()
