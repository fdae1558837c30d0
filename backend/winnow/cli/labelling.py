"""The commands for labels: label export, import, stats."""

from __future__ import annotations

from pathlib import Path

import click

from winnow.cli import console
from winnow.cli.line import folder_option
from winnow.cli.main import winnow

schema_option = click.option("--schema", default="label", show_default=True, help="Which question the labels answer.")


@winnow.group()
def label() -> None:
    """Write, read and count hand labels."""


@label.command("export")
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@schema_option
@folder_option
def label_export(folder: Path, /, out: Path, schema: str) -> None:
    """Write every standing label as one JSON object a line."""
    from winnow.workspace import Workspace

    console.say(f"{Workspace(folder).export_labels(out, schema):,} labels written to {out}")


@label.command("import")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@schema_option
@click.option("--who", default="import", show_default=True, help="Whose labels they are, when a line does not say.")
@folder_option
def label_import(folder: Path, /, path: Path, schema: str, who: str) -> None:
    """Append labels from a file of {"doc_id" or "id", "value", "who"} lines."""
    from winnow.workspace import Workspace

    made = Workspace(folder).import_labels(path, schema, who)
    console.say(f"{made.new:,} new labels, {made.known:,} were there already")
    if made.unmatched:
        console.say(f"{len(made.unmatched):,} lines name no document: {', '.join(made.unmatched[:10])}")


@label.command("stats")
@folder_option
def label_stats(folder: Path, /) -> None:
    """Count labels per question, person and value, with the agreement of each two people."""
    from winnow.workspace import Workspace

    found = Workspace(folder).label_stats()
    rows = [(stats.schema, row["who"], row["value"], row["documents"]) for stats in found for row in stats.counts]
    console.table(["schema", "who", "value", "documents"], rows, numbers=["documents"])
    pairs = [
        (stats.schema, pair.first, pair.second, pair.documents, pair.share, pair.kappa)
        for stats in found
        for pair in stats.agreement
    ]
    if pairs:
        console.table(
            ["schema", "who", "and", "documents", "agree", "kappa"], pairs, numbers=["documents", "agree", "kappa"]
        )
