"""Raters that learn which of two documents is the better one: QuRating's criteria, and several raters merged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from winnow.errors import MissingNeed, SettingError
from winnow.judge.base import Prompt
from winnow.method import Paper, param
from winnow.rate.base import VectorRater
from winnow.rate.evidence import Evidence, Floats, Pairs
from winnow.rate.head import Output
from winnow.rate.questions import CRITERIA, which_is_better


@dataclass(frozen=True, kw_only=True)
class QuRating(VectorRater):
    """Rates texts by criteria learnt from pairs: which of two is better written, or teaches more.

    Bradley and Terry, P(B better) = σ(s_B − s_A) with s = w · v + u ln(1 + characters), fitted to soft labels without
    an intercept; the mean rating is 0 and a gap of ln 3 means 3 to 1. Ratings are logits: sample with them rather than
    take the highest (`qurating_select`). A judge is asked in both orders, p = (p_AB + 1 − p_BA) / 2, and pairs it is
    unsure of, |p − ½| < `confidence` / 2, are left out. Length is a feature because readers do heed it, and a head
    without it is worse than length alone on arguments of unseen debates; the card shows both.
    """

    name: ClassVar[str] = "qurating"
    paper: ClassVar[Paper] = Paper(
        "QuRating: Selecting High-Quality Data for Training Language Models", "2402.09739", 2024
    )
    learns_from: ClassVar[frozenset[str]] = frozenset({"pairs", "judge"})
    several: ClassVar[bool] = True

    criteria: tuple[str, ...] = param(tuple(CRITERIA), "The criteria, of the paper or of your own; a column each.")
    confidence: float = param(0.5, "How sure a judge must be of a pair, from 0 (take all) to 1.", low=0.0, high=1.0)
    length: bool = param(True, "Let the length of a text count beside its vector.")

    @property
    def reads_length(self) -> bool:
        return self.length

    def output(self, name: str) -> Output:
        return Output(name, "preference")

    def asked(self) -> tuple[str, ...]:
        return self.criteria

    def prompt(self, name: str, *texts: str) -> Prompt:
        return which_is_better(name, texts[0], texts[1])


@dataclass(frozen=True, kw_only=True)
class MuRating(VectorRater):
    """Merges several columns into one rating: they vote on pairs of documents, and a head learns from the votes.

    p(B better) = share of the columns that put B above A (a tie is half a vote); Bradley and Terry on the vectors, as in
    `qurating`. With vectors of a multilingual encoder, ratings of one language carry over to others. The paper also
    learns from translated pairs, which need translations that are not at hand here. Source: the method as its abstract
    tells it; pairs are drawn at random.
    """

    name: ClassVar[str] = "murating"
    paper: ClassVar[Paper] = Paper(
        "MuRating: A High Quality Data Selecting Approach to Multilingual Pretraining", "", 2025
    )
    reconstruction: ClassVar[bool] = True
    learns_from: ClassVar[frozenset[str]] = frozenset({"columns"})

    columns: tuple[str, ...] = param((), "The columns that vote, two or more; -NAME for one where less is better.")
    pairs: int = param(20_000, "How many pairs of documents are voted on.", low=100, high=1_000_000)
    documents: int = param(5_000, "How many documents the pairs are drawn from.", low=20, high=200_000)
    length: bool = param(False, "Let the length of a text count beside its vector.")

    @property
    def reads_length(self) -> bool:
        return self.length

    def output(self, name: str) -> Output:
        return Output("", "preference")

    def reads(self) -> tuple[str, ...]:
        if len(self.columns) < 2:
            raise SettingError(
                "murating merges two columns or more", f"found {len(self.columns)}", "--set columns=quality,-toxicity"
            )
        return tuple(column.removeprefix("-") for column in self.columns)

    def weigh(self, columns: Mapping[str, Floats], seed: int) -> Evidence:
        values = np.stack([columns[name.removeprefix("-")] * (-1 if name[0] == "-" else 1) for name in self.columns])
        full = np.flatnonzero(np.isfinite(values).all(axis=0))
        if len(full) < 2:
            raise MissingNeed(
                "murating needs documents with a value in every column", f"found {len(full)}", "winnow score --all"
            )
        rng = np.random.default_rng(seed)
        first, second = full[rng.integers(len(full), size=(2, self.pairs))]
        first, second = first[first != second], second[first != second]
        votes = (np.sign(values[:, second] - values[:, first]).mean(axis=0) + 1) / 2
        return Pairs(first, second, votes, values.shape[1])
