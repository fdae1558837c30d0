"""The manifest: equal for equal exports, and every change to a file is found."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from winnow.errors import InputError
from winnow.export.base import Exporter
from winnow.export.card import write_card
from winnow.export.jsonl import JsonLines
from winnow.export.manifest import held_out_targets, manifest, read_manifest, verify, write_manifest
from winnow.export.parquet import Parquet

RECIPE = {
    "method": {"method": "top", "column": "quality", "lowest": False},
    "budget": {"share": 0.1},
    "seed": 7,
    "filter": {},
    "target": None,
}
SUMMARY = {
    "pool": {"documents": 500, "tokens": 60_000, "fingerprint": "0123456789abcdef"},
    "asked": {"share": 0.1},
    "documents": 50,
    "tokens": 6010,
    "by": {"source": {"web": 40, "(none)": 10}, "cluster_name": {"recipes | bread": 50}, "language": {"en": 50}},
}


def export(folder: Path, batch: Any, exporter: Exporter | None = None, **more: str) -> dict[str, Any]:
    """Write a whole export the way a job does: files, card, manifest."""
    folder.mkdir()
    exporter = exporter or Parquet(shard_docs=20)
    files = exporter.write([batch], folder)
    content = manifest(
        files, exporter=exporter, schema=batch.schema, selection="best", recipe=RECIPE, summary=SUMMARY, **more
    )
    write_card(folder, content)
    write_manifest(folder, content)
    return content


@pytest.fixture
def whole(tmp_path, docs) -> Path:
    export(tmp_path / "out", docs())
    return tmp_path / "out"


def test_it_says_what_was_chosen_and_how(tmp_path, docs) -> None:
    content = export(tmp_path / "out", docs())
    assert content["manifest_version"] == 1
    assert (content["selection"], content["seed"], content["recipe"]) == ("best", 7, RECIPE)
    assert content["budget"] == {"asked": {"share": 0.1}, "spent": {"documents": 50, "tokens": 6010}}
    assert content["pool"] == {"documents": 500, "tokens": 60_000, "fingerprint": "0123456789abcdef"}
    assert content["counts"]["source"] == {"web": 40, "(none)": 10}
    assert content["format"] == Parquet(shard_docs=20).recipe
    assert content["columns"]["source"] == "string"
    assert content["documents"] == 50
    assert set(content["versions"]) == {"winnow", "python", "duckdb", "pyarrow", "numpy"}
    assert read_manifest(tmp_path / "out") == json.loads(json.dumps(content))


@pytest.mark.parametrize("exporter", [Parquet(shard_docs=20), JsonLines(shard_docs=20, compression="gzip")])
def test_every_file_has_its_documents_bytes_and_sum(tmp_path, docs, exporter: Exporter) -> None:
    content = export(tmp_path / "out", docs(), exporter)
    assert [entry["documents"] for entry in content["files"]] == [20, 20, 10]
    for entry in content["files"]:
        raw = (tmp_path / "out" / entry["name"]).read_bytes()
        assert (entry["bytes"], entry["sha256"]) == (len(raw), hashlib.sha256(raw).hexdigest())
    assert verify(tmp_path / "out") == []


def test_two_exports_are_equal_byte_by_byte(tmp_path, docs) -> None:
    export(tmp_path / "a", docs())
    export(tmp_path / "b", docs())
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == ["README.md", "manifest.json", "part-00000.parquet", "part-00001.parquet", "part-00002.parquet"]
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_time_stands_in_it_only_when_given(tmp_path, docs) -> None:
    assert "exported" not in export(tmp_path / "a", docs())
    assert export(tmp_path / "b", docs(), exported="2024-02-29T12:00:00Z")["exported"] == "2024-02-29T12:00:00Z"


def test_a_changed_byte_is_found(whole: Path) -> None:
    path = whole / "part-00001.parquet"
    raw = bytearray(path.read_bytes())
    raw[100] ^= 1
    path.write_bytes(raw)
    assert verify(whole) == ["part-00001.parquet was changed: its sha256 is another"]


def test_missing_truncated_and_extra_files_are_found_together(whole: Path) -> None:
    (whole / "part-00000.parquet").unlink()
    path = whole / "part-00002.parquet"
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[:-1])
    (whole / "part-00003.parquet").write_bytes(b"")
    (whole / "more").mkdir()
    (whole / "more" / "notes.txt").write_text("", encoding="utf-8")
    assert verify(whole) == [
        "part-00000.parquet is missing",
        f"part-00002.parquet has {size - 1} bytes, not {size}",
        "more/notes.txt is not in the manifest",
        "part-00003.parquet is not in the manifest",
    ]


def test_the_card_may_be_edited_and_hidden_files_may_be_added(whole: Path) -> None:
    (whole / "README.md").write_text("mine", encoding="utf-8")
    (whole / ".gitattributes").write_text("", encoding="utf-8")
    assert verify(whole) == []


def test_an_export_without_a_manifest_is_not_whole(whole: Path) -> None:
    (whole / "manifest.json").unlink()
    (problem,) = verify(whole)
    assert "has no manifest.json" in problem
    assert len(verify(whole / "absent")) == 1


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"files": 3}', '{"files": []}', '{"files": [], "manifest_version": 2}', "\udcff"]
)
def test_a_manifest_that_cannot_be_read_is_a_problem_not_a_traceback(whole: Path, text: str) -> None:
    (whole / "manifest.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert len(verify(whole)) == 1
    with pytest.raises(InputError):
        read_manifest(whole)


@pytest.mark.parametrize(
    "entry", [3, "part-00000.parquet", {}, {"name": "part-00000.parquet"}, {"name": "", "bytes": 0, "sha256": ""}]
)
def test_an_entry_that_is_none_is_a_problem(whole: Path, entry: object) -> None:
    content = read_manifest(whole)
    write_manifest(whole, {**content, "files": [*content["files"], entry]})
    assert len(verify(whole)) == 1


def test_a_manifest_cannot_point_outside_its_folder(whole: Path) -> None:
    shutil.copy(whole / "part-00000.parquet", whole.parent / "other.parquet")
    content = read_manifest(whole)
    outside = {**content["files"][0], "name": "../other.parquet"}
    write_manifest(whole, {**content, "files": [*content["files"], outside]})
    assert verify(whole) == ["../other.parquet is not the name of a file in this folder"]


def test_forced_targets_of_every_step_and_parent_are_found() -> None:
    assert held_out_targets({"seed": 1}) == []
    parent = {"held_out_target": ["a"], "parents": {"deep": {"held_out_target": ["b"]}}}
    recipe = {"held_out_target": ["c"], "before": [{"held_out_target": ["d", "c"]}], "parents": {"p": parent}}
    assert held_out_targets(recipe) == ["c", "d", "a", "b"]
