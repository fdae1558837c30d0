"""The commands that look after a corpus: doctor, backup, restore."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.text import Text

from winnow.cli import console
from winnow.cli.main import winnow

if TYPE_CHECKING:
    from winnow.jobs.backup import Copied


@winnow.command()
@click.option("--repair", is_flag=True, help="Mend what can be mended; damaged files are put aside, never thrown away.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each finding.")
@click.pass_obj
def doctor(folder: Path, repair: bool, as_json: bool) -> int:
    """Check every shard, checksum, row, index and selection; exit 1 when something wrong still stands."""
    from winnow.workspace import Workspace

    workspace = Workspace(folder)
    with console.ConsoleProgress() as progress:
        examined = workspace.examine(repair=repair, progress=progress)
    for finding in examined.found:
        mended = finding in examined.mended
        if as_json:
            click.echo(json.dumps({**dataclasses.asdict(finding), "mended": mended}))
        else:
            end = "mended" if mended else finding.fix
            console.STDOUT.print(Text(f"{finding.where}: {finding.found} → {end}"))
    standing = len(examined.standing)
    if not as_json:
        told = "nothing is wrong" if not standing else f"{standing} of {len(examined.found)} findings stand"
        console.STDOUT.print(f"{examined.bytes / 1e6:,.1f} MB looked at; {told}")
    return 1 if standing else 0


@winnow.command()
@click.argument("where", type=click.Path(file_okay=False, path_type=Path))
@click.pass_obj
def backup(folder: Path, where: Path) -> None:
    """Bring the folder WHERE up to the corpus; only what is new is copied. It is a corpus itself: winnow -w WHERE status."""
    from winnow.workspace import Workspace

    with console.ConsoleProgress() as progress:
        copied = Workspace(folder).back_up(where, progress=progress)
    _tell(copied, where)


@winnow.command(name="restore")
@click.argument("backup", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.pass_obj
def restore_(folder: Path, backup: Path) -> None:
    """Make the corpus again from a BACKUP; its folder must be empty or absent."""
    from winnow.jobs.backup import restore

    with console.ConsoleProgress() as progress:
        copied = restore(backup, folder.absolute(), progress)
    _tell(copied, folder)


def _tell(copied: Copied, where: Path) -> None:
    console.STDOUT.print(
        Text(
            f"{where}: {copied.files:,} files ({copied.bytes / 1e6:,.1f} MB) copied, {copied.known:,} were there already"
        )
    )
