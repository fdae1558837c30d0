"""Kill verbs with SIGKILL at random moments while somebody labels, and count what was lost: nothing may be.

    python tests/faults/kills.py 1000 --seed 7 [--write]

Each verb runs in a process forked from one that has everything imported, so that a kill falls on its work and not on its
start. After every kill another process examines the corpus; every tenth verb is run to its end. `--write` puts the table
into the README beside this file.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path

from winnow.compute.local import LocalExecutor
from winnow.embed.base import Embedder
from winnow.errors import ConflictError, MissingNeed, WinnowError
from winnow.export.base import Exporter
from winnow.export.manifest import verify
from winnow.ingest.base import Reader
from winnow.method import methods
from winnow.score.base import Scorer
from winnow.select.base import Selector
from winnow.workspace import Workspace

VERBS = ("ingest", "score", "score", "score", "embed", "cluster", "select", "export", "backup", "index")
SCORERS = ("shape", "tokens", "gopher", "near_duplicates", "near_duplicates", "language", "boilerplate")
WORDS = (
    "ferry",
    "island",
    "apple",
    "letter",
    "piano",
    "winter",
    "garden",
    "bridge",
    "number",
    "market",
    "paper",
    "river",
)
FILES = 40
LONGEST = 1.5
"""Seconds after which the latest kill falls; most fall early, while files are opened and published."""
HARMLESS = {"keywords", "left over"}
"""Findings that a kill may leave: an index that is behind, files that nothing names. Both are seen to by the next run."""


@dataclass
class Tally:
    """What the kills did, by verb, and everything that must be zero."""

    killed: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    acknowledged: int = 0
    wrong: list[str] = field(default_factory=list)


def forked(work: Callable[[], object]) -> int:
    """Run `work` in a forked process; its exit code is 0, 3 for one of Winnow's errors, 4 for any other."""
    child = os.fork()
    if child:
        return child
    code = 0
    try:
        work()
    except (ConflictError, MissingNeed):
        # Refused for want of something that a killed verb was to make: that is as it should be.
        code = 0
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
        "torch",
        "faiss",
        "tantivy",
        "sklearn.linear_model",
        "sentence_transformers",
        "winnow.cluster.arrange",
    ):
        importlib.import_module(name)
    for kind in (Reader, Scorer, Embedder, Selector, Exporter):
        methods(kind)


def wait(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def write_pages(path: Path, first: int, count: int) -> Path:
    draw = random.Random(first)
    rows = ({"id": f"d{first + n}", "text": " ".join(draw.choices(WORDS, k=60)), "n": n} for n in range(count))
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


def fresh(scorer: str, turn: int) -> dict[str, dict[str, int]]:
    """Return settings that no turn before had, so that a scorer's columns are made anew."""
    settings = {
        "near_duplicates": {"bands": 10 + turn % 6},
        "language": {"sample_bytes": 2000 + turn},
        "boilerplate": {"least_documents": 3 + turn % 5},
    }
    return {scorer: settings[scorer]} if scorer in settings else {}


class Victim:
    """A corpus, and the verbs that are killed on it."""

    def __init__(self, folder: Path, documents: int) -> None:
        self.folder, self.documents, self.files = folder, documents, 0
        self.corpus, self.acknowledged = folder / "corpus", folder / "acknowledged.txt"
        self.acknowledged.touch()

    def open(self, folder: Path | None = None) -> Workspace:
        return Workspace(folder or self.corpus, executor=LocalExecutor(1))

    def grow(self) -> None:
        write_pages(self.folder / f"{self.files}.jsonl", self.files * self.documents, self.documents)
        self.files += 1

    def ingest(self) -> None:
        files = [self.folder / f"{file}.jsonl" for file in range(self.files)]
        Workspace.create(self.corpus, executor=LocalExecutor(1)).ingest(files)

    def work(self, draw: random.Random, turn: int) -> tuple[str, Callable[[], object]]:
        """Draw a verb; new files, settings and names see to it that there is work to kill."""
        name = draw.choice(VERBS)
        if name == "ingest" and self.files < FILES:
            self.grow()
            return name, self.ingest
        scorer = draw.choice(SCORERS)
        works: dict[str, Callable[[Workspace], object]] = {
            "score": lambda corpus: corpus.score([scorer], settings=fresh(scorer, turn)),
            "embed": lambda corpus: corpus.embed("static"),
            "cluster": lambda corpus: corpus.cluster(k=4 + turn % 5),
            "select": lambda corpus: corpus.select("random", docs=200, name=f"s{turn}", seed=turn),
            "export": lambda corpus: corpus.export("kept", self.folder / f"out-{turn}"),
            "backup": lambda corpus: corpus.back_up(self.folder / "backup"),
            "index": lambda corpus: corpus.index(),
        }
        name = "score" if name == "ingest" else name
        return name, lambda: works[name](self.open())

    def annotate(self, life: int) -> None:
        """Label without end; a label's uuid is written down once it was acknowledged."""
        labels = self.open().labels
        with open(self.acknowledged, "a") as file:
            for turn in range(10**9):
                uuid = f"{life}-{turn}"
                labels.add(turn % self.documents, "keep", who="ana", uuid=uuid)
                file.write(uuid + "\n")
                file.flush()
                time.sleep(0.02)

    def check(self) -> None:
        """Examine corpus, backup and exports; print a line for everything that is wrong."""
        corpus = self.open()
        for place, found in (("corpus", corpus), ("backup", self.folder / "backup")):
            opened = (
                found
                if isinstance(found, Workspace)
                else self.open(found)
                if (found / "control.sqlite").exists()
                else None
            )
            for finding in opened.examine().found if opened else ():
                if finding.kind not in HARMLESS:
                    print(f"{place}: {finding.where} {finding.found}")
        told = set(self.acknowledged.read_text().split("\n")[:-1])
        kept = {row["uuid"] for row in corpus.catalog.control.rows("SELECT uuid FROM label_events")}
        for uuid in told - kept:
            print(f"label {uuid} was acknowledged and is lost")
        for column in half_visible(corpus):
            print(f"{column} is half visible")
        for out in self.folder.glob("out-*"):
            for wrong in verify(out):
                print(f"{out.name}: {wrong}")
            shutil.rmtree(out)


def half_visible(corpus: Workspace) -> list[str]:
    """Name the current runs that lack shards which were there before they were begun."""
    manifest = corpus.catalog.manifest
    made = {row.input: row.created for row in manifest.inputs()}
    return [
        run.name
        for run in manifest.runs()
        for part in manifest.parts()
        if run.paths and part.part not in run.paths and made[part.input] < run.created
    ]


def run(kills: int, seed: int, documents: int, folder: Path) -> Tally:
    """Kill so often and return the tally."""
    preload()
    draw, tally, victim = random.Random(seed), Tally(), Victim(folder, documents)
    victim.grow()
    steps = (
        victim.ingest,
        lambda: victim.open().complete(),
        lambda: victim.open().select("random", docs=600, name="kept"),
    )
    for step in steps:
        if wait(forked(step)):
            raise SystemExit("the corpus to be killed could not be made")
    annotator, life = forked(lambda: victim.annotate(0)), 0
    while tally.killed.total() < kills:
        turn = tally.killed.total() + tally.ended.total()
        name, work = victim.work(draw, turn)
        child = forked(work)
        if turn % 10:
            time.sleep(draw.random() ** 2 * LONGEST)
            os.kill(child, signal.SIGKILL)
        code = wait(child)
        (tally.killed if code == -signal.SIGKILL else tally.ended)[name] += 1
        if code > 0:
            tally.wrong.append(f"{name} failed with exit code {code}")
        if turn % 7 == 0:
            os.kill(annotator, signal.SIGKILL)
            wait(annotator)
            life += 1
            annotator = forked(lambda life=life: victim.annotate(life))
        tally.wrong += checked(victim)
    os.kill(annotator, signal.SIGKILL)
    wait(annotator)
    tally.wrong += checked(victim)
    tally.acknowledged = len(victim.acknowledged.read_text().split())
    return tally


def checked(victim: Victim) -> list[str]:
    """Return what a process of its own finds wrong."""
    out = victim.folder / "wrong.txt"

    def check() -> None:
        with open(out, "w") as file, redirect_stdout(file):
            victim.check()

    code = wait(forked(check))
    return out.read_text().splitlines() + ([f"the check failed with exit code {code}"] if code else [])


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    asked.add_argument("kills", type=int)
    asked.add_argument("--seed", type=int, default=7)
    asked.add_argument("--documents", type=int, default=1000, help="in each of up to 40 files")
    asked.add_argument("--write", action="store_true")
    told = asked.parse_args()
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        tally = run(told.kills, told.seed, told.documents, Path(folder))
    rows = [
        f"| {name} | {tally.killed[name]:,} | {tally.ended[name]:,} |" for name in sorted({*tally.killed, *tally.ended})
    ]
    lost = sum("acknowledged" in line for line in tally.wrong)
    half = sum("half visible" in line for line in tally.wrong)
    text = "\n".join(
        ["| verb | killed at work | ended before the kill, or left to end |", "|---|--:|--:|", *rows, "",
         f"{tally.killed.total():,} kills (seed {told.seed}) in {(time.monotonic() - start) / 60:.0f} minutes; "
         f"{tally.acknowledged:,} labels acknowledged meanwhile by an annotator who was killed too. Acknowledged labels "
         f"lost: {lost}. Columns half visible: {half}. Anything else wrong: {len(tally.wrong) - lost - half}."]
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
