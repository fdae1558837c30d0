"""Who acts, and what their role allows. Commands and notebooks act with the rights that the files give them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from winnow.errors import AccessError, SettingError, nearest

ROLES = ("reader", "annotator", "curator")
"""Each may do what those before it may: read; label; everything else."""

NOBODY = "nobody"
"""The role of a visitor who has to log in first: it allows nothing."""

RIGHTS = {"read": "reader", "label": "annotator", "curate": "curator"}
"""What somebody wants to do, and the least role that allows it."""

_DOING = {"read": "reading", "label": "labelling", "curate": "changing the corpus"}


@dataclass(frozen=True)
class Actor:
    """A person who came through the app or the API. `name` is empty for one who has not said it."""

    name: str
    role: str

    @property
    def as_words(self) -> str:
        """Return the role with its article."""
        return f"an {self.role}" if self.role[0] in "aeiou" else f"a {self.role}"

    def may(self, right: str) -> bool:
        """Return whether the role allows a right ("read", "label" or "curate")."""
        return self.role in ROLES and ROLES.index(self.role) >= ROLES.index(RIGHTS[right])


SERVER = Actor("(server)", "curator")
"""A server on its own account, before anybody has come."""

_acting: ContextVar[Actor | None] = ContextVar("winnow_actor", default=None)
_ask: list[Callable[[], Actor | None]] = []


def present() -> Actor | None:
    """Return who acts in this thread or task; None for a command, a notebook or a job's own process."""
    actor = _acting.get()
    return actor if actor is not None or not _ask else _ask[-1]()


@contextmanager
def acting(actor: Actor | None) -> Iterator[None]:
    """Let an actor act until the block ends."""
    before = _acting.set(actor)
    try:
        yield
    finally:
        _acting.reset(before)


def ask_first(provider: Callable[[], Actor | None]) -> None:
    """Have a server say who acts in the threads that it starts itself."""
    _ask[:] = [provider]


def require(right: str) -> None:
    """Raise AccessError when somebody acts whose role does not allow a right."""
    actor = present()
    if actor is None or actor.may(right):
        return
    if actor.role == NOBODY:
        raise AccessError("this corpus is shown to people it knows", "nobody has logged in", "log in first")
    needed, name = RIGHTS[right], actor.name or "others"
    who = actor.name or "whoever has no name here"
    raise AccessError(
        f"{_DOING[right]} needs the role {needed}", f"{who} is {actor.as_words}", f"winnow users role {name} {needed}"
    )


def checked_role(role: str) -> str:
    """Return a role; raises SettingError for an unknown one."""
    if role not in ROLES:
        raise SettingError(f"no role is called '{role}'", "", nearest(role, ROLES))
    return role
