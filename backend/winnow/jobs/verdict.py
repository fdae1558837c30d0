"""Why a document is in a selection or not: its steps are run again and the document is followed through them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from winnow.catalog.catalog import Catalog
from winnow.catalog.filters import Filter
from winnow.errors import QueryError
from winnow.jobs.chain import Step
from winnow.jobs.lineage import Among, Chosen, Lineage
from winnow.jobs.recipe import is_replayable
from winnow.jobs.replay import replay
from winnow.jobs.select import Preview, build_pool, choose
from winnow.jobs.target import read_target
from winnow.select.base import Draw, Ranker
from winnow.select.rules import Rules
from winnow.select.set_algebra import OPERATIONS, combined


@dataclass(frozen=True)
class Reason:
    """What one step did with a document: whether it was left, and in words why."""

    step: str
    kept: bool
    words: str


def why(catalog: Catalog, name: str, doc_id: int) -> list[Reason]:
    """Return what each step of a kept selection did with a document, up to the one that dropped it.

    Steps run on the corpus as it is now; where that would decide otherwise than when the selection was kept, a last
    reason says so. Raises SettingError for an unknown selection, QueryError for a document that is not there.
    """
    if not 0 <= doc_id < catalog.manifest.documents():
        raise QueryError(f"there is no document {doc_id}", "the corpus ends before it", "open one from Explore")
    kept = catalog.selections.get(name)
    inside = bool(np.isin(doc_id, kept.read()[0]))
    if not is_replayable(kept.recipe):
        return [Reason(name, inside, "its documents were named by hand")]
    parents: dict[str, Chosen] = {}
    for parent, recipe in kept.recipe.get("parents", {}).items():
        if is_replayable(recipe):
            parents[parent] = replay(catalog, recipe, parents)
    lineage = Lineage(catalog, parents)
    combines = kept.recipe["method"]["method"] in OPERATIONS
    found = (_combined if combines else _followed)(catalog, kept.recipe, doc_id, lineage)
    if all(reason.kept for reason in found) != inside:
        words = f"it was {'kept' if inside else 'left out'} then: documents or columns have changed since"
        found.append(Reason("when it was made", inside, words))
    return found


def _followed(catalog: Catalog, recipe: Mapping[str, Any], doc_id: int, lineage: Lineage) -> list[Reason]:
    filter, within = Filter.from_query(recipe["filter"]), str(recipe.get("within", ""))
    plain, among = lineage.conditions(filter, within)
    left: Sequence[Among] = among
    found: list[Reason] = []
    for turn, step in enumerate(Step.of(told) for told in (*recipe.get("before", ()), recipe)):
        needs = step.selector.needs()
        target = None
        if step.target:
            target = read_target(catalog, step.target, needs, lineage=lineage, force=True).target
        preview = choose(build_pool(catalog, needs, plain, target, among=left), step.selector, step.budget, step.seed)
        rows = np.flatnonzero(preview.pool.doc_ids == doc_id)
        if turn == 0 and (filter or within):
            words = "within the filter" if len(rows) else "outside of the filter"
            found.append(Reason("start", bool(len(rows)), f"{words} or selection that the choice began with"))
        if not len(rows):
            break
        kept = bool(preview.kept[rows[0]])
        found.append(Reason(step.selector.name, kept, _words(preview, step, int(rows[0]), kept)))
        if not kept:
            break
        left = [Among(preview.doc_ids)]
    return found


def _words(preview: Preview, step: Step, row: int, kept: bool) -> str:
    """Say why a step took a document or left it: the rules it breaks, its rank, or merely that."""
    if isinstance(step.selector, Rules):
        broken = [str(rule) for rule in step.selector.thresholds if not rule.keeps(preview.pool)[row]]
        if broken:
            return "it breaks " + ", ".join(broken)
        return "it passes every rule" + ("" if kept else ", but the budget was reached by others at random")
    taken = f"{len(preview.selection):,} of {len(preview.pool):,} were taken"
    if not isinstance(step.selector, Ranker):
        return f"{'chosen' if kept else 'not chosen'}: {taken}"
    scores = step.selector.rank(preview.pool, Draw(preview.pool, step.seed))
    if not scores[row] > -np.inf:
        return f"it has no value to be ranked by, or is never taken: {taken}"
    place = int((scores > scores[row]).sum()) + 1
    column = getattr(step.selector, "column", "")
    value = f"its {column} is {preview.pool.number(column)[row]:.4g}; " if column else ""
    return f"{value}it ranks {place:,}, and {taken}"


def _combined(catalog: Catalog, recipe: Mapping[str, Any], doc_id: int, lineage: Lineage) -> list[Reason]:
    how = recipe["method"]
    parts = [lineage.read(name) for name in how["of"]]
    held = [bool(np.isin(doc_id, ids)) for ids, _ in parts]
    holders = [name for name, holds in zip(how["of"], held, strict=True) if holds]
    inside = bool(np.isin(doc_id, combined(how["method"], parts)[0]))
    words = f"it is in {', '.join(holders)}" if holders else "it is in none of them"
    found = [Reason(how["method"], inside, words)]
    if inside and recipe["budget"]:
        kept = bool(np.isin(doc_id, replay(catalog, recipe).doc_ids))
        by = f"by {how['by']}" if how.get("by") else "at random"
        found.append(Reason("cap", kept, f"cut to the budget {by}"))
    return found
