"""The pool of the last preview, for whoever moves a setting and asks again."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from winnow.catalog.catalog import Catalog
from winnow.catalog.filters import Filter
from winnow.jobs.lineage import Among
from winnow.jobs.select import DESCRIBED, build_pool
from winnow.pool import Pool, Target


class HeldPool:
    """Holds one pool, about 40 bytes a document, until other documents, needs or a change of the corpus are asked for.

    One with vectors is not held: it may be a gigabyte.
    """

    def __init__(self) -> None:
        self._held: tuple[Hashable, Pool] | None = None

    def of(
        self,
        catalog: Catalog,
        needs: frozenset[str],
        filter: Filter,
        target: Target | None = None,
        among: Sequence[Among] = (),
    ) -> Pool:
        """Return what `build_pool` does; raises MissingNeed."""
        if target is not None or among:
            return build_pool(catalog, needs, filter, target, among=among)
        table, version = catalog.table, catalog.table.version
        # Hand labels change no other column: under a filter they may change who is in it.
        columns = {*needs, *DESCRIBED, "tokens"}
        state = version if filter else frozenset((name, table.origin(name, version)) for name in columns)
        asked, held = (state, needs, filter.key), self._held
        if held is not None and held[0] == asked:
            return held[1]
        pool = build_pool(catalog, needs, filter)
        if not pool.vectors:
            self._held = asked, pool
        return pool
