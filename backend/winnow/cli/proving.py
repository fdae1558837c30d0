"""The commands of small language models: teach, prove, proofs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from winnow.cli import console
from winnow.cli.arranging import read_owned
from winnow.cli.line import folder_option, pairs, set_option
from winnow.cli.main import winnow
from winnow.cli.narrowing import narrowing_options
from winnow.errors import SettingError
from winnow.method import method


@winnow.command()
@click.argument("name")
@click.option(
    "--on", default="random", show_default=True, help="What it reads: random, a selection, or a file of texts."
)
@click.option("--from", "start", default="", help="A kept model to go on from, by name or folder.")
@click.option("--tier", default="ci", show_default=True, help="Size of the model: ci, cpu, small, medium.")
@click.option("--tokens", type=int, help="Tokens that it reads (default: the tier's).")
@click.option("--passes", type=float, help="How often it reads its texts, instead of --tokens.")
@click.option("--share", default=0.1, show_default=True, help="With --on random: the share of the pool's tokens.")
@click.option("--seed", default=0, show_default=True)
@click.option("--replace", "again", is_flag=True, help="Overwrite a model of this name.")
@folder_option
def teach(folder: Path, /, name: str, again: bool, **lesson: Any) -> None:
    """Train a small language model on part of the corpus, or further on a target, for `winnow score loss`."""
    from winnow.workspace import Workspace

    with console.progress() as progress:
        Workspace(folder).teach(name, lesson, replace=again, progress=progress)
    console.say(f"{name} is kept; measure with it: winnow score loss --model {name}")


@winnow.command()
@click.argument("selections", nargs=-1)
@click.option("--target", required=True, help="File of held-out texts that a model is to read well, or a selection.")
@click.option(
    "--online", "methods", multiple=True, metavar="METHOD", help="A method that works inside the training (may repeat)."
)
@click.option("--guide", default="", help="File of texts that online methods aim at; none of them may be in --target.")
@set_option
@click.option("--together", type=float, help="Experiments of one run: each selection takes this share of it.")
@click.option(
    "--cross", "crossed", default="", metavar="A,B,AB", help="Two factors: selections of one, the other, both."
)
@click.option("--merge", default="", metavar="selections|COLUMN", help="Estimate every union of selections or groups.")
@click.option("--tier", default="ci", show_default=True, help="Size of the models: ci, cpu, small, medium.")
@click.option("--seeds", default=4, show_default=True, help="Runs of each arm.")
@click.option("--tokens", type=int, help="Tokens that each run reads (default: the tier's).")
@click.option("--rate", type=float, help="Highest learning rate (default: the tier's).")
@click.option("--tokenizer", default="", help="bytes, or bpe learnt from the pool (default: the tier's).")
@click.option("--general", default=200, show_default=True, help="Documents of the pool held out as a second test.")
@click.option("--texts", multiple=True, help="A further file of texts to test on; may be repeated.")
@click.option("--questions", multiple=True, help="A file of choices or minimal pairs; may be repeated.")
@click.option("--rs2", "repeated", is_flag=True, help="Add a control that draws a fresh subset in each pass.")
@narrowing_options
@click.option("--name", default="", help="What the proof is called (default: the selections' names).")
@click.option("--replace", "again", is_flag=True, help="Throw away another proof of this name.")
@click.option("--dry-run", is_flag=True, help="Say how long it takes and what can be detected, and stop.")
@folder_option
def prove(
    folder: Path, /, again: bool, dry_run: bool, name: str, methods: tuple[str, ...],
    settings: tuple[str, ...], crossed: str, **told: Any,
) -> None:  # fmt: skip
    """Train small models on selections and on random controls, and say whether the selections help.

    --online METHOD adds an arm that reads the whole pool as a method has it (winnow methods online); --set METHOD.KEY=VALUE
    is one of its settings.
    """
    from winnow.compute.local import available_cores
    from winnow.jobs.proof_plan import Asked
    from winnow.workspace import Workspace

    workspace = Workspace(folder)
    factors = tuple(part.strip() for part in crossed.split(",") if part.strip())
    online = read_online(methods, pairs(settings))
    asked = Asked(**told, online=online, crossed=factors)
    name = name or "-".join([*asked.selections, *methods])[:60]
    ahead = workspace.proofs.predict(asked, available_cores())
    console.warn(
        f"about {ahead.minutes:.1f} minutes and {ahead.bytes / 1e9:.1f} GB; " + workspace.proofs.detectable(asked)
    )
    if dry_run:
        return
    with console.progress() as progress:
        workspace.prove(name, asked.recipe, replace=again, progress=progress)
    _show(workspace.proofs.report(name))


def read_online(names: tuple[str, ...], settings: Mapping[str, str]) -> tuple[dict[str, Any], ...]:
    """Return a recipe for each method that works inside the training; raises SettingError."""
    from winnow.online.base import Online

    plain, recipes = read_owned(settings, [method(Online, name) for name in names], "a method", "--online METHOD")
    if plain:
        found = f"'{next(iter(plain))}' says of which not"
        raise SettingError("--set belongs to a method of --online", found, "--set METHOD.KEY=VALUE")
    return tuple(recipes)


@winnow.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print every figure as JSON.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write the report as one HTML file.")
@click.option("--keep", "arm", default="", help="Keep what this arm's online method made of the corpus, as --as NAME.")
@click.option("--as", "selection", default="", help="Name of the selection that --keep makes.")
@click.option("--last", is_flag=True, help="With --keep: a mixture's shares at the end, not their mean.")
@folder_option
def proofs(folder: Path, /, name: str | None, as_json: bool, html: Path | None, **kept_as: Any) -> None:
    """List proofs, or show one: its figures with intervals, as a table, JSON or HTML."""
    from winnow.workspace import Workspace

    workspace = Workspace(folder)
    if kept_as["arm"] or kept_as["selection"]:
        _keep(workspace, name, **kept_as)
        return
    kept = workspace.proofs
    if name is None:
        found = [kept.report(one) for one in kept.names()]
        rows = [
            (one.plan.name, one.plan.tier["name"], ", ".join(one.plan.arms), f"{len(one.seeds)}/{len(one.plan.seeds)}")
            for one in found
        ]
        console.table(("proof", "tier", "arms", "seeds done"), rows)
        return
    made = kept.report(name)
    if html is not None:
        from winnow.prove.page import to_html

        html.write_text(to_html(made), encoding="utf-8")
        console.say(f"{name} written to {html}")
    elif as_json:
        click.echo(json.dumps(made.to_dict(), indent=1))
    else:
        _show(made)


def _keep(workspace: Any, proof: str | None, arm: str, selection: str, last: bool) -> None:
    if not (proof and arm and selection):
        raise SettingError(
            "weights are kept of an arm of a proof", "one is not named", "proofs NAME --keep ARM --as NAME"
        )
    made = workspace.keep_weights(proof, arm, selection, last=last)
    console.say(
        f"{selection}: {made.summary['documents']:,} documents with weights; see it: winnow compare {selection}, "
        f"prove it: winnow prove {selection} --target FILE"
    )


def _show(made: Any) -> None:
    from winnow.prove.report import in_words

    for name, lines in made.lines.items():
        told = made.plan.sets[name]
        console.say(f"\n{name}: {told['count']} texts, {told['bytes']:,} bytes, {len(made.seeds)} seeds")
        console.table(HEADS, [_cells(line) for line in lines])
    for name, answers in made.answers.items():
        console.say(f"\n{name}: {made.plan.sets[name]['count']} questions")
        console.table(("arm", "right", "against control"), [(one.arm, *one.words) for one in answers])
    _show_more(made)
    for arm, seed in made.failed:
        console.say(f"{arm}, seed {seed}: diverged")
    for line in made.lines.get("target", ()):
        if line.difference:
            console.say(in_words(line, len(made.seeds)))
    for name, settled in made.fine_line.settled.items():
        console.say(f"{name}: {settled.words}")


def _show_more(made: Any) -> None:
    """Print what methods inside the training read, how experiments play together, and unions by merged weights."""
    for arm, steered in made.steered.items():
        console.say(f"\n{arm}: what it read of each {made.plan.arms[arm]['by']}, {len(made.seeds)} seeds")
        console.table(("", "offered", "read"), [(one.group, f"{one.offered:.3f}", one.words) for one in steered])
    for name, told in made.interplay.items():
        console.say(f"\nexperiments together, on {name}: {told.words}")
        effects = [(f"{one.name}, both states of the other", one) for one in told.main]
        effects = [*((f"{one.name} alone", one) for one in told.alone), *effects]
        effects += [(one.name, one) for one in (told.together, told.interaction)]
        rows = [(words, one.words, f"{one.adjusted:.3f}") for words, one in effects]
        console.table(("effect", "nats/byte", "p (Holm)"), rows)
    for name, told in made.merge.items():
        console.say(f"\nunions by merged weights, on {name}: {told.words}")
        rows = [(one.name, one.estimated.words, one.real.words if one.real else "") for one in told.unions]
        console.table(("union", "estimated nats/byte", "trained on"), rows)


HEADS = ("arm", "bits/byte", "nats/byte against control", "seeds and texts drawn again", "p (Holm)", "", "less data")


def _cells(line: Any) -> tuple[str, ...]:
    told = line.difference
    if told is None:
        return (line.arm, line.level, "control", "", "", "", "")
    mean, span = f"{told.mean:+.3f} ± {told.half:.3f}", f"{told.low:+.3f} to {told.high:+.3f}"
    return (line.arm, line.level, mean, span, f"{told.adjusted:.3f}", told.verdict, line.less)
