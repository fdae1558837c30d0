"""What a head learnt, in words: the words and word pairs of documents that it rates high and low, at equal length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from winnow.rate.evidence import Floats

READ = 2000
"""Characters of a document that are read."""

FEWEST = 5
"""Documents that a word must stand in."""


@dataclass(frozen=True)
class Association:
    """A word or word pair, the documents it stands in, and how far their ranks lie from the others', in deviations."""

    ngram: str
    documents: int
    z: float


def associations(texts: Sequence[str], scores: Floats, count: int = 20) -> tuple[list[Association], list[Association]]:
    """Return the words that go with high and with low scores, the strongest first.

    z = (mean rank of the documents with the word − mean rank) / (deviation / √ documents), after a straight line of rank
    over ln(1 + characters) is taken away: long documents hold every word more often. Words of one letter, and word
    pairs that say no more than one of their words, are left out.
    """
    from scipy.stats import rankdata
    from sklearn.feature_extraction.text import CountVectorizer

    ranks = rankdata(scores)
    lengths = np.log1p([len(text) for text in texts])
    if len(texts) < 2 * FEWEST or np.ptp(ranks) == 0:
        return [], []
    if np.ptp(lengths) > 0:
        slope, level = np.polyfit(lengths, ranks, 1)
        ranks = ranks - slope * lengths - level
    ranks = (ranks - ranks.mean()) / (ranks.std() or 1.0)
    counter = CountVectorizer(binary=True, ngram_range=(1, 2), min_df=FEWEST, max_features=50_000)
    try:
        found = counter.fit_transform([text[:READ] for text in texts]).tocsc()
    except ValueError:  # no word stands in enough documents
        return [], []
    documents = np.diff(found.indptr)
    z = np.asarray(found.T @ ranks).ravel() / np.sqrt(documents)
    names = counter.get_feature_names_out()
    up = [Association(names[i], int(documents[i]), float(z[i])) for i in np.argsort(-z)[: count * 4] if z[i] > 0]
    down = [Association(names[i], int(documents[i]), float(z[i])) for i in np.argsort(z)[: count * 4] if z[i] < 0]
    return _distinct(up)[:count], _distinct(down)[:count]


def _distinct(found: Sequence[Association]) -> list[Association]:
    kept: list[Association] = []
    words: set[str] = set()
    for association in found:
        parts = association.ngram.split()
        if not any(part in words for part in parts):
            kept.append(association)
            words.update(parts)
    return kept


def length_correlation(scores: Floats, chars: Floats) -> float:
    """Return Spearman's correlation of scores with length, NaN when either never changes."""
    if len(scores) < 3 or np.ptp(scores) == 0 or np.ptp(chars) == 0:
        return float("nan")
    from scipy.stats import spearmanr

    return float(spearmanr(scores, chars).statistic)
