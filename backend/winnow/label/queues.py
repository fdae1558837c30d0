"""Which document comes next: orders of candidates, and whose they are. Arithmetic over columns, in any order of rows."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


def chance(doc_ids: Ints, salt: str) -> Floats:
    """Return a number in [0, 1) per document, the same whenever the same salt is asked for.

    SplitMix64 of the document with the salt's CRC-32 as its seed: neighbours' numbers have nothing to do with each other.
    """
    seed = zlib.crc32(salt.encode()) * 0xD1342543DE82EF95 % 2**64
    z = doc_ids.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(seed)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        z = (z ^ (z >> np.uint64(shift))) * np.uint64(factor)
    return (z ^ (z >> np.uint64(31))).astype(np.float64) / 2.0**64


def shared(doc_ids: Ints, overlap: float, question: str) -> Mask:
    """Say which documents several people are to see: the same for everybody, a share of `overlap` of them."""
    return chance(doc_ids, f"overlap {question}") < overlap


def open_to(who: str, doc_ids: Ints, answered: tuple[Ints, NDArray[np.object_]], shares: Mask, annotators: int) -> Mask:
    """Say which documents wait for a person's answer.

    `answered` are (doc_id, who) of every answer. A shared document (`shares`) waits until this person, or `annotators`
    people (0: no matter how many), answered it; another until anybody did.
    """
    by, names = answered
    mine, others = np.unique(by[names == who]), by[names != who]
    theirs, people = np.unique(others, return_counts=True)
    full = theirs[people >= annotators] if annotators else theirs[:0]
    closed = np.isin(doc_ids, mine)
    closed |= np.where(shares, np.isin(doc_ids, full), np.isin(doc_ids, theirs))
    return ~closed


def at_random(who: str, doc_ids: Ints, shares: Mask) -> Floats:
    """Return ranks by which shared documents come in everybody's order and the others in each person's own."""
    return np.where(shares, chance(doc_ids, "queue"), chance(doc_ids, f"queue {who}"))


def unsureness(values: Floats) -> Floats:
    """Return how far a column is from telling: |v − ½| where all values lie within [0, 1], |v − median| elsewhere.

    A missing value comes last.
    """
    known = values[np.isfinite(values)]
    middle = 0.5 if not len(known) or (known.min() >= 0 and known.max() <= 1) else float(np.median(known))
    return np.where(np.isfinite(values), np.abs(values - middle), np.inf)


def in_turn(groups: Ints, ranks: Floats) -> Floats:
    """Return ranks by which each group gives one document in turn, within a group by `ranks`.

    >>> in_turn(np.array([7, 7, 7, 2]), np.array([.1, .2, .3, .9])).argsort().tolist()
    [0, 3, 1, 2]
    """
    order = np.lexsort((ranks, groups))
    starts = np.flatnonzero(np.diff(groups[order], prepend=groups[order][:1] - 1))
    place = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    rounds = np.empty(len(order))
    rounds[order] = place
    tie = np.empty(len(order))
    tie[np.argsort(ranks, kind="stable")] = np.arange(len(order))
    return rounds + tie / max(len(order), 1)


def spread(vectors: NDArray[np.float32], seen: NDArray[np.float32], count: int) -> Ints:
    """Return the places of `count` vectors, each the farthest from all that were taken before it and from `seen`.

    Distance is 1 − cosine of unit vectors. Without anything seen the first is the farthest from the mean. Source: the
    greedy k-centre of Gonzalez 1985, as Sener and Savarese use it for active learning (arXiv:1708.00489).
    """
    count = min(count, len(vectors))
    if not count:
        return np.zeros(0, dtype=np.int64)
    if len(seen):
        gap = 1 - np.max(
            np.stack([(vectors @ part.T).max(axis=1) for part in np.array_split(seen, -(-len(seen) // 500))]), axis=0
        )
    else:
        gap = 1 - vectors @ vectors.mean(axis=0)
    taken = np.empty(count, dtype=np.int64)
    for place in range(count):
        taken[place] = gap.argmax()
        if not place and not len(seen):
            gap = np.full(len(vectors), np.inf, dtype=np.float32)
        gap = np.minimum(gap, 1 - vectors @ vectors[taken[place]])
        gap[taken[: place + 1]] = -np.inf
    return taken


def balanced(chances: Floats, labelled: Ints, count: int, share: float = 0.1) -> Ints:
    """Return the places of `count` documents that tell much and bring the classes into balance.

    `chances` [n, k] is how likely each document is of each class, `labelled` [k] how many labels the classes have. Of the
    `share` of the documents with the highest entropy (at least 10 a document asked for) one at a time is taken, of the
    class, by its likeliest, that has the fewest labels and documents taken, the highest entropy first. Source: the
    pseudo-class balance of Bang et al. 2024 (arXiv:2311.11178), whose classes are told by a vision-language model; here
    by a head fitted to the labels so far.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = -np.nansum(chances * np.log(chances), axis=1)
    kept = min(len(chances), max(int(len(chances) * share), 10 * count))
    informative = np.argsort(-entropy, kind="stable")[:kept]
    waiting = [list(informative[chances[informative].argmax(axis=1) == code]) for code in range(chances.shape[1])]
    have, taken = labelled.astype(np.int64).copy(), list[np.int64]()
    while len(taken) < min(count, kept):
        code = min((code for code, rest in enumerate(waiting) if rest), key=lambda code: (have[code], code))
        taken.append(waiting[code].pop(0))
        have[code] += 1
    return np.array(taken, dtype=np.int64)


def with_known(queue: list[int], known: list[int], share: float, *, who: str, answered: int) -> list[int]:
    """Mix documents with known answers into a queue, at a share and at places that cannot be foretold.

    `answered` is how many answers the person has given: the places go on from there.
    """
    rest, waiting, mixed = list(known), list(queue), list[int]()
    places = chance(np.arange(answered, answered + len(queue) + len(known)), f"gold {who}") < share
    for gold in places:
        if gold and rest:
            mixed.append(rest.pop(0))
        elif waiting:
            mixed.append(waiting.pop(0))
        elif not rest:
            break
    return mixed
