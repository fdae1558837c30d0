"""Kill verbs with SIGKILL at random moments while somebody labels, and count what was lost: nothing may be.

    python tests/faults/kills.py 1000 --seed 7 [--minutes 90] [--write]

Each verb runs in a process forked from one that has everything imported, so that a kill falls on its work and not on its
start. After every kill another process looks for lost labels and for columns, exports and restored corpora of which a part
is seen; after every tenth, and before a verb that mends or removes, it examines corpus, backup and models file by file.
Every twentieth verb is run to its end. `--write` puts the table into the README beside this file.
"""

from __future__ import annotations

import argparse
import importlib
import os
import random
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from faults.victim import TRAINING, Victim
from winnow.embed.base import Embedder
from winnow.errors import ConflictError, MissingNeed, WinnowError
from winnow.export.base import Exporter
from winnow.ingest.base import Reader
from winnow.method import methods
from winnow.score.base import Scorer
from winnow.select.base import Selector

LONGEST, LONGEST_TRAINING = 1.5, 5.0
"""Seconds after which the latest kill falls; most fall early, while files are opened and published."""
REFUSED = 5
MENDING = frozenset({"doctor", "sweep"})
"""Verbs that might remove the traces of an earlier kill."""


@dataclass
class Tally:
    """What the kills did, by verb, and everything that must be zero."""

    killed: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    acknowledged: int = 0
    examined: int = 0
    wrong: list[str] = field(default_factory=list)

    def row(self, name: str) -> str:
        return f"| `{name}` | {self.killed[name]:,} | {self.ended[name]:,} | {self.refused[name]:,} |"

    def note(self, name: str, code: int, turn: int) -> None:
        {-signal.SIGKILL: self.killed, REFUSED: self.refused}.get(code, self.ended)[name] += 1
        if code > 0 and code != REFUSED:
            self.wrong.append(f"turn {turn}: {name} failed with exit code {code}")
        if turn % 50 == 0:
            told = f"killed {self.killed.total()}, ended {self.ended.total()}, refused {dict(self.refused)}"
            print(
                f"{time.strftime('%H:%M:%S')} turn {turn}: {told}, wrong {self.wrong[:5]}", file=sys.stderr, flush=True
            )


def forked(work: Callable[[], object]) -> int:
    """Run `work` in a forked process; its exit code is 0, REFUSED, 3 for another of Winnow's errors, 4 for any other."""
    child = os.fork()
    if child:
        return child
    code = 0
    try:
        work()
    except (ConflictError, MissingNeed) as reason:
        # For want of something that a killed verb was to make, or because nothing is left to do: as it should be.
        print(f"- {reason}", file=sys.stderr)
        code = REFUSED
    except WinnowError as reason:
        print(f"! {reason}", file=sys.stderr)
        code = 3
    except BaseException:
        traceback.print_exc()
        code = 4
    finally:
        sys.stdout.flush()
        os._exit(code)


def preload() -> None:
    """Import what the verbs import late, before any process is forked."""
    for name in (
        "torch", "faiss", "tantivy", "sklearn.linear_model", "sentence_transformers", "winnow.cluster.arrange",
        "winnow.jobs.teach", "winnow.jobs.ladder", "winnow.jobs.skills", "winnow.jobs.rounds",
    ):  # fmt: skip
        importlib.import_module(name)
    for kind in (Reader, Scorer, Embedder, Selector, Exporter):
        methods(kind)


def wait(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def run(kills: int, seed: int, documents: int, folder: Path, minutes: float = float("inf")) -> Tally:
    """Kill so often, or for so long, and return the tally."""
    preload()
    draw, tally, victim, turn = random.Random(seed), Tally(), Victim(folder, documents), 0
    victim.grow()
    for step in (victim.ingest, victim.prepare):
        if wait(forked(step)):
            raise SystemExit("the corpus to be killed could not be made")
    annotator, stop = forked(lambda: victim.annotate(0)), time.monotonic() + minutes * 60
    while tally.killed.total() < kills and time.monotonic() < stop:
        name, work = victim.work(draw, turn)
        if name in MENDING or turn % 10 == 9:
            tally.examined += 1
            tally.wrong += found_by(victim.examine, folder)
        child = forked(work)
        if turn % 20 or name in TRAINING:
            time.sleep(draw.random() ** 3 * (LONGEST_TRAINING if name in TRAINING else LONGEST))
            os.kill(child, signal.SIGKILL)
        code = wait(child)
        tally.note(name, code, turn)
        if turn % 7 == 0:
            os.kill(annotator, signal.SIGKILL)
            wait(annotator)
            annotator = forked(lambda life=turn + 1: victim.annotate(life))
        tally.wrong += [f"turn {turn}, {name}: {line}" for line in found_by(victim.look, folder)]
        turn += 1
    os.kill(annotator, signal.SIGKILL)
    wait(annotator)
    tally.wrong += found_by(victim.look, folder) + found_by(victim.examine, folder)
    tally.acknowledged = len(victim.acknowledged.read_text().split())
    return tally


def found_by(check: Callable[[], Iterator[str]], folder: Path) -> list[str]:
    """Return what a check finds wrong in a process of its own."""
    out = folder / "wrong.txt"
    code = wait(forked(lambda: out.write_text("".join(f"{line}\n" for line in check()))))
    return out.read_text().splitlines() + ([f"the check failed with exit code {code}"] if code else [])


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    asked.add_argument("kills", type=int)
    asked.add_argument("--seed", type=int, default=7)
    asked.add_argument("--documents", type=int, default=1000, help="in each of up to 60 files")
    asked.add_argument("--minutes", type=float, default=float("inf"), help="stop then, whatever was killed")
    asked.add_argument("--write", action="store_true")
    told = asked.parse_args()
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        tally = run(told.kills, told.seed, told.documents, Path(folder), told.minutes)
    spent = os.times()
    processor = (spent.user + spent.system + spent.children_user + spent.children_system) / 60
    lost = sum("acknowledged" in line for line in tally.wrong)
    half = sum("half visible" in line for line in tally.wrong)
    text = "\n".join(
        ["| verb | killed at work | ended before the kill, or left to end | refused |", "|---|--:|--:|--:|",
         *map(tally.row, sorted({*tally.killed, *tally.ended, *tally.refused})), "",
         f"{tally.killed.total():,} kills (seed {told.seed}) in {(time.monotonic() - start) / 60:.0f} minutes, "
         f"{processor:.0f} of them on the processor, at load {os.getloadavg()[2]:.0f}; {tally.acknowledged:,} labels "
         f"acknowledged meanwhile by an annotator who was killed too; every file examined {tally.examined:,} times. "
         f"Acknowledged labels lost: {lost}. Columns half visible: {half}. "
         f"Anything else wrong: {len(tally.wrong) - lost - half}."]
    )  # fmt: skip
    print(text)
    print("\n".join(tally.wrong[:50]))
    if told.write:
        readme = Path(__file__).with_name("README.md")
        before, _, rest = readme.read_text().partition("<!-- kills -->")
        readme.write_text(f"{before}<!-- kills -->\n{text}\n<!-- end -->{rest.partition('<!-- end -->')[2]}")
    sys.exit(1 if tally.wrong else 0)


if __name__ == "__main__":
    main()
