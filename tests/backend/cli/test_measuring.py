"""The command bench."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from winnow.cli.main import load_commands, winnow


def bench(*arguments: str) -> Result:
    load_commands()
    return CliRunner().invoke(winnow, ["bench", *arguments])


def test_one_line_a_figure_for_people() -> None:
    done = bench("score", "--docs", "8", "--set", "only=shape,c4", "--set", "passes=1")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [["score", "shape"], ["score", "c4"]]
    assert all("docs/s" in line and "MB/s" in line and "8 documents" in line for line in lines)


def test_one_object_a_line_for_programs_from_a_file_of_texts(tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_text("".join(json.dumps({"text": f"Text number {place} of a file."}) + "\n" for place in range(9)))
    done = bench("score", "--texts", str(path), "--docs", "5", "--set", "only=shape", "--json")
    figure = json.loads(done.stdout)
    assert (figure["benchmark"], figure["what"], figure["n"], figure["texts"]) == (
        "score", "shape", "5 documents", "texts.jsonl",
    )  # fmt: skip


def test_what_can_be_measured_is_listed_and_a_wrong_name_is_told() -> None:
    assert {"score", "duplicates", "embed", "search", "cluster"} <= {
        line.split("\t")[0] for line in bench("--list").stdout.splitlines()
    }
    assert "did you mean 'score'" in str(bench("scores").exception)
    assert bench("score", "embed", "--set", "passes=1").exit_code == 2
