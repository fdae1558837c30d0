"""Run a command and print its seconds and the peak memory of it and all its children: python tests/bench/memory.py CMD...

Memory is the sum of the proportional set sizes (PSS: shared pages counted once) of the process tree, looked at ten times
a second.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path


def children(process: int) -> list[int]:
    try:
        tasks = Path(f"/proc/{process}/task").iterdir()
        found = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return []
    return found + [below for child in found for below in children(child)]


def proportional(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024


def main() -> int:
    """Run the command and return its exit code."""
    if len(sys.argv) < 2:
        print(__doc__)
        return 2
    start, peak = time.monotonic(), 0
    command = subprocess.Popen(sys.argv[1:])
    while command.poll() is None:
        peak = max(peak, sum(proportional(process) for process in (command.pid, *children(command.pid))))
        time.sleep(0.1)
    print(f"{time.monotonic() - start:.1f} s, peak {peak / 1e9:.2f} GB", file=sys.stderr)
    return command.returncode


if __name__ == "__main__":
    sys.exit(main())
