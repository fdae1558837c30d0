"""Every error Winnow raises on purpose, each with its fix.

WinnowError
├── SettingError     a setting, a name or a budget is not one that can be used
├── MissingNeed      a method needs a column, vectors or a target that the corpus lacks
├── InputError       a file or a row cannot be read
├── CorpusError      the corpus folder is absent, damaged or of another layout
├── QueryError       a filter or a SQL statement cannot be run
├── ConflictError    the thing exists already, or somebody else is writing it
├── AccessError      nobody has logged in, or a role does not allow it
└── Cancelled        a person stopped the job

Each message has three parts: who needs what; what was found; the command or setting that mends it. Names of strangers stand
in it, so signs that are not seen, break a line or turn it around are spelt out.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def legible(text: str) -> str:
    """Return a text in which signs that cannot be printed are spelt out.

    >>> legible("a\\u202eb")
    'a\\\\u202eb'
    """
    return text if text.isprintable() else "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)


class WinnowError(Exception):
    """An expected failure with a cause and a fix, shown to people without a traceback."""

    def __init__(self, needs: str, found: str = "", fix: str = "") -> None:
        self.needs, self.found, self.fix = legible(needs), legible(found), legible(fix)
        super().__init__("; ".join(part for part in (self.needs, self.found, self.fix) if part))

    def __reduce__(self) -> tuple[type[WinnowError], tuple[str, str, str]]:
        return type(self), (self.needs, self.found, self.fix)


class SettingError(WinnowError, ValueError):
    """A setting, a name or a budget is not one that can be used."""


class MissingNeed(WinnowError):
    """A method needs a column, vectors or a target that the corpus lacks."""


class InputError(WinnowError):
    """A file or a row cannot be read."""


class CorpusError(WinnowError):
    """The corpus folder is absent, damaged or of another layout."""


class QueryError(WinnowError):
    """A filter or a SQL statement cannot be run."""


class ConflictError(WinnowError):
    """The thing exists already, or somebody else is writing it."""


class AccessError(WinnowError):
    """Nobody has logged in, or a person's role does not allow it."""


class Cancelled(WinnowError):
    """A person stopped the job; what was published before stays."""


SHOWN = 16
"""How many names a message lists at most."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Say which known name was probably meant, or list what there is.

    >>> nearest("gumble", ["gumbel", "top"])
    "did you mean 'gumbel'?"
    >>> nearest("zzz", ["gumbel", "top"])
    'choose from: gumbel, top'
    """
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f"did you mean '{close[0]}'?"
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return "choose from: " + ", ".join(names[:SHOWN]) + more if names else "there is none yet"
