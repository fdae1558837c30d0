"""What `winnow export` says about arrangements: the flags that name them, and what a dry run tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from winnow.cli import console
from winnow.errors import SettingError, nearest
from winnow.method import Method, method

Command = TypeVar("Command", bound=Callable[..., Any])


def arrange_options(command: Command) -> Command:
    """Add the options that name arrangements and a judge."""
    options = [
        click.option(
            "--arrange", "names", multiple=True, metavar="METHOD",
            help="Change, order or pack documents on their way; may be given several times: transforms, an order, pack.",
        ),
        click.option("--judge", help="Whom rephrase, entigraph and refine may ask: the address of an endpoint, or 'local'."),
        click.option("--model", default="", help="The judge's model: its name on the server, or a local folder."),
        click.option("--judge-set", "judge_settings", multiple=True, metavar="KEY=VALUE", help="A setting of the judge."),
        click.option("--dry-run", is_flag=True, help="Say what would be written and what a judge would cost, and stop."),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def read_settings(settings: Mapping[str, str], names: Sequence[str]) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Return the settings of the file format and a recipe for each arrangement; raises SettingError.

    "shard_docs" is a setting of the format.
    """
    from winnow.arrange.base import Arrangement

    return read_owned(settings, [method(Arrangement, name) for name in names], "an arrangement", "--arrange METHOD")


def read_owned(
    settings: Mapping[str, str], kinds: Sequence[type[Method]], what: str, flag: str
) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Return the settings that belong to no method and a recipe for each method.

    "pack.tokens" is a setting of every pack in the line, "2.tokens" one of the second method. Raises SettingError for a
    setting of nothing.
    """
    names = [kind.name for kind in kinds]
    told: list[dict[str, str]] = [{} for _ in names]
    plain: dict[str, str] = {}
    for key, value in sorted(settings.items(), key=lambda item: item[0].partition(".")[0].isdigit()):
        owner, dot, setting = key.partition(".")
        if not dot:
            plain[key] = value
            continue
        mine = [place for place, name in enumerate(names) if owner in (name, str(place + 1))]
        if not mine:
            found = f"no {what.split()[-1]} here is called '{owner}'"
            raise SettingError(f"--set {key} belongs to {what}", found, nearest(owner, names) if names else flag)
        for place in mine:
            told[place][setting] = value
    return plain, [kind.from_text(values).recipe for kind, values in zip(kinds, told, strict=True)]


def judge_recipe(place: str | None, model: str, settings: Mapping[str, str]) -> dict[str, Any] | None:
    """Return the recipe of a judge named by its address or as 'local'; None when none is named."""
    from winnow.judge.base import Judge

    if place is None:
        if model or settings:
            raise SettingError(
                "--model and --judge-set belong to a judge", "none was named", "--judge URL, or --judge local"
            )
        return None
    kind = "local" if place == "local" else "endpoint"
    given = {"model": model, **({"url": place} if kind == "endpoint" else {}), **settings}
    return method(Judge, kind).from_text(given).recipe


def dry_run(folder: Path, name: str, recipes: Sequence[Mapping[str, Any]], judge: Mapping[str, Any] | None) -> None:
    """Print what an export would take and write, without asking anybody and without writing."""
    from winnow.jobs.arrange_plan import Arrangements
    from winnow.judge.base import Judge
    from winnow.workspace import Workspace

    catalog = Workspace(folder).catalog
    asked = method(Judge, str(judge["method"])).from_recipe(judge) if judge else None
    looked = Arrangements(catalog, catalog.selections.get(name), recipes, asked)
    pool = looked.plan.pool
    console.say(f"{name}: {len(pool):,} documents, {int(pool.tokens.sum()):,} tokens, each counted once")
    for number, step in enumerate(looked.plan.course.steps, 1):
        console.say(f"{number}. {type(step).name}: {step.summary()}")
    for step_name, cost in looked.cost():
        console.say(f"{step_name} would ask {cost.words}")
    for step_name, remark in looked.remarks():
        console.warn(f"{step_name}: {remark}")
