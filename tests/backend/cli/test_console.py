"""What is printed: for people in a terminal, for programs in a pipe."""

from __future__ import annotations

import pytest

from winnow.cli import console


def test_a_pipe_gets_lines_of_tabs(capsys: pytest.CaptureFixture[str]) -> None:
    console.table(["a", "b"], [(1_000_000, "x\ty\nz"), (0.123456789, None), (True, "[bold]" + "long " * 40)])
    assert capsys.readouterr().out.splitlines() == [
        "a\tb",
        "1000000\tx y z",
        "0.123456789\t",
        "yes\t[bold]" + "long " * 40,
    ]


def test_a_terminal_gets_a_table(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    console.table(["name", "documents"], [("[bold]", 1_000_000), ("x", 0.123456789)], numbers=["documents"])
    out = capsys.readouterr().out
    assert "[bold]  1,000,000" in out
    assert "0.1235" in out


def test_failures_and_warnings_are_one_line_whatever_they_hold(capsys: pytest.CaptureFixture[str]) -> None:
    console.fail("a [bold]long[/x] message\nin two lines " + "word " * 60)
    console.warn("[::1]:8501 is open")
    error = capsys.readouterr().err
    assert error.count("\n") == 2
    assert "[bold]long[/x] message in two lines" in error
    assert "winnow: [::1]:8501 is open" in error


def test_progress_in_a_log_is_a_line_a_stage(capsys: pytest.CaptureFixture[str]) -> None:
    with console.progress() as progress:
        progress.stage("score [shape]", 10, "documents")
        progress.advance(5)
        progress.note("two [rows] set aside")
        progress.stage("cluster", 0, "")
    assert capsys.readouterr().err.splitlines() == ["score [shape] …", "two [rows] set aside", "cluster …"]


@pytest.mark.parametrize(
    ("done", "total", "unit", "words"),
    [
        (1200, 5000, "documents", "1,200 of 5,000"),
        (25e5, 1e7, "bytes", "2.5 of 10.0 MB"),
        (0.5, 1, "", "50%"),
        (3, 0, "", ""),
    ],
)
def test_amounts(done: float, total: float, unit: str, words: str) -> None:
    assert console.amount_words(done, total, unit) == words
