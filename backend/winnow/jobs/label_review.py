"""What a team's labels are worth: agreement, disputes and their decisions, known answers, and time per item."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass

import numpy as np

from winnow.catalog.catalog import Catalog
from winnow.catalog.labels import FINAL, GOLD, SKIP, Answer, Label, LabelSchema
from winnow.label.agreement import (
    Agreement,
    Measured,
    Ratings,
    fleiss_kappa,
    krippendorff_alpha,
    pairwise,
    sets_apart,
)
from winnow.rate.calibration import wilson

MOST_VALUES = 300
"""Answers with several words that distances are measured between: those of the newest documents."""


@dataclass(frozen=True)
class TeamAgreement:
    """How far people agree on one question: each two of them, all together, and answer by answer.

    `alpha` is nominal, ordinal on a scale, and Jaccard's distance where answers are several; `metric` says which.
    """

    question: str
    pairs: list[Agreement]
    fleiss: Measured
    alpha: Measured
    metric: str
    per_answer: dict[str, Measured]


@dataclass(frozen=True)
class Dispute:
    """A document, or a pair, that people answered differently: who said what, and the deciding answer if there is one."""

    doc_id: int
    other: int | None
    answers: dict[str, str]
    decided: Label | None


@dataclass(frozen=True)
class GoldResult:
    """How often a person gave the known answer, with Wilson's 95 % interval."""

    who: str
    right: int
    of: int
    low: float
    high: float

    @property
    def accuracy(self) -> float:
        return self.right / self.of


@dataclass(frozen=True)
class Pace:
    """How fast a person is: answers with a time, the median and the 90 % quantile of seconds, answers an hour."""

    who: str
    answers: int
    median: float
    slow: float
    per_hour: float


def team_agreement(catalog: Catalog, question: str) -> TeamAgreement:
    """Measure agreement on the documents that several people answered; skipped ones do not count."""
    schema = catalog.labels.schema(question)
    labels = _by_person(catalog, schema)
    if schema.several:
        newest = {key for said in labels.values() for key in list(said)[:MOST_VALUES]}
        labels = {who: {key: value for key, value in said.items() if key in newest} for who, said in labels.items()}
    ratings = Ratings.of(labels, schema.values)
    metric, distance = _metric(schema)
    return TeamAgreement(
        question, pairwise(labels), fleiss_kappa(ratings), krippendorff_alpha(ratings, distance), metric,
        {name: krippendorff_alpha(found) for name, found in _per_answer(schema, labels).items()},
    )  # fmt: skip


def _metric(schema: LabelSchema) -> tuple[str, str | Callable[[str, str], float]]:
    if schema.kind == "scale":
        return "ordinal", "ordinal"
    return ("Jaccard", sets_apart) if schema.several else ("nominal", "nominal")


def _per_answer(schema: LabelSchema, labels: dict[str, dict[Hashable, str]]) -> dict[str, Ratings]:
    """Return, per answer, whether people gave it or not."""
    used = {name for said in labels.values() for value in said.values() for name in value.split("; ")}
    names = [name for name in schema.values if name in used] + sorted(used - set(schema.values))[:20]
    found = {}
    for name in names:
        given = {
            who: {key: name if name in value.split("; ") else "" for key, value in said.items()}
            for who, said in labels.items()
        }
        found[name] = Ratings.of(given)
    return found


def _by_person(catalog: Catalog, schema: LabelSchema) -> dict[str, dict[Hashable, str]]:
    """Return who → (document, other) → answer in words."""
    found: dict[str, dict[Hashable, str]] = {}
    for label in catalog.labels.standing(schema.name):
        if label.value not in (None, SKIP):
            found.setdefault(label.who, {})[label.doc_id, label.other] = schema.shown(str(label.value))
    return found


def disputes(catalog: Catalog, question: str, *, open_only: bool = False, limit: int = 200) -> list[Dispute]:
    """Return what people answered differently, undecided ones first and the newest answer first among them."""
    found: dict[tuple[int, int | None], dict[str, str]] = {}
    for label in catalog.labels.standing(question):
        if label.value not in (None, SKIP):
            found.setdefault((label.doc_id, label.other), {})[label.who] = str(label.value)
    decided = {(label.doc_id, label.other): label for label in reversed(catalog.labels.standing(question, role=FINAL))}
    all_of_them = [
        Dispute(doc_id, other, answers, decided.get((doc_id, other)))
        for (doc_id, other), answers in found.items()
        if len(set(answers.values())) > 1
    ]
    kept = [dispute for dispute in all_of_them if dispute.decided is None or not open_only]
    return sorted(kept, key=lambda dispute: dispute.decided is not None)[:limit]


def decide(
    catalog: Catalog, question: str, doc_id: int, value: Answer, annotator: str, *, other: int | None = None
) -> int:
    """Keep a deciding answer under its author's name: from now on it alone counts. Raises SettingError."""
    return catalog.labels.add(doc_id, value, who=annotator, schema=question, other=other, role=FINAL)


def set_gold(
    catalog: Catalog, question: str, doc_id: int, value: Answer, annotator: str, *, other: int | None = None
) -> int:
    """Keep the known answer of a document, by which annotators are measured. Raises SettingError."""
    return catalog.labels.add(doc_id, value, who=annotator, schema=question, other=other, role=GOLD)


def gold_results(catalog: Catalog, question: str) -> list[GoldResult]:
    """Return how often each person gave the known answers, by name."""
    known = {
        (label.doc_id, label.other): label.value for label in reversed(catalog.labels.standing(question, role=GOLD))
    }
    right: dict[str, list[bool]] = {}
    for label in catalog.labels.standing(question):
        key = (label.doc_id, label.other)
        if key in known and label.value != SKIP:
            right.setdefault(label.who, []).append(label.value == known[key])
    return [
        GoldResult(who, sum(hits), len(hits), *wilson(sum(hits) / len(hits), len(hits)))
        for who, hits in sorted(right.items())
    ]


def pace(catalog: Catalog, question: str) -> list[Pace]:
    """Return how fast each person is, by name."""
    found = []
    for who, seconds in sorted(catalog.labels.seconds(question).items()):
        times = np.array(seconds)
        median = float(np.median(times))
        mean = float(times.mean())
        found.append(
            Pace(who, len(times), median, float(np.quantile(times, 0.9)), 3600 / mean if mean else float("inf"))
        )
    return found
