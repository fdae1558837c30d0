"""learn: fit a rater, keep its head with a card, and give the whole corpus its column."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from winnow.catalog.catalog import Catalog
from winnow.catalog.control import now
from winnow.catalog.filters import Filter
from winnow.catalog.labels import PSEUDO
from winnow.catalog.manifest import Run
from winnow.catalog.publish import move_into_place, staging
from winnow.compute.base import Executor
from winnow.errors import ConflictError, CorpusError, MissingNeed, SettingError, nearest
from winnow.jobs.lessons import Gatherer, Lesson, Plan
from winnow.jobs.progress import Progress, Silent
from winnow.jobs.recording import Recording
from winnow.jobs.score import score
from winnow.judge.base import Cost
from winnow.method import method
from winnow.rate.associations import associations, length_correlation
from winnow.rate.base import Fitted, Rater
from winnow.rate.head import Head, shown
from winnow.rate.rated import Rated

KIND = "rater"
SAMPLE = 2000
"""Random documents that a card describes the corpus by."""

BARS = 20


@dataclass(frozen=True, eq=False)
class Card:
    """What is kept beside a head: from what it was fitted, how good it is, what it does to the corpus."""

    name: str
    run: str
    folder: Path
    told: Mapping[str, Any]

    @property
    def columns(self) -> list[str]:
        return [str(output["column"]) for output in self.told["outputs"]]

    @property
    def recipe(self) -> Mapping[str, Any]:
        """The rater with its settings."""
        return dict(self.told["rater"])

    @property
    def plan(self) -> Plan:
        return plan_of(self.told["plan"])


def plan_of(told: Mapping[str, Any]) -> Plan:
    """Read a plan back from a recipe; raises SettingError for what it does not know."""
    try:
        return Plan(**{**told, "labels": tuple(told.get("labels", ()))})
    except TypeError as reason:
        raise SettingError("a rater's plan has other settings", str(reason), "winnow learn --help") from reason


class Raters:
    """The fitted raters of a corpus: learn, list, write, forget."""

    def __init__(self, catalog: Catalog, executor: Executor, recorded: Recording) -> None:
        self._catalog, self._executor, self._recorded = catalog, executor, recorded
        self._sampled: _Sample | None = None

    def all(self) -> list[Card]:
        """Return the newest card of every rater, in the order they were fitted."""
        return [self._card(run) for run in self._catalog.manifest.runs(KIND)]

    def get(self, name: str) -> Card:
        """Return a rater's newest card; raises SettingError with the nearest name."""
        found = {card.name: card for card in self.all()}
        if name not in found:
            raise SettingError(f"no rater is called '{name}'", "", nearest(name, found))
        return found[name]

    def head(self, card: Card) -> Head:
        return Head.load(card.folder / "head.safetensors")

    def stale(self, card: Card) -> list[str]:
        """Say why a rater is out of date: labels that changed, vectors made anew, documents without its column."""
        reasons = []
        fitted = card.told["fitted_on"]
        if "last_label" in fitted:
            changed = self._changed(card, int(fitted["last_label"]))
            if changed:
                reasons.append(f"{changed:,} labels changed since it was fitted")
        model = str(card.told["encoder"])
        if model and card.told["vectors"] != self._vectors(model):
            reasons.append(f"the vectors of {model} were made anew")
        without = self._without(card)
        if without:
            reasons.append(f"{without:,} documents lack its column")
        return reasons

    def estimate(self, rater: Rater, plan: Plan) -> Cost:
        """Say what its judge would cost, without asking; raises SettingError without a judge."""
        if plan.kind != "judge":
            raise SettingError("only a judge costs anything", f"it learns from {plan.kind}", "--judge URL --model NAME")
        return Gatherer(self._catalog, rater, plan, Silent()).cost()

    def learn(
        self,
        name: str,
        rater: str,
        *,
        plan: Mapping[str, Any],
        settings: Mapping[str, Any] | None = None,
        write: bool = True,
        progress: Progress | None = None,
    ) -> Card:
        """Fit a rater and keep it under a name, and give every document its columns unless told not to.

        `plan` holds the fields of `Plan`. Raises MissingNeed, SettingError, InputError, ConflictError for a name that
        another column has.
        """
        made, told = method(Rater, rater).from_recipe(settings or {}), plan_of(plan)
        recipe = {"name": name, "rater": rater, "plan": dict(plan), "settings": dict(settings or {}), "write": write}
        with self._recorded("learn", recipe, progress) as watch:
            self._check(name, made)
            card = self._fit(name, made, told, watch)
            if write:
                self.write(card, watch)
        return card

    def _fit(self, name: str, rater: Rater, plan: Plan, progress: Progress) -> Card:
        lesson = Gatherer(self._catalog, rater, plan, progress).gather()
        progress.stage(f"fit {name}", 0, "")
        fitted = rater.fit(lesson.documents, lesson.evidence, seed=plan.seed)
        taken = {column.lower() for column in fitted.head.columns(name)} & self._columns_of_others(name)
        if taken:
            found = f"the corpus has {', '.join(sorted(taken))}"
            raise ConflictError("a rater needs columns of its own", found, "another name")
        return self._publish(name, rater, plan, lesson, fitted)

    def write(self, card: Card, progress: Progress) -> Run:
        """Give every document the rater's columns; what is there already is not made again."""
        return score(self._catalog, [Rated(card.name, card.run, self.head(card))], self._executor, progress)[0]

    def pseudo_label(self, card: Card, column: str, wanted: float, schema: str, value: str) -> int:
        """Label the documents above the threshold of a held-out precision as the rater's own and return how many.

        The author is "rater:NAME"; no rater learns from such labels, and hand labels are left alone. Raises MissingNeed
        when no threshold reaches the precision for sure.
        """
        output = next((output for output in card.told["outputs"] if output["column"] == column), None)
        safe = next((found for found in (output or {}).get("safe", ()) if found["wanted"] == wanted), None)
        if safe is None:
            raise MissingNeed(
                f"no threshold of '{column}' surely reaches a precision of {wanted:.0%}", "too few held-out labels say so",
                "label more, or ask for less",
            )  # fmt: skip
        ids = self._catalog.browse.doc_ids(Filter().with_range(column, safe["threshold"], None))
        fresh = ids[~np.isin(ids, self._catalog.labels.answered(schema)[0])]
        return self._catalog.labels.add_to_all(fresh, value, who=f"{PSEUDO}{card.name}", schema=schema)

    def _check(self, name: str, rater: Rater) -> None:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,40}", name):
            raise SettingError("a rater's name is letters, digits and _", f"found '{name}'", "for example 'useful'")
        if name.lower() in self._columns_of_others(name):
            raise ConflictError("a rater needs a name of its own", f"the corpus has a column '{name}'", "another name")
        if rater.reads_length and "chars" not in self._catalog.browse.columns():
            raise MissingNeed(f"{type(rater).name} needs column 'chars'", "the corpus lacks it", "winnow score shape")
        if rater.encoder:
            self._catalog.vectors.run(rater.encoder)

    def _columns_of_others(self, name: str) -> set[str]:
        own = {column for run in self._catalog.manifest.runs("columns") if run.name == name for column in run.columns}
        made = any(run.name == name for run in self._catalog.manifest.runs(KIND))
        return {column.lower() for column in self._catalog.browse.columns()} - (own if made else set())

    def _publish(self, name: str, rater: Rater, plan: Plan, lesson: Lesson, fitted: Fitted) -> Card:
        outputs = [
            {**card, "column": output.column(name), **self._described(fitted.head, place)}
            for place, (output, card) in enumerate(zip(fitted.head.outputs, fitted.outputs, strict=True))
        ]
        told: dict[str, Any] = {
            "name": name, "rater": rater.recipe, "plan": asdict(plan), "kind": plan.kind, "fitted_on": lesson.told,
            "encoder": rater.encoder, "vectors": self._vectors(rater.encoder), "outputs": outputs, "created": now(),
            "documents": len(lesson.documents.texts),
        }  # fmt: skip
        state = str(lesson.told.get("sha256", "")) + str(told["vectors"]) + told["created"]
        columns = {column: str(kind) for column, kind in fitted.head.columns(name).items()}
        run = self._catalog.manifest.begin_run(
            KIND, name, {"rater": rater.recipe, "plan": asdict(plan)}, columns, state
        )
        home = self._catalog.folder / "raters" / run.run
        written = orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY, default=str)
        with staging(self._catalog.folder) as staged:
            fitted.head.save(staged / "head.safetensors")
            (staged / "card.json").write_bytes(written)
            move_into_place([(staged / file, home / file) for file in ("head.safetensors", "card.json")])
        self._catalog.manifest.finish_runs([run])
        return Card(name, run.run, home, orjson.loads(written))

    def _described(self, head: Head, place: int) -> dict[str, Any]:
        """Say what one output does to a random sample of the corpus."""
        sample = self._sample(head)
        start = sum(max(len(output.names), 1) for output in head.outputs[:place])
        output = head.outputs[place]
        scores = head.scores(sample.features, sample.chars)[:, start : start + max(len(output.names), 1)]
        if output.names:
            named = Counter(pa.array(shown(scores, output)).to_pylist())
            return {"sample": len(scores), "names": dict(named.most_common())}
        values = np.asarray(shown(scores, output), dtype=np.float64)
        up, down = associations(sample.texts, scores[:, 0])
        counts, edges = np.histogram(values, BARS)
        median = float(np.median(values)) if len(values) else math.nan
        return {
            "sample": len(values),
            "mean": float(values.mean()), "deviation": float(values.std()), "median": median,
            "histogram": {"edges": edges.tolist(), "counts": counts.tolist()},
            "length_correlation": length_correlation(values, sample.chars),
            "per_source": _per_source(sample.sources, values, median),
            "ngrams_up": [asdict(found) for found in up], "ngrams_down": [asdict(found) for found in down],
        }  # fmt: skip

    def _sample(self, head: Head) -> _Sample:
        key = (head.model, head.ngram, self._catalog.manifest.version)
        if self._sampled is None or self._sampled.key != key:
            ids = np.sort(self._catalog.browse.doc_ids(Filter(), sample=SAMPLE))
            table = self._catalog.texts.fetch(ids, ("text", "source"))
            texts = [text or "" for text in table.column("text").to_pylist()]
            sources = [source or "(none)" for source in table.column("source").to_pylist()]
            features: Any = self._catalog.vectors.take(head.model, ids) if head.model else _ngrams(texts, head.ngram)
            self._sampled = _Sample(key, texts, sources, features)
        return self._sampled

    def _card(self, run: Run) -> Card:
        folder = self._catalog.folder / "raters" / run.run
        try:
            return Card(run.name, run.run, folder, orjson.loads((folder / "card.json").read_bytes()))
        except (OSError, ValueError) as reason:
            raise CorpusError(
                f"the card of rater '{run.name}' cannot be read", str(reason), "fit it again: winnow learn"
            ) from reason

    def _vectors(self, model: str) -> str:
        run = self._catalog.manifest.run("vectors", model) if model else None
        return run.run if run else ""

    def _changed(self, card: Card, last: int) -> int:
        schemas = set(card.told["fitted_on"].get("schemas", ()))
        return sum(self._catalog.labels.touched_since(last, schema) for schema in schemas)

    def _without(self, card: Card) -> int:
        """Count the documents in shards that its current columns have not seen."""
        parts = self._catalog.manifest.parts()
        run = self._catalog.manifest.run("columns", card.name)
        seen = set(run.paths) if run is not None and run.recipe.get("run") == card.run else set()
        return sum(part.documents for part in parts if part.part not in seen)


@dataclass(frozen=True, eq=False)
class _Sample:
    key: tuple[str, int, int]
    texts: list[str]
    sources: list[str]
    features: Any

    @property
    def chars(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        return np.array([len(text) for text in self.texts], dtype=np.float64)


def _ngrams(texts: Sequence[str], ngram: int) -> Any:
    from winnow.rate.reference import shares

    return shares(pa.array(texts, pa.large_string()), ngram)


def _per_source(
    sources: Sequence[str], values: np.ndarray[Any, np.dtype[np.float64]], median: float
) -> list[dict[str, Any]]:
    """Return documents, mean and the share above the corpus's median, per source, largest first."""
    names = np.asarray(sources, dtype=str)
    rows: list[dict[str, Any]] = []
    for name in np.unique(names):
        mine = values[names == name]
        rows.append(
            {
                "source": str(name),
                "documents": len(mine),
                "mean": float(mine.mean()),
                "above_median": float((mine > median).mean()),
            }
        )
    return sorted(rows, key=lambda row: -int(row["documents"]))[:50]
