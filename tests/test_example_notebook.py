"""The example notebook is what its script writes, and every cell of it runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conftest import one_process, write_lines
from example_notebook import NOTEBOOK, written
from faults.together import serving


def test_it_is_what_its_script_writes() -> None:
    assert NOTEBOOK.read_text(encoding="utf-8") == written(), "run python tests/example_notebook.py"


def test_every_cell_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"id": str(n), "text": f"Water runs {'down ' * n}the hill.", "source": f"s{n % 3}"} for n in range(30)]
    workspace = one_process(tmp_path / "corpus")
    workspace.ingest([write_lines(tmp_path / "pages.jsonl", rows)])
    workspace.score(["tokens"])
    monkeypatch.setenv("WINNOW_WORKSPACE", str(workspace.folder))
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    with serving(workspace.folder, tmp_path / "api.log") as address:
        monkeypatch.setenv("WINNOW_API", address)
        names: dict[str, object] = {"__name__": "__main__"}
        for cell in cells:
            if cell["cell_type"] == "code":
                exec(compile("".join(cell["source"]), cell["id"], "exec"), names)
    said = capsys.readouterr().out
    assert "winnow_recipe: 1" in said
    assert "30 documents hold water, here and there" in said
    assert [label.who for label in workspace.labels.standing("label")] == ["notebook", "notebook"]
