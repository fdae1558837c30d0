"""skills: which groups of documents help which, by small runs on pairs of them, and a mixture that follows from it."""

from __future__ import annotations

import dataclasses
import functools
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from winnow.catalog.catalog import Catalog
from winnow.catalog.filters import Filter
from winnow.compute.base import Executor
from winnow.errors import ConflictError, MissingNeed, SettingError, nearest
from winnow.jobs.progress import Progress
from winnow.jobs.proof_plan import clipped
from winnow.jobs.select import build_pool
from winnow.lm.tokenizer import BytePairs, Bytes, Tokenizer
from winnow.pool import Floats, Pool
from winnow.prove.arms import fixed, show
from winnow.prove.predict import Prediction, predict
from winnow.prove.results import read_note, write_json
from winnow.prove.runs import read_set, read_tokenizer, write_set, write_tokenizer
from winnow.prove.skills import EQUAL, Edge, Skills, edges, run_mixture, run_part
from winnow.prove.statistics import paired
from winnow.prove.tiers import Tier, tier_of
from winnow.select.skill_it import EDGE

FOLDER, PLAN, FOUND = "skills", "plan.json", "found.json"
FEWEST, MOST = 2, 12
HELD_OUT, FEWEST_DOCUMENTS = 0.1, 20
MIXED = ("skill_it", EQUAL)


@dataclass(frozen=True, kw_only=True)
class Search:
    """What is compared: the `most` largest groups of a column, each run `tokens` long (default: a fifth of the tier's)."""

    by: str = "source"
    most: int = 6
    tier: str = "ci"
    tokens: int | None = None
    seeds: int = 2
    rounds: int = 6
    eta: float = 0.5
    window: int = 3
    sure: bool = False
    filter: Filter = field(default_factory=Filter)

    @property
    def recipe(self) -> dict[str, Any]:
        return {**vars(self), "filter": self.filter.to_query()}

    @classmethod
    def from_recipe(cls, recipe: Mapping[str, Any]) -> Search:
        return cls(**{**recipe, "filter": Filter.from_query(recipe.get("filter", {}))})

    def sized(self) -> Tier:
        """Return the tier with the tokens of a run; raises SettingError."""
        if not FEWEST <= self.most <= MOST:
            raise SettingError(f"{FEWEST} to {MOST} skills can be compared", f"found {self.most}", "--most 6")
        if self.seeds < 1 or self.rounds < 2:
            found = f"found {self.seeds} and {self.rounds}"
            raise SettingError(
                "skills are compared over a seed or more, in two rounds or more", found, "--seeds 2 --rounds 6"
            )
        tier = tier_of(self.tier)
        tokens = self.tokens if self.tokens is not None else tier.tokens // 5
        if tokens < (least := 10 * self.rounds * tier.batch * tier.context):
            found = f"found {tokens:,}"
            raise SettingError(f"a run in tier {tier.name} reads {least:,} tokens at least", found, f"--tokens {least}")
        return dataclasses.replace(tier, tokens=tokens)

    def runs(self) -> list[tuple[str, int]]:
        """Return every run as (name, seed): a skill "0", a pair "0+1", then both mixtures, which need the graph."""
        parts = [str(one) for one in range(self.most)]
        parts += [f"{one}+{two}" for one in range(self.most) for two in range(one + 1, self.most)]
        return [(name, seed) for name in (*parts, *MIXED) for seed in range(self.seeds)]


@dataclass(frozen=True, kw_only=True)
class SkillGraph:
    """What was found: every pair's edge, A, p over a run's rounds, and the mixture beside equal shares per skill.

    `gains`: skill → mean and half of the t interval of Skill-It's loss minus that of equal shares, nats per byte.
    """

    name: str
    names: tuple[str, ...]
    edges: tuple[Edge, ...]
    graph: Floats
    shares: tuple[tuple[int, Mapping[str, float]], ...]
    gains: Mapping[str, tuple[float, float]]
    seeds: int
    folder: Path


def predicted(search: Search, workers: int) -> Prediction:
    """Return minutes and memory of all runs; nothing is laid out for it."""
    tier = search.sized()
    vocabulary = tier.vocabulary or Bytes.vocabulary
    return predict(
        tier, vocabulary, len(search.runs()), tier.evaluation_bytes // (4 if tier.vocabulary else 1), workers
    )


def learn_skills(
    catalog: Catalog, name: str, search: Search, executor: Executor, *, replace_it: bool, progress: Progress
) -> SkillGraph:
    """Make every run that is not finished, and put together what they show; one that was stopped goes on.

    Raises SettingError, MissingNeed for fewer than two groups with text, ConflictError for another of the name.
    """
    catalog.selections.check_name(name, replace=True)
    root = catalog.folder / FOLDER / name
    asked = json.loads(json.dumps(search.recipe, default=str))
    before = read_note(root / PLAN)
    if before is not None and before["asked"] != asked and not replace_it:
        raise ConflictError(
            f"another skill graph is called '{name}'", str(root), "choose another name, or add --replace"
        )
    if before is None or replace_it:
        _lay_out(catalog, root, search, asked)
    search = dataclasses.replace(search, most=len((read_note(root / PLAN) or {})["names"]))
    parts = [_Work(root, *run) for run in search.runs() if run[0] not in MIXED]
    mixed = [_Work(root, *run) for run in search.runs() if run[0] in MIXED]
    progress.stage(f"skills {name}", len(parts) + len(mixed), "runs")
    for stage in (parts, mixed):
        for _ in _done(executor, stage):
            progress.advance(1)
        if stage is parts:
            _write_graph(root, search)
    return skill_graph(catalog, name)


def skill_graph(catalog: Catalog, name: str) -> SkillGraph:
    """Return what was found under a name; raises SettingError."""
    root = catalog.folder / FOLDER / name
    plan, found = read_note(root / PLAN), read_note(root / FOUND)
    if plan is None or found is None:
        known = [path.parent.name for path in (catalog.folder / FOLDER).glob(f"*/{FOUND}")]
        raise SettingError(
            f"no skill graph is called '{name}'", nearest(name, known), f"winnow skills {name} --by source"
        )
    names, search = tuple(plan["names"]), Search.from_recipe(plan["asked"])
    runs = {run: _result(root, *run) for run in ((kind, seed) for kind in MIXED for seed in range(search.seeds))}
    gains = {}
    for skill in names:
        pairs = [(runs[MIXED[0], seed], runs[MIXED[1], seed]) for seed in range(search.seeds)]
        mean, half, *_ = paired(np.array([ours["losses"][skill] - equal["losses"][skill] for ours, equal in pairs]))
        gains[skill] = mean, half
    shares = tuple((int(tokens), told) for tokens, told in runs[MIXED[0], 0]["shares"])
    return SkillGraph(
        name=name, names=names, edges=tuple(Edge(**edge) for edge in found["edges"]), graph=np.array(found["graph"]),
        shares=shares, gains=gains, seeds=search.seeds, folder=root,
    )  # fmt: skip


@dataclass(frozen=True)
class _Work:
    """One run of a skill graph; any process can do it."""

    root: Path
    name: str
    seed: int


def _done(executor: Executor, work: Sequence[_Work]) -> Iterator[_Work]:
    if torch.cuda.is_available() or executor.workers == 1:
        yield from map(_do, work)
    else:
        yield from executor.map(_do, work)


def _do(work: _Work) -> _Work:
    path = work.root / "runs" / f"{work.name}-{work.seed}.json"
    if path.is_file():
        return work
    torch.set_num_threads(1)
    skills, search = _material(work.root)
    folder = work.root / "runs" / f"{work.name}-{work.seed}"
    folder.mkdir(parents=True, exist_ok=True)
    if work.name in MIXED:
        graph = np.array((read_note(work.root / "graph.json") or {})["graph"]) if work.name == MIXED[0] else None
        told = run_mixture(skills, graph, work.seed, folder, rounds=search.rounds, eta=search.eta, window=search.window)
    else:
        told = run_part(skills, [int(part) for part in work.name.split("+")], work.seed, folder)
    if told["diverged"]:
        raise SettingError(
            f"a run on skills diverged: {work.name}, seed {work.seed}", "its loss grew without end", "--tokens"
        )
    write_json(path, told)
    shutil.rmtree(folder)  # its checkpoint
    return work


def _result(root: Path, name: str, seed: int) -> Mapping[str, Any]:
    found = read_note(root / "runs" / f"{name}-{seed}.json")
    if found is None:
        raise SettingError(
            "a skill graph needs all of its runs", f"{name}, seed {seed} is not finished", "run it again"
        )
    return found


def _write_graph(root: Path, search: Search) -> None:
    """Put A together from the finished runs, and write it so that the selector reads it."""
    names = (read_note(root / PLAN) or {})["names"]
    seeds = range(search.seeds)

    def losses(run: str) -> Floats:
        return np.array([[_result(root, run, seed)["losses"][name] for name in names] for seed in seeds])

    alone = np.stack([losses(str(place))[:, place] for place in range(len(names))], axis=1)
    pairs = {(i, j): losses(f"{i}+{j}") for i in range(len(names)) for j in range(i + 1, len(names))}
    found, graph = edges(names, alone, pairs), np.eye(len(names))
    for edge in found:
        if edge.sure if search.sure else edge.there:
            graph[names.index(edge.source), names.index(edge.to)] = EDGE
    write_json(root / "graph.json", {"graph": graph.tolist()})
    lines = [
        f"{one},{other},{graph[i, j]:g}" for i, one in enumerate(names) for j, other in enumerate(names) if graph[i, j]
    ]
    (root / "graph.csv").write_text("from,to,weight\n" + "\n".join(lines) + "\n", encoding="utf-8")
    write_json(root / FOUND, {"edges": [dataclasses.asdict(edge) for edge in found], "graph": graph.tolist()})


def _lay_out(catalog: Catalog, root: Path, search: Search, asked: Mapping[str, Any]) -> None:
    """Write each skill's tokens and held-out texts; the plan comes last."""
    tier = search.sized()
    pool = build_pool(catalog, frozenset({"text", search.by}), search.filter)
    groups = _largest(pool, search)
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    tokenizer = _tokenizer(tier, pool)
    write_tokenizer(root, tokenizer)
    texts = functools.partial(_texts, catalog)
    share = dataclasses.replace(tier, evaluation_bytes=max(2000, tier.evaluation_bytes // len(groups)))
    for place, rows in enumerate(groups.values()):
        order = rows[np.argsort(pool.hashes(0, "held out of skills")[rows], kind="stable")]
        held = max(2, round(HELD_OUT * len(order)))
        write_set(root, str(place), clipped(catalog.texts.texts(pool.doc_ids[order[:held]]), share))
        arm = fixed(str(place), pool.doc_ids[order[held:]], np.ones(len(order) - held))
        tokens = show(arm, 0, texts, tokenizer, windows=tier.steps * tier.batch, context=tier.context).tokens
        np.save(root / f"tokens-{place}.npy", tokens)
    write_json(root / PLAN, {"names": list(groups), "asked": asked, "tier": dataclasses.asdict(tier)})


def _largest(pool: Pool, search: Search) -> dict[str, Any]:
    """Return the rows of the largest groups, in the order of their names."""
    members = [(name, rows) for name, rows in pool.group(search.by).members() if len(rows) >= FEWEST_DOCUMENTS]
    members = [(name, rows) for name, rows in members if not set(name) & set(',;"\n')]
    kept = sorted(members, key=lambda one: -int(pool.tokens[one[1]].sum()))[: search.most]
    if len(kept) < FEWEST:
        raise MissingNeed(
            "skills are compared between two groups or more", f"'{search.by}' has {len(kept)} of {FEWEST_DOCUMENTS} documents",
            "--by cluster_name, or widen --where",
        )  # fmt: skip
    return dict(sorted(kept))


def _tokenizer(tier: Tier, pool: Pool) -> Tokenizer:
    if not tier.vocabulary:
        return Bytes()
    return BytePairs.learn((text for batch in pool.text_batches() for text in batch.to_pylist()), tier.vocabulary)


def _texts(catalog: Catalog, doc_ids: Any) -> Any:
    return catalog.texts.fetch(doc_ids).column("text")


@functools.lru_cache(maxsize=1)
def _material(root: Path) -> tuple[Skills, Search]:
    plan = read_note(root / PLAN) or {}
    tier, tokenizer, names = Tier(**plan["tier"]), read_tokenizer(root), tuple(plan["names"])
    sets = {name: read_set(root, str(place), tokenizer, tier.context) for place, name in enumerate(names)}
    tokens = tuple(np.load(root / f"tokens-{place}.npy", mmap_mode="r") for place in range(len(names)))
    return Skills(names, tier, tokenizer.vocabulary, tokens, sets), Search.from_recipe(plan["asked"])
