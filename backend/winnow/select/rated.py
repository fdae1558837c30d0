"""Selection by a rating: sampled with the rating as a logit, kept with a Pareto chance, or by a perplexity band."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from winnow.errors import SettingError
from winnow.method import Paper, param
from winnow.pool import Budget, Floats, Pool, Selection
from winnow.select.base import Draw, Ranker, Selector, ordered
from winnow.select.layers import Cells, Layers, cells, standardized


@dataclass(frozen=True, kw_only=True)
class QuratingSelect(Selector):
    """Documents drawn without replacement with their normalised rating over a temperature as the logit.

    Takes the largest z / temperature + g with z = (x - mean) / deviation over the pool or inside each domain and Gumbel
    noise g per document, so that it samples the distribution u · exp(z / temperature) that has the best expected rating
    at a given distance KL from chance. Temperature 0 takes the highest ratings and nothing else, which the paper found
    poor. The released code leaves the noise out unless asked, and then the temperature changes nothing; here the noise
    is always drawn. With `keep_mix` every domain keeps its share of the pool. Documents without a rating are never
    chosen. Source: arXiv 2402.09739.
    """

    name: ClassVar[str] = "qurating_select"
    paper: ClassVar[Paper] = Paper(
        "QuRating: Selecting High-Quality Data for Training Language Models", "2402.09739", 2024
    )

    column: str = param("quality", "The rating.", column="number")
    temperature: float = param(
        2.0, "How much chance decides: 0 takes the highest ratings alone, large values come near chance.", low=0.0
    )
    normalise: str = param(
        "pool",
        "Where a rating is brought to mean 0 and deviation 1: over the pool, inside each domain, or not at all.",
        choices=("pool", "domain", "none"),
    )
    inverse: bool = param(False, "Prefer low ratings, to see what the rating holds back.")
    domain: str = param("source", "The column of domains, for what is done per domain.", column="group")
    keep_mix: bool = param(False, "Give each domain the share of the budget that it has of the pool.")

    def needs(self) -> frozenset[str]:
        per_domain = self.keep_mix or self.normalise == "domain"
        return frozenset({self.column, self.domain} if per_domain else {self.column})

    def choose(self, pool: Pool, budget: Budget, draw: Draw) -> Selection:
        costs = budget.costs(pool)
        groups = cells(pool, self.domain) if self.keep_mix else cells(pool)
        layers = Layers(groups.codes, groups.shares(costs), self._keys(pool, draw), draw.order("ties"), costs)
        return layers.pour(budget, budget.amount(pool))

    def _keys(self, pool: Pool, draw: Draw) -> Floats:
        values = pool.number(self.column)
        if self.normalise == "none":
            logits = np.where(np.isfinite(values), values, np.nan)
        else:
            groups: Cells = cells(pool, self.domain) if self.normalise == "domain" else cells(pool)
            logits = standardized(values, groups.codes, len(groups.names))
        logits = -logits if self.inverse else logits
        return logits / self.temperature + draw.gumbel("qurating") if self.temperature > 0 else logits


@dataclass(frozen=True, kw_only=True)
class Pareto(Ranker):
    """Documents kept with a chance that rises steeply with a probability of quality, in random order.

    Document with probability p is kept if a draw from the Lomax distribution exceeds 1 - p, so that
    P(keep) = (2 - p)^(-alpha): some of the worst are kept, and all with p = 1. GPT-3 uses alpha 9, later filters 3.
    Fewer documents than the budget may be kept. Documents without a value are never chosen. Raises SettingError for a
    column that is no probability. Source: arXiv 2005.14165.
    """

    name: ClassVar[str] = "pareto"
    paper: ClassVar[Paper] = Paper("Language Models are Few-Shot Learners", "2005.14165", 2020)

    column: str = param("quality", "A probability of quality, from 0 to 1.", column="number")
    alpha: float = param(9.0, "How steep: large values keep few documents of low quality.", low=1e-6)

    def needs(self) -> frozenset[str]:
        return frozenset({self.column})

    def rank(self, pool: Pool, draw: Draw) -> Floats:
        values = pool.number(self.column)
        outside = int(((values < 0) | (values > 1)).sum())
        if outside:
            raise SettingError(
                f"pareto needs a probability in '{self.column}'",
                f"{outside:,} values lie outside 0 to 1",
                "--set column=quality",
            )
        kept = draw.uniform("pareto") < (2 - values) ** -self.alpha
        return np.where(kept, draw.uniform("pareto order"), -np.inf)


@dataclass(frozen=True, kw_only=True)
class Perplexity(Ranker):
    """Documents from the low, the middle or the high end of a language model's loss.

    The column holds the mean loss per token, ln(perplexity); only its order counts. `low` takes the lowest first, as
    POINTS does, `high` the highest, and `mid` those whose rank is nearest to the median. The lowest losses are often
    boilerplate and repeated text, so that repetition and duplicates are best filtered first. Documents without a loss
    are never chosen. Source: arXiv 2409.04828; the bands are compared in arXiv 2309.04564.
    """

    name: ClassVar[str] = "perplexity"
    paper: ClassVar[Paper] = Paper(
        "POINTS: Improving Your Vision-language Model with Affordable Strategies", "2409.04828", 2024
    )

    column: str = param("loss", "A column of losses or perplexities of a language model.", column="number")
    band: str = param("low", "Which end of the losses to take.", choices=("low", "mid", "high"))

    def needs(self) -> frozenset[str]:
        return frozenset({self.column})

    def rank(self, pool: Pool, draw: Draw) -> Floats:
        losses = np.where(np.isfinite(pool.number(self.column)), pool.number(self.column), np.nan)
        if self.band != "mid":
            return losses if self.band == "high" else -losses
        rows = np.flatnonzero(~np.isnan(losses))
        place = np.full(len(pool), np.nan)
        place[rows[ordered(losses[rows], draw.order("ties")[rows])]] = np.arange(len(rows))
        return -np.abs(place - (len(rows) - 1) / 2)
