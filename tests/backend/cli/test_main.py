"""The command as a process: exit codes, one line for a failure, pipes that close."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from winnow.cli.main import _words
from winnow.errors import SettingError
from winnow.workspace import Workspace


def winnow(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "winnow", "-w", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_a_failure_is_one_line_and_debug_shows_more(corpus: Workspace) -> None:
    plain = winnow(corpus.folder, "sql", "SELECT nope\nFROM docs")
    assert (plain.returncode, plain.stdout, plain.stderr.count("\n")) == (1, "", 1)
    assert plain.stderr.startswith("winnow: ")
    told = winnow(corpus.folder, "--debug", "sql", "SELECT nope FROM docs")
    assert told.returncode == 1
    assert "Traceback" in told.stderr


def test_a_reader_that_leaves_is_no_failure(corpus: Workspace) -> None:
    line = f"set -o pipefail; {sys.executable} -m winnow -w '{corpus.folder}' sql 'SELECT range FROM range(200000)' --limit 200000 | head -1"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout == "range\n"
    assert done.stderr == ""


def test_a_port_in_use_is_told_before_anything_starts(corpus: Workspace) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for command in ("app", "demo"):
            done = winnow(corpus.folder, command, "--port", str(port))
            assert done.returncode == 1
            assert f"port {port} is in use" in done.stderr
            assert f"--port {port + 1}" in done.stderr
    assert winnow(corpus.folder, "app", "--host", "no.such.host.example").returncode == 2


def test_answers_come_in_three_forms(corpus: Workspace) -> None:
    query = "SELECT source, SUM(stars) AS stars, MAX(date) AS newest FROM docs GROUP BY 1 ORDER BY 1 NULLS LAST"
    rows = json.loads(winnow(corpus.folder, "sql", query, "--format", "json").stdout)
    assert [(row["source"], row["stars"]) for row in rows] == [("forum", 7), ("spam", None), ("wiki", 3), (None, 5)]
    assert winnow(corpus.folder, "sql", query, "--format", "csv").stdout.splitlines()[:3] == [
        "source,stars,newest",
        "forum,7,2021-01-01 00:00:00",
        "spam,,2021-06-01 00:00:00",
    ]
    assert winnow(corpus.folder, "sql", query).stdout.splitlines()[1] == "forum\t7\t2021-01-01 00:00:00"
    cut = winnow(corpus.folder, "sql", "SELECT doc_id FROM docs", "--limit", "5")
    assert len(cut.stdout.splitlines()) == 6
    assert "only the first 5 rows" in cut.stderr
    assert winnow(corpus.folder, "sql", "SELECT doc_id FROM docs", "--limit", "6").stderr == ""


def test_csv_holds_no_formulas(corpus: Workspace) -> None:
    query = "SELECT '=cmd()' AS a, -1 AS b, 'x-1' AS c, '@y' AS d, NULL AS e"
    assert winnow(corpus.folder, "sql", query, "--format", "csv").stdout.splitlines() == [
        "a,b,c,d,e",
        "'=cmd(),-1,x-1,'@y,",
    ]


def test_files_that_cannot_be_read_are_told_after_the_others_went_in(tmp_path: Path) -> None:
    (tmp_path / "good.jsonl").write_text('{"text": "good"}\n')
    (tmp_path / "bad.parquet").write_bytes(b"this is no parquet file")
    done = winnow(tmp_path / "corpus", "ingest", str(tmp_path / "bad.parquet"), str(tmp_path / "good.jsonl"))
    assert "1 documents" in done.stdout
    assert "bad.parquet" in done.stderr
    assert "Traceback" not in done.stderr
    assert Workspace(tmp_path / "corpus").catalog.manifest.documents() == 1


def test_jobs_are_listed_done_again_and_cancelled(corpus: Workspace) -> None:
    job = corpus.catalog.jobs.add("score", {"names": ["shape"], "settings": {}})
    assert winnow(corpus.folder, "jobs", "run", str(job)).stdout == f"job {job} is done\n"
    assert "chars" in corpus.browse.columns()
    assert winnow(corpus.folder, "jobs", "cancel", str(job)).stdout == f"job {job} is done\n"
    assert winnow(corpus.folder, "jobs", "run", str(job), "--queued").returncode == 1
    assert winnow(corpus.folder, "jobs", "run", "99").returncode == 2
    waiting = corpus.catalog.jobs.add("score", {"names": ["shape"], "settings": {}})
    assert winnow(corpus.folder, "jobs", "cancel", str(waiting)).stdout == f"job {waiting} is cancelled\n"
    states = [line.split("\t")[2] for line in winnow(corpus.folder, "jobs").stdout.splitlines()]
    assert states == ["state", "cancelled", "done", "done"]


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (SettingError("a", "b", "c"), "a; b; c"),
        (FileNotFoundError(2, "No such file or directory", "x"), "x: No such file or directory; check the path"),
        (OSError(28, "No space left on device"), "No space left on device; check the path"),
        (MemoryError(), "not enough memory"),
        (ValueError("odd"), "unexpected ValueError: odd; run again with --debug"),
    ],
)
def test_every_failure_has_words(reason: Exception, words: str) -> None:
    assert words in _words(reason)


def test_rules_say_what_each_drops_alone_and_in_sequence(corpus: Workspace) -> None:
    listed = winnow(corpus.folder, "rules")
    assert listed.returncode == 0
    assert "c4\tchars<=190000, c4_lorem_ipsum=false, c4_brace=false, c4_sentences>=3" in listed.stdout
    corpus.score(["tokens"])
    documents = corpus.catalog.manifest.documents()
    done = winnow(corpus.folder, "rules", "--keep", "tokens>=0, tokens<0")
    assert done.stdout.splitlines() == [
        "rule\tdrops alone\tdrops in sequence\tonly this one\tleft\tshare left",
        f"tokens>=0\t0\t0\t0\t{documents}\t1.0",
        f"tokens<0\t{documents}\t{documents}\t{documents}\t0\t0.0",
        f"0 of {documents} documents pass every rule",
    ]
    lacking = winnow(corpus.folder, "rules", "gopher")
    assert lacking.returncode == 1
    assert lacking.stderr.endswith("winnow score gopher shape\n")
    unknown = winnow(corpus.folder, "rules", "--keep", "gopher_dup_5gramm<0.2")
    assert unknown.returncode == 1
    assert "did you mean 'gopher_dup_5gram'?" in unknown.stderr
    assert winnow(corpus.folder, "rules", "gofer").returncode == 2


def test_help_waits_for_no_library_that_only_work_needs() -> None:
    told = "import sys; from winnow.cli.main import load_commands; load_commands(); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", told], capture_output=True, text=True, check=True, timeout=60
    ).stdout.split()
    assert "winnow.cli.caring" in loaded
    assert not {"winnow.workspace", "duckdb", "pandas", "scipy", "torch"} & set(loaded)
