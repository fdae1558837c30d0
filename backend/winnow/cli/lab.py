"""The commands of series of lab models: ladder, skills."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from winnow.cli import console
from winnow.cli.line import folder_option
from winnow.cli.main import winnow
from winnow.cli.narrowing import narrowing_options


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


@winnow.command()
@click.argument("name")
@click.option("--by", default="source", show_default=True, help="Column whose groups are the skills.")
@click.option("--most", default=6, show_default=True, help="The largest groups, so many at most.")
@click.option("--tier", default="ci", show_default=True, help="Size of the models: ci, cpu, small, medium.")
@click.option("--tokens", type=int, help="Tokens that each run reads (default: a fifth of the tier's).")
@click.option("--seeds", default=2, show_default=True, help="Runs of each skill, pair and mixture.")
@click.option("--rounds", default=6, show_default=True, help="How often the mixture is set anew in a run.")
@click.option("--eta", default=0.5, show_default=True, help="How much the losses move the mixture.")
@click.option("--sure", is_flag=True, help="Keep only edges whose interval lies below zero (needs several seeds).")
@narrowing_options
@click.option("--replace", "again", is_flag=True, help="Throw away what was found under this name.")
@click.option("--dry-run", is_flag=True, help="Say how long it takes, and stop.")
@folder_option
def skills(folder: Path, /, name: str, again: bool, dry_run: bool, **told: Any) -> None:
    """Find which groups help which by runs on pairs of them, and try the mixture that follows, for skill_it."""
    from winnow.compute.local import available_cores
    from winnow.jobs.skills import Search, predicted
    from winnow.workspace import Workspace

    workspace = Workspace(folder)
    search = Search(**told)
    ahead = predicted(search, available_cores())
    console.warn(f"{len(search.runs())} runs at most, about {ahead.minutes:.1f} minutes and {ahead.bytes / 1e9:.1f} GB")
    if dry_run:
        return
    with console.progress() as progress:
        made = workspace.skills(name, search.recipe, replace=again, progress=progress)
    _show(made)


def _show(made: Any) -> None:
    n = f"n = {made.seeds} seed{'s' if made.seeds != 1 else ''}"
    places = {one: place for place, one in enumerate(made.names)}
    rows = [
        (f"{edge.source} → {edge.to}", f"{edge.mean:+.3f} ± {edge.half:.3f}",
         "edge" if made.graph[places[edge.source], places[edge.to]] else "", "surely" if edge.sure else "")
        for edge in sorted(made.edges, key=lambda edge: edge.mean)
    ]  # fmt: skip
    console.table(("reading the first too", f"changes the second's nats/byte ({n})", "", ""), rows)
    console.say("")
    table = [(f"{tokens:,}", *(f"{shares[one]:.3f}" for one in made.names)) for tokens, shares in made.shares]
    console.table(("tokens", *made.names), table)
    console.say("")
    gains = [(one, f"{mean:+.3f} ± {half:.3f}") for one, (mean, half) in made.gains.items()]
    console.table(("skill", f"nats/byte against equal shares ({n})"), gains)
    inside = made.folder / "graph.csv"
    console.say(f'select by it: winnow select skill_it --set graph="$(cat {inside})" --share 0.1 --name {made.name}')
