"""The command that says what published rules would drop: rules."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from winnow.cli import console
from winnow.cli.main import winnow
from winnow.cli.narrowing import narrowing_options

if TYPE_CHECKING:
    from winnow.catalog.filters import Filter


@winnow.command()
@click.argument("preset", default="")
@click.option("--keep", default="", help="More thresholds, for example: quality>=0.4, language=en.")
@narrowing_options
@click.pass_obj
def rules(folder: Path, /, preset: str, keep: str, filter: Filter) -> None:
    """Say what each rule of a published filter drops, alone, after the rules above it, and as the only one; without PRESET, list them."""
    from winnow.select.presets import PRESETS
    from winnow.select.rules import Rules
    from winnow.workspace import Workspace

    if not preset and not keep:
        console.table(["preset", "rules"], list(PRESETS.items()))
        return
    method = Rules(preset=preset, keep=keep)
    preview = Workspace(folder).preview(method, share=1.0, filter=filter)
    total = left = len(preview.pool)
    rows = []
    for count in method.count_by_rule(preview.pool):
        left -= count.in_sequence
        share = left / total if total else 0.0
        rows.append((count.rule, count.alone, count.in_sequence, count.only, left, share))
    columns = ["rule", "drops alone", "drops in sequence", "only this one", "left", "share left"]
    console.table(columns, rows, numbers=columns[1:])
    console.say(f"{left:,} of {total:,} documents pass every rule")
