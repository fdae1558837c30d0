"""Splits, repetitions, forecasts and exports that go on."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import one_process, write_lines
from winnow.errors import MissingNeed, SettingError
from winnow.export.manifest import verify
from winnow.export.parquet import Parquet
from winnow.jobs.export import Writing
from winnow.jobs.export_plan import foresee
from winnow.jobs.splitting import choose_groups
from winnow.workspace import Workspace


def _words(seed: int) -> str:
    """Return a text of its own: words of letters, since near duplicates look past numbers."""
    letters = np.random.default_rng(seed).integers(97, 123, (60, 7)).tolist()
    return " ".join("".join(map(chr, word)) for word in letters)


@pytest.fixture
def chosen(tmp_path: Path) -> Workspace:
    """Sixty documents: twenty stand alone, the others are twenty pairs of near copies."""
    alone = [{"text": _words(place), "id": f"alone {place}"} for place in range(20)]
    pairs = [
        {"text": _words(100 + place) + " again" * copy, "id": f"pair {place} {copy}"}
        for place in range(20)
        for copy in range(2)
    ]
    workspace = one_process(tmp_path / "corpus")
    workspace.ingest([write_lines(tmp_path / "in.jsonl", [*alone, *pairs])])
    workspace.score(["duplicates", "near_duplicates", "tokens"])
    workspace.select("random", share=1.0, name="all", seed=3)
    return workspace


def _rows(folder: Path) -> list[dict]:
    return [row for path in sorted(folder.rglob("*.parquet")) for row in pq.read_table(path).to_pylist()]


def test_no_group_stands_on_both_sides(chosen: Workspace, tmp_path: Path) -> None:
    out = chosen.export("all", tmp_path / "out", validation=0.2, columns=["near_group"])
    train, validation = (_rows(tmp_path / "out" / split) for split in ("train", "validation"))
    assert len(train) + len(validation) == 60
    assert len(validation) == 12, "a fifth, as groups allow"
    groups = [{row["near_group"] for row in rows} - {None} for rows in (train, validation)]
    assert groups[0]
    assert groups[1]
    assert not groups[0] & groups[1]
    content = json.loads((Path(out) / "manifest.json").read_text())
    assert content["splits"]["documents"] == {"train": 48, "validation": 12}
    assert verify(Path(out)) == []
    again = chosen.export("all", tmp_path / "again", validation=0.2, columns=["near_group"])
    assert _rows(Path(again)) == _rows(Path(out))


def test_a_recipe_keeps_the_split(chosen: Workspace, tmp_path: Path) -> None:
    chosen.export("all", tmp_path / "out", validation=0.2)
    chosen.run_recipe(tmp_path / "out" / "recipe.yaml", out=tmp_path / "again", replace=True)
    assert (tmp_path / "again" / "manifest.json").read_bytes() == (tmp_path / "out" / "manifest.json").read_bytes()


def test_a_split_needs_near_duplicates_and_a_share(chosen: Workspace, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"found 1"):
        chosen.export("all", tmp_path / "out", validation=1.0)
    bare = one_process(tmp_path / "bare")
    bare.ingest([write_lines(tmp_path / "b.jsonl", [{"text": "one"}, {"text": "two"}])])
    bare.score(["tokens"])
    bare.select("random", docs=2, name="all")
    with pytest.raises(MissingNeed, match="winnow score near_duplicates"):
        bare.export("all", tmp_path / "out", validation=0.5)
    assert not (tmp_path / "out").exists()


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 12), min_size=1, max_size=60), st.floats(0.01, 0.9), st.integers(0, 9))
def test_groups_stay_together_whatever_they_are(groups: list[int], share: float, seed: int) -> None:
    held = choose_groups(np.array(groups), np.arange(len(groups)), share, seed)
    assert held.sum() <= max(round(share * len(groups)), 1)
    for group in set(groups):
        assert len(set(held[np.array(groups) == group].tolist())) == 1


def test_weights_as_repeats(chosen: Workspace, tmp_path: Path) -> None:
    ids, _ = chosen.catalog.selections.get("all").read()
    weights = np.where(ids % 3 == 0, 2.5, 1.0)
    chosen.catalog.selections.save("heavy", ids, weights, recipe={"method": {"method": "x"}, "seed": 3}, summary={
        "asked": {}, "documents": 60, "tokens": 1, "pool": {"documents": 60, "tokens": 1, "fingerprint": ""},
    })  # fmt: skip
    chosen.export("heavy", tmp_path / "out", settings={"weights": "repeat"})
    rows = _rows(tmp_path / "out")
    times = np.bincount([row["doc_id"] for row in rows], minlength=60)
    assert set(times[np.arange(60) % 3 != 0].tolist()) == {1}
    assert set(times[np.arange(60) % 3 == 0].tolist()) == {2, 3}, "two and a half is twice, and by chance once more"
    assert "weight" not in rows[0]
    assert [row["copy"] for row in rows if row["doc_id"] == 0] == list(range(times[0]))
    (forecast,) = foresee(chosen.catalog, chosen.catalog.selections.get("heavy"), Writing(Parquet(weights="repeat")))
    assert forecast.documents == len(rows)
    chosen.export("heavy", tmp_path / "column")
    assert {row["weight"] for row in _rows(tmp_path / "column")} == {1.0, 2.5}


def test_what_will_be_written_is_known_before(chosen: Workspace, tmp_path: Path) -> None:
    kept = chosen.catalog.selections.get("all")
    told = foresee(chosen.catalog, kept, Writing(Parquet(shard_docs=25), validation=0.2))
    assert [(part.split, part.documents, part.files) for part in told] == [("train", 48, 2), ("validation", 12, 1)]
    chosen.export("all", tmp_path / "out", settings={"shard_docs": 25}, validation=0.2)
    size = sum(path.stat().st_size for path in (tmp_path / "out").rglob("*.parquet"))
    assert sum(part.bytes for part in told) == pytest.approx(size, rel=0.3)


def test_dolma_covers_the_corpus(chosen: Workspace, tmp_path: Path) -> None:
    chosen.select("random", docs=10, name="few")
    out = chosen.export("few", tmp_path / "out", format="dolma", settings={"cover": "corpus"})
    content = json.loads((Path(out) / "manifest.json").read_text())
    assert content["documents"] == 60
    with pytest.raises(SettingError, match="leave --validation out"):
        chosen.export("few", tmp_path / "x", format="dolma", settings={"cover": "corpus"}, validation=0.1)


def test_a_killed_export_goes_on(chosen: Workspace, tmp_path: Path) -> None:
    chosen.export("all", tmp_path / "whole", settings={"shard_docs": 7})
    program = (
        "import os, signal, sys\n"
        "from winnow.export.parquet import Parquet\n"
        "from winnow.workspace import Workspace\n"
        "write = Parquet.write_part\n"
        "def stop(self, tables, paths):\n"
        "    if paths[0].name.endswith('00004.parquet'): os.kill(os.getpid(), signal.SIGKILL)\n"
        "    write(self, tables, paths)\n"
        "Parquet.write_part = stop\n"
        f"Workspace({str(chosen.folder)!r}).export('all', {str(tmp_path / 'out')!r}, settings={{'shard_docs': 7}})\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False)
    assert done.returncode == -signal.SIGKILL
    (left,) = tmp_path.glob(".out.*.partial")
    finished = {path.name: path.stat().st_mtime_ns for path in left.glob("part-*.parquet")}
    assert sorted(finished) == [f"part-{number:05d}.parquet" for number in range(4)]
    chosen.export("all", tmp_path / "out", settings={"shard_docs": 7})
    for path in (tmp_path / "whole").iterdir():
        assert (tmp_path / "out" / path.name).read_bytes() == path.read_bytes()
    assert all((tmp_path / "out" / name).stat().st_mtime_ns == at for name, at in finished.items()), "not written again"
    assert not list(tmp_path.glob(".out.*.partial"))
