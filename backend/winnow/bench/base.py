"""The interface of every benchmark: documents in, figures out."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from winnow.bench.material import Material
from winnow.method import Method

IMPORTED = {"scikit-learn": "sklearn"}
"""Packages that are imported by another name than they are installed by."""


@dataclass(frozen=True)
class Peer:
    """What another tool reached with the same documents in the same run, in the same unit."""

    name: str
    value: float


@dataclass(frozen=True)
class Figure:
    """One measured figure.

    `value` in `unit` ("docs/s", "s", "ms", "" for a share); `size` in MB/s of text and `memory`, the peak of the process
    while it was measured, in bytes, where they make sense; `n` what was counted, with its word.
    """

    what: str
    value: float
    unit: str
    n: str
    size: float | None = None
    memory: int | None = None
    peer: Peer | None = None

    @property
    def smaller_is_better(self) -> bool:
        return self.unit in ("s", "ms")

    @property
    def times(self) -> float | None:
        """How many times better than the peer's; None without one."""
        if self.peer is None or not self.peer.value or not self.value:
            return None
        return self.peer.value / self.value if self.smaller_is_better else self.value / self.peer.value


@dataclass(frozen=True, kw_only=True)
class Benchmark(Method):
    """Measures one part. Runs in a process of its own, with as many threads as asked."""

    documents: ClassVar[int] = 2000
    """How many documents it measures on when nobody says."""

    quick: ClassVar[Mapping[str, Any]] = {}
    """Settings under which it takes a second, for its test."""

    @abstractmethod
    def measure(self, material: Material) -> Iterator[Figure]:
        """Yield figures as they are made; peers that are not installed are left out."""


def installed(package: str) -> str | None:
    """Return "package version" of a peer, or None where it is not installed."""
    if importlib.util.find_spec(IMPORTED.get(package, package.replace("-", "_"))) is None:
        return None
    try:
        return f"{package} {importlib.metadata.version(package)}"
    except importlib.metadata.PackageNotFoundError:
        return package
