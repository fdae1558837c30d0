"""Reads thousands of damaged files of every format: python tests/hostile/readers.py [FILES_EACH] [READER...].

Prints a row a reader for the table in README.md: files, tracebacks, files slower than ten seconds, good rows lost.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from hostile.fuzzing import READERS, try_reader


def main(each: int, names: list[str]) -> None:
    print("| reader | files | tracebacks | over 10 s | slowest, s | good rows lost |")
    print("|---|--:|--:|--:|--:|--:|")
    for name in names or sorted(READERS):
        tracebacks, slow, lost, slowest = set(), 0, 0, 0.0
        for seed in range(each):
            with tempfile.TemporaryDirectory() as folder:
                found = try_reader(name, Path(folder), seed)
            tracebacks |= {f"{seed}: {found.traceback}"} if found.traceback else set()
            slow, lost, slowest = slow + (found.seconds > 10), lost + found.lost, max(slowest, found.seconds)
        row = f"| `{name}` | {each:,} | {len(tracebacks)} | {slow} | {slowest:.2f} | {lost} |"
        print(row, *sorted(tracebacks)[:5], sep="\n" if tracebacks else " ", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, sys.argv[2:])
