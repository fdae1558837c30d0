"""A synthetic pool that holds whatever a method needs, so that a new method meets the contract without new code here."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from winnow.pool import Groups, Pool, Target
from winnow.select.base import Selector

NAMES = {"source": ("books", "forum", "news", "web"), "language": ("de", "en", "fr"), "cluster_name": ("a", "b", "c")}


def column(name: str, kind: str, n: int, chance: np.random.Generator) -> np.ndarray | Groups:
    """Return a column of the asked kind, a tenth of it missing."""
    if kind == "group" or name in NAMES:
        names = NAMES.get(name, ("first", "second", "third"))
        skewed = chance.choice(len(names), size=n, p=np.arange(1, len(names) + 1) / np.arange(1, len(names) + 1).sum())
        return Groups(np.where(chance.random(n) < 0.1, -1, skewed).astype(np.int32), names)
    if name.endswith("_pass"):
        return (chance.random(n) < 0.6).astype(float)
    return np.where(chance.random(n) < 0.1, np.nan, np.round(chance.random(n), 2))


def vectors(n: int, chance: np.random.Generator) -> np.ndarray:
    raw = chance.normal(size=(n, 8)).astype(np.float32)
    return raw / np.linalg.norm(raw, axis=1, keepdims=True)


def text_of(doc_id: int) -> str:
    """Return a text that belongs to a doc_id, with accents and signs, of 120 to 219 words."""
    words = ("river", "Stone", "teach", "café", "the", "of", "1969", "model", "–", "rain")
    picks = np.random.default_rng(doc_id).choice(len(words), size=120 + doc_id % 100)
    return " ".join(words[pick] for pick in picks) + "."


def texts_of(doc_ids: np.ndarray) -> pa.Array:
    return pa.array([text_of(int(doc_id)) for doc_id in doc_ids], pa.large_string())


def pool_for(method: Selector, n: int = 200, seed: int = 0) -> Pool:
    """Return a pool of n documents with every column, vector and target that the method needs."""
    chance = np.random.default_rng(seed)
    kinds = {getattr(method, setting.name): setting.column for setting in method.settings() if setting.column}
    needs = sorted(method.needs())
    models = [need.partition(":")[2] for need in needs if need.startswith("vectors:")]
    columns = {
        need: column(need, kinds.get(need, "number"), n, chance)
        for need in needs
        if need not in ("target", "text") and not need.startswith("vectors:")
    }
    target = Target(
        "target", ("the river and the café", "a model of rain"), {model: vectors(2, chance) for model in models}
    )
    return Pool(
        doc_ids=np.sort(chance.choice(10 * n + 10, size=n, replace=False)),
        tokens=chance.integers(1, 500, size=n),
        columns=columns,
        vectors={model: vectors(n, chance) for model in models},
        target=target if "target" in needs else None,
        texts=texts_of if "text" in needs else None,
    )


@pytest.fixture
def make_pool():
    return pool_for
