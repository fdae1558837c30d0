"""Reads thousands of damaged files of every format: python tests/hostile/readers.py [FILES_EACH] [READER...] [--write].

Prints a row a reader: files, tracebacks, files slower than ten seconds, good rows lost. `--write` puts it into the table in
README.md in the place of the reader's row.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from hostile.fuzzing import READERS, try_reader

README = Path(__file__).with_name("README.md")


def read_damaged(name: str, each: int) -> tuple[str, list[str]]:
    """Return the row of a reader and what went wrong."""
    tracebacks, slow, lost, slowest, start = [], 0, 0, 0.0, time.process_time()
    for seed in range(each):
        with tempfile.TemporaryDirectory() as folder:
            found = try_reader(name, Path(folder), seed)
        tracebacks += [f"{name} {seed}: {found.traceback}"] if found.traceback else []
        slow, lost, slowest = slow + (found.seconds > 10), lost + found.lost, max(slowest, found.seconds)
    milliseconds = (time.process_time() - start) / each * 1000
    cells = (f"`{name}`", f"{each:,}", len(tracebacks), slow, f"{slowest:.2f}", f"{milliseconds:.1f}", lost)
    return f"| {' | '.join(map(str, cells))} |", tracebacks


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    asked.add_argument("each", type=int, nargs="?", default=10_000)
    asked.add_argument("readers", nargs="*", default=sorted(READERS))
    asked.add_argument("--write", action="store_true")
    told = asked.parse_args()
    for name in told.readers:
        row, tracebacks = read_damaged(name, told.each)
        print(row, *tracebacks[:5], sep="\n", flush=True)
        if told.write:
            README.write_text(
                re.sub(rf"^\| `{name}` .*$", lambda _, row=row: row, README.read_text(), flags=re.MULTILINE)
            )


if __name__ == "__main__":
    main()
