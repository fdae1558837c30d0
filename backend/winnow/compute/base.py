"""The interface of every executor."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Executor(Protocol):
    """Runs a function over items, anywhere; results come as they finish, in any order."""

    workers: int

    def map(self, work: Callable[[Item], Result], items: Iterable[Item]) -> Generator[Result]:
        """Yield one result per item; an error in one item is raised after what finished before was yielded."""
        ...
