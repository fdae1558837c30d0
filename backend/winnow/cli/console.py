"""What people see in a terminal: progress on stderr, results on stdout, one line for a failure."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

STDERR = Console(stderr=True, highlight=False)
STDOUT = Console(highlight=False, soft_wrap=True)


class ConsoleProgress:
    """One bar per stage in a terminal; one line per finished stage in a log."""

    def __init__(self) -> None:
        self._terminal = STDERR.is_terminal
        self._bars = Progress(
            TextColumn("{task.description:<28}"),
            BarColumn(),
            TextColumn("{task.fields[amount]:>26}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=STDERR,
            disable=not self._terminal,
        )
        self._task: TaskID | None = None
        self._name, self._done, self._total, self._unit = "", 0.0, 0.0, ""

    def stage(self, name: str, total: float, unit: str) -> None:
        self._end_stage()
        self._name, self._done, self._total, self._unit = name, 0.0, total, unit
        if self._terminal:
            self._task = self._bars.add_task(name, total=total or None, amount="")
        else:
            STDERR.print(Text(f"{name} …"))

    def advance(self, amount: float) -> None:
        self._done += amount
        if self._task is not None:
            self._bars.update(self._task, advance=amount, amount=amount_words(self._done, self._total, self._unit))

    def note(self, text: str) -> None:
        STDERR.print(Text(text, style="yellow"), soft_wrap=True)

    def _end_stage(self) -> None:
        if self._task is not None:
            self._bars.update(
                self._task, completed=self._total or self._done or 1, total=self._total or self._done or 1
            )
            self._task = None

    def __enter__(self) -> ConsoleProgress:
        self._bars.start()
        return self

    def __exit__(self, *failure: object) -> None:
        if not any(failure):
            self._end_stage()
        self._bars.stop()


def amount_words(done: float, total: float, unit: str) -> str:
    """Say how much is done.

    >>> amount_words(1200, 5000, "documents")
    '1,200 of 5,000'
    >>> amount_words(2_500_000, 10_000_000, "bytes")
    '2.5 of 10.0 MB'
    """
    if unit == "bytes":
        return f"{done / 1e6:,.1f} of {total / 1e6:,.1f} MB"
    return f"{done:,.0f} of {total:,.0f}" if unit else f"{done / total:.0%}" if total else ""


@contextmanager
def progress() -> Iterator[ConsoleProgress]:
    with ConsoleProgress() as shown:
        yield shown


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]], numbers: Sequence[str] = ()) -> None:
    """Print rows on stdout: a drawn table in a terminal, tab-separated lines in a pipe."""
    if not sys.stdout.isatty():
        for row in (columns, *rows):
            say("\t".join(plain(value) for value in row))
        return
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        drawn.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(plain(value)) for value in row))
    STDOUT.print(drawn)


def plain(value: Any) -> str:
    """Return a value on one line: rounded for people in a terminal, as it is in a pipe."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and sys.stdout.isatty():
        return f"{value:,.4g}"
    if isinstance(value, int) and sys.stdout.isatty():
        return f"{value:,}"
    return " ".join(str(value).splitlines()).replace("\t", " ")


def say(text: str) -> None:
    """Print a result line on stdout, as it is: rich would turn tabs into spaces."""
    sys.stdout.write(text + "\n")


def fail(message: str) -> None:
    """Print the cause and the fix on stderr, as one line."""
    STDERR.print(Text.assemble(("winnow: ", "bold red"), " ".join(message.splitlines())), soft_wrap=True)


def warn(message: str) -> None:
    """Print something to heed on stderr, as one line."""
    STDERR.print(Text(f"winnow: {message}", style="yellow"), soft_wrap=True)
