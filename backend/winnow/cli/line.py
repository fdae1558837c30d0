"""The commands of the line: ingest, score, embed, cluster, select, export, run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from winnow.cli import console
from winnow.cli.arranging import arrange_options, dry_run, judge_recipe, read_settings
from winnow.cli.main import winnow
from winnow.cli.narrowing import narrowing_options
from winnow.errors import SHOWN, SettingError, WinnowError
from winnow.method import method
from winnow.storage import is_remote

Command = TypeVar("Command", bound=Callable[..., Any])
folder_option = click.pass_obj


def reading_options(command: Command) -> Command:
    """Add the options that say how files are read."""
    options = [
        click.option("--format", help="File format, when the name does not tell (winnow methods reader)."),
        click.option("--text", help="Column that holds the text."),
        click.option("--id", help="Column that holds the document's own id."),
        click.option("--source", help="Column that holds the source, or =NAME for one source."),
        click.option("--url", help="Column that holds the address."),
        click.option("--date", help="Column that holds the date."),
        click.option("--again", is_flag=True, help="Take files in though they are in the corpus already."),
        click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A setting of the format's reader."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def set_option(command: Command) -> Command:
    return click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A setting of the method.")(
        command
    )


def pairs(settings: tuple[str, ...]) -> dict[str, str]:
    """Read KEY=VALUE settings; raises SettingError for one without '='."""
    for setting in settings:
        if "=" not in setting:
            raise SettingError("--set takes KEY=VALUE", f"found '{setting}'", f"--set {setting}=VALUE")
    return dict(setting.split("=", 1) for setting in settings)


@winnow.command()
@click.argument("paths", nargs=-1, required=True)
@reading_options
@folder_option
def ingest(
    folder: Path, /, paths: tuple[str, ...], format: str | None, again: bool, settings: tuple[str, ...], **columns: Any
) -> None:
    """Take files in: tables, JSONL, web archives, dumps, mail, books, folders; plain, .gz or .zst; globs."""
    from winnow.workspace import Workspace

    with console.progress() as progress:
        told = {**columns, **pairs(settings)}
        made = Workspace.create(folder).ingest(paths, format=format, columns=told, again=again, progress=progress)
    _report(made)


def _report(made: Any) -> None:
    speed = made.bytes / 1e6 / made.seconds if made.seconds else 0.0
    console.say(
        f"{made.documents:,} documents from {len(made.inputs)} files in {made.seconds:.1f} s ({speed:.1f} MB/s)"
    )
    if made.rejected:
        console.say(f"{made.rejected:,} rows set aside: winnow quarantine")
    if made.skipped:
        counts = [f"{count:,} {reason}" for reason, count in list(made.skipped.items())[:SHOWN]]
        more = f" and {len(made.skipped) - SHOWN} more kinds" if len(made.skipped) > SHOWN else ""
        console.say(f"passed over: {'; '.join(counts)}{more}")
    if made.known:
        console.say(
            f"{len(made.known)} files were in the corpus already and were left alone (--again takes them again)"
        )
    if made.failed:
        raise WinnowError(
            f"{len(made.failed)} of {len(made.failed) + len(made.inputs)} files could not be read",
            made.failed[0][1],
            "mend them and take them in again: the others are in",
        )


@winnow.command()
@click.argument("names", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Run every scorer.")
@click.option(
    "--model",
    default="",
    help="What the scorers that read with a model read with: a folder, a model's name, or a tier (ci, cpu, small, "
    "medium), which means the newest lab model of that size in this corpus.",
)
@set_option
@folder_option
def score(folder: Path, /, names: tuple[str, ...], everything: bool, model: str, settings: tuple[str, ...]) -> None:
    """Give every document scores: rules, language, personal data, duplicates, toxicity, quality."""
    from winnow.score.base import Scorer
    from winnow.workspace import Workspace

    if not names and not everything:
        raise click.UsageError("Name scorers, or give --all. `winnow methods scorer` lists them.")
    if settings and len(names) != 1:
        raise click.UsageError("--set goes with exactly one scorer.")
    told = {names[0]: method(Scorer, names[0]).from_text(pairs(settings)).recipe} if settings else {}
    if model:
        readers = [name for name in names if any(one.name == "model" for one in method(Scorer, name).settings())]
        if not readers:
            found = f"{', '.join(names) or 'the default scorers'} read with none"
            raise SettingError("--model is for scorers that read with a model", found, "winnow score loss --model ci")
        told |= {name: {**told.get(name, {}), "model": model} for name in readers}
    with console.progress() as progress:
        runs = Workspace(folder).score(() if everything else names, settings=told, progress=progress)
    console.say(f"{sum(len(run.columns) for run in runs)} columns: " + ", ".join(run.name for run in runs))


@winnow.command()
@click.option("--model", default="", help="static, minilm, or any sentence-transformers name or path.")
@folder_option
def embed(folder: Path, /, model: str) -> None:
    """Give every document a vector."""
    from winnow.workspace import Workspace

    with console.progress() as progress:
        run = Workspace(folder).embed(model, progress=progress)
    console.say(f"vectors of {run.name}: {run.columns['vector']}")


@winnow.command()
@click.option("-k", type=click.IntRange(1), help="Number of clusters (default: grows with the corpus).")
@click.option("--model", default="", help="Whose vectors to cluster (default: the newest).")
@click.option("--seed", default=0, show_default=True)
@folder_option
def cluster(folder: Path, /, k: int | None, model: str, seed: int) -> None:
    """Group the documents, name the groups and lay out the map."""
    from winnow.workspace import Workspace

    with console.progress() as progress:
        run = Workspace(folder).cluster(k, model=model, seed=seed, progress=progress)
    console.say(
        f"{len(run.extra['names'])} clusters in {len(run.extra['top_names'])} groups from {run.recipe['model']} vectors"
    )


@winnow.command()
@click.argument("method_name", metavar="METHOD")
@click.option("--docs", type=int, help="Budget in documents.")
@click.option("--tokens", type=int, help="Budget in tokens.")
@click.option("--share", type=float, help="Budget as a share of the pool's tokens.")
@narrowing_options
@click.option("--within", default="", help="Selection to choose from, instead of the whole corpus.")
@click.option("--target", help="File or selection to match.")
@click.option("--force-target", is_flag=True, help="Aim at a benchmark's test split; every manifest will tell.")
@click.option("--seed", default=0, show_default=True)
@set_option
@click.option("--name", required=True, help="What the selection is called.")
@click.option("--replace", "again", is_flag=True, help="Overwrite a selection of this name.")
@folder_option
def select(folder: Path, /, method_name: str, settings: tuple[str, ...], again: bool, **choice: Any) -> None:
    """Choose documents by a published method within a budget (winnow methods selector)."""
    from winnow.select.base import Selector
    from winnow.workspace import Workspace

    recipe = method(Selector, method_name).from_text(pairs(settings)).recipe
    told = {key: value for key, value in recipe.items() if key != "method"}
    with console.progress() as progress:
        made = Workspace(folder).select(method_name, settings=told, replace=again, progress=progress, **choice)
    summary = made.summary
    asked = ", ".join(f"{value:g} {key}" for key, value in summary["asked"].items())
    pool = summary["pool"]
    console.say(
        f"{made.name}: {summary['documents']:,} of {pool['documents']:,} documents, "
        f"{summary['tokens']:,} of {pool['tokens']:,} tokens (asked: {asked})"
    )
    for remark in summary.get("remarks", ()):
        console.warn(remark)


@winnow.command()
@click.argument("name", required=False)
@click.argument("out", required=False)
@click.option("--format", default="parquet", show_default=True, help="File format (winnow methods exporter).")
@click.option("--columns", default="", help="Columns to write besides the document, comma-separated; 'all' for all.")
@click.option(
    "--validation", default=0.0, metavar="SHARE", help="Share of documents set apart, no copies on both sides."
)
@arrange_options
@click.option("--verify", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Check an export's sums.")
@set_option
@folder_option
def export(
    folder: Path,
    /,
    name: str | None,
    out: str | None,
    format: str,
    columns: str,
    validation: float,
    verify: Path | None,
    settings: tuple[str, ...],
    **arranging: Any,
) -> None:
    """Write a selection as files, arranged by --arrange METHOD (winnow methods arrange), or check one with --verify OUT.

    --set KEY=VALUE is a setting of the format, --set METHOD.KEY=VALUE one of an arrangement.
    """
    if verify is not None:
        _verify(verify)
        return
    if name is None or (out is None and not arranging["dry_run"]):
        raise click.UsageError("Give the selection's name and a folder: winnow export NAME OUT.")
    from winnow.export.base import Exporter
    from winnow.workspace import Workspace

    plain, arrange = read_settings(pairs(settings), arranging["names"])
    judge = judge_recipe(arranging["judge"], arranging["model"], pairs(arranging["judge_settings"]))
    exporter = method(Exporter, format).from_text(plain)
    names = [column.strip() for column in columns.split(",") if column.strip()]
    if out is None or arranging["dry_run"]:
        dry_run(folder, name, arrange, judge)
        _forecast(folder, name, exporter, names, validation)
        return
    how: dict[str, Any] = {"columns": names, "arrange": arrange, "judge": judge, "validation": validation}
    how["settings"] = {key: value for key, value in exporter.recipe.items() if key != "method"}
    with console.progress() as progress:
        written = Workspace(folder).export(name, out, format=format, progress=progress, **how)
    check = "" if is_remote(written) else f" (check it: winnow export --verify {written})"
    console.say(f"{name} written to {written}{check}")


def _forecast(folder: Path, name: str, exporter: Any, columns: list[str], validation: float) -> None:
    from winnow.jobs.export import Writing
    from winnow.jobs.export_plan import foresee
    from winnow.workspace import Workspace

    catalog = Workspace(folder).catalog
    for part in foresee(catalog, catalog.selections.get(name), Writing(exporter, columns, validation=validation)):
        split = f"{part.split}: " if part.split else ""
        files = f"{'' if part.exact else 'about '}{part.files:,} {'file' if part.files == 1 else 'files'}"
        console.say(f"{split}{part.documents:,} rows in {files}, about {part.bytes / 1e6:,.1f} MB ({exporter.name})")


def _verify(out: Path) -> None:
    from winnow.export.manifest import verify

    problems = verify(out)
    if problems:
        raise WinnowError(f"{out} is not what its manifest says", "; ".join(problems), "export it again")
    console.say(f"{out}: every file is what its manifest says")


@winnow.command()
@click.argument("paths", nargs=-1, required=True)
@reading_options
@folder_option
def run(
    folder: Path, /, paths: tuple[str, ...], format: str | None, again: bool, settings: tuple[str, ...], **columns: Any
) -> None:
    """Do it all: ingest, score --all, embed, cluster."""
    from winnow.workspace import Workspace

    with console.progress() as progress:
        told = {**columns, **pairs(settings)}
        made = Workspace.create(folder).run(paths, format=format, columns=told, again=again, progress=progress)
    console.say(f"open it: winnow -w {folder} app")
    _report(made)
