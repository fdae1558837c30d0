"""Starting worker processes from anywhere: a script, a notebook, a server."""

from __future__ import annotations

import sys
import types
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def without_main() -> Generator[None]:
    """Hide the main module while a process is spawned.

    A spawned process would import it first: a script that has no `if __name__ == "__main__"` would then run a second
    time in every worker. What workers run is found in the package and never in the main module.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
