"""Selection by a graph of skills: documents near to skills that matter and to skills that go together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from winnow.errors import SettingError
from winnow.method import Paper, param
from winnow.pool import Floats, Pool, Target
from winnow.select.base import Draw, Ranker
from winnow.select.nearness import Nearness
from winnow.select.products import Matrix, Products, ahead
from winnow.select.terms import Terms, listed_terms, shared_terms

WORDS, AT_MOST = 2, 0.5
"""The longest skill in words, and the share of texts above which a word is no skill."""


@dataclass(frozen=True, eq=False)
class SkillGraph:
    """Skills: `names` [k], `weights` [k, k] with nodes on the diagonal and edges off it, unit `vectors` [k, d]."""

    names: tuple[str, ...]
    weights: Floats
    vectors: Matrix

    def scores(self, cosines: Matrix, form: str) -> Floats:
        """Return x^T A x or 1^T A x of each document, [b], from cosines [k, b]; a negative cosine counts as 0."""
        x = np.maximum(cosines, 0)
        weights = self.weights.astype(np.float32)
        if form == "linear":
            return np.asarray(weights.sum(axis=0) @ x, dtype=np.float64)
        return np.asarray(np.einsum("kb,kb->b", weights @ x, x), dtype=np.float64)


@dataclass(frozen=True, kw_only=True)
class Mass(Ranker):
    """Documents near to the skills of reference texts, the frequent skills and the pairs that occur together above all.

    A is a matrix of skills: A_kk the share of skill k in all mentions, A_kj the share of the pair in all pairs that stand
    in one text; nodes and edges each sum to 1. With x_k = max(cos(document, skill k), 0) a document scores x^T A x, which
    rewards covering both ends of an edge, or 1^T A x (`form` linear). Skills whose vectors have a cosine above `merge`
    are one skill. `rare` divides hubs: each mention counts ln(texts / texts with the skill). Raises SettingError for a
    target in which no skill is found. Source: arXiv 2503.14917.

    A reconstruction: the published formula of the score was not read and its code is not released. There a language model
    names the skills of each problem; here they are given in `skills`, a line for each target text, or they are the words
    and pairs of words that several target texts share, and a skill's vector is the mean of its texts' vectors.
    """

    name: ClassVar[str] = "mass"
    pace: ClassVar[float] = 12
    paper: ClassVar[Paper] = Paper(
        "MASS: MAthematical data Selection via Skill graphs for pretraining large language models", "2503.14917", 2025
    )
    reconstruction: ClassVar[bool] = True
    example: ClassVar[Mapping[str, Any]] = {"at_least": 1}

    model: str = param("static", "The encoder whose vectors are compared.")
    form: str = param("quadratic", "Reward pairs of skills, or each skill by itself.", choices=("quadratic", "linear"))
    skills: str = param(
        "", "The skills of each target text, a line a text, such as: area; angle. Empty for shared words.", lines=True
    )
    most: int = param(500, "How many skills are used at most, the most frequent.", low=1, high=5000)
    at_least: int = param(2, "In how many target texts a shared word stands to be a skill.", low=1)
    merge: float = param(0.98, "The cosine above which two skills are one.", low=0, high=1)
    rare: bool = param(False, "Let skills count less that stand in most texts.")

    def needs(self) -> frozenset[str]:
        return frozenset({"target", f"vectors:{self.model}"})

    def rank(self, pool: Pool, draw: Draw) -> Floats:
        near = Nearness.of(pool, "mass", self.model)
        graph = self._graph(pool, near)
        products = Products(graph.vectors)
        blocks = ahead(near.space.blocks(near.order))
        return near.by_row(np.concatenate([graph.scores(products(block), self.form) for _, block in blocks]))

    def graph(self, pool: Pool) -> SkillGraph:
        """Return the graph that documents are scored by; raises MissingNeed, SettingError."""
        pool.require("mass", self.needs())
        return self._graph(pool, Nearness.of(pool, "mass", self.model))

    def _graph(self, pool: Pool, near: Nearness) -> SkillGraph:
        assert pool.target is not None
        terms = self._terms(pool.target)
        within = terms.within[near.examples]
        summed = np.asarray(within.T @ near.target, dtype=np.float64)
        lengths = np.linalg.norm(summed, axis=1)
        known = np.flatnonzero(lengths > 1e-9)
        if len(known) == 0:
            raise SettingError(
                "mass needs a target with skills",
                f"no word stands in {min(self.at_least, len(near.target))} of its {len(near.target):,} texts",
                "--set at_least=1, more target texts, or --set skills=...",
            )
        vectors = (summed[known] / lengths[known, None]).astype(np.float32)
        owner = merged(vectors, self.merge)
        kept = np.unique(owner)
        joined = np.zeros((len(known), len(kept)))
        joined[np.arange(len(known)), np.searchsorted(kept, owner)] = 1
        texts = np.minimum(within[:, known] @ joined, 1.0)
        names = tuple(terms.names[k] for k in known[kept])
        return SkillGraph(names, adjacency(texts, self.rare), vectors[kept])

    def _terms(self, target: Target) -> Terms:
        if not self.skills.strip():
            at_least = min(self.at_least, len(target.texts))
            return shared_terms(target.texts, words=WORDS, at_least=at_least, at_most=AT_MOST, most=self.most)
        terms = listed_terms(self.skills)
        if terms.within.shape[0] != len(target.texts):
            raise SettingError(
                "mass: skills has a line for each target text",
                f"{terms.within.shape[0]:,} lines for {len(target.texts):,} texts",
                "add a line, empty where a text has no skill",
            )
        return terms


def adjacency(texts: Floats, rare: bool = False) -> Floats:
    """Return A [k, k] from mentions [texts, k] of 0 and 1: node weights on the diagonal and edge weights off it.

    Nodes sum to 1, and so do edges, each counted in both directions; without a pair all edges are 0.

    >>> adjacency(np.array([[1.0, 1.0], [1.0, 1.0]])).tolist()
    [[0.5, 0.5], [0.5, 0.5]]
    """
    if rare:
        count = texts.sum(axis=0)
        texts = texts * np.sqrt(np.log(len(texts) / np.maximum(count, 1)))
    pairs = texts.T @ texts
    nodes = np.diag(pairs).copy()
    np.fill_diagonal(pairs, 0)
    nodes = nodes / nodes.sum() if nodes.sum() > 0 else np.full(len(nodes), 1 / len(nodes))
    weights: Floats = pairs / pairs.sum() if pairs.sum() > 0 else pairs
    np.fill_diagonal(weights, nodes)
    return weights


def merged(vectors: Matrix, limit: float) -> np.ndarray:
    """Return for each unit vector the first one that it is merged into: itself, or an earlier kept one with a cosine
    above the limit."""
    cosines = vectors @ vectors.T
    owner, kept = np.arange(len(vectors)), np.zeros(len(vectors), dtype=bool)
    for k in range(len(vectors)):
        like = np.flatnonzero(kept[:k] & (cosines[k, :k] > limit))
        if len(like):
            owner[k] = like[cosines[k, like].argmax()]
        else:
            kept[k] = True
    return owner
