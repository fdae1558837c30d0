"""What every request works with: the corpus, who asks, and which files they may name."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from winnow.api.visitors import Visitors
from winnow.catalog import access
from winnow.errors import AccessError
from winnow.storage import is_remote
from winnow.workspace import Workspace


@dataclass(frozen=True)
class Served:
    """The corpus that a server shows, opened when first asked for, and its visitors."""

    workspace: Callable[[], Workspace]
    visitors: Visitors

    def speaker(self, told: str) -> str:
        """Return whose name a label or a step taken back stands under; raises AccessError."""
        return self.visitors.speaker(access.present(), told)

    def allowed(self, path: str) -> str:
        """Return a whole path on the server that a request may name; raises AccessError for one outside the folders."""
        return allowed(path, self.visitors.door.folders)

    def within(self, told: object) -> None:
        """Raise AccessError where a recipe or settings name a file outside the folders."""
        within(told, self.visitors.door.folders)


def allowed(path: str, folders: tuple[Path, ...] | None) -> str:
    """Return a whole path, its links followed, if it lies in one of the folders; None is anywhere, addresses too."""
    if is_remote(path):
        if folders is None:
            return path
        fix = "export into a folder, or run winnow on the server itself"
        raise AccessError(f"{path} lies outside of what people may name", "the server's keys are for its owner", fix)
    whole = Path(path).expanduser().resolve()
    if folders is None or any(whole.is_relative_to(folder) for folder in folders):
        return str(whole)
    fix = "choose a folder there, or set WINNOW_FOLDERS on the server"
    raise AccessError(f"{path} lies outside of what people may name", ", ".join(map(str, folders)), fix)


def within(told: object, folders: tuple[Path, ...] | None) -> None:
    """Raise AccessError where a text anywhere in a recipe is a file that people may not name; None is anywhere.

    Settings of methods name word lists, models and tokenizers beside columns and words, so that a text counts as a path
    when there is something: a file, or a folder written with a separator.
    """
    for text in _texts(told) if folders is not None else ():
        try:
            path = Path(text).expanduser()
            named = path.is_file() or (path.is_dir() and os.sep in text.strip(os.sep))
        except (OSError, RuntimeError, ValueError):
            continue
        if named:
            allowed(text, folders)


def _texts(told: object) -> Iterator[str]:
    if isinstance(told, str):
        yield told
    elif isinstance(told, Mapping):
        for value in told.values():
            yield from _texts(value)
    elif isinstance(told, (list, tuple)):
        for value in told:
            yield from _texts(value)
