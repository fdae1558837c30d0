"""The commands that say what scorers found in the corpus as a whole: tables, contamination."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import pyarrow as pa

from winnow.cli import console
from winnow.cli.line import folder_option
from winnow.cli.main import winnow
from winnow.errors import MissingNeed, SettingError, nearest

SHOWN_CHARS = 100


@winnow.command()
@click.argument("scorer", required=False)
@click.argument("table", required=False)
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1), help="Rows at most.")
@folder_option
def tables(folder: Path, /, scorer: str | None, table: str | None, limit: int) -> None:
    """Show what a scorer found in the corpus as a whole: the most repeated lines, the sets that hold benchmarks."""
    from winnow.workspace import Workspace

    manifest = Workspace(folder).catalog.manifest
    kept = {run.name: sorted(run.extra["tables"]) for run in manifest.runs("columns") if run.extra.get("tables")}
    if not scorer:
        console.table(["scorer", "tables"], [(name, ", ".join(names)) for name, names in kept.items()])
        return
    if scorer not in kept:
        raise MissingNeed(
            f"there is no table of '{scorer}'", "", nearest(scorer, kept) if kept else "winnow score --all"
        )
    name = table or kept[scorer][0]
    if name not in kept[scorer]:
        raise SettingError(f"{scorer} has no table '{name}'", "", nearest(name, kept[scorer]))
    _print(manifest.tables(scorer)[name], limit)


@winnow.command()
@click.option("--items", is_flag=True, help="List the items that documents hold, and in how many.")
@click.option(
    "--selections", is_flag=True, help="Say how much more often selections keep leaked documents than others."
)
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1), help="Rows at most.")
@folder_option
def contamination(folder: Path, /, items: bool, selections: bool, limit: int) -> None:
    """Say which benchmarks the corpus holds items of, after `winnow score contamination --set benchmarks=FILE`."""
    from winnow.jobs.leaks import of_selections, per_benchmark, per_item
    from winnow.workspace import Workspace

    catalog = Workspace(folder).catalog
    if not selections:
        _print(per_item(catalog) if items else per_benchmark(catalog), limit)
        return
    rows = [
        (row.selection, row.benchmark, row.leaked, row.kept, row.rate, *row.amplified) for row in of_selections(catalog)
    ]
    names = ["selection", "benchmark", "leaked", "kept", "kept share", "times as often", "low", "high"]
    console.table(names, rows[:limit], numbers=names[2:])


def _print(found: pa.Table, limit: int) -> None:
    rows = found.slice(0, limit).to_pylist()
    numbers = [field.name for field in found.schema if not pa.types.is_string(field.type)]
    shown = [tuple(_short(value) for value in row.values()) for row in rows]
    console.table(found.column_names, shown, numbers=numbers)
    if found.num_rows > limit:
        console.warn(f"the first {limit:,} of {found.num_rows:,} rows are shown; raise --limit")


def _short(value: object) -> object:
    """Cut a long text for a terminal; a pipe gets it whole."""
    if isinstance(value, str) and sys.stdout.isatty() and len(value) > SHOWN_CHARS:
        return value[: SHOWN_CHARS - 1] + "…"
    return value
