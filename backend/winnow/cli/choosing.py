"""The commands around selections: combine, recipe, run-recipe, compare, sweep."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from winnow.cli import console
from winnow.cli.line import folder_option
from winnow.cli.main import winnow


@winnow.command()
@click.argument("operation", metavar="union|intersect|subtract")
@click.argument("names", nargs=-1, required=True)
@click.option("--name", required=True, help="What comes out is called.")
@click.option(
    "--weights", default="max", show_default=True, help="How often a union sees a document: the max or the sum."
)
@click.option("--docs", type=int, help="Cut to a budget in documents.")
@click.option("--tokens", type=int, help="Cut to a budget in tokens.")
@click.option("--share", type=float, help="Cut to a share of what comes out.")
@click.option("--by", default="", help="Cut by this column, highest first (default: at random).")
@click.option("--lowest", is_flag=True, help="With --by, lowest first.")
@click.option("--seed", default=0, show_default=True)
@click.option("--replace", is_flag=True, help="Overwrite a selection of this name.")
@folder_option
def combine(folder: Path, /, operation: str, names: tuple[str, ...], **told: Any) -> None:
    """Keep the union, intersection or difference of selections, cut to a budget."""
    from winnow.workspace import Workspace

    made = Workspace(folder).combine(operation, names, **told)
    steps = [f"{step['documents']:,} {step['step']}" for step in made.summary["steps"]]
    console.say(f"{made.name}: {made.summary['documents']:,} documents, {made.summary['tokens']:,} tokens")
    console.say("from " + ", ".join(steps))


@winnow.command()
@click.argument("name")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write it to a file.")
@folder_option
def recipe(folder: Path, /, name: str, out: Path | None) -> None:
    """Print the recipe of a selection as YAML, with those it stands on."""
    from winnow.workspace import Workspace

    text = Workspace(folder).recipe(name)
    if out is None:
        console.say(text.rstrip("\n"))
        return
    out.write_text(text, encoding="utf-8")
    console.say(f"the recipe of {name} is in {out} (make it again: winnow run-recipe {out} --out FOLDER)")


@winnow.command("run-recipe")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Write the files to this folder too.")
@click.option("--replace", is_flag=True, help="Overwrite a selection of the recipe's name.")
@click.option("--ask-judge", is_flag=True, help="Send texts to the judge that the file names.")
@folder_option
def run_recipe(folder: Path, /, path: Path, out: Path | None, replace: bool, ask_judge: bool) -> None:
    """Make the selection of a recipe again, and write it: the same corpus gives the same bytes."""
    from winnow.workspace import Workspace

    with console.progress() as progress:
        made = Workspace(folder).run_recipe(path, out=out, replace=replace, ask_judge=ask_judge, progress=progress)
    console.say(f"{made.name}: {made.summary['documents']:,} documents, {made.summary['tokens']:,} tokens")
    if out is not None:
        console.say(f"written to {out} (check it: winnow export --verify {out})")


@winnow.command()
@click.argument("names", nargs=-1, required=True)
@click.option(
    "--target", default="", help="File or selection to measure the distance to (default: what they aimed at)."
)
@click.option("--seed", default=0, show_default=True, help="Seed of the baselines and samples.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@folder_option
def compare(folder: Path, /, names: tuple[str, ...], target: str, seed: int, as_json: bool) -> None:
    """Set selections side by side, with the corpus and both random baselines."""
    from winnow.jobs.compare import side_table
    from winnow.workspace import Workspace

    found = Workspace(folder).compare(names, target=target, seed=seed)
    if as_json:
        console.say(json.dumps(found, ensure_ascii=False, allow_nan=False))
        return
    sides = [side["name"] for side in found["sides"]]
    console.table(["measure", *sides], [(words, *values) for words, values in side_table(found)], numbers=sides)
    console.say("")
    jaccard = zip(sides, found["overlap"]["jaccard"], strict=True)
    console.table(["overlap (Jaccard)", *sides], [(name, *row) for name, row in jaccard], numbers=sides)
    for column, shares in found["shares"].items():
        console.say("")
        rows = [(name, *(f"{share:.1%}" for share in row)) for name, row in list(shares.items())[:12]]
        console.table([f"tokens per {column.removesuffix('_name')}", *sides], rows, numbers=sides)
    for note in found["notes"]:
        console.say(note)


@winnow.command()
@click.option("--dry-run", is_flag=True, help="Say what would go, and remove nothing.")
@folder_option
def sweep(folder: Path, /, dry_run: bool) -> None:
    """Remove superseded runs and files that the corpus no longer names, while no job runs."""
    from winnow.catalog.sweeping import sweep_corpus
    from winnow.workspace import Workspace

    found = sweep_corpus(Workspace(folder).catalog, dry_run=dry_run)
    for path in found.files if dry_run else ():
        console.say(str(path.relative_to(folder.absolute())))
    verb = "would be removed" if dry_run else "removed"
    console.say(f"{len(found.files):,} files of {found.bytes / 1e6:,.1f} MB {verb}, {len(found.runs)} superseded runs")


@winnow.command()
@click.argument("name")
@click.argument("doc_id", type=int)
@folder_option
def why(folder: Path, /, name: str, doc_id: int) -> None:
    """Say what each step of a selection did with a document."""
    from winnow.jobs.verdict import why
    from winnow.workspace import Workspace

    reasons = why(Workspace(folder).catalog, name, doc_id)
    rows = [(reason.step, "kept" if reason.kept else "dropped", reason.words) for reason in reasons]
    console.table(["step", "document", "why"], rows)
