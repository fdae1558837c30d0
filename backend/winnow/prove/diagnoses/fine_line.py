"""From when on the ranking of the arms is the final one, and which evaluation sets move together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.stats import rankdata

from winnow.method import Paper, param
from winnow.prove.diagnoses.base import Curves, Diagnosis, Floats


@dataclass(frozen=True, kw_only=True)
class Settled:
    """From `checkpoint` on (the first is 0), after `tokens`, `share` of all, the arms rank as at the end.

    `low` and `high` hold 95 % of that share when the seeds are drawn again; None with one seed. `agreement` is Kendall's
    tau with the final ranking at every checkpoint.
    """

    checkpoint: int
    tokens: int
    share: float
    low: float | None
    high: float | None
    agreement: tuple[float, ...]
    arms: int
    seeds: int

    @property
    def words(self) -> str:
        """Say from when on the ranking was final, with its interval and number of seeds."""
        seeds = f"n = {self.seeds} seed{'s' if self.seeds != 1 else ''}"
        span = "no interval" if self.low is None else f"95 % of redrawn seeds: {self.low:.0%} to {self.high:.0%}"
        if self.checkpoint + 1 == len(self.agreement) > 1:
            return f"the ranking of {self.arms} arms was not final before the end ({span}, {seeds})"
        return f"the ranking of {self.arms} arms was final from {self.share:.0%} of the tokens on ({span}, {seeds})"


@dataclass(frozen=True, kw_only=True)
class Decisions:
    """What `fine_line` found: when each set settled, and how alike two sets' trajectories are (Spearman), or None."""

    settled: Mapping[str, Settled]
    alike: Mapping[str, Mapping[str, float | None]]


@dataclass(frozen=True, kw_only=True)
class FineLine(Diagnosis):
    """The earliest checkpoint at which the ranking of the arms already is the final one.

    With the mean loss of each arm over seeds, lower is better, the decision point is the first checkpoint from which on
    every ranking equals that of the last; its interval comes from drawing seeds again with replacement. Two evaluation
    sets are compared by Spearman's correlation of their trajectories over arms and checkpoints. Arms that cannot be told
    apart at the end rank by chance, and settle late or never. The paper watches single models of 7 to 67 B; the decision
    point over arms is a reconstruction of its use. Source: arXiv 2404.01204.
    """

    name: ClassVar[str] = "fine_line"
    reconstruction: ClassVar[bool] = True
    paper: ClassVar[Paper] = Paper(
        "The Fine Line: Navigating Large Language Model Pretraining with Down-streaming Capability Analysis",
        "2404.01204",
        2024,
    )

    draws: int = param(1000, "How often the seeds are drawn again.", low=1, high=100_000)
    centred: bool = param(
        True, "Compare trajectories by how far arms stand from their mean: all curves fall, and so seem alike."
    )

    def read(self, sets: Mapping[str, Curves]) -> Decisions:
        known = {name: curves for name, curves in sets.items() if curves.losses and curves.seeds and len(curves.tokens)}
        paths = {name: self._path(curves) for name, curves in known.items()}
        alike = {one: {other: _spearman(paths[one], paths[other]) for other in paths} for one in paths}
        return Decisions(settled={name: self._settled(curves) for name, curves in known.items()}, alike=alike)

    def _settled(self, curves: Curves) -> Settled:
        table = curves.table
        ranks = _ranks(table.mean(axis=1))
        place, last = _from(ranks), len(curves.tokens) - 1
        shares = curves.tokens / curves.tokens[-1]
        low = high = None
        if curves.seeds > 1:
            drawn = np.random.default_rng(0).integers(curves.seeds, size=(self.draws, curves.seeds))
            found = [shares[_from(_ranks(table[:, seeds].mean(axis=1)))] for seeds in drawn]
            low, high = (float(edge) for edge in np.percentile(found, [2.5, 97.5]))
        return Settled(
            checkpoint=place, tokens=int(curves.tokens[place]), share=float(shares[place]), low=low, high=high,
            agreement=tuple(_tau(ranks[:, point], ranks[:, last]) for point in range(last + 1)),
            arms=len(table), seeds=curves.seeds,
        )  # fmt: skip

    def _path(self, curves: Curves) -> Floats:
        means: Floats = curves.table.mean(axis=1)
        return np.ravel(means - means.mean(axis=0) if self.centred else means)


def _ranks(means: Floats) -> Floats:
    """Return ranks [arms, checkpoints]; equal losses share a rank, whatever order the arms come in."""
    ranks: Floats = rankdata(means, method="min", axis=0).astype(np.float64)
    return ranks


def _from(ranks: Floats) -> int:
    """Return the first checkpoint from which on all ranks are those of the last."""
    other = np.flatnonzero((ranks != ranks[:, -1:]).any(axis=0))
    return int(other[-1]) + 1 if len(other) else 0


def _tau(one: Floats, other: Floats) -> float:
    """Return (pairs in the same order - pairs in the other) / pairs; 1 for one arm. Ties count as neither."""
    above = np.triu_indices(len(one), 1)
    same = np.sign(one[above[0]] - one[above[1]]) * np.sign(other[above[0]] - other[above[1]])
    return float(same.mean()) if len(same) else 1.0


def _spearman(one: Floats, other: Floats) -> float | None:
    """Return the correlation of ranks; None where one does not move, or the sets have other arms."""
    if len(one) != len(other):
        return None
    # Rounded: equal losses less their mean differ in the last digit.
    x, y = (rankdata(path.round(12)) - (len(path) + 1) / 2 for path in (one, other))
    spread = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / spread if spread > 0 else None
