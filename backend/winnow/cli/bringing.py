"""The commands that bring in what was made elsewhere: columns and vectors."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from winnow.cli import console
from winnow.cli.line import folder_option
from winnow.cli.main import winnow

by_option = click.option(
    "--by",
    type=click.Choice(["id", "doc_id"]),
    default="id",
    show_default=True,
    help="By which id documents are found.",
)
unmatched_option = click.option(
    "--unmatched", type=click.Path(dir_okay=False, path_type=Path), help="Write the ids that no document has here."
)


@winnow.command("import-column")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", required=True, help="What the column is called.")
@click.option("--value", default="", help="Column of the file that holds the values, when it has several.")
@by_option
@unmatched_option
@folder_option
def import_column(folder: Path, /, file: Path, **how: Any) -> None:
    """Give documents a column from a Parquet, CSV or JSON lines file of ids and values."""
    _bring(folder, "column", file, how)


@winnow.command("import-vectors")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--model", required=True, help="What the vectors are called.")
@click.option("--ids", type=click.Path(path_type=Path), help="File with the id of each row (.npy, .txt, .json).")
@click.option("--encoder", default="", help="Model that made them: lets searches by words use them.")
@by_option
@unmatched_option
@folder_option
def import_vectors(folder: Path, /, file: Path, **how: Any) -> None:
    """Give documents vectors from .npy, Parquet lists or a flat FAISS index, a file or a folder of them."""
    _bring(folder, "vectors", file, how)


def _bring(folder: Path, what: str, file: Path, how: dict[str, Any]) -> None:
    from winnow.jobs.bring import listing
    from winnow.workspace import Workspace

    target = how.pop("unmatched")
    with ExitStack() as opened:
        progress = opened.enter_context(console.progress())
        if target is not None:
            missed = opened.enter_context(target.open("w", encoding="utf-8"))
            how["unmatched"] = lambda name: missed.write(name + "\n")
        brought = Workspace(folder).bring(what, file, progress=progress, **how)
    for line in listing(brought):
        console.say(line)
