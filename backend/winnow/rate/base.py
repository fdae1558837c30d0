"""The interface of every rater: documents and what is known of them in, a head and its card out."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
from threadpoolctl import threadpool_limits

from winnow.errors import MissingNeed
from winnow.judge.base import Answer, Prompt
from winnow.method import Method, param
from winnow.rate import calibration, held_out
from winnow.rate.evidence import Evidence, Floats, Pairs, Values
from winnow.rate.fitting import Axes, Linear
from winnow.rate.head import LENGTH_SCALE, Head, Output
from winnow.rate.objectives import Names, Numbers, Objective, Preference, YesNo

FEWEST = 10
"""With fewer labels or pairs nothing can be held out."""

PRECISIONS = (0.8, 0.9, 0.95, 0.99)


@dataclass(frozen=True, eq=False)
class Documents:
    """The documents that something is known of, by their places: vectors float32 [n, d] and texts.

    `vectors` is empty for a rater that reads text. `kept_together` names what is never cut when documents are held out
    (near-copies, a debate); by `sources` the errors are told apart.
    """

    texts: Sequence[str]
    vectors: np.ndarray[Any, np.dtype[np.float32]]
    kept_together: Sequence[str] | None = None
    sources: Sequence[str] | None = None

    @property
    def chars(self) -> Floats:
        return np.array([len(text) for text in self.texts], dtype=np.float64)


@dataclass(frozen=True)
class Fitted:
    """A head, and for each of its outputs the part of the card that says how good it is."""

    head: Head
    outputs: list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Rater(Method):
    """Learns a head from what people, judges, references or other columns say, and rates every document with it."""

    learns_from: ClassVar[frozenset[str]]
    """Where it may learn from: "labels", "pairs", "reference", "columns", "judge"."""

    several: ClassVar[bool] = False
    """Whether it has a column per criterion, each with evidence of its own."""

    def needs(self) -> frozenset[str]:
        return frozenset({f"vectors:{self.encoder}"}) if self.encoder else frozenset({"text"})

    @property
    @abstractmethod
    def encoder(self) -> str:
        """Name the encoder whose vectors are read, "" for a rater that reads text."""

    @property
    def reads_length(self) -> bool:
        """Whether ln(1 + characters) is a feature beside the vectors."""
        return False

    @property
    def ngram_length(self) -> int:
        """The longest n-grams that are read, 0 for a rater that reads vectors."""
        return 0

    @abstractmethod
    def output(self, name: str) -> Output:
        """Return the column that is learnt from the evidence of this name, "" for the only one."""

    def reads(self) -> tuple[str, ...]:
        """Name the number columns that it learns from."""
        return ()

    def weigh(self, columns: Mapping[str, Floats], seed: int) -> Evidence:
        """Turn the columns it learns from into evidence; only for raters that learn from columns."""
        raise NotImplementedError

    def asked(self) -> tuple[str, ...]:
        """Name what a judge is asked about, one question each; empty for raters that ask none."""
        return ()

    def prompt(self, name: str, *texts: str) -> Prompt:
        """Ask a judge about one text, or which of two is better."""
        raise NotImplementedError

    def read(self, name: str, answer: Answer) -> Mapping[str, float | str] | None:
        """Return what an answer about one text says, by name of evidence; None when it is malformed."""
        raise NotImplementedError

    def features(self, documents: Documents) -> Any:
        """Return what the head reads, float64 [n, d] or sparse; the last column is length when it is read."""
        dense = np.asarray(documents.vectors, dtype=np.float64)
        if not self.reads_length:
            return dense
        length = np.log1p(documents.chars)
        return np.hstack([dense, LENGTH_SCALE * (length / (length.std() or 1.0))[:, None]])

    def fit(self, documents: Documents, evidence: Mapping[str, Evidence], *, seed: int = 0) -> Fitted:
        """Fit one output per evidence and measure each on held-out documents.

        Raises MissingNeed when there is too little to learn from, or all of it says the same.
        """
        # These matrices are small: several threads would gain nothing and, on a busy machine, wait for one another.
        with threadpool_limits(1):
            return self._fit(documents, evidence, seed)

    def _fit(self, documents: Documents, evidence: Mapping[str, Evidence], seed: int) -> Fitted:
        features = self.features(documents)
        axes, lengths = Axes.of(features), np.log1p(documents.chars)
        heads, outputs, cards = [], [], []
        for name, known in evidence.items():
            output = self.output(name)
            objective = objective_of(output, balanced="reference" in self.learns_from)
            _enough(type(self).name, name, known, objective)
            held = held_out.hold_out(axes.x, lengths, known, objective, groups=documents.kept_together, seed=seed)
            measured = known.inside(held.folds)
            slope, shift = calibration.platt(held.scores, measured, objective)
            head = axes.back(held_out.final(axes.x, known, objective, held))
            heads.append(Linear(slope * head.weights, slope * head.bias + shift))
            outputs.append(output)
            curve = held_out.learning_curve(axes.x, known, objective, held, seed)
            card = _card(output, objective, held, measured, slope * held.scores + shift)
            cards.append(
                {**card, "evidence": name, "curve": curve, **_groups(objective, held, measured, documents.sources)}
            )
        return Fitted(self._head(heads, outputs, lengths), cards)

    def _head(self, heads: Sequence[Linear], outputs: Sequence[Output], lengths: Floats) -> Head:
        weights = np.hstack([head.weights for head in heads])
        bias = np.concatenate([head.bias for head in heads])
        length = np.zeros(weights.shape[1])
        if self.reads_length:
            length = weights[-1] * LENGTH_SCALE / (lengths.std() or 1.0)
            weights = weights[:-1]
        arrays = weights.astype(np.float32), length.astype(np.float32), bias.astype(np.float32)
        return Head(self.encoder, tuple(outputs), arrays[0], arrays[1], arrays[2], self.ngram_length)


@dataclass(frozen=True, kw_only=True)
class VectorRater(Rater):
    """A rater that reads stored vectors."""

    model: str = param("static", "The encoder whose vectors are read; every corpus can have static ones.")

    @property
    def encoder(self) -> str:
        return self.model


def objective_of(output: Output, *, balanced: bool = False) -> Objective:
    if output.kind == "name":
        return Names(output.names)
    return {"number": Numbers(), "probability": YesNo(balanced), "preference": Preference()}[output.kind]


def _enough(rater: str, name: str, evidence: Evidence, objective: Objective) -> None:
    """Raise MissingNeed for too little evidence, or evidence that all says the same."""
    about = f" about '{name}'" if name else ""
    if len(evidence) < FEWEST:
        raise MissingNeed(
            f"{rater} needs at least {FEWEST} labels or pairs{about}", f"found {len(evidence)}",
            "label more documents on the Label page, or ask a judge",
        )  # fmt: skip
    if isinstance(evidence, Values):
        values, counts = np.unique(evidence.values[evidence.known()], return_counts=True)
        few = isinstance(objective, YesNo) and counts.min() < held_out.FOLDS
        if len(values) < 2 or few:
            told = ", ".join(f"{value:g}: {count}" for value, count in zip(values, counts, strict=True))
            raise MissingNeed(
                f"{rater} needs labels{about} of each kind, {held_out.FOLDS} at least", f"found {told}",
                "label documents of the kind that is rare",
            )  # fmt: skip
    if isinstance(evidence, Pairs) and not np.any(evidence.share != 0.5):
        raise MissingNeed(
            f"{rater} needs pairs{about} that are no ties", f"all {len(evidence)} are", "judge more pairs"
        )


def _card(
    output: Output, objective: Objective, held: held_out.HeldOut, measured: Any, scores: Floats
) -> dict[str, Any]:
    safe = []
    if isinstance(objective, YesNo) and not objective.balanced:
        safe = [calibration.safe_threshold(scores, measured, wanted) for wanted in PRECISIONS]
    return {
        "output": asdict(output),
        "figure": objective.figure,
        "chance": objective.chance,
        # Ties are learnt from, but nobody is right or wrong about them.
        "labels": int((measured.share != 0.5).sum()) if isinstance(measured, Pairs) else len(measured),
        "quality": asdict(held.quality),
        "trivial": {**asdict(held.trivial), "says": held.trivial_says},
        "gain": asdict(held.gain),
        "beats_trivial": held.beats_trivial,
        "penalty": held.penalty,
        "folds": int(held.folds.max()) + 1 if len(held.folds) else 0,
        "calibration": [asdict(found) for found in calibration.bins(scores, measured, objective)],
        "safe": [asdict(found) for found in safe if found],
    }


def _groups(
    objective: Objective, held: held_out.HeldOut, measured: Any, groups: Sequence[str] | None
) -> dict[str, Any]:
    """Return the figure inside each group that has labels enough, largest first."""
    if groups is None:
        return {"groups": []}
    names = np.asarray(groups, dtype=str)
    rows: list[dict[str, Any]] = []
    for name in np.unique(names):
        part = measured.among(names == name)
        if len(part) >= FEWEST:
            weights = np.ones((1, len(names)))
            rows.append(
                {
                    "group": str(name),
                    "labels": len(part),
                    "value": float(objective.measure(held.scores, part, weights)[0]),
                }
            )
    return {"groups": sorted(rows, key=lambda row: -int(row["labels"]))[:50]}
