"""The command that says what published rules would drop: rules."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from winnow.cli import console
from winnow.cli.main import winnow


@winnow.command()
@click.argument("preset", default="")
@click.option("--keep", default="", help="More thresholds, for example: quality>=0.4, language=en.")
@click.option("--where", default="", help="SQL condition that narrows the documents, for example: language = 'en'.")
@click.pass_obj
def rules(folder: Path, /, preset: str, keep: str, where: str) -> None:
    """Say what each rule of a published filter drops, alone, after the rules above it, and as the only one; without PRESET, list them."""
    from winnow.catalog.filters import Filter
    from winnow.select.presets import PRESETS
    from winnow.select.rules import Rules
    from winnow.workspace import Workspace

    if not preset and not keep:
        console.table(["preset", "rules"], list(PRESETS.items()))
        return
    method = Rules(preset=preset, keep=keep)
    preview = Workspace(folder).preview(method, share=1.0, filter=replace(Filter(), where=where))
    total = left = len(preview.pool)
    rows = []
    for count in method.count_by_rule(preview.pool):
        left -= count.in_sequence
        share = left / total if total else 0.0
        rows.append((count.rule, count.alone, count.in_sequence, count.only, left, share))
    columns = ["rule", "drops alone", "drops in sequence", "only this one", "left", "share left"]
    console.table(columns, rows, numbers=columns[1:])
    console.say(f"{left:,} of {total:,} documents pass every rule")
