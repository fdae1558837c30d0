"""Selection by quality tiers, optionally inside domains, behind three gates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from winnow.errors import SettingError, nearest
from winnow.method import Paper, param
from winnow.pool import Budget, Floats, Pool, Selection
from winnow.select.base import Draw, Selector
from winnow.select.layers import Cells, Layers, cells
from winnow.select.shares import check_table
from winnow.select.thresholds import parse

TIERS = ("low", "medium", "high")


@dataclass(frozen=True, kw_only=True)
class Tiers(Selector):
    """Documents from weighted buckets of domain and quality tier, after three gates, at random inside a bucket.

    A document is low below `low_edge`, high from `high_edge` on and medium between; a bucket is a tier, or a tier
    inside a domain if `by` names a column. Buckets get the budget by weight, none more than `epochs` times its size,
    and what a small one cannot take goes to the others: with equal weights that is the UniMax rule, min(epochs · size,
    what is left / buckets left) from the smallest up. `weights` names tiers ("high"), domains ("news") or buckets
    ("news/high"); their product counts, and 0 drops. A gate is a text of rules as in `rules`; a document that fails one
    is never counted in a later one. Documents without a value are never chosen.

    A reconstruction: arXiv 2407.06380 gives attributes and advice, not this rule in full; the gates (source, document,
    segment) are ours.
    """

    name: ClassVar[str] = "tiers"
    paper: ClassVar[Paper] = Paper(
        "Data, Data Everywhere: A Guide for Pretraining Dataset Construction", "2407.06380", 2024
    )
    reconstruction: ClassVar[bool] = True

    column: str = param("quality", "The quality that makes the tiers.", column="number")
    low_edge: float = param(0.33, "Below this value a document is in tier low.")
    high_edge: float = param(0.67, "From this value on a document is in tier high.")
    by: str = param("", "A column of domains or types of speech that splits the tiers; empty for none.", column="group")
    weights: Mapping[str, float] = param({}, "Weights of tiers, domains or buckets; what is not named weighs 1.")
    epochs: int = param(1, "How often a document may be seen, at most.", low=1)
    source_gate: str = param("", "First gate: rules on source, domain, licence or language.")
    document_gate: str = param("", "Second gate: rules on quality, toxicity or duplicates.")
    segment_gate: str = param("", "Third gate: rules on what line or segment edits left, and on personal data.")

    def __post_init__(self) -> None:
        super().__post_init__()
        for gate in ("source_gate", "document_gate", "segment_gate"):
            object.__setattr__(self, gate, ", ".join(map(str, parse(getattr(self, gate)))))
        if not self.low_edge <= self.high_edge:
            raise SettingError(
                "tiers: low_edge is at most high_edge",
                f"found {self.low_edge:g} and {self.high_edge:g}",
                "--set low_edge=0.33 --set high_edge=0.67",
            )
        check_table(self.name, "weights", self.weights, to_one=False, positive=False)

    @property
    def gates(self) -> tuple[str, str, str]:
        return self.source_gate, self.document_gate, self.segment_gate

    def needs(self) -> frozenset[str]:
        rules = {threshold.column for gate in self.gates for threshold in parse(gate)}
        return frozenset({self.column, *rules} | ({self.by} if self.by else set()))

    def fail_gate(self, pool: Pool) -> NDArray[np.int8]:
        """Return the first gate each document fails, 1 to 3, or 0 if it passes all; raises as `select`."""
        pool.require(type(self).name, self.needs())
        failed = np.zeros(len(pool), dtype=np.int8)
        for place, gate in enumerate(self.gates, start=1):
            for threshold in parse(gate):
                failed[(failed == 0) & ~threshold.keeps(pool)] = place
        return failed

    def buckets(self, pool: Pool) -> tuple[Cells, Floats]:
        """Return the bucket of each document, (tier) or (domain, tier), and the weight of each bucket."""
        values = pool.number(self.column)
        tier = (values >= self.low_edge).astype(np.int64) + (values >= self.high_edge)
        domains = cells(pool, *([self.by] if self.by else []))
        names = tuple((*domain, name) for domain in domains.names for name in TIERS)
        return Cells(domains.codes * len(TIERS) + tier, names), self._weights(names)

    def _weights(self, names: tuple[tuple[str, ...], ...]) -> Floats:
        known = {part for name in names for part in (*name, "/".join(name))}
        for name in self.weights:
            if name not in known:
                raise SettingError(f"tiers: no bucket is called '{name}'", "", nearest(name, known))
        parts = ({*name, "/".join(name)} for name in names)
        return np.array([np.prod([weight for key, weight in self.weights.items() if key in part]) for part in parts])

    def choose(self, pool: Pool, budget: Budget, draw: Draw) -> Selection:
        buckets, weights = self.buckets(pool)
        passes = (self.fail_gate(pool) == 0) & np.isfinite(pool.number(self.column))
        keys = np.where(passes, draw.uniform("tiers"), np.nan)
        layers = Layers(buckets.codes, weights, keys, draw.order("ties"), budget.costs(pool))
        return layers.pour(budget, budget.amount(pool), self.epochs)
