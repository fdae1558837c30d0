"""From files to an exported subset through the command line, as a stranger would go."""

from __future__ import annotations

import csv
import io
import json
import random
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from winnow.cli import main

TOPICS = {
    "river": "river water bridge boat fish bank mill current stone rain flood valley",
    "kitchen": "bread flour oven butter salt dough recipe sugar kitchen bowl spoon heat",
    "railway": "train station ticket track engine carriage platform signal driver journey timetable bridge",
    "algebra": "vector matrix number proof theorem equation sum product space axis angle length",
}
GLUE = [
    "the",
    "a",
    "of",
    "and",
    "with",
    "from",
    "over",
    "under",
    "before",
    "after",
    "because",
    "while",
    "every",
    "some",
]


def page(topic: str, draw: random.Random) -> str:
    words = TOPICS[topic].split()
    sentences = [" ".join(draw.choice(words if turn % 2 else GLUE) for turn in range(14)) for _ in range(8)]
    return ". ".join(sentence.capitalize() for sentence in sentences) + "."


def write_corpus(folder: Path) -> None:
    """Write 300 good documents and six rows that are none, in three formats, one with a name of its own alphabet."""
    draw = random.Random(7)
    rows = [
        {
            "id": f"doc-{number}",
            "text": page(topic, draw),
            "source": topic,
            "date": f"2021-{number % 12 + 1:02}-03",
            "stars": number % 5,
        }
        for number, topic in enumerate(draw.choice(list(TOPICS)) for _ in range(297))
    ]
    lines = [json.dumps(row) for row in rows[:200]]
    lines += [
        "{broken",
        json.dumps({"id": "empty", "text": ""}),
        json.dumps({"id": "doc-3", "text": "the same id again"}),
    ]
    (folder / "pages one.jsonl").write_text("\n".join(lines) + "\n")
    with open(folder / "seiten zwei ü.csv", "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, rows[0])
        table.writeheader()
        table.writerows(rows[200:])
    (folder / "notes").mkdir()
    for number in range(3):
        (folder / "notes" / f"{number}.txt").write_text(page("river", draw))


class Line:
    """Runs `winnow` on one corpus: as a command of its own, or in this process, which starts at once."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.corpus = folder, folder / "corpus ü 1"

    def command(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "winnow", "-w", str(self.corpus), *arguments]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"winnow {' '.join(arguments)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def run(self, *arguments: str, code: int = 0) -> str:
        out, errors = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(errors):
            patch.chdir(self.folder)
            patch.setattr(sys, "argv", ["winnow", "-w", str(self.corpus), *arguments])
            with pytest.raises(SystemExit) as ended:
                main()
        assert ended.value.code == code, f"winnow {' '.join(arguments)}\n{out.getvalue()}\n{errors.getvalue()}"
        assert "Traceback" not in errors.getvalue()
        return out.getvalue() if code == 0 else errors.getvalue()

    def sql(self, query: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.run("sql", query, "--format", "json"))
        return found


def test_from_files_to_an_exported_subset(tmp_path: Path) -> None:
    line = Line(tmp_path)
    write_corpus(tmp_path)
    take_in(line)
    score_embed_and_cluster(line)
    label(line)
    select_by_every_method(line)
    export_and_verify(line)
    look_around(line)


def take_in(line: Line) -> None:
    told = line.command("ingest", "pages one.jsonl", "seiten zwei*.csv", "notes")
    assert told.startswith("300 documents from 3 files")
    assert "3 rows set aside" in told
    rejected = line.run("quarantine").splitlines()
    assert len(rejected) == 4
    assert [row.split("\t")[1] for row in rejected[1:]] == ["201", "202", "203"]
    line.run("quarantine", "--export", "bad.parquet")
    assert pq.read_table(line.folder / "bad.parquet").num_rows == 3
    assert "--again" in line.run("ingest", "pages one.jsonl", code=1)


def score_embed_and_cluster(line: Line) -> None:
    line.command("score", "--all")
    line.run("embed", "--model", "static")
    line.run("cluster", "-k", "6")
    (row,) = line.sql(
        "SELECT COUNT(*) AS n, COUNT(chars) AS chars, COUNT(tokens) AS tokens, COUNT(quality) AS quality, "
        "COUNT(toxicity) AS toxicity, COUNT(gopher_pass) AS gopher, COUNT(language) AS language, "
        "COUNT(cluster_name) AS cluster, COUNT(map_x) AS map, COUNT(DISTINCT cluster) AS clusters FROM docs"
    )
    assert {row[name] for name in row if name != "clusters"} == {300}
    assert 2 <= row["clusters"] <= 6
    assert "missing" not in line.run("status")


def label(line: Line) -> None:
    rows = [
        {"id": f"doc-{number}", "value": "keep" if number % 3 else "drop", "who": who}
        for number in range(9)
        for who in ("ana", "ben")
    ]
    (line.folder / "labels.jsonl").write_text(
        "".join(json.dumps(row) + "\n" for row in [*rows, {"id": "nobody", "value": "keep"}])
    )
    told = line.run("label", "import", "labels.jsonl")
    assert "18 new labels" in told
    assert "1 name no document: nobody" in told
    assert "ana\tkeep\t6" in line.run("label", "stats")
    line.command("label", "export", "back.jsonl")
    assert len((line.folder / "back.jsonl").read_text().splitlines()) == 18
    assert "0 new labels, 18 were there already" in line.run("label", "import", "back.jsonl")
    assert line.sql("SELECT label, COUNT(*) AS n FROM docs WHERE label IS NOT NULL GROUP BY 1 ORDER BY 1") == [
        {"label": "drop", "n": 3},
        {"label": "keep", "n": 6},
    ]


def select_by_every_method(line: Line) -> None:
    choices: dict[str, tuple[str, ...]] = {
        "random": (),
        "balanced_random": (),
        "rules": (),
        "top": ("--set", "column=stars"),
        "gumbel": ("--set", "column=quality", "--set", "temperature=0.5"),
    }
    for method, settings in choices.items():
        told = line.run("select", method, "--docs", "40", "--name", f"by-{method}", "--seed", "3", *settings)
        assert told.startswith(f"by-{method}: ")
    assert "exists" in line.run("select", "random", "--docs", "5", "--name", "by-random", code=1)
    line.run(
        "select",
        "random",
        "--docs",
        "40",
        "--name",
        "by-random",
        "--seed",
        "3",
        "--replace",
        "--where",
        "source <> 'river' -- dry",
    )
    assert "did you mean 'top'" in line.run("select", "topp", "--docs", "5", "--name", "x", code=2)
    assert "cannot be run" in line.run("select", "top", "--docs", "5", "--name", "x", "--where", "nope > 1", code=1)


def export_and_verify(line: Line) -> None:
    line.run("export", "by-top", "out/a", "--columns", "stars,cluster_name,label")
    line.command("export", "by-top", "out/b", "--columns", "stars,cluster_name,label")
    assert files(line.folder / "out/a") == files(line.folder / "out/b"), "the same selection gives the same bytes"
    table = pq.read_table(line.folder / "out/a/part-00000.parquet")
    assert table.num_rows == 40
    assert set(table.column("stars").to_pylist()) == {4}
    assert json.loads((line.folder / "out/a/manifest.json").read_text())["documents"] == 40
    line.run("export", "by-random", "lines", "--format", "jsonl", "--columns", "all")
    found = [
        json.loads(text)
        for path in sorted((line.folder / "lines").glob("part-*"))
        for text in path.read_text().splitlines()
    ]
    assert len(found) == 40
    assert "river" not in {row["source"] for row in found}
    assert "not empty" in line.run("export", "by-top", "out/a", code=1)
    line.run("export", "--verify", "lines")
    path = next((line.folder / "lines").glob("part-*"))
    path.write_bytes(path.read_bytes().replace(b"e", b"3", 1))
    assert "not what its manifest says" in line.run("export", "--verify", "lines", code=1)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def look_around(line: Line) -> None:
    table = csv.DictReader(
        io.StringIO(
            line.run("sql", "SELECT source, SUM(tokens) AS tokens FROM docs GROUP BY 1 ORDER BY 1", "--format", "csv")
        )
    )
    assert [row["source"] for row in table][:2] == ["algebra", "kitchen"]
    assert line.sql("SELECT COUNT(*) AS n FROM docs WHERE text LIKE '%bread%' AND source = 'railway'") == [{"n": 0}]
    assert "SELECT" in line.run("sql", "DROP TABLE docs", code=1)
    kinds = {row["kind"] for row in json.loads(line.run("methods", "--json"))}
    parts = {"reader", "scorer", "rater", "judge", "embedder", "selector", "arrange", "exporter", "online", "diagnosis"}
    assert kinds == parts
    jobs = line.run("jobs").splitlines()
    assert {row.split("\t")[2] for row in jobs[1:]} == {"done", "failed"}
    assert "documents\t300" in line.run("status")
    line.run("index")
    assert "job 3 is done" in line.run("jobs", "run", "3")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["-w", "nowhere", "status"], 1, "is no corpus"),
        (["-w", "nowhere", "sql", "SELECT 1"], 1, "winnow ingest"),
        (["ingest", "nothing.jsonl"], 1, "nothing.jsonl"),
        (["sattus"], 2, "Did you mean 'status'"),
        (["score"], 2, "--all"),
        (["select", "topp", "--name", "x", "--docs", "5"], 2, "did you mean 'top'"),
        (["app", "--port", "70000"], 2, "70000"),
        (["ingest", "--format", "pqrquet", "x"], 2, "did you mean 'parquet'"),
    ],
)  # fmt: skip
def test_what_a_stranger_types_gets_an_answer(tmp_path: Path, arguments: list[str], code: int, words: str) -> None:
    command = [sys.executable, "-m", "winnow", *arguments]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
