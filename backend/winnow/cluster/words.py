"""How many documents of each cluster hold each word and each two-word phrase, counted without a loop over documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy import sparse

from winnow.cluster.stopwords import LANGUAGES, UNSPACED

CHARACTERS = 2_000
OTHERS = tuple(name for name in LANGUAGES if name not in ("web", "english"))
SPOKEN = 0.03
"""A cluster speaks a language when at least this share of its words are stop words of it and not of English.

The most frequent of them is left out of the share: a single one may be a subject, such as "war" or "sea".
"""

_MARKUP = r"https?://\S+|www\.\S+|<[^<>]{1,300}>|&#?\w{1,8};|\S+@\S+|\\[a-zA-Z]+"
_BREAKS = r"[^\p{L}\p{M}\p{N}_\s'’\-]+|\p{Hiragana}+|\n+"
_GLUE = r"['’\-]"
_WORD = r"^[\p{L}\p{M}]{2,28}$"
_ODD = r"\p{Ll}\p{Lu}|^[a-f]{8,}$|^[\p{Latin}\p{Cyrillic}\p{Greek}]{2}$"


@dataclass(frozen=True)
class Counts:
    """Document counts of terms in clusters.

    `documents` int64 [k] looked at; `found` sparse [k, t], documents of a cluster that hold a term; `speaks` bool
    [k, languages] says which languages a cluster speaks; `first` and `second` int64 [t] are a term's words, places in
    `spelling` (their most usual case) and `grammar` bool [words, languages], which says whose stop words they are.
    A word alone has -1 as its second.
    """

    documents: NDArray[np.int64]
    found: sparse.csr_array
    speaks: NDArray[np.bool_]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    spelling: Sequence[str]
    grammar: NDArray[np.bool_]
    han: NDArray[np.bool_]

    @property
    def phrase(self) -> NDArray[np.bool_]:
        """Return which terms are phrases of two words, bool [t]; a pair of Han characters is a word."""
        return (self.second >= 0) & ~self.han[self.first]

    def readable(self, terms: NDArray[np.int64], speaks: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which terms hold no stop word of the languages spoken."""
        second = np.where(self.second[terms] < 0, self.first[terms], self.second[terms])
        grammar: NDArray[np.bool_] = (self.grammar[self.first[terms]] | self.grammar[second]) & speaks
        return np.logical_not(grammar.any(axis=1))

    def name(self, term: int) -> str:
        first, second = int(self.first[term]), int(self.second[term])
        if second < 0:
            return self.spelling[first]
        return self.spelling[first] + ("" if self.han[first] else " ") + self.spelling[second]


@dataclass(frozen=True)
class _Vocabulary:
    """The distinct words of a sample: `word` of each token, and what is known of each word."""

    word: NDArray[np.int64]
    spelling: Sequence[str]
    usable: NDArray[np.bool_]
    han: NDArray[np.bool_]
    english: NDArray[np.bool_]
    grammar: NDArray[np.bool_]


def count(texts: Sequence[str], cluster: NDArray[np.integer], k: int) -> Counts:
    """Count words and phrases over the first 2,000 characters of texts whose clusters are given, int [n] in [0, k).

    Not counted: stop words of English and of the web, numbers, markup, addresses, identifiers (snake_case, camelCase,
    with digits, hexadecimal), single letters, pairs of letters in alphabets. Pairs of Han characters count as words.
    """
    document, token = _tokens(texts)
    words = _vocabulary(token)
    of = np.asarray(cluster, dtype=np.int64)
    rows, terms, first, second = _terms(document, words)
    found = sparse.coo_array((np.ones(len(rows)), (of[rows], terms)), shape=(k, len(first))).tocsr()
    documents = np.bincount(of, minlength=k).astype(np.int64)
    speaks = _spoken(of[document], words, k)
    return Counts(documents, found, speaks, first, second, words.spelling, words.grammar, words.han)


def _tokens(texts: Sequence[str]) -> tuple[NDArray[np.int64], pa.DictionaryArray]:
    """Split texts into words, with "." wherever a phrase may not go on; returns each token's text and the tokens."""
    cut = pc.utf8_slice_codeunits(pa.array([text[:CHARACTERS] for text in texts], pa.large_string()), 0, CHARACTERS)
    clean = pc.replace_substring_regex(cut, _MARKUP, " . ")
    clean = pc.replace_substring_regex(clean, _BREAKS, " . ")
    clean = pc.replace_substring_regex(clean, _GLUE, " ")
    clean = pc.replace_substring_regex(clean, r"(\p{Han})", r" \1 ")
    parts = pc.split_pattern_regex(clean, r"\s+")
    flat = pc.list_flatten(parts)
    document = pc.list_parent_indices(parts).to_numpy(zero_copy_only=False).astype(np.int64)
    full = pc.not_equal(flat, "")
    keep = full.to_numpy(zero_copy_only=False)
    return document[keep], pc.dictionary_encode(flat.filter(full))


def _vocabulary(token: pa.DictionaryArray) -> _Vocabulary:
    surface = token.dictionary
    code = token.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    lower = pc.dictionary_encode(pc.utf8_lower(surface))
    spelled = lower.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    distinct = lower.dictionary
    odd = pc.match_substring_regex(surface, _ODD).to_numpy(zero_copy_only=False)
    uses = np.bincount(code, minlength=len(surface))
    # An identifier in its usual spelling is one however it is spelled elsewhere.
    order = np.lexsort((-uses, spelled))
    first = order[np.unique(spelled[order], return_index=True)[1]]
    han = pc.match_substring_regex(distinct, r"^\p{Han}$").to_numpy(zero_copy_only=False)
    usable = pc.match_substring_regex(distinct, _WORD).to_numpy(zero_copy_only=False) & ~odd[first] | han
    english = _among(distinct, LANGUAGES["web"] | LANGUAGES["english"])
    usable &= ~english & ~_among(distinct, UNSPACED)
    grammar = np.stack([_among(distinct, LANGUAGES[name]) for name in OTHERS], axis=1)
    spelling = surface.take(pa.array(first)).to_pylist()
    return _Vocabulary(spelled[code], spelling, usable, han, english, grammar)


def _among(words: pa.Array, chosen: frozenset[str]) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = pc.is_in(words, pa.array(sorted(chosen), words.type)).to_numpy(zero_copy_only=False)
    return found


def _terms(
    document: NDArray[np.int64], words: _Vocabulary
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return (document, term) once for each term in a document, and the first and second word of each term."""
    word, size = words.word, len(words.spelling)
    single = np.flatnonzero(words.usable[word] & ~words.han[word])
    alone, single_rows, single_terms = _distinct(document[single], word[single], 1)
    both = words.usable[word[:-1]] & words.usable[word[1:]] & (words.han[word[:-1]] == words.han[word[1:]])
    both &= (document[:-1] == document[1:]) & (word[:-1] != word[1:])
    pair = np.flatnonzero(both)
    joined, pair_rows, pair_terms = _distinct(document[pair], word[pair] * size + word[pair + 1], 2)
    first = np.concatenate([alone, joined // size])
    second = np.concatenate([np.full(len(alone), -1), joined % size])
    return (
        np.concatenate([single_rows, pair_rows]),
        np.concatenate([single_terms, pair_terms + len(alone)]),
        first,
        second,
    )


def _distinct(
    document: NDArray[np.int64], key: NDArray[np.int64], least: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the keys that `least` documents hold, and (document, place of the key) once for each such pair."""
    order = np.lexsort((document, key))
    key, document = key[order], document[order]
    fresh = np.ones(len(key), dtype=bool)
    fresh[1:] = (key[1:] != key[:-1]) | (document[1:] != document[:-1])
    key, document = key[fresh], document[fresh]
    distinct, place, uses = np.unique(key, return_inverse=True, return_counts=True)
    kept = uses >= least
    rank = np.cumsum(kept) - 1
    return distinct[kept], document[kept[place]], rank[place[kept[place]]]


def _spoken(label: NDArray[np.int64], words: _Vocabulary, k: int) -> NDArray[np.bool_]:
    own = np.asarray(words.grammar & ~words.english[:, None])
    telling = np.flatnonzero(np.asarray(own.any(axis=1))[words.word])
    ones = np.ones(len(telling))
    uses = sparse.csr_array((ones, (label[telling], words.word[telling])), shape=(k, len(own)))
    uses.sum_duplicates()
    tokens = np.maximum(np.bincount(label, minlength=k), 1)
    spoken = np.zeros((k, own.shape[1]), dtype=bool)
    for language in range(own.shape[1]):
        columns = uses[:, np.flatnonzero(own[:, language])]
        if columns.nnz:
            most = columns.max(axis=1).toarray().ravel()
            spoken[:, language] = (np.asarray(columns.sum(axis=1)).ravel() - most) / tokens >= SPOKEN
    return spoken
