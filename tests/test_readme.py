"""The README tells the truth: its method table is drawn from the code, its commands, links and pictures exist."""

from __future__ import annotations

import os
import re
from pathlib import Path

import click
import pytest

from winnow.cli.main import load_commands, winnow
from winnow.describe import method_table

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"


def between(marker: str) -> str:
    found = re.search(rf"<!-- {marker} -->\n(.*?)<!-- /{marker} -->", README.read_text("utf-8"), re.DOTALL)
    assert found is not None, f"the README lacks the marks of {marker}"
    return found[1]


def test_method_table_is_drawn_from_the_code() -> None:
    if os.environ.get("WINNOW_WRITE_README"):
        start, marked, rest = README.read_text("utf-8").partition("<!-- methods -->\n")
        end = rest.partition("<!-- /methods -->")[2]
        README.write_text(f"{start}{marked}{method_table()}\n<!-- /methods -->{end}", "utf-8")
    assert between("methods").strip() == method_table(), "run: WINNOW_WRITE_README=1 pytest tests/test_readme.py"


def test_every_command_is_in_the_readme() -> None:
    load_commands()
    text = README.read_text("utf-8")
    for name, command in winnow.commands.items():
        assert re.search(rf"`{name}\b", text), f"the README lacks the command {name}"
        assert command.get_short_help_str(), f"{name} has no help"


def test_every_option_of_a_command_has_help() -> None:
    load_commands()
    for name, command in winnow.commands.items():
        for option in command.params:
            if isinstance(option, click.Option) and option.name not in ("seed", "port", "host"):
                assert option.help, f"{name} --{option.name} has no help"


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\((?!https?:)([^)#]+)", README.read_text("utf-8")))))
def test_links_and_pictures_exist(target: str) -> None:
    assert (ROOT / target).exists(), target


def test_every_dependency_has_its_reason() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    reasons = README.read_text("utf-8").partition("## What it stands on")[2]
    for requirement in project["dependencies"]:
        name = re.split(r"[<>=!~\[; ]", requirement)[0]
        assert name in reasons, f"the README gives no reason for {name}"
