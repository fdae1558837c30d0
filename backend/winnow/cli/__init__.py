"""The command `winnow`: one command per verb, flags drawn from settings, no logic."""

from winnow.cli.main import main

__all__ = ["main"]
