"""The commands for a corpus that several people share: users, audit."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from winnow.catalog.access import ROLES
from winnow.cli import console
from winnow.cli.line import folder_option
from winnow.cli.main import winnow

role_type = click.Choice(ROLES)


@winnow.group()
def users() -> None:
    """Say who may read, label or curate on the pages and through the API."""


@users.command("list")
@folder_option
def users_list(folder: Path, /) -> None:
    """List people and roles; `others` is everybody who is not on the list."""
    from winnow.workspace import Workspace

    people = Workspace(folder).catalog.people
    rows = [(person.name, person.role, person.created[:19]) for person in people.all()]
    console.table(["name", "role", "since"], [*rows, ("others", people.role_of_others, "")])


@users.command("add")
@click.argument("name")
@click.option("--role", type=role_type, default="annotator", show_default=True)
@folder_option
def users_add(folder: Path, /, name: str, role: str) -> None:
    """Put a person on the list and print their token, once."""
    from winnow.workspace import Workspace

    people = Workspace(folder).catalog.people
    token = people.add(name, role)
    _show_token(name, token)
    if people.role_of_others == "curator" and role != "curator":
        console.warn("whoever is not on the list is still a curator: winnow users role others reader")


@users.command("role")
@click.argument("name")
@click.argument("role", type=role_type)
@folder_option
def users_role(folder: Path, /, name: str, role: str) -> None:
    """Give a person, or `others`, another role; it holds from their next click."""
    from winnow.workspace import Workspace

    Workspace(folder).catalog.people.set_role(name, role)
    console.say(f"{name} is a {role} now" if name != "others" else f"whoever is not on the list is a {role} now")


@users.command("token")
@click.argument("name")
@folder_option
def users_token(folder: Path, /, name: str) -> None:
    """Give a person a new token, which ends the old one and their sessions."""
    from winnow.workspace import Workspace

    _show_token(name, Workspace(folder).catalog.people.renew(name))


@users.command("remove")
@click.argument("name")
@folder_option
def users_remove(folder: Path, /, name: str) -> None:
    """Take a person off the list; their labels stay, their sessions and token end."""
    from winnow.workspace import Workspace

    Workspace(folder).catalog.people.remove(name)
    console.say(f"{name} is off the list")


def _show_token(name: str, token: str) -> None:
    console.say(f"{name} logs in with this token, which is shown once and kept nowhere:")
    console.say(token)


@winnow.command()
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1), help="Lines at most.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@folder_option
def audit(folder: Path, /, limit: int, as_json: bool) -> None:
    """List exports, deletions and changes of roles, newest first: who, what and when."""
    from winnow.workspace import Workspace

    found = Workspace(folder).catalog.audit.all(limit)
    if as_json:
        for deed in found:
            console.say(json.dumps(asdict(deed), ensure_ascii=False))
        return
    rows = [
        (
            deed.at[:19],
            deed.who,
            deed.what,
            deed.subject,
            ", ".join(f"{key}={value}" for key, value in deed.detail.items()),
        )
        for deed in found
    ]
    console.table(["at", "who", "what", "subject", "detail"], rows)
