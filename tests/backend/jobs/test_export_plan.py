"""What an export would write, told before: near to what is written, for every format and however few documents."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from conftest import one_process, write_lines
from winnow.export.jsonl import JsonLines
from winnow.export.parquet import Parquet
from winnow.jobs.export import Writing
from winnow.jobs.export_plan import foresee, free_bytes
from winnow.workspace import Workspace


@pytest.fixture
def many(tmp_path: Path) -> Workspace:
    """Two thousand documents of 5 to 400 words."""
    rng = random.Random(7)
    words = [f"word{n}" for n in range(500)]
    rows = [
        {"id": str(n), "text": " ".join(rng.choices(words, k=rng.randint(5, 400))), "source": "made"}
        for n in range(2000)
    ]
    workspace = one_process(tmp_path / "corpus")
    workspace.ingest([write_lines(tmp_path / "pages.jsonl", rows)])
    workspace.score(["tokens"])
    return workspace


@pytest.mark.parametrize("exporter", [JsonLines(), JsonLines(shard_docs=400), Parquet()], ids=str)
def test_it_is_near_to_what_is_written(many: Workspace, tmp_path: Path, exporter: JsonLines | Parquet) -> None:
    chosen = many.select("random", docs=1500, name="some")
    [told] = foresee(many.catalog, chosen, Writing(exporter))
    settings = {key: value for key, value in exporter.recipe.items() if key != "method"}
    out = many.export("some", tmp_path / "out", format=exporter.name, settings=settings)
    files = json.loads((out / "manifest.json").read_text())["files"]
    assert told.documents == 1500
    assert told.files == len(files)
    assert told.bytes == pytest.approx(sum(file["bytes"] for file in files), rel=0.1)


def test_an_empty_selection_has_no_rows(scored: Workspace) -> None:
    chosen = scored.select("rules", name="none", docs=3, settings={"keep": "words>=1000"})
    assert [part.documents for part in foresee(scored.catalog, chosen, Writing(JsonLines()))] == [0]


def test_room_is_told_for_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    assert (free_bytes(tmp_path / "a" / "b") or 0) > 0
