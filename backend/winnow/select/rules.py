"""Selection by rules: published filters and thresholds on columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from winnow.method import param
from winnow.pool import Floats, Pool
from winnow.select.base import Draw, Ranker
from winnow.select.presets import PRESETS
from winnow.select.thresholds import Threshold, parse, text_of


@dataclass(frozen=True)
class RuleCount:
    """How many documents a rule drops: `alone` of the whole pool, `in_sequence` of what earlier rules left.

    `only` counts those that no other rule drops: they would come back without it.
    """

    rule: str
    alone: int
    in_sequence: int
    only: int


@dataclass(frozen=True, kw_only=True)
class Rules(Ranker):
    """The documents that pass every rule, in random order.

    A preset is a published filter, each of its thresholds a rule of its own: gopher (arXiv 2112.11446); c4, by the
    reference code (arXiv 1910.10683), and c4_datatrove; fineweb (arXiv 2406.17557), and fineweb_v1 as its release
    counted; refinedweb (arXiv 2306.01116: the Gopher rules, then its line rules); redpajama (arXiv 2411.12372: the
    Gopher rules on its signals, as far as its data card spells them out); dolma (arXiv 2402.00159: what its mixing files
    applied to attributes that its tagger wrote). Which language to keep is a rule of your own. `keep` adds thresholds:
    "quality>=0.4, language=en|fr, words 50..100000"; a name with other signs stands in quotation marks, and "(none)"
    stands for a missing value. Without any rule every document passes. Raises MissingNeed for a column and SettingError
    for a name that no document has: a rule never fails silently.
    """

    name: ClassVar[str] = "rules"

    preset: str = param("", "A published set of rules that a document must pass.", choices=("", *PRESETS))
    keep: str | Mapping[str, Any] = param(
        "", "Thresholds that a document must meet, such as quality>=0.4, toxicity<0.5, language=en, words 50..100000."
    )

    def __post_init__(self) -> None:
        if isinstance(self.keep, Mapping):
            object.__setattr__(self, "keep", text_of(self.keep))
        super().__post_init__()
        object.__setattr__(self, "keep", ", ".join(map(str, parse(str(self.keep)))))

    @property
    def thresholds(self) -> tuple[Threshold, ...]:
        """Return the rules in the order in which they are applied, the preset first."""
        return parse(PRESETS.get(self.preset, "")) + parse(str(self.keep))

    def needs(self) -> frozenset[str]:
        return frozenset(threshold.column for threshold in self.thresholds)

    def rank(self, pool: Pool, draw: Draw) -> Floats:
        kept: NDArray[np.bool_] = np.ones(len(pool), dtype=bool)
        for threshold in self.thresholds:
            kept &= threshold.keeps(pool)
        return np.where(kept, draw.uniform("rules"), -np.inf)

    def count_by_rule(self, pool: Pool) -> list[RuleCount]:
        """Return what each rule drops; the `in_sequence` counts add up to all that is dropped. Raises as `select`."""
        pool.require(type(self).name, self.needs())
        kept: NDArray[np.bool_] = np.ones(len(pool), dtype=bool)
        broken = [~threshold.keeps(pool) for threshold in self.thresholds]
        times = np.sum(broken, axis=0, dtype=np.int16)
        counts = []
        for threshold, breaks in zip(self.thresholds, broken, strict=True):
            alone, in_sequence, only = (int(gone.sum()) for gone in (breaks, kept & breaks, breaks & (times == 1)))
            counts.append(RuleCount(str(threshold), alone, in_sequence, only))
            kept &= ~breaks
        return counts
