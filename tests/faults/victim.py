"""A corpus whose verbs are killed, and everything that may not be found wrong with it afterwards."""

from __future__ import annotations

import json
import os
import random
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from winnow.catalog.filters import Filter
from winnow.catalog.labels import LabelSchema
from winnow.catalog.sweeping import sweep_corpus
from winnow.compute.local import LocalExecutor
from winnow.export.manifest import verify
from winnow.jobs.backup import restore
from winnow.jobs.label_review import decide
from winnow.jobs.labels import answer_all, undo
from winnow.jobs.progress import Silent
from winnow.jobs.proof_plan import Asked
from winnow.lm.kept import is_kept, load
from winnow.prove.results import Plan, results
from winnow.workspace import Workspace

QUICK = ("ingest", "ingest", "score", "score", "score", "embed", "cluster", "learn", "select", "combine", "run-recipe",
         "import-column", "import-vectors", "label ask", "label import", "label all", "label undo", "label decide",
         "raters write", "index", "export", "export", "backup", "restore",
         "doctor", "sweep")  # fmt: skip
TRAINING = ("teach", "prove", "ladder", "skills", "rounds")
"""Verbs that train models for minutes: they are always killed, and go on at their next turn where they stood."""
SCORERS = ("shape", "tokens", "gopher", "near_duplicates", "near_duplicates", "language", "boilerplate")
WORDS = [
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
]
FILES, ANSWERS = 60, 200
HARMLESS = {"keywords", "left over"}
"""Findings that a kill may leave: an index that is behind, files that nothing names. Both are seen to by the next run."""


def write_pages(path: Path, first: int, count: int) -> Path:
    draw = random.Random(first)
    rows = (
        {"id": f"d{first + n}", "text": " ".join(draw.choices(WORDS, k=60)), "n": n, "source": "ab"[n % 2]}
        for n in range(count)
    )
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
    """A corpus of `documents` texts a file, and the verbs that are killed on it."""

    def __init__(self, folder: Path, documents: int) -> None:
        self.folder, self.documents, self.files = folder, documents, 0
        self.corpus, self.acknowledged = folder / "corpus", folder / "acknowledged.txt"
        self.backup, self.restored = folder / "backup", folder / "restored"
        self.held = write_pages(folder / "held.jsonl", 10**6, 12)
        self.acknowledged.touch()

    def open(self, folder: Path | None = None) -> Workspace:
        return Workspace(folder or self.corpus, executor=LocalExecutor(1))

    def grow(self) -> None:
        write_pages(self.folder / f"{self.files}.jsonl", self.files * self.documents, self.documents)
        self.files += 1

    def ingest(self) -> None:
        files = [self.folder / f"{file}.jsonl" for file in range(self.files)]
        Workspace.create(self.corpus, executor=LocalExecutor(1)).ingest(files)

    def prepare(self) -> None:
        """Give the first file everything that verbs stand on."""
        corpus = self.open()
        corpus.complete()
        for doc_id in range(ANSWERS):
            corpus.labels.add(doc_id, ("keep", "drop")[doc_id % 2], who="eve")
        corpus.select("random", docs=self.documents // 2, name="kept")
        corpus.select("random", docs=self.documents // 3, name="other", seed=1)
        (self.folder / "kept.yaml").write_text(corpus.recipe("kept"))
        np.save(self.folder / "mine.npy", np.random.default_rng(0).normal(size=(self.documents, 32)))
        (self.folder / "mine.ids.txt").write_text("\n".join(f"d{n}" for n in range(self.documents)))

    def work(self, draw: random.Random, turn: int) -> tuple[str, Callable[[], object]]:
        """Draw a verb; new files, settings and names see to it that there is work to kill."""
        name = draw.choice(QUICK + TRAINING)
        if name == "ingest":
            if self.files < FILES:
                self.grow()
            return name, self.ingest
        if name in TRAINING:
            return name, lambda: self._training(self.open(), turn)[name]()
        scorer = draw.choice(SCORERS)
        return name, lambda: self._quick(self.open(), scorer, turn)[name]()

    def _quick(self, corpus: Workspace, scorer: str, turn: int) -> dict[str, Callable[[], object]]:
        return {
            "score": lambda: corpus.score([scorer], settings=fresh(scorer, turn)),
            "embed": lambda: corpus.embed("static"),
            "cluster": lambda: corpus.cluster(k=4 + turn % 5),
            "learn": lambda: corpus.learn("rated", "yes_no", plan={"labels": ["label"], "seed": turn}),
            "select": lambda: corpus.select("random", docs=200, name=f"s{turn}", seed=turn),
            "combine": lambda: corpus.combine("union", ["kept", "other"], name=f"c{turn}"),
            "run-recipe": lambda: corpus.run_recipe(self.folder / "kept.yaml", out=self.out(turn), replace=True),
            "import-column": lambda: corpus.bring("column", self._column(turn), name="given"),
            "import-vectors": lambda: corpus.bring("vectors", self._vectors(turn), model="mine", ids=None),
            "label import": lambda: corpus.import_labels(self._labels(turn), who=f"import-{turn}"),
            "label ask": lambda: corpus.labels.define(LabelSchema(f"q{turn}", "Which?", values=("a", "b"))),
            "label all": lambda: self._answer_all(corpus, f"all-{turn}"),
            "label undo": lambda: (
                self._answer_all(corpus, f"undone-{turn}"),
                undo(corpus.catalog, "label", f"undone-{turn}"),
            ),
            "label decide": lambda: decide(corpus.catalog, "label", turn % ANSWERS, "keep", "fay"),
            "raters write": lambda: [corpus.raters.write(card, Silent()) for card in corpus.raters.all()],
            "index": corpus.index,
            "export": lambda: corpus.export("kept", self.out(turn)),
            "backup": lambda: corpus.back_up(self.backup),
            "restore": lambda: (
                restore(self.backup, self.restored, Silent()) if (self.backup / "control.sqlite").exists() else None
            ),
            "doctor": lambda: corpus.examine(repair=True),
            "sweep": lambda: sweep_corpus(corpus.catalog),
        }

    def _answer_all(self, corpus: Workspace, who: str) -> None:
        few = Filter(where=f"doc_id < {ANSWERS}")
        answer_all(corpus.catalog, "label", "keep", who, filter=few, expected=ANSWERS)

    def _training(self, corpus: Workspace, turn: int) -> dict[str, Callable[[], object]]:
        """Return the verbs that train; a name is kept for two hundred turns, so that they go on where they stood."""
        name, held = f"t{turn // 200}", str(self.held)
        asked = Asked(selections=("kept",), target=held, seeds=2, tokens=20_480, general=8)
        rungs = {"target": held, "tiers": ("ci",), "shares": (0.01, 0.02, 0.04)}
        return {
            "teach": lambda: corpus.teach("student", {"tokens": 50_000, "seed": turn}, replace=True),
            "prove": lambda: corpus.prove(name, asked.recipe),
            "ladder": lambda: corpus.ladder(f"l{name}", rungs),
            "skills": lambda: corpus.skills(f"s{name}", {"most": 2, "seeds": 1, "tokens": 40_000}),
            "rounds": lambda: corpus.rounds(
                f"r{name}", {"target": held, "rounds": 1, "probes": 60, "tokens": 20_480, "share": 0.1}
            ),
        }

    def out(self, turn: int) -> Path:
        return self.folder / f"out-{turn}"

    def _column(self, turn: int) -> Path:
        path = self.folder / "given.jsonl"
        path.write_text("\n".join(json.dumps({"id": f"d{n}", "given": turn + n}) for n in range(self.documents)))
        return path

    def _vectors(self, turn: int) -> Path:
        # Vectors are known by their file's time: with another one they are brought anew.
        os.utime(self.folder / "mine.npy", (turn + 1, turn + 1))
        return self.folder / "mine.npy"

    def _labels(self, turn: int) -> Path:
        path = self.folder / "labels.jsonl"
        rows = ({"id": f"d{n}", "value": "drop", "uuid": f"import-{turn}-{n}"} for n in range(ANSWERS))
        path.write_text("\n".join(json.dumps(row) for row in rows))
        return path

    def annotate(self, life: int) -> None:
        """Label without end; a label's uuid is written down once it was acknowledged."""
        labels = self.open().labels
        with open(self.acknowledged, "a") as file:
            for turn in range(10**9):
                uuid = f"{life}-{turn}"
                labels.add(turn % self.documents, ("keep", "drop")[turn % 2], who="ana", uuid=uuid)
                file.write(uuid + "\n")
                file.flush()
                time.sleep(0.05)

    def look(self) -> Iterator[str]:
        """Yield a line for every label that is lost, and for everything of which a part is seen."""
        corpus = self.open()
        told = set(self.acknowledged.read_text().split("\n")[:-1])
        kept = {row["uuid"] for row in corpus.catalog.control.rows("SELECT uuid FROM label_events")}
        yield from (f"label {uuid} was acknowledged and is lost" for uuid in told - kept)
        yield from (f"{column} is half visible" for column in half_visible(corpus))
        many = (
            "SELECT who, COUNT(*) AS n FROM label_events "
            "WHERE who LIKE 'all-%' OR who LIKE 'import-%' OR who LIKE 'undone-%' GROUP BY who"
        )
        for row in corpus.catalog.control.rows(many):
            # Taking an answer back is an event of its own.
            if row["n"] not in ((ANSWERS, 2 * ANSWERS) if row["who"].startswith("undone") else (ANSWERS,)):
                yield f"the labels of {row['who']} are half visible: {row['n']}"
        for out in self.folder.glob("out-*"):
            yield from (f"{out.name}: {wrong}" for wrong in verify(out))
            shutil.rmtree(out)
        if (self.restored / "control.sqlite").exists():
            yield from self._examined(self.restored)
        shutil.rmtree(self.restored, ignore_errors=True)

    def examine(self) -> Iterator[str]:
        """Yield a line for everything that is wrong in any file of the corpus and of its backup."""
        yield from self._examined(self.corpus)
        if (self.backup / "control.sqlite").exists():
            yield from self._examined(self.backup)
        corpus = self.open()
        for card in corpus.raters.all():
            corpus.raters.head(card)
        for model in filter(is_kept, (self.corpus / "models").glob("*")):
            load(model)
        for plan in (self.corpus / "proofs").glob("*/plan.json"):
            for found in results(plan.parent, Plan.read(plan.parent)):
                if not all(np.isfinite(losses).all() for losses in found.losses.values()):
                    yield f"{plan.parent.name} has a result that is no number"

    def _examined(self, folder: Path) -> Iterator[str]:
        for finding in self.open(folder).examine().found:
            if finding.kind not in HARMLESS:
                yield f"{folder.name}: {finding.where} {finding.found}"


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
