"""Where selections come from: those that others start from, aim at or are combined of, with the recipes that made them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from winnow.catalog.catalog import Catalog
from winnow.catalog.filters import Filter
from winnow.catalog.selections import NamedSelection
from winnow.errors import SettingError, nearest
from winnow.pool import Floats, Rows


@dataclass(frozen=True, eq=False)
class Chosen:
    """Documents that were chosen but not kept yet: `recipe` chooses them again, `summary` counts them."""

    doc_ids: Rows
    weights: Floats
    recipe: Mapping[str, Any]
    summary: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Among:
    """A condition of a pool: only these documents, or all but these."""

    doc_ids: Rows
    kept: bool = True

    def keeps(self, doc_ids: Rows) -> NDArray[np.bool_]:
        return np.isin(doc_ids, self.doc_ids, invert=not self.kept)


class Lineage:
    """Selections by name: those that a recipe brings along come before those kept in the corpus."""

    def __init__(self, catalog: Catalog, brought: Mapping[str, Chosen] | None = None) -> None:
        self._catalog, self._brought = catalog, dict(brought or {})

    def names(self) -> list[str]:
        return list(dict.fromkeys([*self._brought, *(kept.name for kept in self._catalog.selections.all())]))

    def place(self, target: str | None) -> str | None:
        """Return a target as any folder understands it: a selection's name, else the whole path of what is there."""
        is_file = target and target not in self.names() and os.path.exists(target)
        return os.path.abspath(target) if target and is_file else target

    def read(self, name: str) -> tuple[Rows, Floats]:
        """Return doc_ids and weights in the order they were chosen; raises SettingError for an unknown name."""
        if name in self._brought:
            return self._brought[name].doc_ids, self._brought[name].weights
        self._check(name)
        return self._catalog.selections.get(name).read()

    def recipe(self, name: str) -> Mapping[str, Any]:
        if name in self._brought:
            return self._brought[name].recipe
        self._check(name)
        return self._catalog.selections.get(name).recipe

    def parents(self, names: Iterable[str]) -> dict[str, Any]:
        """Return {"parents": {name: recipe}} of the named selections, to be part of a recipe; {} without any.

        A parent's recipe holds its own parents, so that a name means what it meant when the parent was made.
        """
        found = {name: dict(self.recipe(name)) for name in dict.fromkeys(names)}
        return {"parents": found} if found else {}

    def conditions(self, filter: Filter, within: str) -> tuple[Filter, tuple[Among, ...]]:
        """Return a filter without its selection, and the documents that it and `within` leave.

        A filter with alternatives keeps its selection, which narrows only what is no alternative.
        """
        found = []
        if filter.selection and not filter.also:
            found.append(Among(self.read(filter.selection.lstrip("-"))[0], not filter.selection.startswith("-")))
        if within:
            found.append(Among(self.read(within)[0]))
        return filter if filter.also else replace(filter, selection=""), tuple(found)

    def _check(self, name: str) -> None:
        known = self.names()
        if name not in known:
            raise SettingError(f"no selection is called '{name}'", "", nearest(name, known))


def keep(catalog: Catalog, name: str, chosen: Chosen, *, replace: bool = False) -> NamedSelection:
    """Store a choice under a name; raises SettingError, ConflictError."""
    return catalog.selections.save(
        name, chosen.doc_ids, chosen.weights, recipe=chosen.recipe, summary=chosen.summary, replace=replace
    )
