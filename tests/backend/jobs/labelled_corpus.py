"""Sixty documents, even ones bad and odd ones good, with lengths, static vectors and clusters: what labels stand on."""

from __future__ import annotations

import shutil
from pathlib import Path

from conftest import one_process, write_lines
from winnow.workspace import Workspace

GOOD = (
    "The river carries silt to the delta.",
    "A vector has a length and a direction.",
    "Bread rises as yeast makes gas.",
)
BAD = (
    "Buy cheap pills now, best offer!",
    "Click here to win a free phone today!",
    "Hot deals, order now, limited stock!",
)
N = 60


def build(folder: Path) -> Path:
    workspace = one_process(folder / "corpus")
    rows = [
        {
            "id": f"d{row}",
            "text": f"{(GOOD if row % 2 else BAD)[row % 3]} Page {row}.",
            "source": "web",
            "stars": row % 5,
        }
        for row in range(N)
    ]
    workspace.ingest([write_lines(folder / "pages.jsonl", rows)])
    workspace.score(["shape", "tokens"])
    workspace.embed("static")
    workspace.cluster(3)
    return folder / "corpus"


def copied(corpus: Path, folder: Path) -> Workspace:
    return one_process(Path(shutil.copytree(corpus, folder / "labelled")))


def truth(doc_id: int) -> str:
    return "keep" if doc_id % 2 else "drop"


def label(workspace: Workspace, doc_ids: range, who: str = "ana", wrong: tuple[int, ...] = ()) -> None:
    """Label documents as they are, but for the wrong ones."""
    rows = [{"doc_id": row, "value": truth(row + (row in wrong))} for row in doc_ids]
    workspace.labels.add_many(rows, who=who, schema="label")
