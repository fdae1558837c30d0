"""combine: set algebra of named selections, and a cut to a budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from winnow.catalog.catalog import Catalog
from winnow.catalog.filters import Filter
from winnow.errors import SettingError
from winnow.jobs.lineage import Among, Chosen, Lineage
from winnow.jobs.select import build_pool, summary
from winnow.pool import Budget, Floats, Pool, Selection
from winnow.select.set_algebra import capped, combined


@dataclass(frozen=True)
class Cap:
    """A cut to a budget: by a column, its highest values first, or at random without one."""

    budget: Budget
    by: str = ""
    lowest: bool = False
    seed: int = 0

    @classmethod
    def of(cls, budget: Mapping[str, Any], *, by: str = "", lowest: bool = False, seed: int = 0) -> Cap | None:
        """Return the cut to a budget, none without one; raises SettingError for a column that is to cut to nothing."""
        given = {unit: amount for unit, amount in budget.items() if amount is not None}
        if by and not given:
            found = f"it is to cut by '{by}' to nothing"
            raise SettingError("a cut by a column needs a budget", found, "add --share, --docs or --tokens")
        return cls(Budget(**given), by, lowest, seed) if given else None

    def cut(self, pool: Pool, weights: Floats) -> Selection:
        return capped(pool, weights, self.budget, column=self.by, lowest=self.lowest, seed=self.seed)


def combine(
    catalog: Catalog,
    operation: str,
    names: Sequence[str],
    *,
    weights: str = "max",
    docs: int | None = None,
    tokens: int | None = None,
    share: float | None = None,
    by: str = "",
    lowest: bool = False,
    seed: int = 0,
    lineage: Lineage | None = None,
) -> Chosen:
    """Combine selections by their names, and cut what comes out to a budget when one is given.

    `weights` says how often a union sees a document ("max" or "sum"); an intersection sees it as often as the selection
    that sees it least, a difference as the first. The cut takes the highest values of column `by` first, or documents
    at random. Raises SettingError, MissingNeed.
    """
    cap = Cap.of({"docs": docs, "tokens": tokens, "share": share}, by=by, lowest=lowest, seed=seed)
    known = lineage or Lineage(catalog)
    parts = [known.read(name) for name in names]
    ids, times = combined(operation, parts, weights)
    needs = frozenset({cap.by}) if cap and cap.by else frozenset()
    pool = build_pool(catalog, needs, Filter(), among=[Among(ids)])
    times = times[np.searchsorted(ids, pool.doc_ids)]
    everything = Selection(np.arange(len(pool)), times)
    chosen = cap.cut(pool, times) if cap else everything
    counts = summary(pool, chosen, cap.budget.asked() if cap else {"share": 1.0})
    steps = [_counted(catalog, name, ids) for name, (ids, _) in zip(names, parts, strict=True)]
    steps.append(_step(operation, everything.spent(pool)))
    if cap is not None:
        steps.append(_step(f"cap by {cap.by}" if cap.by else "cap at random", chosen.spent(pool)))
    recipe = _recipe(operation, names, weights, cap, known)
    return Chosen(pool.doc_ids[chosen.rows], chosen.weights, recipe, {**counts, "steps": steps})


def _recipe(operation: str, names: Sequence[str], weights: str, cap: Cap | None, lineage: Lineage) -> dict[str, Any]:
    ruled = {"weights": weights} if operation == "union" else {}
    ordered_by = {"by": cap.by, "lowest": cap.lowest} if cap and cap.by else {}
    return {
        "method": {"method": operation, "of": list(names), **ruled, **ordered_by},
        "budget": cap.budget.asked() if cap else {},
        "seed": cap.seed if cap else 0,
        "filter": {},
        "target": None,
        **lineage.parents(names),
    }


def _counted(catalog: Catalog, name: str, ids: Any) -> dict[str, Any]:
    pool = build_pool(catalog, frozenset(), Filter(), among=[Among(ids)])
    return _step(name, {"docs": len(pool), "tokens": int(pool.tokens.sum())})


def _step(name: str, spent: dict[str, int]) -> dict[str, Any]:
    return {"step": name, "documents": spent["docs"], "tokens": spent["tokens"]}
