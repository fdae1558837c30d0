"""Selection by summed ratings inside a budget for every source and domain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from winnow.errors import SettingError, nearest
from winnow.method import Paper, param
from winnow.pool import Budget, Floats, Pool, Selection
from winnow.select.base import Draw, Selector
from winnow.select.layers import Cells, Layers, cells
from winnow.select.shares import check_table


@dataclass(frozen=True, kw_only=True)
class DatamanSelect(Selector):
    """The documents with the highest sum of ratings in a budget for every source and every domain inside it.

    A source gets its share of the rated pool, and domain d of source s gets source share · w_sd / sum of w over the
    domains of s, where w is the domain's size^exponent times its entry in `domain_shares` (1 without a table; a domain
    outside a table gets none). A cell that has too little is seen again until its part is reached, up to `repeats`
    times, best documents first, and the budget counts every time; beyond that the others get it. Ratings have few
    levels, so ties are many: a seeded random order decides them. The released code repeats by drawing with replacement
    and without limit, rounds shares down, and fails without a domain column; here none of it happens. Source: arXiv
    2502.19363.
    """

    name: ClassVar[str] = "dataman_select"
    paper: ClassVar[Paper] = Paper("DataMan: Data Manager for Pre-training Large Language Models", "2502.19363", 2025)

    columns: tuple[str, ...] = param(("quality",), "The rating columns that are summed.")
    source: str = param("source", "The column of sources, which keep their share.", column="group")
    domain: str = param("cluster_name", "The column of domains inside a source.", column="group")
    domain_shares: Mapping[str, float] = param({}, "How much each domain weighs inside a source; empty weighs all 1.")
    exponent: float = param(
        1.0, "How a domain's size counts: 1 keeps its share of the source, 0 gives domains equal parts.", low=0, high=1
    )
    at_least: float | None = param(None, "If set, documents with at least this sum, in random order.")
    repeats: int = param(4, "How often a document may be seen, at most, where a domain has too little.", low=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.columns:
            raise SettingError("dataman_select needs a rating", "no column was named", "--set columns=quality")
        check_table(self.name, "domain_shares", self.domain_shares, to_one=False)

    def needs(self) -> frozenset[str]:
        return frozenset({*self.columns, self.source, self.domain})

    def choose(self, pool: Pool, budget: Budget, draw: Draw) -> Selection:
        costs, keys = budget.costs(pool), self._keys(pool, draw)
        domains = cells(pool, self.source, self.domain)
        rated = ~np.isnan(keys)
        sizes = np.where(domains.sizes(rated.astype(np.int64)) > 0, domains.shares(np.where(rated, costs, 0)), 0.0)
        layers = Layers(domains.codes, self._widths(domains, sizes), keys, draw.order("ties"), costs)
        return layers.pour(budget, budget.amount(pool), self.repeats)

    def _keys(self, pool: Pool, draw: Draw) -> Floats:
        total = np.stack([pool.number(column) for column in self.columns]).sum(axis=0)
        total = np.where(np.isfinite(total), total, np.nan)
        if self.at_least is None:
            return np.asarray(total, dtype=np.float64)
        return np.where(total >= self.at_least, draw.uniform("dataman"), np.nan)

    def _widths(self, domains: Cells, sizes: Floats) -> Floats:
        """Return the share of each cell: that of its source, divided among the domains that the source has."""
        sources = sorted({source for source, _ in domains.names})
        place = np.array([sources.index(source) for source, _ in domains.names])
        weight = np.where(sizes > 0, sizes**self.exponent, 0.0) * self._table(domains)
        whole = np.bincount(place, weights=weight, minlength=len(sources))
        of_source = np.bincount(place, weights=sizes, minlength=len(sources))
        widths: Floats = weight / np.where(whole > 0, whole, 1.0)[place] * of_source[place]
        return widths

    def _table(self, domains: Cells) -> Floats:
        known = {domain for _, domain in domains.names}
        for name in self.domain_shares:
            if name not in known:
                needs = f"dataman_select: no document has '{name}' as '{self.domain}'"
                raise SettingError(needs, "", nearest(name, known))
        if not self.domain_shares:
            return np.ones(len(domains.names))
        return np.array([float(self.domain_shares.get(domain, 0.0)) for _, domain in domains.names])
