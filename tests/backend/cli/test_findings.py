"""tables and contamination as commands."""

from __future__ import annotations

from pathlib import Path

from conftest import DOCUMENTS, write_lines
from winnow.cli.main import load_commands, winnow
from winnow.workspace import Workspace

load_commands()


def said(workspace: Workspace, *arguments: str) -> list[list[str]]:
    """Run a command in this process and return its lines, cut at tabs."""
    from click.testing import CliRunner

    done = CliRunner().invoke(winnow, ["-w", str(workspace.folder), *arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return [line.split("\t") for line in done.output.splitlines()]


def test_benchmarks_items_and_selections(corpus: Workspace, tmp_path: Path) -> None:
    items = write_lines(
        tmp_path / "rivers_test.jsonl", [{"question": DOCUMENTS[0]["text"]}, {"question": "Who mended it?"}]
    )
    settings = {"contamination": {"benchmarks": (str(items),), "ngram": 4}}
    corpus.score(["tokens", "contamination", "decontaminate"], settings=settings)
    assert said(corpus, "contamination")[1] == ["rivers_test", "test", "2", "1", "0.5", "2"]
    assert said(corpus, "contamination", "--items")[1][:3] == ["rivers_test", "1", "2"]
    corpus.select("random", name="all", share=1.0)
    assert said(corpus, "contamination", "--selections")[1][:6] == ["all", "(all)", "2", "2", "1.0", "1.0"]
    assert said(corpus, "tables") == [["scorer", "tables"], ["contamination", "items"], ["decontaminate", "sets"]]
    assert said(corpus, "tables", "decontaminate")[1][:4] == ["forum", "rivers_test", "1", "2"]
    assert len(said(corpus, "tables", "contamination", "items", "--limit", "1")) == 3  # header, row, what is left out


def test_what_is_not_there_is_named(corpus: Workspace) -> None:
    import pytest

    from winnow.errors import MissingNeed

    for arguments in (["contamination"], ["tables", "boilerplate"]):
        with pytest.raises(MissingNeed):
            said(corpus, *arguments)
