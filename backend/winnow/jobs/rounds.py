"""rounds: a lab model is taught on what was chosen for it, probed anew, and chosen for again, as MATES goes on."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from winnow.catalog.catalog import Catalog
from winnow.catalog.filters import Filter
from winnow.compute.base import Executor
from winnow.embed.choose import encoder
from winnow.errors import ConflictError, SettingError
from winnow.jobs.chain import Step, run_chain
from winnow.jobs.combine import combine
from winnow.jobs.embed import embed
from winnow.jobs.lab_models import TAUGHT
from winnow.jobs.lineage import keep
from winnow.jobs.nearest import index_vectors
from winnow.jobs.progress import Progress
from winnow.jobs.score import score
from winnow.jobs.select import build_pool, check_columns
from winnow.jobs.teach import Lesson, teach
from winnow.lm.kept import is_kept
from winnow.pool import Budget, Pool
from winnow.prove.results import read_note, write_json
from winnow.score.causal import NAME
from winnow.score.influence import Influence
from winnow.select.influence import GroupMates, Mates

FOLDER = "rounds"
METHODS = {"mates": 1, "group_mates": 5}
"""Methods that rounds can choose by, and how many documents a probe learns one after the other."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What rounds are made of. `share` of the pool's tokens is chosen in all, an equal part in every round.

    The first model reads random documents, a tenth of the pool; each further one goes on from the one before on what was
    chosen for it. `tokens` is what a model reads per round (default: the tier's).
    """

    target: str
    rounds: int = 2
    share: float = 0.2
    method: str = "mates"
    temperature: float = 0.5
    probes: int = 1000
    tier: str = "ci"
    tokens: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        # A job runs in another folder than the command that asked for it.
        object.__setattr__(self, "target", os.path.abspath(self.target))
        if self.method not in METHODS:
            raise SettingError("rounds choose by mates or group_mates", f"found '{self.method}'", "--method mates")
        if not 1 <= self.rounds <= 20:
            raise SettingError("there are 1 to 20 rounds", f"found {self.rounds}", "--rounds 2")

    @property
    def recipe(self) -> dict[str, Any]:
        """Return its fields as a job's log keeps them."""
        return dataclasses.asdict(self)


@dataclass(frozen=True, kw_only=True)
class Round:
    """One round: its number, model, column and selection, what it chose, and how far its numbers can be trusted.

    `ranks` is the rank correlation of prediction and measure over probes, with its 95 % interval and n; `drift` that of the
    predictions of this round and of the one before over all documents, NaN for the first.
    """

    number: int
    model: str
    column: str
    selection: str
    documents: int
    tokens: int
    ranks: tuple[float, float, float, int]
    reliability: float
    drift: float


def run_rounds(
    catalog: Catalog, name: str, plan: Plan, executor: Executor, *, replace_it: bool, progress: Progress
) -> list[Round]:
    """Teach, probe, predict and choose, round after round, and keep the union of what was chosen under `name`.

    Keeps models and selections NAME_0, NAME_1, ... and columns influence_NAME_1, ...; what a stopped run had kept is not
    made again. Raises SettingError, ConflictError, MissingNeed, InputError.
    """
    Influence(target=plan.target).texts()
    _check(catalog, name, plan, replace_it)
    embed(catalog, encoder("static"), executor, progress)
    index_vectors(catalog, progress)
    if not is_kept(catalog.folder / TAUGHT / f"{name}_0") or replace_it:
        first = Lesson(tier=plan.tier, tokens=plan.tokens, seed=plan.seed)
        teach(catalog, f"{name}_0", first, replace_it=True, progress=progress)
    made: list[Round] = []
    for number in range(1, plan.rounds + 1):
        made.append(_round(catalog, name, plan, number, executor=executor, anew=replace_it, progress=progress))
        model = f"{name}_{number}"
        if number < plan.rounds and (replace_it or not is_kept(catalog.folder / TAUGHT / model)):
            lesson = Lesson(on=model, start=f"{name}_{number - 1}", tier=plan.tier, tokens=plan.tokens, seed=plan.seed)
            teach(catalog, model, lesson, replace_it=True, progress=progress)
    chosen = combine(catalog, "union", [one.selection for one in made])
    keep(catalog, name, chosen, replace=True)
    return made


def _check(catalog: Catalog, name: str, plan: Plan, replace_it: bool) -> None:
    """See that the name is free or a run of the same plan was stopped, and that what is needed is there."""
    if not NAME.fullmatch(f"{name}_{plan.rounds}"):
        raise SettingError("rounds: NAME is small letters, digits and _", f"found '{name}'", "winnow rounds reviews")
    if plan.method == "group_mates":
        check_columns(catalog, frozenset({"cluster_name"}), "group_mates")
    path = catalog.folder / FOLDER / name / "asked.json"
    asked = json.loads(json.dumps(plan.recipe))
    before = read_note(path)
    if before is None and not replace_it:
        for taken in (name, *(f"{name}_{number}" for number in range(plan.rounds + 1))):
            catalog.selections.check_name(taken, replace=False)
            if is_kept(catalog.folder / TAUGHT / taken):
                raise ConflictError(f"a model is called '{taken}'", "", "choose another name, or add --replace")
    elif before != asked and not replace_it:
        raise ConflictError(
            f"other rounds are called '{name}'", str(path.parent), "choose another name, or add --replace"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, asked)


def _round(
    catalog: Catalog, name: str, plan: Plan, number: int, *, executor: Executor, anew: bool, progress: Progress
) -> Round:
    """Probe the model of the round before, choose by it from what no round chose yet, and say how it went."""
    scorer = Influence(
        model=str(catalog.folder / TAUGHT / f"{name}_{number - 1}"), target=plan.target, called=f"{name}_{number}",
        probes=plan.probes, rollout=METHODS[plan.method], seed=plan.seed,
    )  # fmt: skip
    score(catalog, [scorer], executor, progress)
    card = {row["what"]: row for row in catalog.manifest.tables(scorer.run_name)["card"].to_pylist()}
    selection = f"{name}_{number}"
    there = any(one.name == selection for one in catalog.selections.all())
    if not there or anew:
        step = Step(_selector(plan, scorer.run_name, card), _part(catalog, plan), plan.seed)
        chain = run_chain(catalog, [step], filter=Filter(selection=_before(catalog, name, number)))
        keep(catalog, selection, chain.chosen, replace=True)
    return told(catalog, name, number)


def told(catalog: Catalog, name: str, number: int) -> Round:
    """Return what a finished round found and chose; raises SettingError when its selection is gone."""
    column = f"{Influence.stem}_{name}_{number}"
    card = {row["what"]: row for row in catalog.manifest.tables(column)["card"].to_pylist()}
    kept = catalog.selections.get(f"{name}_{number}")
    ranks = card["rank correlation of prediction and measure"]
    return Round(
        number=number, model=f"{name}_{number - 1}", column=column, selection=kept.name,
        documents=kept.summary["documents"], tokens=kept.summary["tokens"],
        ranks=(ranks["value"], ranks["low"], ranks["high"], ranks["n"]),
        reliability=card["reliability of a gain"]["value"], drift=_drift(catalog, column, name, number),
    )  # fmt: skip


def _selector(plan: Plan, column: str, card: Mapping[str, Mapping[str, Any]]) -> Mates | GroupMates:
    if plan.method == "mates":
        return Mates(column=column, temperature=plan.temperature)
    return GroupMates(column=column, tau=max(1e-3, card["tau"]["value"]))


def _part(catalog: Catalog, plan: Plan) -> Budget:
    whole = Budget(share=plan.share).amount(_everything(catalog, ()))
    return Budget(tokens=max(1, round(whole / plan.rounds)))


def _before(catalog: Catalog, name: str, number: int) -> str:
    """Return the filter that leaves out what earlier rounds chose, "" for the first."""
    earlier = [f"{name}_{one}" for one in range(1, number)]
    if len(earlier) < 2:
        return "".join(f"-{one}" for one in earlier)
    keep(catalog, f"{name}_before_{number}", combine(catalog, "union", earlier), replace=True)
    return f"-{name}_before_{number}"


def _drift(catalog: Catalog, column: str, name: str, number: int) -> float:
    if number == 1:
        return float("nan")
    from scipy.stats import spearmanr

    earlier = f"influence_{name}_{number - 1}"
    pool = _everything(catalog, (column, earlier))
    now, then = pool.number(column), pool.number(earlier)
    known = np.isfinite(now) & np.isfinite(then)
    return float(spearmanr(now[known], then[known]).statistic)


def _everything(catalog: Catalog, columns: tuple[str, ...]) -> Pool:
    return build_pool(catalog, frozenset(columns), Filter())


def rows_of(made: list[Round]) -> Iterator[tuple[str, ...]]:
    """Yield a row of words for every round, for a table."""
    for one in made:
        value, low, high, n = one.ranks
        yield (
            str(one.number), one.model, f"{value:.2f} [{low:.2f}, {high:.2f}], n = {n:,}", f"{one.reliability:.2f}",
            "" if np.isnan(one.drift) else f"{one.drift:.2f}", f"{one.documents:,}", f"{one.tokens:,}",
        )  # fmt: skip
