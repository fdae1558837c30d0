"""The commands that look: status, jobs, methods, sql, quarantine, index."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import orjson

from winnow.cli import console
from winnow.cli.line import folder_option
from winnow.cli.main import winnow
from winnow.errors import MissingNeed

if TYPE_CHECKING:
    import pyarrow as pa

    from winnow.catalog.catalog import Catalog


@winnow.command()
@folder_option
def status(folder: Path) -> None:
    """Say what is in the corpus and what is missing."""
    from winnow.catalog.filters import Filter
    from winnow.jobs.nearest import about_index
    from winnow.workspace import Workspace

    workspace = Workspace(folder)
    count, models = workspace.browse.count(Filter()), workspace.catalog.vectors.models()
    inputs = workspace.catalog.manifest.inputs()
    rows: list[tuple[str, Any]] = [
        ("documents", count.documents),
        ("tokens", count.tokens),
        ("files", len(inputs)),
        ("set aside", sum(made.rejected for made in inputs)),
        ("columns", len(workspace.browse.columns())),
        ("vectors", ", ".join(_vectors_words(workspace.catalog, model) for model in models) or "none"),
        ("search by meaning", _search_words(about_index(workspace.catalog))),
        (
            "labels",
            sum(row["documents"] for name in workspace.labels.schemas() for row in workspace.labels.counts(name)),
        ),
        ("selections", ", ".join(made.name for made in workspace.catalog.selections.all()) or "none"),
    ]
    rows += [(f"missing: {verb}", ", ".join(names)) for verb, names in workspace.missing().items()]
    console.table(["what", "value"], rows)


def _vectors_words(catalog: Catalog, model: str) -> str:
    """Name an encoder, and say so when it would make other vectors now."""
    from winnow.jobs.embed import outdated

    run = catalog.vectors.run(model)
    if not outdated(run):
        return model
    asked = run.recipe.get("checkpoint", model)
    return f"{model} (made by another version of {model}; run: winnow embed --model {asked})"


def _search_words(about: dict[str, Any] | None) -> str:
    """Say how documents are found by their vectors.

    >>> _search_words({"model": "static", "rows": 3_000_000, "recall": 0.97, "probes": 32, "cells": 6928})
    'index of 3,000,000 static vectors, recall@10 0.970 (32 of 6,928 cells probed)'
    """
    if about is None:
        return "exact"
    return (
        f"index of {about['rows']:,} {about['model']} vectors, recall@10 {about['recall']:.3f} "
        f"({about['probes']} of {about['cells']:,} cells probed)"
    )


@winnow.group(invoke_without_command=True)
@folder_option
@click.pass_context
def jobs(context: click.Context, folder: Path) -> None:
    """List the jobs, newest first; `jobs cancel N` stops one, `jobs run N` does one again."""
    if context.invoked_subcommand is not None:
        return
    from winnow.workspace import Workspace

    rows = [
        (
            job.job,
            job.command,
            job.state,
            f"{job.share:.0%}" if job.total else "",
            f"{job.seconds:.0f}",
            job.created[:19],
            job.error,
            job.about,
        )
        for job in Workspace(folder).catalog.jobs.all()
    ]
    console.table(
        ["job", "command", "state", "stage done", "seconds", "created", "error", "about"],
        rows,
        numbers=["job", "seconds"],
    )


@jobs.command("cancel")
@click.argument("job", type=int)
@folder_option
def jobs_cancel(folder: Path, /, job: int) -> None:
    """Ask a job to stop at its next step."""
    from winnow.workspace import Workspace

    state = Workspace(folder).catalog.jobs.cancel(job)
    console.say(f"job {job} will stop at its next step" if state == "running" else f"job {job} is {state}")


@jobs.command("run")
@click.argument("job", type=int)
@click.option("--queued", is_flag=True, hidden=True, help="Only when it waits for its start.")
@folder_option
def jobs_run(folder: Path, /, job: int, queued: bool) -> None:
    """Do what a queued, failed, cancelled or interrupted job says."""
    from winnow.workspace import Workspace

    with console.progress() as progress:
        Workspace(folder).run_job(job, progress, queued=queued)
    console.say(f"job {job} is done")


@winnow.command("methods")
@click.argument("kind", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def methods_command(kind: str | None, as_json: bool) -> None:
    """List readers, scorers, embedders, selectors and exporters with their settings."""
    from winnow.describe import describe

    rows = describe(kind)
    if as_json:
        console.say(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    console.table(["kind", "name", "what it does"], [(row["kind"], row["name"], row["summary"]) for row in rows])


def _as_csv(answer: pa.Table) -> str:
    """Write rows as CSV; a text that a spreadsheet would take for a formula gets an apostrophe in front."""
    import pandas as pd

    # Arrow's own types keep a whole number whole when others are missing.
    frame = answer.to_pandas(types_mapper=pd.ArrowDtype)
    for name in [field.name for field in answer.schema if str(field.type) in ("string", "large_string")]:
        formula = frame[name].str.match(r"[=+\-@\t\r]").fillna(False).astype(bool)
        frame[name] = frame[name].mask(formula, "'" + frame[name])
    return str(frame.to_csv(index=False)).rstrip("\n")


@winnow.command()
@click.argument("query")
@click.option(
    "--format",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
    help="How to print the rows; CSV puts an apostrophe before texts that a spreadsheet would take for formulas.",
)
@click.option("--limit", default=10_000, show_default=True, type=click.IntRange(1), help="Rows at most.")
@folder_option
def sql(folder: Path, /, query: str, format: str, limit: int) -> None:
    """Answer one read-only SELECT over the relation `docs`."""
    from winnow.workspace import Workspace

    found = Workspace(folder).sql(query, limit=limit + 1)
    answer = found.slice(0, limit)
    if format == "csv":
        console.say(_as_csv(answer))
    elif format == "json":
        console.say(orjson.dumps(answer.to_pylist(), default=_plain_value).decode())
    else:
        console.table(answer.column_names, [tuple(map(_plain_value, row.values())) for row in answer.to_pylist()])
    if found.num_rows > limit:
        console.warn(f"only the first {limit:,} rows are shown; raise --limit")


def _plain_value(value: Any) -> Any:
    """Return a sum, which DuckDB gives as a decimal, as a number; in JSON, anything else unknown as text."""
    if isinstance(value, Decimal):
        whole = value == value.to_integral_value() and abs(value) < 2**63
        return int(value) if whole else float(value)
    return value if isinstance(value, (str, int, float, type(None))) else str(value)


@winnow.command()
@click.option(
    "--export", "out", type=click.Path(dir_okay=False, path_type=Path), help="Write the rows to a Parquet file."
)
@folder_option
def quarantine(folder: Path, /, out: Path | None) -> None:
    """List the rows that could not be taken in: file, line and reason."""
    from winnow.workspace import Workspace

    rejected = Workspace(folder).quarantine()
    if out is not None:
        import pyarrow.parquet as pq

        if rejected.num_rows == 0:
            raise MissingNeed("there is nothing to export", "no row was set aside", "")
        pq.write_table(rejected, out)
        console.say(f"{rejected.num_rows:,} rows written to {out}")
        return
    console.table(
        ["file", "line", "reason"],
        [(r["file"], r["line"], r["reason"]) for r in rejected.to_pylist()],
        numbers=["line"],
    )


@winnow.command()
@folder_option
def index(folder: Path) -> None:
    """Build or complete the keyword index and, above a million documents, that of vectors."""
    from winnow.workspace import Workspace

    with console.progress() as progress:
        Workspace(folder).index(progress=progress)
    console.say("the indexes are complete")
