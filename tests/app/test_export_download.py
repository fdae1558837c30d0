"""An export as one archive: what the manifest names and what stands beside it, and nothing from elsewhere."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from winnow.export.manifest import verify
from winnow.workspace import Workspace
from winnow_app.parts.export_download import zipped


def test_the_archive_is_the_export(own_corpus: Path, tmp_path: Path) -> None:
    workspace, out = Workspace(own_corpus), tmp_path / "half-export"
    workspace.select("random", name="half", share=0.5)
    workspace.export("half", out, format="jsonl", settings={"shard_docs": 5})
    files = [file["name"] for file in json.loads((out / "manifest.json").read_text())["files"]]
    assert len(files) > 1
    with zipfile.ZipFile(zipped(out, files)) as archive:
        archive.extractall(tmp_path / "there")
    assert not verify(tmp_path / "there" / "half-export")


def test_nothing_from_elsewhere_is_packed(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    (out / "part.jsonl").write_text("{}")
    (out / "link.jsonl").symlink_to(tmp_path / "secret.txt")
    with zipfile.ZipFile(
        zipped(out, ["part.jsonl", "link.jsonl", "../secret.txt", str(tmp_path / "secret.txt")])
    ) as archive:
        assert archive.namelist() == ["out/part.jsonl"]
