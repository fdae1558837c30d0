"""The entry point: global options, and errors as one line with exit code 1 (failed) or 2 (wrong usage)."""

from __future__ import annotations

import importlib
import io
import logging
import os
import sys
from pathlib import Path
from typing import Any

import click

from winnow.cli import console
from winnow.errors import SettingError, WinnowError, nearest

FILES = (
    "line",
    "bringing",
    "choosing",
    "filtering",
    "labelling",
    "learning",
    "serving",
    "browsing",
    "sharing",
    "findings",
    "measuring",
    "proving",
    "lab",
    "rounds",
    "caring",
)
"""The files that hold the commands, in the order in which they are listed."""


class Verbs(click.Group):
    """A group that lists commands in the order of the line and says which one was probably meant."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(self.commands)

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(context, args)
        except click.UsageError as reason:
            raise click.UsageError(
                f"{reason.message} {nearest(args[0], self.commands).capitalize()}", context
            ) from None


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="winnow-workbench", prog_name="winnow")
@click.option(
    "-w",
    "--workspace",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="WINNOW_WORKSPACE",
    default=Path("corpus"),
    help="Corpus folder (default: $WINNOW_WORKSPACE, else ./corpus).",
)
@click.option(
    "--on",
    type=click.Choice(["local", "ray"]),
    help="Where work runs: processes of this machine, or the Ray cluster at $RAY_ADDRESS (default: $WINNOW_ON, else local).",
)
@click.option("--debug", is_flag=True, help="Show tracebacks.")
@click.pass_context
def winnow(context: click.Context, workspace: Path, on: str | None, debug: bool) -> None:
    """Inspect, label, select and export text corpora for language models."""
    context.obj = workspace
    if on is not None:
        # The environment carries it to the jobs that this process starts.
        os.environ["WINNOW_ON"] = on


def load_commands() -> None:
    """Import the files that hold the commands."""
    for name in FILES:
        importlib.import_module(f"winnow.cli.{name}")


def main() -> None:
    """Run the command line and exit with 0 (done), 1 (failed), 2 (wrong usage) or 130 (stopped at the keyboard)."""
    for commands in FILES:
        importlib.import_module(f"winnow.cli.{commands}")
    for stream in (sys.stdout, sys.stderr):
        # A file's name may hold bytes that are no text, and a terminal may know fewer letters than a corpus.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    # It tells of every attempt to reach the network; the error that follows says it in a line.
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    code = _run()
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_output()
    sys.exit(code)


def _run() -> int:
    try:
        result: Any = winnow.main(standalone_mode=False, prog_name="winnow")
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as reason:
        return reason.exit_code
    except click.ClickException as reason:
        reason.show()
        return 2
    except (KeyboardInterrupt, click.Abort):
        console.fail("stopped; what was published before is kept, run the command again to go on")
        return 130
    except BrokenPipeError:
        _drop_output()
        return 0
    except Exception as reason:
        if "--debug" in sys.argv:
            raise
        console.fail(_words(reason))
        return 2 if isinstance(reason, SettingError) else 1


def _drop_output() -> None:
    """Send what is still to be printed nowhere: whoever read it has gone, as `| head` does."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _words(reason: Exception) -> str:
    if isinstance(reason, WinnowError):
        return str(reason)
    if isinstance(reason, OSError) and reason.strerror:
        place = f"{reason.filename}: " if reason.filename else ""
        return f"{place}{reason.strerror}; check the path, its rights and the free space"
    if isinstance(reason, MemoryError):
        return "there is not enough memory; close something, or give the command fewer workers or documents"
    return f"unexpected {type(reason).__name__}: {reason}; run again with --debug for the traceback"
