"""Selection inside strata: every stratum keeps its share, and a rating or chance decides inside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from winnow.errors import SettingError
from winnow.method import Paper, param
from winnow.pool import Budget, Floats, Pool, Selection
from winnow.select.base import Draw, Selector
from winnow.select.layers import Layers, cells


@dataclass(frozen=True, kw_only=True)
class Stratified(Selector):
    """Every stratum gets the share of the budget that it has of the pool, and the best of each stratum fill it.

    Stratum s gets budget · tokens_s / tokens (documents, for a budget in documents), filled by the highest values, by
    values sampled with Gumbel noise, or by chance. The released code rounds every share down and so loses up to a token
    per stratum; here the budget is spent whole. What a stratum lacks, because documents without a value are never
    chosen, goes to the others. Source: the per-domain option of arXiv 2402.09739.
    """

    name: ClassVar[str] = "stratified"
    paper: ClassVar[Paper] = Paper(
        "QuRating: Selecting High-Quality Data for Training Language Models", "2402.09739", 2024
    )

    by: str = param("source", "The column whose groups are the strata.", column="group")
    column: str = param("quality", "The column that ranks documents inside a stratum.", column="number")
    inside: str = param(
        "top",
        "What decides inside a stratum: the highest values, values sampled as logits, or chance.",
        choices=("top", "sample", "chance"),
    )
    temperature: float = param(1.0, "How much chance decides when values are sampled.", low=1e-6)

    def needs(self) -> frozenset[str]:
        return frozenset({self.by} if self.inside == "chance" else {self.by, self.column})

    def choose(self, pool: Pool, budget: Budget, draw: Draw) -> Selection:
        costs, strata = budget.costs(pool), cells(pool, self.by)
        layers = Layers(strata.codes, strata.shares(costs), self._keys(pool, draw), draw.order("ties"), costs)
        return layers.pour(budget, budget.amount(pool))

    def _keys(self, pool: Pool, draw: Draw) -> Floats:
        if self.inside == "chance":
            return draw.uniform("stratified")
        values = pool.number(self.column)
        keys = np.where(np.isfinite(values), values, np.nan)
        return keys / self.temperature + draw.gumbel("stratified") if self.inside == "sample" else keys


@dataclass(frozen=True, kw_only=True)
class Snowcoder(Selector):
    """The best documents of each language by the mean score of their windows, languages mixed as in the pool.

    A file's score is the mean over its windows (top, middle and bottom in the paper) that have one, so that a file
    shorter than a window has the score of that window; every language gets its share of the budget and ranks by itself.
    With `repeats` r a document is seen r times and the budget counts every time: at 50B tokens the paper found 12.5B
    seen 4 times best, 10B seen 5 times next. The annotator that scores windows is not part of this method. Source:
    arXiv 2409.02326.
    """

    name: ClassVar[str] = "snowcoder"
    paper: ClassVar[Paper] = Paper(
        "Arctic-SnowCoder: Demystifying High-Quality Data in Code Pretraining", "2409.02326", 2024
    )

    windows: tuple[str, ...] = param(("quality",), "The columns that hold the scores of a document's windows.")
    language: str = param("language", "The column of (programming) languages.", column="group")
    repeats: int = param(1, "How often every chosen document is seen; the paper's best is 4.", low=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.windows:
            raise SettingError("snowcoder needs the score of one window", "none was named", "--set windows=quality")

    def needs(self) -> frozenset[str]:
        return frozenset({*self.windows, self.language})

    def choose(self, pool: Pool, budget: Budget, draw: Draw) -> Selection:
        costs, languages = budget.costs(pool), cells(pool, self.language)
        layers = Layers(languages.codes, languages.shares(costs), self.scores(pool), draw.order("ties"), costs)
        once = layers.pour(budget, budget.amount(pool) / self.repeats)
        return Selection(once.rows, once.weights * self.repeats)

    def scores(self, pool: Pool) -> Floats:
        """Return the mean score of each document's windows, float64 [n]; NaN where no window has a score."""
        windows = np.stack([pool.number(column) for column in self.windows])
        there: NDArray[np.bool_] = np.isfinite(windows)
        counts = there.sum(axis=0)
        total = np.where(there, windows, 0.0).sum(axis=0)
        return np.where(counts > 0, total / np.maximum(counts, 1), np.nan)
