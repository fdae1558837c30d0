"""A mixture from how varied each group is, measured without training."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.method import Paper, param
from winnow.pool import Budget, Floats, Pool, Rows
from winnow.select.base import IN_TOKENS, Mixer
from winnow.select.geometry import Space
from winnow.select.shares import normalized

WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+|[^\w\s]")
READ_AT_ONCE, LONGEST, FEWEST = 256, 20_000, 1000


@dataclass(frozen=True, kw_only=True)
class EntropyMixture(Mixer):
    """Groups whose text is more varied get more of the budget.

    share_i = H_i / sum_j H_j, or exp(H_i) / sum_j exp(H_j), with H_i in nats: of words, H(X) = -sum p ln p; of pairs of
    neighbouring words in a document, H(X, Y); of a word given the one before, H(Y|X) = H(X, Y) - H(X) over the pairs;
    of vectors, -sum l ln l over the eigenvalues of their second moment, scaled to sum to 1 (von Neumann). Counting
    takes equally many words of every group, up to `words`, since entropy grows with the sample; a group of fewer than
    1,000 words is measured by what it has. Entropy is not quality: random signs raise it, boilerplate lowers it.
    Source: arXiv 2405.14908. The four measures are the paper's; the words, and how entropy becomes a share, are not
    known from its text. Raises SettingError for vectors that are not finite.
    """

    name: ClassVar[str] = "entropy_mixture"
    pace: ClassVar[float] = 12
    reconstruction: ClassVar[bool] = True
    paper: ClassVar[Paper] = Paper(
        "BiMix: Bivariate Data Mixing Law for Language Model Pretraining", "2405.14908", 2024
    )

    measure: str = param(
        "conditional",
        "What is varied: a word given the one before, words, pairs of words, or vectors.",
        choices=("conditional", "shannon", "joint", "von_neumann"),
    )
    scale: str = param(
        "proportional",
        "How entropy becomes a share: in proportion to it, or to its exponential, which differs more.",
        choices=("proportional", "exponential"),
    )
    words: int = param(100_000, "How many words of each group are counted, at most.", low=1000)
    documents: int = param(4000, "How many vectors of each group are measured, at most.", low=2)
    model: str = param("static", "The encoder whose vectors are measured.")

    def needs(self) -> frozenset[str]:
        return frozenset({self.by, f"vectors:{self.model}" if self.measure == "von_neumann" else "text"})

    def shares(self, pool: Pool, budget: Budget = IN_TOKENS) -> Mapping[str, float]:
        found = self.entropies(pool)
        if self.scale == "proportional":
            return normalized(found)
        largest = max(found.values())
        return normalized({name: math.exp(value - largest) for name, value in found.items()})

    def entropies(self, pool: Pool) -> dict[str, float]:
        """Return the entropy of each group in nats; raises MissingNeed, SettingError."""
        pool.require(self.name, self.needs())
        noise = pool.hashes(0, "entropy")
        members = {name: rows[np.argsort(noise[rows])] for name, rows in pool.group(self.by).members()}
        if self.measure == "von_neumann":
            Space.of(pool, self.name, self.model)  # refuses what is not finite
            matrix = pool.vectors[self.model]
            return {name: von_neumann(matrix[rows[: self.documents]]) for name, rows in members.items()}
        documents = {name: _read(pool, rows, self.words) for name, rows in members.items()}
        counts = [sum(map(len, read)) for read in documents.values()]
        limit = min((count for count in counts if count >= FEWEST), default=self.words)
        return {name: word_entropies(read, limit)[self.measure] for name, read in documents.items()}


def word_entropies(documents: list[list[str]], limit: int) -> dict[str, float]:
    """Return the entropies of the first words of documents, in nats: shannon, joint, conditional.

    >>> {name: round(value, 4) for name, value in word_entropies([["a", "b", "a", "b"]], 4).items()}
    {'shannon': 0.6931, 'joint': 0.6365, 'conditional': 0.0}
    """
    lengths = np.minimum(np.cumsum([len(words) for words in documents]), limit)
    flat = [word for words in documents for word in words][:limit]
    if not flat:
        return {"shannon": 0.0, "joint": 0.0, "conditional": 0.0}
    codes = pa.array(flat, pa.large_string()).dictionary_encode().indices.to_numpy().astype(np.int64)
    inside = np.ones(len(flat), dtype=bool)
    inside[lengths[(lengths > 0)] - 1] = False  # the last word of a document begins no pair
    firsts = np.flatnonzero(inside)
    joint = entropy(codes[firsts] * (codes.max() + 1) + codes[firsts + 1])
    return {"shannon": entropy(codes), "joint": joint, "conditional": max(joint - entropy(codes[firsts]), 0.0)}


def entropy(codes: Rows) -> float:
    """Return -sum p ln p over how often each code occurs.

    >>> round(entropy(np.array([0, 1, 2, 3])) / math.log(2), 6)
    2.0
    """
    counts = np.unique(codes, return_counts=True)[1]
    return _of_parts(counts / max(len(codes), 1))


def von_neumann(vectors: NDArray[np.floating]) -> float:
    """Return -sum l ln l over the eigenvalues of vectors' second moment, scaled to sum to 1; vectors [n, d].

    >>> round(von_neumann(np.eye(4)), 4)
    1.3863
    """
    moment = (vectors.T @ vectors).astype(np.float64)
    trace = float(np.trace(moment))
    return _of_parts(np.asarray(np.linalg.eigvalsh(moment / trace), dtype=np.float64)) if trace > 0 else 0.0


def _of_parts(parts: Floats) -> float:
    some = parts[parts > 0]
    return float(max(-(some * np.log(some)).sum(), 0.0))


def _read(pool: Pool, rows: Rows, words: int) -> list[list[str]]:
    """Return the words of documents, in order, until there are enough."""
    documents, left = [], words
    for batch in pool.text_batches(rows, READ_AT_ONCE):
        for text in batch.to_pylist():
            found = WORD.findall(str(text)[:LONGEST].lower())[:left]
            documents.append(found)
            left -= len(found)
        if left <= 0:
            break
    return documents
