"""Selection by the gradient of optimal transport: documents whose weight pulls the pool fastest towards the target."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from winnow.method import Paper, param
from winnow.pool import Floats, Pool, Rows
from winnow.select.base import Draw, Ranker
from winnow.select.nearness import Nearness
from winnow.select.products import Products
from winnow.select.transport import carry, chords

SCREENED = 1000
"""How many documents stand for a domain when domains are compared with the target."""


@dataclass(frozen=True, kw_only=True)
class Gotd(Ranker):
    """Documents that, given more weight, bring the pool towards the target fastest: the gradient of optimal transport.

    With f the potential of the pool in the transport of its vectors to the target's, cost = distance, the gradient is
    g_i = f_i - sum_{j != i} f_j / (N - 1), and documents of the lowest g come first; `contrast` takes the highest, away
    from a target that is to be avoided. Transport is smoothed by epsilon = `smoothing` · mean cost and solved for
    `sample` documents and at most `examples` target texts; f then extends to every document as
    -epsilon ln mean_j exp((h_j - cost_j) / epsilon). So a pool of 990 cats and 10 dogs aimed at half and half gives dogs
    alone, where matching the target would take half cats. With `domain` only the documents of the `nearest` domains, by
    their own cost of transport, are candidates.

    The gradient holds for a budget that is small beside what the model was trained on, and nothing keeps the chosen apart
    from each other: take doubles out first. Source: arXiv 2405.02774.
    """

    name: ClassVar[str] = "gotd"
    pace: ClassVar[float] = 16
    paper: ClassVar[Paper] = Paper(
        "Get more for less: Principled Data Selection for Warming Up Fine-Tuning in LLMs", "2405.02774", 2024
    )

    model: str = param("static", "The encoder whose vectors are carried.")
    contrast: bool = param(False, "Go away from the target instead, such as from toxic texts.")
    smoothing: float = param(0.02, "How blurred the transport is, as a share of the mean distance.", low=0.005, high=10)
    sample: int = param(4000, "How many random documents stand for the pool while transport is solved.", low=2)
    examples: int = param(1000, "How many of the target's texts are used at most, drawn by chance.", low=1)
    domain: str = param(
        "", "A column of domains, of which only those nearest to the target are used; empty for all.", column="group"
    )
    nearest: int = param(2, "How many domains are used.", low=1)

    def needs(self) -> frozenset[str]:
        return frozenset({"target", f"vectors:{self.model}"} | ({self.domain} if self.domain else set()))

    def rank(self, pool: Pool, draw: Draw) -> Floats:
        gradient = self.gradient(pool, draw)
        return np.where(np.isnan(gradient), -np.inf, gradient if self.contrast else -gradient)

    def gradient(self, pool: Pool, draw: Draw) -> Floats:
        """Return g for each candidate, which sums to 0 over them, and NaN for the documents of other domains."""
        near = self._near(pool)
        rows = self._candidates(pool, near, draw)
        plan = carry(self._costs(near, rows[np.argsort(draw.order("gotd")[rows])][: self.sample]), self.smoothing)
        potential = np.concatenate([plan.potential(chords(cosines)) for _, cosines in near.blocks()])
        f = near.by_row(potential)
        total, others = float(np.sort(f[rows]).sum()), max(len(rows) - 1, 1)
        gradient = np.full(len(pool), np.nan)
        gradient[rows] = f[rows] - (total - f[rows]) / others
        return gradient

    def domains(self, pool: Pool, *, seed: int = 0) -> dict[str, float]:
        """Return the cost of transport from each domain to the target, the nearest first."""
        pool.require("gotd", self.needs())
        near, keys = self._near(pool), Draw(pool, seed).order("gotd domains")
        costs = {}
        for name, rows in pool.group(self.domain).members():
            some = rows[np.argsort(keys[rows])][:SCREENED]
            costs[name] = carry(self._costs(near, some), self.smoothing).cost
        return dict(sorted(costs.items(), key=lambda item: (item[1], item[0])))

    def _near(self, pool: Pool) -> Nearness:
        near = Nearness.of(pool, "gotd", self.model)
        if len(near.target) <= self.examples:
            return near
        some = np.sort(np.random.default_rng(0).permutation(len(near.target))[: self.examples])
        return dataclasses.replace(near, target=near.target[some], examples=near.examples[some])

    def _candidates(self, pool: Pool, near: Nearness, draw: Draw) -> Rows:
        if not self.domain:
            return np.arange(len(pool))
        chosen = list(self.domains(pool, seed=draw.seed))[: self.nearest]
        return np.sort(np.concatenate([rows for name, rows in pool.group(self.domain).members() if name in chosen]))

    def _costs(self, near: Nearness, rows: Rows) -> np.ndarray:
        return chords(Products(near.target)(near.space.take(rows)).T)
