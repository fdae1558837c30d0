"""run-recipe: make the selection of a recipe again, its parents first, from what is in the corpus now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from winnow.arrange.base import Arrangement
from winnow.catalog.catalog import Catalog
from winnow.catalog.control import dump, load
from winnow.catalog.filters import Filter
from winnow.catalog.selections import NamedSelection
from winnow.errors import ConflictError
from winnow.jobs.chain import Step, run_chain
from winnow.jobs.combine import combine
from winnow.jobs.export_rows import ALWAYS
from winnow.jobs.lineage import Chosen, Lineage, keep
from winnow.jobs.progress import Progress
from winnow.jobs.recipe import Recipe
from winnow.jobs.select import check_columns
from winnow.method import method
from winnow.select.set_algebra import OPERATIONS


def replay(
    catalog: Catalog,
    recipe: Mapping[str, Any],
    around: Mapping[str, Chosen] | None = None,
    *,
    progress: Progress | None = None,
) -> Chosen:
    """Return what a stored recipe chooses; its parents are made from their own recipes, and kept nowhere.

    A parent sees those before it, and those `around` the recipe it belongs to.
    """
    parents = dict(around or {})
    for name, parent in recipe.get("parents", {}).items():
        parents[name] = replay(catalog, parent, parents, progress=progress)
    lineage = Lineage(catalog, parents)
    how = dict(recipe["method"])
    if how["method"] in OPERATIONS:
        operation, names = how.pop("method"), how.pop("of")
        return combine(catalog, operation, names, **how, **recipe["budget"], seed=recipe["seed"], lineage=lineage)
    steps = [Step.of(step) for step in (*recipe.get("before", ()), recipe)]
    filter, within = Filter.from_query(recipe["filter"]), recipe.get("within", "")
    return run_chain(catalog, steps, filter=filter, within=within, lineage=lineage, progress=progress).chosen


def check_needs(catalog: Catalog, recipe: Recipe) -> None:
    """Raise MissingNeed, before anything is made, for a column that arranging or writing reads and the corpus lacks."""
    for step in recipe.arrange:
        told = dict(step)
        made = method(Arrangement, told.pop("method")).from_recipe(told)
        check_columns(catalog, made.needs(), type(made).name)
    columns = (recipe.export or {}).get("columns", [])
    check_columns(catalog, frozenset(columns) - {"all", "meta", *ALWAYS}, "export")


def keep_replayed(catalog: Catalog, name: str, chosen: Chosen, replace: bool) -> NamedSelection:
    """Keep what a recipe chose; one of the same name with the same documents is left as it is.

    Raises ConflictError when one of that name holds others, unless it is to be replaced.
    """
    standing = {kept.name: kept for kept in catalog.selections.all()}.get(name)
    if standing is not None and not replace:
        ids, weights = standing.read()
        same = np.array_equal(ids, chosen.doc_ids) and np.array_equal(weights, chosen.weights)
        if not same or standing.recipe != load(dump(chosen.recipe)):
            found = "it was made otherwise, or from other documents"
            raise ConflictError(f"selection '{name}' is another", found, "--replace it, or rename it in the recipe")
        return standing
    return keep(catalog, name, chosen, replace=replace)
