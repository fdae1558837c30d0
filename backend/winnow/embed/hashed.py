"""The hashed encoder: no weights, any language, any bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from winnow.embed.base import Embedder
from winnow.embed.pieces import spans
from winnow.method import Paper

DIMENSIONS = 384
CHARACTER_GRAM = 5
# Each n-gram adds ±1 at this many places, so that two n-grams that collide at one still differ at the others.
PLACES = 4
SPAN = 250_000

Hashes = NDArray[np.uint64]


@dataclass(frozen=True, kw_only=True)
class HashedEncoder(Embedder):
    """Projects hashed words, word pairs and runs of five bytes onto random signs: knows spelling, not meaning.

    x[j] = Σ over n-grams g and k < 4 of sign_k(g) · [place_k(g) = j];  v = sign(x) √|x| / ‖√|x|‖. The root keeps frequent
    n-grams from drowning the rest. Without weights and alike for every language: for texts no other encoder reads.
    """

    name: ClassVar[str] = "hashed"
    paper: ClassVar[Paper | None] = Paper("Feature Hashing for Large Scale Multitask Learning", "0902.2206", 2009)

    @property
    def model(self) -> str:
        return "hashed"

    @property
    def dimensions(self) -> int:
        return DIMENSIONS

    @property
    def parallel(self) -> bool:
        return True

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 [n, 384], rows of length 1; a blank text gets a zero vector."""
        vectors = np.zeros((len(texts), DIMENSIONS), np.float32)
        for start, stop in spans(texts, SPAN):
            vectors[start:stop] = project(texts[start:stop])
        return vectors


def project(texts: Sequence[str]) -> NDArray[np.float32]:
    """Return the signed, rooted and scaled sums of one run of texts, float32 [n, 384]."""
    # One blank before and after each text: n-grams see where words begin and end, and no word spans two texts.
    coded = [
        f" {' '.join(text.lower().split())} ".encode("utf8", "replace") if text.strip() else b" " for text in texts
    ]
    data = np.frombuffer(b"".join(coded), np.uint8)
    owner = np.repeat(np.arange(len(coded)), [len(code) for code in coded])
    sums = np.zeros(len(coded) * DIMENSIONS, np.float64)
    for hashes, rows in (character_grams(data, owner), *word_grams(data, owner)):
        for k in range(PLACES):
            mixed = mix(hashes + np.uint64(k + 1))
            places = rows * DIMENSIONS + (mixed % np.uint64(DIMENSIONS)).astype(np.int64)
            signs = np.where(mixed >> np.uint64(63), 1.0, -1.0)
            sums += np.bincount(places, signs, minlength=len(sums))
    rooted = np.sign(sums) * np.sqrt(np.abs(sums))
    rooted = rooted.reshape(len(coded), DIMENSIONS)
    lengths = np.linalg.norm(rooted, axis=1, keepdims=True)
    vectors: NDArray[np.float32] = (rooted / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return vectors


def character_grams(data: NDArray[np.uint8], owner: NDArray[np.int64]) -> tuple[Hashes, NDArray[np.int64]]:
    """Hash every run of five bytes that lies in one text; return hashes and their texts."""
    count = max(len(data) - CHARACTER_GRAM + 1, 0)
    hashes = np.zeros(count, np.uint64)
    for step in range(CHARACTER_GRAM):
        hashes = hashes * np.uint64(257) + data[step : step + count].astype(np.uint64)
    inside = owner[:count] == owner[CHARACTER_GRAM - 1 : CHARACTER_GRAM - 1 + count]
    return mix(hashes[inside]), owner[:count][inside]


def word_grams(
    data: NDArray[np.uint8], owner: NDArray[np.int64]
) -> tuple[tuple[Hashes, NDArray[np.int64]], tuple[Hashes, NDArray[np.int64]]]:
    """Hash every word, and every two neighbouring words of one text; return (hashes, texts) of each."""
    blank = data == ord(" ")
    starts = np.flatnonzero(~blank[1:] & blank[:-1]) + 1
    ends = np.flatnonzero(blank[1:] & ~blank[:-1]) + 1
    if not len(starts):
        empty = np.zeros(0, np.uint64), np.zeros(0, np.int64)
        return empty, empty
    # A word is the sum of its letters, each mixed with its place in the word.
    places = (np.arange(len(data)) - np.repeat(np.r_[0, starts], np.diff(np.r_[0, starts, len(data)]))).astype(
        np.uint64
    )
    letters = np.where(blank, np.uint64(0), mix(data.astype(np.uint64) + (places << np.uint64(8))))
    words = mix(np.add.reduceat(letters, starts) + (ends - starts).astype(np.uint64))
    rows = owner[starts]
    together = rows[1:] == rows[:-1]
    pairs = mix(words[:-1] * np.uint64(3) + words[1:])
    return (words, rows), (pairs[together], rows[1:][together])


def mix(numbers: Hashes) -> Hashes:
    """Scatter 64-bit numbers evenly (the finaliser of splitmix64)."""
    mixed = numbers + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
