"""prove: train small models on selections and on random controls, and say whether the selections help."""

from __future__ import annotations

import functools
import math
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from winnow.catalog.catalog import Catalog
from winnow.catalog.conditions import Hits
from winnow.catalog.control import Control
from winnow.catalog.kept_tables import LEAST
from winnow.compute.base import Executor
from winnow.errors import ConflictError, SettingError, nearest
from winnow.jobs.progress import Progress, Silent
from winnow.jobs.proof_arms import MOST_REAL, MOST_SHARDS, SELECTIONS
from winnow.jobs.proof_plan import Asked, lay_out, learnt_from
from winnow.lm.tokenizer import Bytes
from winnow.pool import TextSource
from winnow.prove.merge import do_merge
from winnow.prove.predict import Laying, Prediction, predict
from winnow.prove.report import Report, report
from winnow.prove.results import PLAN, Plan
from winnow.prove.runs import Run, do_run
from winnow.prove.statistics import half_width
from winnow.prove.steered import effort
from winnow.prove.tiers import Tier
from winnow.select.random import BalancedRandom

FOLDER = "proofs"
BEGUN = "runs/*/*/*.json"
ASSUMED_SPREAD = 0.05
"""Standard deviation over seeds of a difference in nats per byte, of the order seen with models of 0.1 M parameters."""

SAMPLED = 100
"""Documents, spread over the corpus, whose lengths say how long an evaluation set of them is."""


class Proofs:
    """The proofs of a corpus: each a folder with its plan, its runs and its figures."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._reports: dict[str, tuple[_State, Report]] = {}

    def names(self) -> list[str]:
        """Return the proofs that were laid out, the newest first."""
        folder = self._catalog.folder / FOLDER
        plans = sorted(folder.glob(f"*/{PLAN}"), key=lambda path: -path.stat().st_mtime)
        return [path.parent.name for path in plans]

    def folder(self, name: str) -> Path:
        """Return the folder of a proof; raises SettingError."""
        if name not in self.names():
            raise SettingError(f"no proof is called '{name}'", "", nearest(name, self.names()))
        return self._catalog.folder / FOLDER / name

    def plan(self, name: str) -> Plan:
        """Return what a proof compares; raises SettingError."""
        return Plan.read(self.folder(name))

    def report(self, name: str) -> Report:
        """Return what a proof says so far, compared anew only when its files have changed; raises SettingError."""
        root = self.folder(name)
        state = _state(root)
        held = self._reports.get(name)
        if held is None or held[0] != state:
            held = self._reports[name] = state, report(root)
        return held[1]

    def lay_out(self, asked: Asked | Mapping[str, Any], name: str, *, replace: bool = False) -> Path:
        """Fix what is compared, or find the same proof laid out before, which then goes on where it stopped.

        Raises ConflictError when another proof has the name, SettingError, InputError, MissingNeed.
        """
        self._catalog.selections.check_name(name, replace=True)
        root = self._catalog.folder / FOLDER / name
        staged = self._catalog.folder / "tmp" / f"proof-{name}"
        shutil.rmtree(staged, ignore_errors=True)
        staged.mkdir(parents=True)
        try:
            what = asked if isinstance(asked, Asked) else Asked.from_recipe(asked)
            lay_out(self._catalog, what, staged, name)
            if any(root.glob(BEGUN)) and not replace:
                if Plan.read(root) != Plan.read(staged):
                    raise ConflictError(
                        f"another proof is called '{name}'",
                        "it compares other things",
                        "choose --name, or add --replace",
                    )
                return root
            shutil.rmtree(root, ignore_errors=True)
            root.parent.mkdir(exist_ok=True)
            staged.rename(root)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
        return root

    def predict(self, asked: Asked, workers: int) -> Prediction:
        """Return minutes and memory of all runs that a proof would have; nothing is laid out for it."""
        tier = asked.sized()
        columns = self._catalog.browse.columns()
        balanced = bool(asked.selections) and BalancedRandom().by in columns
        repeated = asked.repeated or bool(asked.selections and asked.online)
        steered = [effort(recipe, tier.batch, self._groups(recipe)) for recipe in asked.online]
        merging = self._merging(asked) if asked.merge else 0.0
        arms = len(asked.selections) + 1 + balanced + repeated + (asked.together is not None)
        runs = (arms + sum(steered) + merging) * asked.seeds
        # Byte pairs stand for four bytes.
        tokens = sum(_read_bytes(self._catalog, asked, tier)) / (4 if tier.vocabulary else 1)
        manifest = self._catalog.manifest
        laying = Laying(
            manifest.documents(),
            manifest.bytes(),
            learnt_from(tier) if tier.vocabulary else 0,
            on_disk=manifest.documents() >= LEAST,
        )
        return predict(tier, tier.vocabulary or Bytes.vocabulary, runs, round(tokens), workers, laying=laying)

    def _merging(self, asked: Asked) -> float:
        """Return how many whole runs the unions of a seed are: a start, quarters of a run, and readings of a tenth."""
        groups = self._groups({"by": asked.merge})
        shards = len(asked.selections) if asked.merge == SELECTIONS else min(groups, MOST_SHARDS)
        every = int(2**shards) - 1
        return 1 + (shards + min(every - shards, MOST_REAL)) / 4 + every / 10

    def _groups(self, recipe: Mapping[str, Any]) -> int:
        column = self._catalog.browse.columns().get(str(recipe.get("by")))
        return column.distinct if column else 1

    def detectable(self, asked: Asked) -> str:
        """Say which difference such a proof can show: half the t interval for the spread seen so far in this tier."""
        seen = [
            line.difference.deviation
            for one in map(self.report, self.names())
            if one.plan.tier["name"] == asked.tier and len(one.seeds) > 1
            for lines in one.lines.values()
            for line in lines
            if line.difference
        ]
        spread = float(np.median(seen)) if seen else ASSUMED_SPREAD
        source = f"as in {len(seen)} comparisons before" if seen else "assumed: there is no earlier proof"
        return (
            f"differences above {half_width(spread, asked.seeds):.3f} nats per byte can be told from none "
            f"({asked.seeds} seeds, spread {spread:.3f}, {source})"
        )

    def run(self, name: str, executor: Executor, progress: Progress | None = None) -> Report:
        """Make every run that is not finished and return the report; a stop loses nothing that was finished."""
        watch, root = progress or Silent(), self.folder(name)
        plan = Plan.read(root)
        runs = [Run(root, arm, seed) for arm, seed in plan.runs()]
        watch.stage(f"prove {name}", len(runs), "runs")
        for run in _done(self._catalog, executor, runs):
            watch.note(f"{run.arm}, seed {run.seed}")
            watch.advance(1)
        if plan.merge:
            watch.stage(f"estimate unions of {name}", len(plan.seeds), "seeds")
            for _ in _merged(self._catalog, executor, [Run(root, "", seed) for seed in plan.seeds]):
                watch.advance(1)
        return self.report(name)


_State = frozenset[tuple[Path, int, int]]


def _state(root: Path) -> _State:
    """Return place, time and size of the files that say how far a proof is."""
    found = []
    for path in root.rglob("*.json"):
        with suppress(FileNotFoundError):
            seen = path.stat()
            found.append((path, seen.st_mtime_ns, seen.st_size))
    return frozenset(found)


def _read_bytes(catalog: Catalog, asked: Asked, tier: Tier) -> Iterator[float]:
    """Yield the bytes of every evaluation set: the tier's, but no more than its file has, or as many clipped documents."""
    documents = catalog.manifest.documents()
    some = catalog.texts.texts(np.linspace(0, max(documents - 1, 0), min(documents, SAMPLED), dtype=np.int64))
    each = sum(min(len(text.encode()), tier.longest) for text in some) / max(len(some), 1)
    yield min(tier.evaluation_bytes, min(asked.general, documents // 10) * each)
    for path in map(Path, (asked.target, *asked.texts)):
        size = path.stat().st_size if path.is_file() and path.suffix == ".jsonl" else math.inf
        yield min(tier.evaluation_bytes, size)


@dataclass(frozen=True)
class _Work:
    """A run with the corpus whose texts it reads."""

    corpus: Path
    run: Run


def _done(catalog: Catalog, executor: Executor, runs: list[Run]) -> Iterator[Run]:
    """Yield runs as they finish: beside each other on a processor, one after the other on a GPU."""
    if torch.cuda.is_available() or executor.workers == 1:
        yield from (do_run(run, _texts(catalog)) for run in runs)
    else:
        yield from executor.map(_do, [_Work(catalog.folder, run) for run in runs])


def _merged(catalog: Catalog, executor: Executor, runs: list[Run]) -> Iterator[int]:
    """Yield seeds as their unions are estimated."""
    if torch.cuda.is_available() or executor.workers == 1:
        yield from (do_merge(run.root, run.seed, _texts(catalog)) for run in runs)
    else:
        yield from executor.map(_merge, [_Work(catalog.folder, run) for run in runs])


def _merge(work: _Work) -> int:
    return do_merge(work.run.root, work.run.seed, _texts(_opened(work.corpus)))


def _do(work: _Work) -> Run:
    return do_run(work.run, _texts(_opened(work.corpus)))


@functools.lru_cache(maxsize=1)
def _opened(corpus: Path) -> Catalog:
    # Runs read texts by their ids and search for nothing.
    return Catalog(Control.open(corpus), lambda kind, question: Hits(np.empty(0, np.int64), np.empty(0, np.float32)))


def _texts(catalog: Catalog) -> TextSource:
    return lambda doc_ids: catalog.texts.fetch(doc_ids).column("text")
