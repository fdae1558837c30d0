"""How far annotators agree beyond chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np


@dataclass(frozen=True)
class Agreement:
    """Two annotators on the documents both labelled: the share they agree on, and Cohen's kappa (NaN when undefined)."""

    first: str
    second: str
    documents: int
    share: float
    kappa: float


def cohen_kappa(first: Sequence[str], second: Sequence[str]) -> float:
    """Return Cohen's kappa, (p_o − p_e) / (1 − p_e).

    p_o is the share of equal labels; p_e the share expected by chance, Σ_v p_first(v)·p_second(v). NaN when there is
    nothing to compare or both always say the same one thing (Cohen 1960).

    >>> round(cohen_kappa(["a", "a", "b", "b"], ["a", "b", "b", "b"]), 3)
    0.5
    """
    if not first:
        return float("nan")
    names, codes = np.unique([*first, *second], return_inverse=True)
    table = np.zeros((len(names), len(names)))
    np.add.at(table, (codes[: len(first)], codes[len(first) :]), 1.0)
    table /= table.sum()
    observed, expected = float(np.trace(table)), float(table.sum(axis=1) @ table.sum(axis=0))
    return (observed - expected) / (1 - expected) if expected < 1 else float("nan")


def pairwise(labels: Mapping[str, Mapping[int, str]]) -> list[Agreement]:
    """Compare each two annotators: `labels` is who → doc_id → value; pairs without a common document are left out."""
    found = []
    for first, second in combinations(sorted(labels), 2):
        both = sorted(labels[first].keys() & labels[second].keys())
        if both:
            a, b = [labels[first][doc] for doc in both], [labels[second][doc] for doc in both]
            share = sum(x == y for x, y in zip(a, b, strict=True)) / len(both)
            found.append(Agreement(first, second, len(both), share, cohen_kappa(a, b)))
    return found
