"""A chain of methods: each chooses from what the one before left, and the documents left after each are counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from winnow.catalog.catalog import Catalog
from winnow.catalog.filters import Filter
from winnow.errors import ConflictError, MissingNeed
from winnow.jobs.foretold import MOMENT, foretold, in_words
from winnow.jobs.held_pool import HeldPool
from winnow.jobs.lineage import Among, Chosen, Lineage
from winnow.jobs.progress import Progress
from winnow.jobs.reading import counted
from winnow.jobs.select import Preview, check_columns, choose
from winnow.jobs.target import Aim, read_target
from winnow.method import method
from winnow.pool import Budget, Pool
from winnow.select.base import Selector

ALL = {"share": 1.0}
"""The budget of a step that names none: everything that its method lets pass."""


@dataclass(frozen=True)
class Step:
    """One link of a chain: a method, how much of what is left it may choose, its seed and its target.

    `sha256` is the sum that the target's texts had when the step was first run; "" when it never was.
    """

    selector: Selector
    budget: Budget
    seed: int = 0
    target: str | None = None
    force_target: bool = False
    sha256: str = ""

    @property
    def recipe(self) -> dict[str, Any]:
        """Return {"method", "budget", "seed", "target"}, and what a forced or a known target adds; `of` inverts it."""
        told = {
            "method": dict(self.selector.recipe),
            "budget": self.budget.asked(),
            "seed": self.seed,
            "target": self.target,
        }
        forced = {"force_target": True} if self.force_target else {}
        return {**told, **forced, **({"target_sha256": self.sha256} if self.sha256 else {})}

    @classmethod
    def of(cls, recipe: Mapping[str, Any]) -> Step:
        """Read a step's recipe; raises SettingError for an unknown method or setting."""
        told = dict(recipe["method"])
        return cls(
            method(Selector, told.pop("method")).from_recipe(told),
            Budget(**(recipe.get("budget") or ALL)),
            int(recipe.get("seed", 0)),
            recipe.get("target"),
            bool(recipe.get("force_target", False)),
            str(recipe.get("target_sha256", "")),
        )


@dataclass(frozen=True, eq=False)
class Chain:
    """What a chain chose: the last step's pool and choice, the recipe, and a count after each step."""

    last: Preview
    recipe: Mapping[str, Any]

    @property
    def chosen(self) -> Chosen:
        return Chosen(self.last.doc_ids, self.last.selection.weights, self.recipe, self.last.summary)


def run_chain(
    catalog: Catalog,
    steps: Sequence[Step],
    *,
    filter: Filter,
    within: str = "",
    lineage: Lineage | None = None,
    progress: Progress | None = None,
    held: HeldPool | None = None,
) -> Chain:
    """Let each step choose from what those before left of the documents under a filter and in the selection `within`.

    The weights of the last step count; `held` may have the first pool. Raises MissingNeed, SettingError, InputError.
    """
    known, held = lineage or Lineage(catalog), held or HeldPool()
    steps = [replace(step, target=known.place(step.target)) for step in steps]
    for step in steps:
        check_columns(catalog, step.selector.needs(), type(step.selector).name)
    plain, among = known.conditions(filter, within)
    everything = catalog.browse.count(Filter())
    counts = [_count("corpus", everything.documents, everything.tokens)]
    told: list[dict[str, Any]] = []
    last: Preview | None = None
    for step in steps:
        aim = _aim(catalog, step, known)
        left = among if last is None else [Among(last.doc_ids)]
        pool = held.of(catalog, step.selector.needs(), plain, aim.target if aim else None, left)
        if last is None and (filter or within):
            counts.append(_count(_words(filter, within), len(pool), int(pool.tokens.sum())))
        if progress:
            _tell_time(step.selector, pool, progress)
        name = type(step.selector).name
        last = choose(counted(pool, name, progress) if progress else pool, step.selector, step.budget, step.seed)
        spent = last.selection.spent(pool)
        counts.append(_count(name, spent["docs"], spent["tokens"]))
        told.append(_told(step, aim))
    assert last, "a chain has at least one step"
    named = [filter.selection.lstrip("-"), within, *(step.target or "" for step in steps)]
    recipe = _recipe(told, filter, within) | known.parents(name for name in named if name in known.names())
    return Chain(replace(last, summary={**last.summary, "steps": counts}), recipe)


def _tell_time(selector: Selector, pool: Pool, progress: Progress) -> None:
    seconds = foretold(selector, len(pool), int(pool.tokens.sum()))
    if seconds >= MOMENT:
        progress.stage(f"{type(selector).name} chooses from {len(pool):,} documents, about {in_words(seconds)}", 0, "")


def _recipe(told: Sequence[Mapping[str, Any]], filter: Filter, within: str) -> dict[str, Any]:
    """Return what the steps were told, the last in front, and where they began."""
    before, start = {"before": told[:-1]} if told[:-1] else {}, {"within": within} if within else {}
    return {**told[-1], "filter": filter.to_query(), **before, **start}


def _words(filter: Filter, within: str) -> str:
    return " and ".join(part for part in ("filter" if filter else "", f"within {within}" if within else "") if part)


def _count(step: str, documents: int, tokens: int) -> dict[str, Any]:
    return {"step": step, "documents": documents, "tokens": tokens}


def _aim(catalog: Catalog, step: Step, lineage: Lineage) -> Aim | None:
    """Read a step's target and see that it still is what it was; raises ConflictError when it is not."""
    needs = step.selector.needs()
    if not step.target:
        if "target" in needs:
            raise MissingNeed(f"{step.selector.name} needs a target", "none was given", "add --target FILE")
        return None
    aim = read_target(catalog, step.target, needs, lineage=lineage, force=step.force_target)
    if step.sha256 and aim.sha256 != step.sha256:
        found = f"its texts have the sum {aim.sha256[:12]}…, not {step.sha256[:12]}…"
        fix = "restore it, or take the line target_sha256 out of the recipe to aim at what it is now"
        raise ConflictError(f"target {step.target} was changed since the recipe was made", found, fix)
    return aim


def _told(step: Step, aim: Aim | None) -> dict[str, Any]:
    """Return a step's recipe with what was found in its target: its sum, and whether it is held out."""
    recipe = step.recipe
    if aim is None:
        return recipe
    held = {"held_out_target": list(aim.held_out)} if aim.held_out else {}
    return {**recipe, "target_sha256": aim.sha256, **held}
