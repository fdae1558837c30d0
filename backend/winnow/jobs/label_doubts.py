"""Labels that look wrong, and whether there are enough of them: heads on stored vectors that never saw what they judge."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from threadpoolctl import threadpool_limits

from winnow.catalog.catalog import Catalog
from winnow.catalog.labels import LabelSchema
from winnow.errors import MissingNeed, SettingError
from winnow.label.confident import noise, suspects
from winnow.rate.evidence import Floats, Places, Values
from winnow.rate.fitting import Axes, fit
from winnow.rate.held_out import make_folds, resamples
from winnow.rate.objectives import Names

FEWEST = 10
"""Labels below which nothing can be held out."""

MOST = 20_000
"""Labelled documents that are looked at, so that a look stays a matter of seconds."""

PENALTY = 1.0
"""Of |w|² / 2, for vectors of unit length; chosen by nothing that is measured, so that what is held out stays held out."""

SHARES = (0.125, 0.25, 0.5, 1.0)


@dataclass(frozen=True, eq=False)
class Classes:
    """Labelled documents and their classes: codes [n] into names."""

    doc_ids: NDArray[np.int64]
    codes: NDArray[np.int64]
    names: tuple[str, ...]


@dataclass(frozen=True)
class Doubt:
    """A label that looks wrong: what it says, what its document looks like, and by how much (0 to 1)."""

    doc_id: int
    value: str
    looks_like: str
    margin: float


@dataclass(frozen=True)
class Wrong:
    """How many labels of one value are estimated to be of another."""

    value: str
    truly: str
    labels: float


@dataclass(frozen=True)
class Point:
    """Held-out accuracy of a head fitted to so many labels, with its 95 % interval."""

    labels: int
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Enough:
    """Whether more labels would help: the curve, what always saying the commonest gives, and what the last doubling brought.

    `gain` has its 95 % interval over resampled documents, the same for both ends. `verdict` says it in words.
    """

    curve: tuple[Point, ...]
    commonest: float
    gain: Point
    verdict: str


def of_classes(catalog: Catalog, schema: LabelSchema) -> Classes:
    """Return the labelled documents of a question with one answer each: the deciding one, or what most people said.

    Of as many voices for two answers the first in the question's order counts. Raises SettingError for a question of
    another kind.
    """
    if not schema.nominal:
        raise SettingError(
            f"'{schema.name}' has no classes",
            f"it asks for {schema.kind}",
            "a question with one answer: choice, keep, scale",
        )
    votes: dict[int, Counter[str]] = {}
    for label in catalog.labels.settled(schema.name, MOST):
        if label.value in schema.values:
            votes.setdefault(label.doc_id, Counter())[str(label.value)] += 1
    place = {value: code for code, value in enumerate(schema.values)}
    said = [min(votes[doc_id].items(), key=lambda item: (-item[1], place[item[0]]))[0] for doc_id in votes]
    names = tuple(value for value in schema.values if value in set(said))
    codes = {value: code for code, value in enumerate(names)}
    ids = np.array(list(votes), dtype=np.int64)
    order = np.argsort(ids)
    return Classes(ids[order], np.array([codes[value] for value in said], dtype=np.int64)[order], names)


def class_chances(catalog: Catalog, model: str, classes: Classes, vectors: NDArray[np.float32]) -> Floats:
    """Fit a head to labelled documents and return how likely other vectors are of each class, [n, k]."""
    axes = Axes.of(catalog.vectors.take(model, classes.doc_ids))
    head = axes.back(fit(axes.x, Values(classes.codes.astype(np.float64)), Names(names=classes.names), PENALTY))
    return np.asarray(softmax(head(vectors), axis=1), dtype=np.float64)


def doubts(catalog: Catalog, question: str, *, seed: int = 0) -> list[Doubt]:
    """Return the labels of a question that look wrong, the surest first, by confident learning on held-out heads.

    Raises MissingNeed with fewer than `FEWEST` labels or without vectors, SettingError for a question without classes.
    """
    classes, chances = _chances(catalog, question, seed)
    places, margins = suspects(chances, classes.codes)
    likeliest = chances.argmax(axis=1)
    return [
        Doubt(
            int(classes.doc_ids[place]), classes.names[classes.codes[place]], classes.names[likeliest[place]], float(margin)
        )
        for place, margin in zip(places.tolist(), margins, strict=True)
    ]  # fmt: skip


def wrong_labels(catalog: Catalog, question: str, *, seed: int = 0) -> list[Wrong]:
    """Return how many labels of each value are estimated to be of another, the most first."""
    classes, chances = _chances(catalog, question, seed)
    joint = noise(chances, classes.codes) * len(classes.codes)
    k = len(classes.names)
    found = [
        Wrong(classes.names[i], classes.names[j], float(joint[i, j]))
        for i in range(k) for j in range(k) if i != j and joint[i, j] >= 0.5
    ]  # fmt: skip
    return sorted(found, key=lambda wrong: -wrong.labels)


def enough(catalog: Catalog, question: str, *, seed: int = 0) -> Enough:
    """Say whether more labels would help: held-out accuracy of heads fitted to an eighth, a quarter, half and all of them.

    Raises like `doubts`.
    """
    classes, x, folds = _folded(catalog, question, seed)
    n, right, sizes = len(classes.codes), [], []
    order = np.random.default_rng(seed).random(n)
    for share in SHARES:
        scores, used = _held_out(x, classes, folds, order < share)
        right.append(scores.argmax(axis=1) == classes.codes)
        sizes.append(round(float(np.mean(used))))
    drawn = resamples(n, seed)
    curve = tuple(_point(size, hits, drawn) for size, hits in zip(sizes, right, strict=True))
    gain = _point(sizes[-1], right[-1].astype(float) - right[-2].astype(float), drawn)
    commonest = float(np.bincount(classes.codes).max() / n)
    return Enough(curve, commonest, gain, _verdict(curve, gain, commonest))


def _verdict(curve: tuple[Point, ...], gain: Point, commonest: float) -> str:
    brought = f"The last doubling, {curve[-2].labels:,} to {curve[-1].labels:,} labels, brought {gain.value:+.1%}"
    interval = f"({gain.low:+.1%} to {gain.high:+.1%})"
    if curve[-1].low <= commonest:
        return (
            f"Too few: a head on these labels is not surely better than always saying the commonest ({commonest:.1%})."
        )
    if gain.low > 0:
        return f"{brought} {interval}: more labels help."
    if gain.high < 0.01:
        return f"{brought} {interval}: more of the same would hardly help."
    return f"{brought} {interval}: it cannot be told whether more would help."


def _point(labels: int, hits: NDArray[np.float64] | NDArray[np.bool_], drawn: Floats) -> Point:
    values = drawn @ hits / drawn.sum(axis=1)
    low, high = np.quantile(values, (0.025, 0.975))
    return Point(labels, float(hits.mean()), float(low), float(high))


def _chances(catalog: Catalog, question: str, seed: int) -> tuple[Classes, Floats]:
    classes, x, folds = _folded(catalog, question, seed)
    scores, _ = _held_out(x, classes, folds, np.ones(len(folds), dtype=bool))
    return classes, np.asarray(softmax(scores, axis=1), dtype=np.float64)


def _held_out(x: Floats, classes: Classes, folds: Places, some: NDArray[np.bool_]) -> tuple[Floats, list[int]]:
    """Return scores [n, k] by heads that never saw a document's fold, fitted to some of the others, and to how many."""
    objective, codes = Names(names=classes.names), Values(classes.codes.astype(np.float64))
    scores, used = np.zeros((len(folds), len(classes.names))), []
    # Products this small are slower on several threads, and much slower where other people label too.
    with threadpool_limits(1):
        for fold in range(int(folds.max()) + 1):
            out, part = folds == fold, codes.among((folds != fold) & some)
            used.append(len(part))
            if len(part):
                scores[out] = fit(x, part, objective, PENALTY)(x[out])
    return scores, used


def _folded(catalog: Catalog, question: str, seed: int) -> tuple[Classes, Floats, Places]:
    """Return the labelled documents with their vectors on principal axes, and a fold of each."""
    classes = of_classes(catalog, catalog.labels.schema(question))
    if len(classes.doc_ids) < FEWEST or len(classes.names) < 2:
        raise MissingNeed(
            f"this takes {FEWEST} labels of two different answers",
            f"'{question}' has {len(classes.doc_ids):,} of {len(classes.names)}", "label more",
        )  # fmt: skip
    models = catalog.vectors.models()
    if not models:
        raise MissingNeed("labels are checked by vectors", "the corpus has none yet", "winnow embed")
    with threadpool_limits(1):
        x = Axes.of(catalog.vectors.take(models[-1], classes.doc_ids)).x
    return classes, x, make_folds(Values(classes.codes.astype(np.float64)), None, seed)
