"""The command that measures: bench."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING

import click

from winnow.cli import console
from winnow.cli.line import pairs, set_option
from winnow.cli.main import winnow
from winnow.method import method

if TYPE_CHECKING:
    from winnow.bench.base import Figure
    from winnow.bench.material import Material


@winnow.command()
@click.argument("names", nargs=-1)
@click.option("--list", "listed", is_flag=True, help="Say what can be measured, and stop.")
@click.option("--docs", type=click.IntRange(2), help="Documents to measure on (default: what suits the benchmark).")
@click.option(
    "--texts",
    "path",
    type=click.Path(exists=True, path_type=Path),
    help="A file to take the documents from, as ingest reads it (default: made from Python's manual).",
)
@click.option("--threads", default=1, show_default=True, type=click.IntRange(1), help="Threads of arithmetic.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@set_option
def bench(
    names: tuple[str, ...],
    listed: bool,
    docs: int | None,
    path: Path | None,
    threads: int,
    as_json: bool,
    settings: tuple[str, ...],
) -> None:
    """Measure speed and memory on this machine, beside peers where they are installed."""
    from winnow.bench.base import Benchmark
    from winnow.bench.material import from_file, made
    from winnow.bench.running import figures
    from winnow.method import methods

    known = methods(Benchmark)
    if listed:
        console.table(["name", "what it does"], [(name, kind.summary()) for name, kind in known.items()])
        return
    chosen = [method(Benchmark, name) for name in names] or list(known.values())
    if settings and len(names) != 1:
        raise click.UsageError("--set goes with exactly one benchmark.")
    benchmarks = [kind.from_text(pairs(settings)) for kind in chosen]
    console.STDERR.print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
        f"Python {platform.python_version()}; {threads} thread{'s' if threads > 1 else ''}"
    )
    for benchmark in benchmarks:
        count = docs or benchmark.documents
        material = made(count) if path is None else from_file(path, count)
        for figure in figures(benchmark, material, threads=threads):
            console.say(_json(benchmark.name, figure, material) if as_json else line(benchmark.name, figure))


def line(name: str, figure: Figure) -> str:
    """Return a figure as people read it.

    >>> from winnow.bench.base import Figure, Peer
    >>> line("score", Figure("c4", 9000.0, "docs/s", "2,000 documents", 36.0, 3 << 28, Peer("datatrove 0.10", 450.0)))
    'score       c4                                     9,000 docs/s     36.0 MB/s    805 MB  2,000 documents  datatrove 0.10: 450 docs/s (20 times as fast)'
    """
    size = f"{figure.size:,.1f} MB/s" if figure.size is not None else ""
    memory = f"{figure.memory / 1e6:,.0f} MB" if figure.memory is not None else ""
    line = f"{name:<11} {figure.what:<34} {_value(figure.value):>9} {figure.unit:<6} {size:>13} {memory:>9}  {figure.n}"
    if figure.peer is None:
        return line
    times = figure.times or 0
    return f"{line}  {figure.peer.name}: {_value(figure.peer.value)} {figure.unit} ({times:,.2g} times as fast)"


def _value(value: float) -> str:
    """Return a figure with the digits that count: four places for shares and cosines.

    >>> [_value(value) for value in (0.99951, 1.0000002, 3.14159, 42.26, 5651.4)]
    ['0.9995', '1.0000', '3.14', '42.3', '5,651']
    """
    digits = 4 if abs(value) < 1.001 else 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    return f"{value:,.{digits}f}"


def _json(name: str, figure: Figure, material: Material) -> str:
    return json.dumps(
        {"benchmark": name, **dataclasses.asdict(figure), "times": figure.times, "texts": material.origin}
    )
