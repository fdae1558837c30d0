"""The words and phrases that several texts of a target share: what stands in for named concepts and skills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

LETTERS = 3
"""How many letters a word of a term has at least."""


@dataclass(frozen=True, eq=False)
class Terms:
    """Names of terms, [k], and which text holds which: `within` is a sparse matrix [texts, k] of 0 and 1."""

    names: tuple[str, ...]
    within: csr_matrix


def shared_terms(texts: Sequence[str], *, words: int, at_least: int, at_most: float, most: int) -> Terms:
    """Return the runs of 1 to `words` words that stand in `at_least` texts and in a share of `at_most`, most texts first.

    Words are those of DSIR's n-grams, lower-cased. A term holds letters only, at least 3 a word, and no stop word of
    English; equally frequent terms go by the alphabet.
    """
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

    counter = CountVectorizer(token_pattern=r"\w+|[^\w\s]+", ngram_range=(1, words), binary=True, dtype=np.float64)
    if not any(text.strip() for text in texts):
        return Terms((), csr_matrix((len(texts), 0)))
    within = counter.fit_transform(texts).tocsc()
    names = counter.get_feature_names_out()
    frequency = np.diff(within.indptr)
    enough = np.flatnonzero((frequency >= at_least) & (frequency <= max(at_most * len(texts), at_least)))
    fit = [
        k for k in enough.tolist()
        if all(len(w) >= LETTERS and w.isalpha() and w not in ENGLISH_STOP_WORDS for w in names[k].split(" "))
    ]  # fmt: skip
    chosen = sorted(fit, key=lambda k: (-frequency[k], names[k]))[:most]
    return Terms(tuple(names[k] for k in chosen), csr_matrix(within[:, chosen]))


def listed_terms(lines: str) -> Terms:
    """Read terms from lines, one line a text, terms separated by semicolons; empty lines are texts without terms.

    >>> listed_terms("area; angle\\narea").names
    ('area', 'angle')
    """
    rows = [[term.strip().lower() for term in line.split(";") if term.strip()] for line in lines.splitlines()]
    names = tuple(dict.fromkeys(term for row in rows for term in row))
    places = {name: k for k, name in enumerate(names)}
    within = np.zeros((len(rows), len(names)))
    for text, row in enumerate(rows):
        within[text, [places[term] for term in row]] = 1
    return Terms(names, csr_matrix(within))
