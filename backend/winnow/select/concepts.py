"""Concepts in texts: which of a list of words and phrases each document holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from winnow.pool import Pool
from winnow.select.ngrams import Hashes, hashed_ngrams, phrase_hashes

LONGEST = 4
"""How many words a concept has at most."""

_SIEVE = 1 << 20


@dataclass(frozen=True, eq=False)
class Matcher:
    """Finds `count` concepts by the hashes of their words: sorted `hashes`, the concept of each, the longest in words."""

    count: int
    hashes: Hashes
    concepts: NDArray[np.int64]
    words: int
    sieve: NDArray[np.bool_]

    @classmethod
    def of(cls, concepts: Sequence[str]) -> Matcher:
        """Match each concept as it is written and in its other number, unless that is a concept of its own."""
        forms = {concept: k for k, concept in reversed(list(enumerate(concepts)))}
        for k, concept in enumerate(concepts):
            for form in _forms(concept):
                forms.setdefault(form, k)
        words = max((len(concept.split()) for concept in concepts), default=1)
        hashes = phrase_hashes(list(forms), min(words, LONGEST))
        owners = np.array(list(forms.values()), dtype=np.int64)
        order = np.argsort(hashes, kind="stable")
        order = order[hashes[order] > 0]
        sieve = np.zeros(_SIEVE, dtype=np.bool_)
        sieve[hashes[order] % _SIEVE] = True
        return cls(len(concepts), hashes[order], owners[order], min(words, LONGEST), sieve)

    def found(self, texts: pa.LargeStringArray) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return pairs of text and concept, each once: a concept counts once a text, and a phrase only as a run of words."""
        pairs = [np.empty(0, np.int64)]
        for grams, owners in hashed_ngrams(texts, self.words):
            likely = np.flatnonzero(self.sieve[grams % _SIEVE])
            place = np.searchsorted(self.hashes, grams[likely])
            known = place < len(self.hashes)
            known[known] = self.hashes[place[known]] == grams[likely][known]
            pairs.append(np.unique(owners[likely[known]] * self.count + self.concepts[place[known]]))
        return np.divmod(np.unique(np.concatenate(pairs)), max(self.count, 1))


def holdings(pool: Pool, concepts: Sequence[str], left_out: pa.LargeStringArray) -> csr_matrix:
    """Return which document holds which concept, float32 [n, concepts]; a document that is one of `left_out` holds none."""
    matcher = Matcher.of(concepts)
    counts, held = [np.zeros(1, np.int64)], [np.empty(0, np.int32)]
    for texts in pool.text_batches():
        rows, columns = matcher.found(texts)
        fresh = ~pa.compute.is_in(texts, value_set=left_out).to_numpy(zero_copy_only=False)
        columns, rows = columns[fresh[rows]], rows[fresh[rows]]
        counts.append(np.bincount(rows, minlength=len(texts)))
        held.append(columns.astype(np.int32))
    columns, ends = np.concatenate(held), np.cumsum(np.concatenate(counts))
    return csr_matrix((np.ones(len(columns), np.float32), columns, ends), shape=(len(pool), len(concepts)))


def _forms(concept: str) -> list[str]:
    """Return a concept and its regular plural, or singular.

    >>> _forms("city"), _forms("boxes")
    (['city', 'cities'], ['boxes', 'boxe', 'box'])
    """
    if concept.endswith("s"):
        singular = [concept[:-1]] + ([concept[:-3] + "y"] if concept.endswith("ies") else [])
        return [concept, *singular, *([concept[:-2]] if concept.endswith("es") else [])]
    return [concept, concept[:-1] + "ies" if concept[-1:] == "y" else concept + "s"]
