"""Raters that learn from a value per document: educational value, DataMan's ratings, anybody's yes and no."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from winnow.judge.base import Answer, Prompt
from winnow.method import Paper, param
from winnow.rate.base import VectorRater
from winnow.rate.head import Output
from winnow.rate.questions import DOMAINS, RATINGS, fourteen_ratings, how_educational, read_ratings


@dataclass(frozen=True, kw_only=True)
class Edu(VectorRater):
    """Rates how much a text teaches, from 0 to 5, by ridge regression on hand or judge ratings.

    y = w · v + b, the penalty chosen by cross-validation, cut to the bounds. FineWeb-Edu fits the same head on 450,000
    ratings of a language model and keeps 3 and above; no head is shipped, because the ratings at hand are too few.
    """

    name: ClassVar[str] = "edu"
    paper: ClassVar[Paper] = Paper(
        "The FineWeb Datasets: Decanting the Web for the Finest Text Data at Scale", "2406.17557", 2024
    )
    learns_from: ClassVar[frozenset[str]] = frozenset({"labels", "judge"})

    low: int = param(0, "The lowest rating.", low=0, high=100)
    high: int = param(5, "The highest rating.", low=1, high=100)

    def output(self, name: str) -> Output:
        return Output("", "number", float(self.low), float(self.high))

    def asked(self) -> tuple[str, ...]:
        return ("",)

    def prompt(self, name: str, *texts: str) -> Prompt:
        return how_educational(texts[0], self.low, self.high)

    def read(self, name: str, answer: Answer) -> Mapping[str, float | str] | None:
        if not answer.likelihoods:
            return None
        return {"": sum(float(choice) * share for choice, share in answer.likelihoods.items())}


@dataclass(frozen=True, kw_only=True)
class DataMan(VectorRater):
    """Rates texts from 1 to 5 by fourteen criteria and names one of fifteen domains, a ridge or softmax head for each.

    A judge fills in all lines for one text, and an answer with a line too few or too many is counted and left out. With
    hand labels, each label schema named like a criterion teaches that criterion, and one named "domain" the domain.
    """

    name: ClassVar[str] = "dataman"
    paper: ClassVar[Paper] = Paper("DataMan: Data Manager for Pre-training Large Language Models", "2502.19363", 2025)
    learns_from: ClassVar[frozenset[str]] = frozenset({"labels", "judge"})
    several: ClassVar[bool] = True

    criteria: tuple[str, ...] = param(tuple(RATINGS), "The criteria, rated from 1 to 5.")

    def output(self, name: str) -> Output:
        if name == "domain":
            return Output("domain", "name", names=DOMAINS)
        return Output(name, "number", 1.0, 5.0)

    def asked(self) -> tuple[str, ...]:
        return ("",)

    def prompt(self, name: str, *texts: str) -> Prompt:
        return fourteen_ratings(texts[0], self.criteria)

    def read(self, name: str, answer: Answer) -> Mapping[str, float | str] | None:
        return read_ratings(answer.text, self.criteria)


@dataclass(frozen=True, kw_only=True)
class YesOrNo(VectorRater):
    """Tells how likely people would say yes to a document, by logistic regression on hand labels.

    p = σ(w · v + b), scaled by two numbers on held-out labels so that it means what it says (Platt). It is the chance
    among documents like the labelled ones: labels drawn at random speak of the corpus, labels of the uncertain ones do
    not. No paper: it is what every workbench fits first.
    """

    name: ClassVar[str] = "yes_no"
    learns_from: ClassVar[frozenset[str]] = frozenset({"labels"})

    def output(self, name: str) -> Output:
        return Output("", "probability")
