"""What a rater learns from, gathered: labels, files of pairs, reference texts, columns, or a judge's answers."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from winnow.catalog.catalog import Catalog
from winnow.catalog.filters import Filter
from winnow.catalog.labels import NOTHING, SKIP, LabelSchema
from winnow.errors import MissingNeed, SettingError
from winnow.jobs import judging
from winnow.jobs.embed import current_encoder
from winnow.jobs.judged_pairs import judged_pairs
from winnow.jobs.progress import Progress
from winnow.jobs.target import read_target
from winnow.judge.base import Cost, Judge
from winnow.method import method
from winnow.rate.base import Documents, Rater
from winnow.rate.evidence import Evidence, Pairs, Places, Values
from winnow.rate.label_values import meaning
from winnow.rate.pair_files import PairLine
from winnow.rate.reference import predictive_strength

MOST = 50_000
"""Labelled documents of a question that are learnt from: more of them make a head hardly better, and cost memory."""

CANDIDATES = 5
"""So many times more random documents are looked at than taken, to match lengths."""


@dataclass(frozen=True)
class Plan:
    """From what a rater is to learn; exactly one of labels, pairs, reference, judge is given, or none for columns.

    `pairs` is a question of the kind pair, or a file. `values` says what label values mean; of several answers in one
    label the highest counts, and for a rater of yes and no a label with none of them is a no. `judged` is how many texts or pairs a judge is asked about, drawn from `where`
    with `seed`. Documents with one value of the column `keep_together` are held out together.
    """

    labels: tuple[str, ...] = ()
    values: Mapping[str, float | str] = field(default_factory=dict)
    pairs: str = ""
    reference: str = ""
    judge: Mapping[str, Any] | None = None
    judged: int = 500
    where: Mapping[str, Any] = field(default_factory=dict)
    keep_together: str = ""
    seed: int = 0

    @property
    def kind(self) -> str:
        given = {"labels": self.labels, "pairs": self.pairs, "reference": self.reference, "judge": self.judge}
        named = [name for name, value in given.items() if value]
        if len(named) > 1:
            raise SettingError(
                "a rater learns from one kind of evidence at a time", f"found {' and '.join(named)}", "leave one"
            )
        return named[0] if named else "columns"


@dataclass(frozen=True, eq=False)
class Lesson:
    """Documents, what is known of them, and what the card tells of where it came from."""

    documents: Documents
    evidence: Mapping[str, Evidence]
    told: dict[str, Any]


class Gatherer:
    """Collects a lesson from one corpus."""

    def __init__(self, catalog: Catalog, rater: Rater, plan: Plan, progress: Progress) -> None:
        self._catalog, self._rater, self._plan, self._progress = catalog, rater, plan, progress
        if plan.kind not in rater.learns_from:
            ways = {"labels": "--labels SCHEMA", "pairs": "--pairs QUESTION|FILE", "reference": "--reference FILE",
                    "judge": "--judge URL --model NAME", "columns": "--set"}  # fmt: skip
            able = " or ".join(sorted(ways[way] for way in rater.learns_from))
            found = "no labels, pairs, reference or judge" if plan.kind == "columns" else f"found {plan.kind}"
            raise SettingError(f"{type(rater).name} learns from {' or '.join(sorted(rater.learns_from))}", found, able)

        if plan.where and plan.kind in ("labels", "pairs"):
            raise SettingError(
                "a filter narrows what a judge, a reference or columns draw from",
                f"this rater learns from {plan.kind}",
                "leave --where out",
            )

    def gather(self) -> Lesson:
        """Return the lesson; raises MissingNeed, SettingError, InputError."""
        return {
            "labels": self._labels, "pairs": self._pairs, "reference": self._reference,
            "columns": self._columns, "judge": self._judged,
        }[self._plan.kind]()  # fmt: skip

    def cost(self) -> Cost:
        """Say what asking the judge would cost, without asking."""
        return judging.estimate(
            self._rater, self._judge(), self._texts_to_judge()[1], judging.answers_kept(self._catalog.folder)
        )

    def _labels(self) -> Lesson:
        found: dict[str, dict[int, list[float]]] = {}
        labelled: dict[str, int] = {}
        counts: dict[str, dict[str, int]] = {}
        if len(self._plan.labels) > 1 and not self._rater.several:
            raise SettingError(
                f"{type(self._rater).name} learns from one label schema",
                f"found {', '.join(self._plan.labels)}",
                "name one",
            )
        for question in self._plan.labels:
            name = question if self._rater.several else ""
            schema, output = self._catalog.labels.schema(question), self._rater.output(name)
            if (documents := self._catalog.labels.labelled(question)) > MOST:
                labelled[question] = documents
            settled = self._catalog.labels.settled(question, MOST)
            said = [label for label in settled if label.value not in (None, SKIP)]
            answers = [schema.names(str(label.value)) for label in said]
            number = meaning(_answers(schema, answers), output, self._plan.values, question)
            counts[question] = dict(Counter(name for names in answers for name in names))
            by_document = found.setdefault(name, {})
            for label, names in zip(said, answers, strict=True):
                spoken = [number[name] for name in names if name in number]
                if not spoken and schema.several and output.kind == "probability":
                    spoken = [0.0]
                if spoken:
                    by_document.setdefault(label.doc_id, []).append(max(spoken))
        ids = np.array(sorted({doc_id for by_document in found.values() for doc_id in by_document}), dtype=np.int64)
        place = {int(doc_id): row for row, doc_id in enumerate(ids)}
        evidence: dict[str, Evidence] = {}
        for name, by_document in found.items():
            values = np.full(len(ids), np.nan)
            for doc_id, numbers in by_document.items():
                values[place[doc_id]] = _agreed(numbers, self._rater.output(name).kind)
            evidence[name] = Values(values)
        told = {
            "schemas": list(self._plan.labels), "counts": counts, "last_label": self._catalog.labels.last,
            "labelled": labelled, **_sum(ids, evidence),
        }  # fmt: skip
        return Lesson(self._documents(ids), evidence, told)

    def _pairs(self) -> Lesson:
        judged = judged_pairs(self._catalog, self._plan.pairs)
        lines = judged.lines
        wanted = {line.criterion for line in lines if line.criterion in self._criteria() or not line.criterion}
        if not wanted:
            raise SettingError(
                "no pair is about a criterion of this rater", f"found {', '.join(sorted({line.criterion for line in lines})[:8])}",
                "--criterion NAME",
            )  # fmt: skip
        ids, texts, kept, unmatched = self._places(lines, judged.numbers, wanted)
        if not kept:
            raise MissingNeed(
                "no pair names two documents of this corpus", f"{unmatched:,} of {len(lines):,} pairs name others",
                "name documents by id or doc_id, or give first_text and second_text",
            )  # fmt: skip
        groups = _groups_of(kept, len(ids) + len(texts)) if any(line.group for line, *_ in kept) else None
        evidence = {name: _pairs_of(kept, name, len(ids) + len(texts)) for name in sorted(wanted)}
        documents = self._documents(np.array(ids, dtype=np.int64), texts, groups)
        return Lesson(documents, dict(evidence), {**judged.told, "pairs": len(kept), "unmatched": unmatched})

    def _criteria(self) -> Sequence[str]:
        return self._rater.asked()

    def _places(
        self, lines: Sequence[PairLine], known: Mapping[str, int], wanted: set[str]
    ) -> tuple[list[int], list[str], list[tuple[PairLine, int, int]], int]:
        """Number the documents of pairs: those of the corpus first, then texts of their own."""
        documents = self._catalog.manifest.documents()
        ids: dict[int, int] = {}
        texts: dict[str, int] = {}
        sides: list[tuple[PairLine, tuple[bool, int], tuple[bool, int]]] = []
        unmatched = 0
        for line in (line for line in lines if line.criterion in wanted):
            if line.by_text:
                pair = [(True, texts.setdefault(text, len(texts))) for text in (line.first, line.second)]
            else:
                found = [known.get(name, int(name) if name.isdecimal() else -1) for name in (line.first, line.second)]
                if any(not 0 <= doc_id < documents for doc_id in found):
                    unmatched += 1
                    continue
                pair = [(False, ids.setdefault(doc_id, len(ids))) for doc_id in found]
            if pair[0] != pair[1]:
                sides.append((line, pair[0], pair[1]))
        first_text = len(ids)
        kept = [
            (line, first[1] + first[0] * first_text, second[1] + second[0] * first_text)
            for line, first, second in sides
        ]
        return list(ids), list(texts), kept, unmatched

    def _reference(self) -> Lesson:
        rater = self._rater
        most = int(getattr(rater, "negatives", 5000))
        vectors = frozenset(need for need in rater.needs() if need.startswith("vectors:"))
        aim = read_target(self._catalog, self._plan.reference, vectors)
        rng = np.random.default_rng(self._plan.seed)
        texts = list(aim.target.texts)
        chosen = np.sort(rng.permutation(len(texts))[:most])
        known = set(texts)
        lengths = np.array([len(texts[place]) for place in chosen])
        ids, matched = self._negatives(lengths, most, rng, match=bool(getattr(rater, "match_length", False)))
        fresh = [text not in known for text in self._catalog.texts.texts(ids)]
        ids = ids[np.array(fresh, dtype=bool)]
        given = aim.target.vectors[rater.encoder][chosen] if rater.encoder else None
        documents = self._documents(ids, [texts[place] for place in chosen], vectors=given)
        values = np.r_[np.zeros(len(ids)), np.ones(len(chosen))]
        told = {
            "reference": self._plan.reference, "texts": len(chosen), "of": len(texts), "against": len(ids),
            "lengths_matched": matched, "sha256": aim.sha256,
        }  # fmt: skip
        return Lesson(documents, {"": Values(values)}, told)

    def _negatives(self, lengths: Places, most: int, rng: np.random.Generator, *, match: bool) -> tuple[Places, bool]:
        """Return random documents, drawn to have the reference's lengths where the corpus allows it."""
        wanted = min(most, max(len(lengths), 500))
        candidates = self._sample(CANDIDATES * wanted if match else wanted)
        if not match or not len(candidates):
            return candidates, False
        chars = self._chars(candidates)
        edges = np.unique(np.quantile(lengths, np.linspace(0, 1, 11)[1:-1]))
        theirs, ours = np.searchsorted(edges, lengths), np.searchsorted(edges, chars)
        taken = [
            rng.permutation(np.flatnonzero(ours == part))[: round(wanted * float((theirs == part).mean()))]
            for part in range(len(edges) + 1)
        ]
        chosen = candidates[np.sort(np.concatenate(taken))]
        # Where the corpus has hardly a document of these lengths, any document has to do.
        return (chosen, True) if len(chosen) >= wanted / 5 else (candidates[:wanted], False)

    def _columns(self) -> Lesson:
        names = self._rater.reads()
        ids = self._sample(int(getattr(self._rater, "documents", 5000)))
        if named := str(getattr(self._rater, "ladder", "")):
            return self._climbed(named, ids)
        table = self._catalog.browse.arrow(Filter(), list(names))
        columns = {
            name: np.asarray(table.column(name).cast(pa.float64()).take(pa.array(ids)).to_numpy()) for name in names
        }
        evidence = self._rater.weigh(columns, self._plan.seed)
        return Lesson(self._documents(ids), {"": evidence}, {"columns": list(names), **_sum(ids, {"": evidence})})

    def _climbed(self, name: str, ids: Places) -> Lesson:
        """Let a ladder's models read documents that none of them has learnt from."""
        from winnow.jobs.ladder import ladder

        found = ladder(self._catalog, name)
        ids = ids[~np.isin(ids, found.learnt_from)]
        if not len(ids):
            raise MissingNeed(
                "preselect needs documents that the ladder's models have not read", "all were", "--set documents=N"
            )
        columns = found.losses(self._catalog, ids, self._progress)
        evidence = self._rater.weigh(columns, self._plan.seed)
        strength = predictive_strength(np.stack(list(columns.values())))
        told = {
            "ladder": name, "models": [vars(rung) for rung in found.rungs],
            "strength": {
                "ranked as the target": int((strength == 1).sum()), "of": int(np.isfinite(strength).sum()),
                "by chance": float(np.isfinite(strength).sum()) / math.factorial(len(columns)),
            },
        }  # fmt: skip
        return Lesson(self._documents(ids), {"": evidence}, {**told, **_sum(ids, {"": evidence})})

    def _judged(self) -> Lesson:
        judge = self._judge()
        ids, texts = self._texts_to_judge()
        judged = judging.ask(self._rater, judge, texts, judging.answers_kept(self._catalog.folder), self._progress)
        told = {"judge": {**judge.recipe}, "answers": judged.told(), **_sum(ids, judged.evidence)}
        return Lesson(self._documents(ids), judged.evidence, told)

    def _judge(self) -> Judge:
        recipe = dict(self._plan.judge or {})
        return method(Judge, str(recipe.get("method", "endpoint"))).from_recipe(recipe)

    def _texts_to_judge(self) -> tuple[Places, list[str]]:
        ids = self._sample(self._plan.judged * (2 if judging.pairwise(self._rater) else 1))
        ids = ids[np.random.default_rng(self._plan.seed).permutation(len(ids))]
        return ids, self._catalog.texts.texts(ids)

    def _sample(self, count: int) -> Places:
        filter = Filter.from_query(self._plan.where)
        found = self._catalog.browse.doc_ids(filter, sample=count, seed=self._plan.seed)
        if not len(found):
            raise MissingNeed("a rater needs documents", "the filter keeps none", "widen the filter")
        return np.sort(found)

    def _chars(self, ids: Places) -> Places:
        if "chars" in self._catalog.browse.columns():
            column = self._catalog.browse.arrow(Filter(), ["chars"]).column(0).take(pa.array(ids))
            return np.asarray(column.fill_null(0).to_numpy(), dtype=np.int64)
        return np.array([len(text) for text in self._catalog.texts.texts(ids)], dtype=np.int64)

    def _documents(
        self,
        ids: Places,
        texts: Sequence[str] = (),
        groups: Sequence[str] | None = None,
        *,
        vectors: np.ndarray[Any, np.dtype[np.float32]] | None = None,
    ) -> Documents:
        """Return documents of the corpus, then texts of their own, with vectors of both."""
        table = self._catalog.texts.fetch(ids, ("text", "source")) if len(ids) else None
        own = [text or "" for text in table.column("text").to_pylist()] if table else []
        sources = [source or "(none)" for source in table.column("source").to_pylist()] if table else []
        sources += ["(reference)" if self._plan.reference else "(file)"] * len(texts)
        model = self._rater.encoder
        parts = []
        if model and len(ids):
            parts.append(self._catalog.vectors.take(model, ids))
        if model and texts:
            made = current_encoder(self._catalog, model).embed(list(texts)) if vectors is None else vectors
            parts.append(np.asarray(made, dtype=np.float32))
        stacked = np.vstack(parts) if parts else np.zeros((len(own) + len(texts), 0), dtype=np.float32)
        together = groups or self._together(ids, [*own, *texts])
        return Documents([*own, *texts], stacked, together, sources)

    def _together(self, ids: Places, texts: Sequence[str]) -> list[str] | None:
        """Return what documents are held out together: a column's values, or copies and near-copies of one text."""
        column = self._plan.keep_together or ("near_group" if "near_group" in self._catalog.browse.columns() else "")
        names = [""] * len(ids)
        if column and len(ids):
            values = self._catalog.browse.arrow(Filter(), [column]).column(0).take(pa.array(ids)).to_pylist()
            names = ["" if value is None else f"{column} {value}" for value in values]
        names += [""] * (len(texts) - len(names))
        keys = [
            name or hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
            for name, text in zip(names, texts, strict=True)
        ]
        return keys if len(set(keys)) < len(keys) else None


def _answers(schema: LabelSchema, answers: Sequence[Sequence[str]]) -> Sequence[str]:
    """Return the answers that a question may get; of free tags those that it got."""
    if schema.kind != "tags":
        return schema.values
    return list(dict.fromkeys([*schema.values, *(name for names in answers for name in names if name != NOTHING)]))


def _agreed(numbers: Sequence[float], kind: str) -> float:
    """Return the mean of what people said; of yes and no the majority, and nothing for a tie."""
    mean = float(np.mean(numbers))
    if kind == "number":
        return mean
    if kind == "name":
        return float(Counter(numbers).most_common(1)[0][0])
    return float("nan") if mean == 0.5 else float(mean > 0.5)


def _pairs_of(kept: Sequence[tuple[PairLine, int, int]], criterion: str, documents: int) -> Pairs:
    mine = [pair for pair in kept if pair[0].criterion == criterion]
    first, second = (np.array([pair[side] for pair in mine], dtype=np.int64) for side in (1, 2))
    return Pairs(first, second, np.array([pair[0].share for pair in mine], dtype=np.float64), documents)


def _groups_of(kept: Sequence[tuple[PairLine, int, int]], documents: int) -> list[str]:
    groups = [""] * documents
    for line, first, second in kept:
        groups[first] = groups[second] = line.group
    return groups


def _sum(ids: Places, evidence: Mapping[str, Evidence]) -> dict[str, str]:
    """Return a sum of what was learnt from, so that two heads can be told to stem from the same labels."""
    digest = hashlib.sha256(ids.tobytes())
    for name in sorted(evidence):
        found = evidence[name]
        arrays = (
            (found.values,)
            if isinstance(found, Values)
            else (found.first, found.second, found.share)
            if isinstance(found, Pairs)
            else ()
        )
        digest.update(name.encode() + b"".join(array.tobytes() for array in arrays))
    return {"sha256": digest.hexdigest()}
