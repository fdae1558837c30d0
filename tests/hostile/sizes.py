"""Takes files in that are made to burst a reader's memory: python tests/hostile/sizes.py [FOLDER] [--write].

Each is made in FOLDER (4 GB of room), taken in by `winnow ingest` in a process of its own whose memory and processor time the
system counts, and removed. Every file begins and ends with a sound document: both must be there afterwards, whatever lies
between them. `--write` puts the table into the README beside this file.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from hostile.bursting import CASES, FIRST, LAST, Case
from winnow.workspace import Workspace


@dataclass(frozen=True)
class Measured:
    """What taking a file in cost, and what of it is in the corpus; `wrong` says what should not be."""

    taken: int
    aside: int
    clock: float
    processor: float
    megabytes: float
    wrong: str


def measure(case: Case, folder: Path) -> Measured:
    path = case.write(folder)
    start = time.monotonic()
    child = subprocess.Popen(
        [sys.executable, "-m", "winnow", "-w", str(folder / "corpus"), "ingest", str(path)],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert child.stderr is not None
    told = child.stderr.read().decode()
    _, status, used = os.wait4(child.pid, 0)
    clock = time.monotonic() - start
    path.unlink()
    code = os.waitstatus_to_exitcode(status)
    if code or "Traceback" in told:
        return Measured(0, 0, clock, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, told.strip()[-300:])
    corpus = Workspace(folder / "corpus")
    (made,) = corpus.catalog.manifest.inputs()
    lost = {FIRST, LAST} - {row["text"] for row in corpus.sql(
        f"SELECT text FROM docs WHERE text IN ('{FIRST}', '{LAST}')").to_pylist()}  # fmt: skip
    wrong = f"lost: {lost}" if lost else "" if made.rejected == case.aside else f"set aside: {made.rejected}"
    return Measured(made.documents, made.rejected, clock, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, wrong)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    asked.add_argument("folder", type=Path, nargs="?", default=Path(tempfile.gettempdir()))
    asked.add_argument("--only", default="", help="cases whose name holds this")
    asked.add_argument("--write", action="store_true")
    told = asked.parse_args()
    rows, wrong = [], []
    for case in (case for case in CASES if told.only in case.name):
        folder = Path(tempfile.mkdtemp(dir=told.folder))
        found = measure(case, folder)
        shutil.rmtree(folder)
        rows.append(
            f"| {case.name} | {found.taken:,} | {found.aside:,} | {found.megabytes:,.0f} | {found.processor:.1f} | "
            f"{found.clock:.1f} |"
        )
        print(rows[-1], found.wrong, flush=True)
        wrong += [f"{case.name}: {found.wrong}"] if found.wrong else []
    head = ["| file | taken | set aside | peak memory, MB | processor, s | clock, s |", "|---|--:|--:|--:|--:|--:|"]
    if told.write:
        readme = Path(__file__).with_name("README.md")
        before, _, rest = readme.read_text().partition("<!-- sizes -->")
        text = "\n".join([*head, *rows])
        readme.write_text(
            f"{before}<!-- sizes -->\n{text}\n<!-- end of sizes -->{rest.partition('<!-- end of sizes -->')[2]}"
        )
    sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
