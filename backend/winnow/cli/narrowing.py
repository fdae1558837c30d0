"""Which documents a command is about: an SQL condition, or a view of the app by its address."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

import click

if TYPE_CHECKING:
    from winnow.catalog.filters import Filter

Command = TypeVar("Command", bound=Callable[..., Any])


def narrowing_options(command: Command) -> Command:
    """Add --where and --view, which reach the command as one `filter`."""

    @click.option("--where", default="", help="SQL condition of the documents, for example: language = 'en'.")
    @click.option(
        "--view", default="", metavar="ADDRESS", help="The documents of a view: its address in the app, or what stands after the ?."
    )  # fmt: skip
    @functools.wraps(command)
    def narrowed(*given: Any, where: str, view: str, **told: Any) -> Any:
        return command(*given, filter=narrowed_to(where, view), **told)

    return narrowed  # type: ignore[return-value]


def narrowed_to(where: str, view: str) -> Filter:
    """Return the documents of a condition or of a view; raises QueryError for a view that cannot be read or narrows nothing."""
    from dataclasses import replace

    from winnow.catalog.filters import Filter
    from winnow.errors import QueryError

    if where and view:
        raise click.UsageError("Give --where or --view: a view has its own SQL condition.")
    query = urlsplit(view).query if view.startswith(("http://", "https://")) else view.removeprefix("?")
    found = replace(Filter(), where=where) if where else Filter.from_query(dict(parse_qsl(query)))
    # An address that was cut short must not come to mean every document.
    if view and not found:
        fix = "copy the address of Explore with a filter set, or leave --view out for all documents"
        raise QueryError("--view narrows the documents", f"nothing in '{view}' does", fix)
    return found
