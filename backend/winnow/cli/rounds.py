"""The command of model-aware selection in rounds: rounds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from winnow.cli import console
from winnow.cli.line import folder_option
from winnow.cli.main import winnow


@winnow.command()
@click.argument("name")
@click.option("--target", required=True, help="File of texts that a model is to read better; no test split.")
@click.option("--rounds", default=2, show_default=True, help="How often a model is probed, chosen for and taught on.")
@click.option("--share", default=0.2, show_default=True, help="Share of the corpus's tokens that all rounds choose.")
@click.option("--method", default="mates", show_default=True, help="mates or group_mates.")
@click.option("--temperature", default=0.5, show_default=True, help="With mates: how much chance decides.")
@click.option("--probes", default=1000, show_default=True, help="Documents that are probed in each round.")
@click.option("--tier", default="ci", show_default=True, help="Size of the model: ci, cpu, small, medium.")
@click.option("--tokens", type=int, help="Tokens that the model reads before each round (default: the tier's).")
@click.option("--seed", default=0, show_default=True)
@click.option("--replace", "again", is_flag=True, help="Make the models and selections of these rounds anew.")
@click.option("--dry-run", is_flag=True, help="Say how long it takes, and stop.")
@folder_option
def rounds(folder: Path, /, name: str, again: bool, dry_run: bool, **told: Any) -> None:
    """Choose by measured influence in rounds: teach a model, probe it, choose for it, teach it on that, and again."""
    from winnow.jobs.lab_series import rounds_minutes
    from winnow.jobs.rounds import Plan, rows_of
    from winnow.workspace import Workspace

    console.warn(f"about {rounds_minutes(Plan(**told)):.1f} minutes")
    if dry_run:
        return
    with console.progress() as progress:
        made = Workspace(folder).rounds(name, told, replace=again, progress=progress)
    heads = ("round", "model", "prediction ranks probes", "reliability", "like the round before", "documents", "tokens")
    console.table(heads, list(rows_of(made)))
    console.say(f"selection {name} is all rounds together; prove it: winnow prove {name} --target FILE")
