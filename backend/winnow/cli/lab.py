"""The commands of series of lab models: ladder."""

from __future__ import annotations

from pathlib import Path

import click

from winnow.cli import console
from winnow.cli.line import folder_option
from winnow.cli.main import winnow


@winnow.command()
@click.argument("name")
@click.option("--target", required=True, help="File or selection whose texts say which model is the better one.")
@click.option(
    "--tier", "tiers", multiple=True, default=("ci", "cpu"), show_default=True, help="A size of model; may be repeated."
)
@click.option(
    "--share",
    "shares",
    multiple=True,
    type=float,
    default=(0.05, 0.2, 0.5),
    show_default=True,
    help="Share of a tier's tokens that a model reads; may be repeated.",
)
@click.option("--seed", default=0, show_default=True)
@click.option("--replace", "again", is_flag=True, help="Teach the models of a ladder of this name anew.")
@click.option("--dry-run", is_flag=True, help="Say how long it takes, and stop.")
@folder_option
def ladder(
    folder: Path, /, name: str, target: str, tiers: tuple[str, ...], shares: tuple[float, ...], seed: int, again: bool,
    dry_run: bool,
) -> None:  # fmt: skip
    """Teach models from weak to strong and put them in order by a target, for the rater preselect."""
    from winnow.jobs.ladder import Rungs, minutes
    from winnow.workspace import Workspace

    workspace = Workspace(folder)
    rungs = Rungs(target=target, tiers=tiers, shares=shares, seed=seed)
    console.warn(f"{len(rungs.sizes())} models, about {minutes(rungs):.1f} minutes")
    if dry_run:
        return
    with console.progress() as progress:
        made = workspace.ladder(name, {**vars(rungs)}, replace=again, progress=progress)
    rows = [
        (rung.model, rung.tier, f"{rung.tokens:,}", f"{rung.bits:.3f}", "" if rung.sure is None else _gap(rung))
        for rung in made.rungs
    ]
    console.table(("model", "tier", "tokens", "bits/byte of the target", "better than the one above"), rows)
    console.say(f"{made.texts} texts; read the corpus by it: winnow learn NAME --rater preselect --set ladder={name}")


def _gap(rung: object) -> str:
    half = getattr(rung, "half", None)
    return "surely" if getattr(rung, "sure", False) else f"not surely (± {half:.3f})"
