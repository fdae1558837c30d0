"""The commands of raters: learn, raters."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import click
import orjson

from winnow.cli import console
from winnow.cli.line import folder_option, pairs, set_option
from winnow.cli.main import winnow
from winnow.errors import SettingError
from winnow.method import method


@winnow.command()
@click.argument("name")
@click.option("--rater", default="", help="What kind of rater (winnow methods rater).")
@click.option(
    "--labels", default="", help="Learn from hand labels of this question; several, comma-separated, for dataman."
)
@click.option("--values", default="", help="What label values mean, for example keep:1,drop:0.")
@click.option("--pairs", "judged", default="", help="Learn from judged pairs: a question of the kind pair, or a file.")
@click.option("--reference", help="Learn what a file, a folder or a selection has that the corpus has not.")
@click.option("--judge", help="Learn from a judge: the base address of an endpoint, or 'local'.")
@click.option("--model", default="", help="The judge's model: its name on the server, or a local folder.")
@click.option("--judge-set", "judge_settings", multiple=True, metavar="KEY=VALUE", help="A setting of the judge.")
@click.option(
    "--criterion", "criteria", multiple=True, help="A criterion to learn, of your own or known; may be repeated."
)
@click.option(
    "--count", default=500, show_default=True, type=click.IntRange(1), help="Texts or pairs a judge is asked about."
)
@click.option("--where", default="", help="SQL condition of the documents a judge, a reference or columns draw from.")
@click.option("--together", default="", help="Column whose documents are held out together (default: near-copies).")
@click.option("--seed", default=0, show_default=True)
@click.option("--no-write", is_flag=True, help="Fit and keep the head; rate the corpus later: winnow raters write.")
@click.option("--dry-run", is_flag=True, help="Say what a judge would cost, and stop.")
@set_option
@folder_option
def learn(
    folder: Path, /, name: str, rater: str, settings: tuple[str, ...], criteria: tuple[str, ...], no_write: bool,
    dry_run: bool, **told: Any,
) -> None:  # fmt: skip
    """Fit a rater from labels, pairs, a reference, columns or a judge, and rate every document with it.

    A name that was fitted before is fitted again the same way when nothing else is said.
    """
    from winnow.jobs.raters import plan_of
    from winnow.rate.base import Rater
    from winnow.workspace import Workspace

    workspace = Workspace(folder)
    plan = _plan(workspace.labels.schemas(), **told)
    if not rater:
        rater, recipe, plan = _as_before(workspace, name, plan)
    else:
        recipe = method(Rater, rater).from_text(pairs(settings)).recipe
        recipe |= {"criteria": list(criteria)} if criteria else {}
    made = method(Rater, rater).from_recipe(recipe)
    if dry_run:
        console.say(workspace.raters.estimate(made, plan_of(plan)).words)
        return
    with console.progress() as progress:
        card = workspace.learn(name, rater, plan=plan, settings={**made.recipe}, write=not no_write, progress=progress)
    _report(card.told)


def _plan(questions: Collection[str], **told: Any) -> dict[str, Any]:
    """Return the plan that the options describe."""
    from winnow.method import Setting

    judge, judged = told["judge"], told["judged"]
    if judge is None and (told["model"] or told["judge_settings"]):
        raise SettingError(
            "--model and --judge-set belong to a judge", "none was named", "--judge URL, or --judge local"
        )
    values = Setting("values", dict, {}, "").parse(told["values"]) if told["values"] else {}
    return {
        "labels": [name.strip() for name in told["labels"].split(",") if name.strip()],
        "values": values,
        # A job runs in another folder than the command that asked for it.
        "pairs": str(Path(judged).absolute()) if judged not in questions and Path(judged).is_file() else judged,
        "reference": told["reference"] or "",
        "judge": _judge(judge, told["model"], told["judge_settings"]) if judge else None,
        "judged": told["count"],
        "where": {"where": told["where"]} if told["where"] else {},
        "keep_together": told["together"],
        "seed": told["seed"],
    }


def _judge(place: str, model: str, settings: tuple[str, ...]) -> dict[str, Any]:
    from winnow.judge.base import Judge

    kind = "local" if place == "local" else "endpoint"
    given = {"model": model, **({"url": place} if kind == "endpoint" else {}), **pairs(settings)}
    return method(Judge, kind).from_text(given).recipe


def _as_before(workspace: Any, name: str, plan: dict[str, Any]) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Return the rater, settings and plan that a name was fitted with; raises SettingError when it never was."""
    known = {card.name: card for card in workspace.raters.all()}
    if name not in known or any(plan[key] for key in ("labels", "pairs", "reference", "judge")):
        raise SettingError(
            "a new rater needs its kind", "no --rater was given", "--rater yes_no, or see: winnow methods rater"
        )
    before = known[name].told
    return str(before["rater"]["method"]), dict(before["rater"]), dict(before["plan"])


@winnow.group(invoke_without_command=True)
@folder_option
@click.pass_context
def raters(context: click.Context, folder: Path) -> None:
    """List fitted raters with their held-out quality; `raters show NAME` prints a card, `raters write NAME` rates again."""
    if context.invoked_subcommand is not None:
        return
    from winnow.workspace import Workspace

    kept = Workspace(folder).raters
    rows = [
        (output["column"], card.told["rater"]["method"], card.told["kind"], output["labels"], output["figure"],
         _interval(output["quality"]), _interval(output["trivial"]), "yes" if output["beats_trivial"] else "no",
         "; ".join(kept.stale(card)))
        for card in kept.all() for output in card.told["outputs"]
    ]  # fmt: skip
    names = ["column", "rater", "from", "labels", "figure", "held out", "trivial rater", "beats it", "out of date"]
    console.table(names, rows, numbers=["labels"])


@raters.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print the card as it is kept.")
@folder_option
def raters_show(folder: Path, /, name: str, as_json: bool) -> None:
    """Print a rater's card: how it was fitted, how good it is, what it does to the corpus."""
    from winnow.workspace import Workspace

    kept = Workspace(folder).raters
    card = kept.get(name)
    if as_json:
        console.say(orjson.dumps(dict(card.told), option=orjson.OPT_INDENT_2).decode())
        return
    _report(card.told)
    for output in card.told["outputs"]:
        _details(output)
    for reason in kept.stale(card):
        console.warn(f"{reason}: winnow learn {name}")


@raters.command("write")
@click.argument("name")
@folder_option
def raters_write(folder: Path, /, name: str) -> None:
    """Give every document the columns of a rater that was fitted before."""
    from winnow.workspace import Workspace

    workspace = Workspace(folder)
    with console.progress() as progress:
        run = workspace.raters.write(workspace.raters.get(name), progress)
    console.say(f"{name}: {', '.join(run.columns)}")


def _report(told: Any) -> None:
    console.say(f"{told['name']}: {told['rater']['method']} from {told['kind']}, {told['documents']:,} documents")
    if strength := told["fitted_on"].get("strength"):
        console.say(
            f"{strength['ranked as the target']:,} of {strength['of']:,} documents rank the models as the target does; "
            f"by chance {strength['by chance']:,.1f} would"
        )
    fitted = told["fitted_on"]
    for question, labelled in fitted.get("labelled", {}).items():
        console.say(f"{question}: of {labelled:,} labelled documents a sample, those answered one by one first")
    if "pairs" in fitted:
        ties = f", {fitted['ties']:,} of them ties, by {fitted['people']:,} people" if "ties" in fitted else ""
        console.say(f"{fitted['pairs']:,} judged pairs{ties}")
    answers = fitted.get("answers")
    if answers:
        bias = answers["position_bias"]
        order = (
            ""
            if bias is None
            else f", prefers the second text by {bias:+.3f}, same winner in both orders {answers['consistent']:.0%}"
        )
        console.say(
            f"judge: {answers['asked']:,} answers, {answers['malformed']:,} malformed, {answers['failed']:,} failed{order}"
        )
    for output in told["outputs"]:
        noun = "pairs" if output["output"]["kind"] == "preference" else "labels"
        verdict = "better than it" if output["beats_trivial"] else "NOT SURELY BETTER THAN IT"
        console.say(
            f"{output['column']}: {output['figure']} {_interval(output['quality'])} held out ({output['labels']:,} {noun}, "
            f"{output['folds']} folds); {output['trivial']['says']}: {_interval(output['trivial'])}; {verdict}"
        )


def _details(output: dict[str, Any]) -> None:
    if "ngrams_up" in output:
        console.say(
            f"  correlation with length {output['length_correlation']:+.2f} ({output['sample']:,} random documents)"
        )
        console.say("  high: " + ", ".join(found["ngram"] for found in output["ngrams_up"]))
        console.say("  low:  " + ", ".join(found["ngram"] for found in output["ngrams_down"]))
        rows = [
            (row["source"], row["documents"], row["mean"], row["above_median"]) for row in output["per_source"][:12]
        ]
        console.table(
            ["source", "documents", "mean", "above median"], rows, numbers=["documents", "mean", "above median"]
        )
    curve = [f"{labels:,}: {value:.3f}" for labels, value in output["curve"]]
    console.say(f"  {output['figure']} by labels fitted on: " + ", ".join(curve))


def _interval(figure: dict[str, float]) -> str:
    return f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"
