"""Names of clusters that a person can read: the words and phrases that tell each from the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from winnow.cluster.words import Counts, count

DOCUMENTS = 200
"""Documents of a cluster that are read for its name."""
TERMS = 3
CANDIDATES = 60
PHRASE = 1.4
RARE = 1e-3
"""The background of every term when there is nothing to compare with."""
WEAKEST = 0.25
"""A term is left out of a name when it tells less than this share of what the first one tells."""


Background = Callable[[int, NDArray[np.int64]], NDArray[np.float64]]
"""(cluster, terms) → the share of documents elsewhere that hold each term."""


@dataclass(frozen=True)
class _Level:
    """What is to be named: `share` sparse [m, t] of documents that hold a term, the languages each speaks, the least
    share that counts, and what a term's share is compared with, first choice first."""

    share: sparse.csr_array
    speaks: NDArray[np.bool_]
    support: NDArray[np.float64]
    backgrounds: tuple[Background, ...]


def name_clusters(
    texts: Sequence[str],
    cluster: NDArray[np.integer],
    group: NDArray[np.integer],
    sizes: NDArray[np.integer] | None = None,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return (a name for each cluster, a name for each group of clusters), each set without repeats.

    Class-based TF-IDF: tf(t, c) = share of the cluster's documents that hold term t; a term tells
    tf(t, c) · log(tf(t, c) / background(t)), times 1.4 for a phrase. The background is the mean of tf over all clusters,
    and for a cluster with siblings half of it is their mean, so that the group's own words do not repeat in each name.
    A name is the two or three most telling terms that share no stem. `texts` [n] and `cluster` int [n] are a sample;
    `group` int [k]; `sizes` [k], documents of each cluster, weight the groups (default: the sample's).
    A cluster about which nothing can be said is called "cluster 17", a group "group 3".
    """
    counts = count(texts, cluster, len(group))
    share = _scaled(counts.found, counts.documents)
    overall = _mean(share)
    usual = overall if share.shape[0] > 1 else np.full(share.shape[1], RARE)
    nearby = [_mean(share[np.flatnonzero(group == place)]) for place in range(int(max(group, default=-1)) + 1)]
    shared = np.bincount(group)[group] > 1 if len(group) else group
    least = np.maximum(np.minimum(2, counts.documents) / np.maximum(counts.documents, 1), 0.04)

    def beside(place: int, terms: NDArray[np.int64]) -> NDArray[np.float64]:
        return (overall[terms] + nearby[group[place]][terms]) / 2 if shared[place] else usual[terms]

    def among_all(_: int, terms: NDArray[np.int64]) -> NDArray[np.float64]:
        return usual[terms]

    names = _names(counts, _Level(share, counts.speaks, least, (beside, among_all)), "cluster")
    weight = counts.documents if sizes is None else np.asarray(sizes)
    return names, _names(counts, _gathered(counts, share, group, weight, among_all), "group")


def _gathered(
    counts: Counts,
    share: sparse.csr_array,
    group: NDArray[np.integer],
    weight: NDArray[np.integer],
    background: Background,
) -> _Level:
    """Return the groups of clusters, each the mean of its clusters by number of documents."""
    groups = int(max(group, default=-1)) + 1
    whose = (group, np.arange(len(group)))
    members = sparse.csr_array((weight.astype(np.float64), whose), shape=(groups, len(group)))
    into = _scaled(members, np.asarray(members.sum(axis=1)).ravel())
    speaks = np.asarray(into @ counts.speaks.astype(np.float64)) > 0.2
    return _Level(sparse.csr_array(into @ share), speaks, np.full(groups, 0.01), (background,))


def _mean(share: sparse.csr_array) -> NDArray[np.float64]:
    return np.asarray(share.sum(axis=0)).ravel() / max(1, share.shape[0])


def _scaled(matrix: sparse.csr_array, divisor: NDArray[np.floating] | NDArray[np.integer]) -> sparse.csr_array:
    return sparse.csr_array(sparse.diags_array(1 / np.maximum(divisor, 1)) @ matrix)


def _names(counts: Counts, level: _Level, kind: str) -> tuple[str, ...]:
    names: list[str] = []
    used: set[frozenset[str]] = set()
    for place in range(level.share.shape[0]):
        terms: list[str] = []
        tells: list[float] = []
        for background in level.backgrounds:
            found, telling = _candidates(counts, level, place, background)
            # A later background only fills up a name that would be shorter than two terms.
            tells += [0.0] * len(found) if terms else telling.tolist()
            terms += [counts.name(term) for term in found.tolist()]
        chosen = _choose(terms, tells, used)
        used.add(frozenset(term.casefold() for term in chosen))
        names.append(", ".join(chosen) if chosen else f"{kind} {place + 1}")
    return tuple(names)


def _candidates(
    counts: Counts, level: _Level, place: int, background: Background
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the most telling terms of one cluster and how much each tells, most first."""
    span = slice(level.share.indptr[place], level.share.indptr[place + 1])
    terms, held = level.share.indices[span].astype(np.int64), level.share.data[span]
    tells = held * np.log(held / background(place, terms)) * np.where(counts.phrase[terms], PHRASE, 1)
    kept = np.flatnonzero((held >= level.support[place] - 1e-9) & (tells > 1e-9))
    kept = kept[counts.readable(terms[kept], level.speaks[place])]
    order = kept[np.lexsort((terms[kept], -tells[kept]))][:CANDIDATES]
    return terms[order], tells[order]


def _choose(terms: list[str], tells: list[float], used: set[frozenset[str]]) -> list[str]:
    """Take the most telling terms that share no stem; where that name is taken, exchange or add the last one."""
    spare = list(_distinct(terms))
    first = [terms[place] for rank, place in enumerate(spare[:TERMS]) if rank < 2 or tells[place] >= WEAKEST * tells[0]]
    for chosen in (
        first,
        *([*first[:-1], terms[place]] for place in spare),
        *([*first, terms[place]] for place in spare),
    ):
        key = frozenset(term.casefold() for term in chosen)
        if chosen and len(key) == len(chosen) and key not in used:
            return chosen
    return []


def _distinct(terms: list[str]) -> Iterator[int]:
    """Yield places of terms of which no word shares its stem with a word of an earlier one."""
    seen: list[str] = []
    for place, term in enumerate(terms):
        words = term.casefold().split()
        if not any(same_stem(word, other) for word in words for other in seen):
            seen.extend(words)
            yield place


def same_stem(one: str, other: str) -> bool:
    """Say whether two words look like forms of one: one extends the other by up to three letters, or they share a
    beginning of five letters or more that is 70 % of the shorter.

    >>> same_stem("train", "training"), same_stem("cars", "car"), same_stem("neural", "neutral")
    (True, True, False)
    """
    short, long = sorted((one, other), key=len)
    if long.startswith(short) and len(long) - len(short) <= 3 and len(short) >= 2:
        return True
    shared = next((place for place, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    return shared >= 5 and shared >= 0.7 * len(short)
