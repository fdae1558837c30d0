"""A person's statement in a process of its own, which the system stops when it takes too much memory or time.

DuckDB counts what its tables take, and not what a function builds: a word repeated and joined fills the memory of the
whole server, and no timer reaches it meanwhile. Run as `python -m winnow.catalog.apart`, this file is that process: it
knows nothing of the corpus but the columns it is given and the statements that lock it in.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa

from winnow.errors import QueryError

GRACE = 10.0
"""Seconds beside its own time that the process may take to start and to write its answer."""

ROOM = 1.5
"""The process may take so much more than DuckDB's own limit: for the answer, and for what DuckDB does not count."""

TOO_LARGE = "narrow it with WHERE, or name fewer columns"


def run_apart(statement: str, columns: pa.Table, locks: Sequence[str], *, memory: int, seconds: float) -> pa.Table:
    """Return the answer to a statement over the relation `columns_of_docs` after the statements in `locks`.

    `memory` is in bytes. Raises QueryError with DuckDB's own first line, or for one that took too much or too long.
    """
    with TemporaryDirectory(prefix="winnow-sql-") as name:
        folder = Path(name)
        with pa.OSFile(str(folder / "columns"), "wb") as file, pa.ipc.new_file(file, columns.schema) as writer:
            writer.write_table(columns)
        told = {"statement": statement, "locks": list(locks), "memory": memory, "seconds": seconds, "folder": name}
        command = [sys.executable, "-m", "winnow.catalog.apart"]
        try:
            done = subprocess.run(
                command, input=json.dumps(told).encode(), capture_output=True, timeout=seconds + GRACE, env=_bare(),
                cwd=name, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise _late(seconds) from None
        if done.returncode:
            raise QueryError("the statement cannot be run", "it needs more memory than one may take", TOO_LARGE)
        said = json.loads(done.stdout)
        if said["kind"] == "late":
            raise _late(seconds)
        if said["kind"]:
            fix = (
                TOO_LARGE
                if said["kind"] == "OutOfMemoryException"
                else "columns: winnow sql 'SELECT * FROM docs LIMIT 1'"
            )
            raise QueryError("the statement cannot be run", said["words"], fix)
        with pa.OSFile(str(folder / "answer"), "rb") as file:
            return pa.ipc.open_file(file).read_all()


def _late(seconds: float) -> QueryError:
    return QueryError(f"a statement runs for {seconds:g} s at most", "this one took longer", "narrow it with WHERE")


def _bare() -> dict[str, str]:
    """Return the environment without anything that opens doors."""
    kept = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
    return {name: os.environ[name] for name in kept if name in os.environ}


def _answer(told: dict[str, Any]) -> dict[str, str]:
    """Run the statement and write its answer; return the kind of a failure and DuckDB's first line."""
    folder, late = Path(told["folder"]), threading.Event()
    bounds = {"python_enable_replacements": "false", "memory_limit": f"{told['memory'] // 2**20}MiB"}
    database = duckdb.connect(":memory:", config={**bounds})

    def stop() -> None:
        late.set()
        database.interrupt()

    try:
        database.register("columns_of_docs", pa.ipc.open_file(pa.memory_map(str(folder / "columns"))).read_all())
        for lock in told["locks"]:
            database.execute(lock)
        _bound(round(told["memory"] * ROOM))
        timer = threading.Timer(told["seconds"], stop)
        timer.daemon = True
        timer.start()
        found = database.execute(told["statement"]).to_arrow_table()
        with pa.OSFile(str(folder / "answer"), "wb") as file, pa.ipc.new_file(file, found.schema) as writer:
            writer.write_table(found)
    except (duckdb.Error, pa.ArrowInvalid, MemoryError) as reason:
        if late.is_set():
            return {"kind": "late", "words": ""}
        return {"kind": type(reason).__name__, "words": next(iter(str(reason).splitlines()), type(reason).__name__)}
    return {"kind": "", "words": ""}


def _bound(room: int) -> None:
    """Let this process take so many bytes more than it has now; where the system knows no such limit, DuckDB's holds."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + room
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_answer(json.load(sys.stdin))))
    sys.stdout.flush()
    # What a statement still does in another thread ends with the process.
    os._exit(0)
