"""How well the estimates of unions order them, against real runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import kendalltau, spearmanr

from winnow.pool import Floats
from winnow.prove.statistics import half_width

Figures = Mapping[str, Mapping[str, float]]
"""{union: {set: nats per byte}}."""


@dataclass(frozen=True, kw_only=True)
class Mean:
    """A mean over seeds; ± half is the t interval."""

    mean: float
    half: float
    seeds: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Mean:
        known = [value for value in values if math.isfinite(value)]
        if not known:
            return cls(mean=math.nan, half=math.inf, seeds=0)
        spread = float(np.std(known, ddof=1)) if len(known) > 1 else math.nan
        return cls(mean=float(np.mean(known)), half=half_width(spread, len(known)), seeds=len(known))

    @property
    def words(self) -> str:
        return f"{self.mean:.3f} ± {self.half:.3f}"


@dataclass(frozen=True, kw_only=True)
class Union:
    """One union in nats per byte: by the mean of its branches' weights, and, where it was trained on, by its own run."""

    name: str
    shards: int
    estimated: Mean
    real: Mean | None


@dataclass(frozen=True, kw_only=True)
class Ordering:
    """Unions on one set of texts, the best first. `spearman` and `kendall` compare estimates with real runs of `compared`
    unions of two shards or more, within each seed; `bias` is estimate minus real run. A single shard is its own branch.
    """

    unions: tuple[Union, ...]
    spearman: Mean
    kendall: Mean
    bias: Mean
    compared: int

    @property
    def words(self) -> str:
        if self.compared < 3:
            return f"{self.compared} unions were trained on: an order needs three or more"
        return (
            f"estimates order {self.compared} unions as real runs do with rank correlation {self.spearman.words} "
            f"(Spearman), {self.kendall.words} (Kendall), n = {self.spearman.seeds} seeds; "
            f"they lie {self.bias.mean:+.3f} ± {self.bias.half:.3f} nats per byte from them"
        )


def ordering(estimated: Sequence[Figures], real: Sequence[Figures], name: str) -> Ordering:
    """Compare the estimates of each seed with its real runs on one set of texts."""
    compared = [union for union in real[0] if " + " in union] if real else []
    pairs = [
        (np.array([est[union][name] for union in compared]), np.array([run[union][name] for union in compared]))
        for est, run in zip(estimated, real, strict=True)
    ]
    made = [
        Union(
            name=union,
            shards=union.count(" + ") + 1,
            estimated=Mean.of([figures[union][name] for figures in estimated]),
            real=Mean.of([figures[union][name] for figures in real]) if union in real[0] else None,
        )
        for union in estimated[0]
    ]
    return Ordering(
        unions=tuple(sorted(made, key=lambda one: one.estimated.mean)),
        spearman=Mean.of([_rank(spearmanr, *pair) for pair in pairs]),
        kendall=Mean.of([_rank(kendalltau, *pair) for pair in pairs]),
        bias=Mean.of([float((est - run).mean()) for est, run in pairs if len(est)]),
        compared=len(compared),
    )


def _rank(correlation: Callable[..., Any], first: Floats, second: Floats) -> float:
    """Return a rank correlation, nan where there is no order."""
    if len(first) < 3 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return math.nan
    return float(correlation(first, second).statistic)
