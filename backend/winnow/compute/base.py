"""The interface of every executor."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Executor(Protocol):
    """Runs a function over items, anywhere; results come as they finish, in any order."""

    workers: int
    remote: bool
    """Whether work may run on other machines: then they, and not this one, should have the accelerators it wants."""

    def map(self, work: Callable[[Item], Result], items: Iterable[Item], *, gpu: bool = False) -> Generator[Result]:
        """Yield one result per item; an error in one item is raised after what finished before was yielded.

        `gpu` says that the work runs on an accelerator where there is one.
        """
        ...
