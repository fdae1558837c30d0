"""From the logits of windows and chunks to calibrated probabilities of documents and sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from winnow.score.chunks import Gate, Survey
from winnow.score.linear import Floats64, sigmoid

TOLD = ("bias", "mean", "peak", "network mean", "network peak", "hate peak", "forum peak", "count")
"""What meanings are told by."""

READ = (*TOLD, "broken", "broken x peak", "broken x network peak")
"""What documents are told by: also how far word pieces fit the language, and what peaks are worth then."""

FOREIGN = ("bias", "mean", "peak", "count")
FLOOR = -4.0
"""What a chunk counts that the network did not read, and the least that any chunk counts: for AUROC, a tie at the bottom."""

HARMS = ("insult", "threat", "obscene", "identity_attack", "sexual", "self_harm")
"""The categories."""

MEANINGS = ("hate", "forum")
"""What "toxic" may mean: an attack on a group in whatever words, rude words alone being none; hate as moderators of a
forum see it."""

OUTPUTS = ("any", *HARMS, *MEANINGS)
"""The network's logits: any harm, each category, each meaning."""


@dataclass(frozen=True)
class Reading:
    """What the network says of the open chunks, in order: logits float64 [chunks, OUTPUTS]; of their windows likewise.

    `broken` is the share of a chunk's pieces that go on a word: high where the pieces do not fit the language.
    """

    chunks: Floats64
    windows: Floats64
    broken: Floats64


@dataclass(frozen=True)
class Blend:
    """Weights of the features of documents, of sentences, and the calibration of the categories.

    A document that the network can read: z = `read` · features; one in another script: z = `foreign` · features. A
    sentence: z = `open` · (1, n-grams, network) where the network read it, `shut` · (1, n-grams) elsewhere. A category:
    z = slope · highest logit + bias, rows of `harms`. A meaning: z = row of `meanings` · TOLD features.
    """

    read: Floats64
    foreign: Floats64
    open: Floats64
    shut: Floats64
    harms: Floats64
    meanings: Floats64
    gate: Gate
    threshold: float

    @classmethod
    def of(cls, stored: Mapping[str, NDArray[Any]]) -> Blend:
        names = ("read", "foreign", "open", "shut", "harms", "meanings")
        weights = {name: stored[name].astype(np.float64) for name in names}
        return cls(**weights, gate=Gate(*stored["gate"].tolist()), threshold=float(stored["threshold"]))

    def documents(self, features: Features) -> Floats64:
        """Return probabilities float64 [n], 0 for a text without a letter."""
        z = np.where(features.foreign, features.elsewhere @ self.foreign, features.here @ self.read)
        return np.where(features.some, sigmoid(z), 0.0)

    def sentences(self, survey: Survey, reading: Reading) -> Floats64:
        """Return the probability of each window."""
        chance = sigmoid(self.shut[0] + self.shut[1] * survey.logits)
        opened = survey.open[survey.chunks]
        seen = reading.windows[:, 0]
        both = sigmoid(self.open[0] + self.open[1] * survey.logits[opened] + self.open[2] * np.nan_to_num(seen))
        chance[opened] = np.where(np.isnan(seen), chance[opened], both)
        return chance

    def categories(self, logits: Floats64) -> Floats64:
        """Return probabilities [n, HARMS] for logits [n, HARMS]."""
        return sigmoid(logits * self.harms[:, 0] + self.harms[:, 1])

    def senses(self, features: Features) -> Floats64:
        """Return probabilities [n, MEANINGS]."""
        return sigmoid(features.told @ self.meanings.T)


@dataclass(frozen=True)
class Features:
    """What is known of each document: features [n, READ] and [n, FOREIGN], the highest logit of each category [n, HARMS]."""

    here: Floats64
    elsewhere: Floats64
    harms: Floats64
    foreign: NDArray[np.bool_]
    some: NDArray[np.bool_]

    @property
    def told(self) -> Floats64:
        """What meanings are told by, [n, TOLD]."""
        return self.here[:, : len(TOLD)]

    @classmethod
    def of(cls, survey: Survey, reading: Reading, size: int) -> Features:
        rows, weights = survey.rows, survey.sizes
        length = np.maximum(np.bincount(rows, weights=weights, minlength=size), 1)
        some = np.bincount(rows, minlength=size) > 0
        mean = np.bincount(rows, weights=weights * survey.logits, minlength=size) / length
        peak = np.where(some, highest(rows, survey.logits, size), 0)
        owners, lengths = survey.chunk_rows, np.bincount(survey.chunks, weights=weights)
        seen = np.full((len(owners), len(OUTPUTS)), FLOOR)
        seen[survey.open] = np.maximum(reading.chunks, FLOOR)
        net_mean = np.bincount(owners, weights=lengths * seen[:, 0], minlength=size) / length
        tops = np.stack([highest(owners, seen[:, i], size) for i in range(len(OUTPUTS))], axis=1)
        net_peak, harms, own = np.split(np.maximum(tops, FLOOR), [1, 1 + len(HARMS)], axis=1)
        read_length = np.bincount(owners[survey.open], weights=lengths[survey.open], minlength=size)
        broken_length = np.bincount(owners[survey.open], weights=lengths[survey.open] * reading.broken, minlength=size)
        broken = broken_length / np.maximum(read_length, 1)
        foreign = 2 * np.bincount(owners, weights=lengths * survey.foreign, minlength=size) > length
        count = np.log(np.maximum(np.bincount(owners, minlength=size), 1))
        one = np.ones(size)
        worn = [broken, broken * peak, broken * net_peak[:, 0]]
        here = np.stack([one, mean, peak, net_mean, net_peak[:, 0], *own.T, count, *worn], axis=1)
        elsewhere = np.stack([one, mean, peak, count], axis=1)
        return cls(here, elsewhere, harms, foreign, some)


def highest(rows: NDArray[np.int64], values: Floats64, size: int) -> Floats64:
    """Return the highest value of each row, -inf for a row without one."""
    found = np.full(size, -np.inf)
    np.maximum.at(found, rows, values)
    return found
