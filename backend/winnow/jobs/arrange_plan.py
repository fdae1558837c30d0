"""What an arrangement needs to run over a selection: its documents' columns and vectors, a tokenizer, a judge."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.arrange.base import Tools, Transform, with_columns
from winnow.arrange.course import Course
from winnow.catalog.building import nested
from winnow.catalog.catalog import Catalog
from winnow.catalog.filters import Filter
from winnow.catalog.manifest import Run
from winnow.catalog.selections import NamedSelection
from winnow.catalog.texts import ROW_GROUP, read_rows
from winnow.catalog.writing import STORED
from winnow.errors import MissingNeed
from winnow.jobs.arrange import Plan
from winnow.jobs.lineage import Among
from winnow.jobs.select import build_pool
from winnow.judge.base import Answer, Cost, Judge, Prompt
from winnow.judge.cache import AnswerCache
from winnow.method import method
from winnow.pool import Budget, Floats, Groups, Rows
from winnow.score.tokens import Tokens
from winnow.select.base import Selector
from winnow.select.phased import Phased

DOCUMENT = ("doc_id", "id", "text", "source", "url", "date")
"""What every batch holds."""


def plan_of(
    catalog: Catalog,
    selection: NamedSelection,
    recipes: Sequence[Mapping[str, Any]],
    judge: Judge | None = None,
) -> Plan:
    """Return the plan of arrangements over a selection; raises MissingNeed, SettingError."""
    course = Course.of([_with_phases(catalog, selection, recipe) for recipe in recipes])
    ids, weights = selection.read()
    order = np.argsort(ids, kind="stable")
    check_spans(catalog, course)
    needs = frozenset(need for need in course.needs if not need.endswith("_spans") and need not in DOCUMENT)
    grouped = course.needs & {"source"}
    pool = build_pool(catalog, needs | grouped | {"text"}, Filter(), among=[Among(ids)])
    named = {name: _all_names(catalog, name, groups) for name, groups in pool.columns.items() if name in course.needs}
    pool = replace(pool, columns={**pool.columns, **named})
    seed = int(selection.recipe.get("seed") or 0)
    return Plan(course, pool, weights[order], Tools(seed, *_tokenizer(catalog), _asker(catalog, judge)))


def _all_names(catalog: Catalog, column: str, groups: Floats | Groups) -> Floats | Groups:
    """Return groups that know every name of the corpus, so that one nobody chose is told from one misspelt."""
    if not isinstance(groups, Groups):
        return groups
    everyone = catalog.browse.arrow(Filter(), [column]).column(0).unique().cast(pa.string()).to_pylist()
    more = sorted({name for name in everyone if name is not None} - {*groups.names})
    return Groups(groups.codes, (*groups.names, *more))


def check_spans(catalog: Catalog, course: Course) -> None:
    """Raise MissingNeed when an arrangement reads places in texts that no scorer has marked."""
    for step in course.steps:
        for need in step.needs():
            if need.endswith("_spans") and span_run(catalog, need) is None:
                who, maker = type(step).name, need.removesuffix("_spans")
                raise MissingNeed(f"{who} needs column '{need}'", "the corpus lacks it", f"winnow score {maker}")


def span_run(catalog: Catalog, column: str) -> Run | None:
    """Return the run that made a column of places, if it covers the corpus."""
    parts = {part.part for part in catalog.manifest.parts()}
    runs = [run for run in catalog.manifest.runs("columns") if column in run.columns and nested(run.columns[column])]
    return next((run for run in runs if set(run.paths) >= parts), None)


def read_spans(catalog: Catalog, column: str, ids: NDArray[np.int64]) -> pa.Array:
    """Return a column of places for documents in doc_id order."""
    run, found = span_run(catalog, column), []
    for part in catalog.manifest.parts():
        low, high = np.searchsorted(ids, [part.first_id, part.first_id + part.documents])
        if run is not None and high > low:
            found.append(read_rows(run.paths[part.part], ids[low:high] - part.first_id, [column]).column(column))
    whole = [chunk for column_part in found for chunk in column_part.chunks]
    return pa.concat_arrays(whole) if whole else pa.array([], SPANS)


SPANS = pa.list_(pa.struct([("start", pa.int32()), ("end", pa.int32()), ("kind", pa.string())]))


def documents(
    catalog: Catalog, ids: NDArray[np.int64], columns: Sequence[str], stored: Sequence[str] = DOCUMENT
) -> Iterator[pa.RecordBatch]:
    """Yield documents in doc_id order with stored columns, columns of the table and places; the first batch is empty."""
    spans = [name for name in columns if name.endswith("_spans")]
    wanted = [name for name in columns if name not in spans and name not in stored]
    for start, end in [(0, 0), *((start, start + ROW_GROUP) for start in range(0, len(ids), ROW_GROUP))]:
        chunk = ids[start:end]
        table = catalog.texts.fetch(chunk, stored) if len(chunk) else _empty(stored)
        if wanted:
            table = _with_columns(catalog, table, chunk, wanted)
        for name in spans:
            table = table.append_column(name, read_spans(catalog, name, chunk))
        combined = table.combine_chunks()
        yield from combined.to_batches() or [pa.RecordBatch.from_pylist([], combined.schema)]


def _empty(stored: Sequence[str]) -> pa.Table:
    return pa.schema([STORED.field(name) for name in stored]).empty_table()


def _with_columns(catalog: Catalog, table: pa.Table, ids: NDArray[np.int64], columns: Sequence[str]) -> pa.Table:
    bounds = (int(ids[0]), int(ids[-1])) if len(ids) else (0, -1)
    found = catalog.browse.arrow(Filter().with_range("doc_id", *bounds), ["doc_id", *columns])
    place = np.searchsorted(found.column("doc_id").to_numpy(), ids)
    for name in columns:
        table = table.append_column(name, found.column(name).take(pa.array(place)))
    return table


TRIED = 40
"""So many documents are tried for each that a preview shows."""


@dataclass(frozen=True)
class Sample:
    """A document before and after: several texts when some were added, none when it was dropped."""

    doc_id: int
    before: str
    after: tuple[str, ...]


class Arrangements:
    """Arrangements of a selection, looked at before they are written; building one raises MissingNeed, SettingError."""

    def __init__(
        self,
        catalog: Catalog,
        selection: NamedSelection,
        recipes: Sequence[Mapping[str, Any]],
        judge: Judge | None = None,
    ) -> None:
        self._catalog, self._judge = catalog, judge
        self.plan = plan_of(catalog, selection, recipes, judge)

    def remarks(self) -> list[tuple[str, str]]:
        """Return what to heed before writing, with the name of the arrangement that says it."""
        return list(self.plan.course.remarks(self.plan.pool))

    def preview(self, documents: int = 3) -> list[Sample]:
        """Run the transforms that ask nobody over a few documents."""
        return preview(self.plan, self._catalog, documents)

    def cost(self) -> list[tuple[str, Cost]]:
        """Return what each arrangement would ask the judge, without asking; raises MissingNeed without a judge."""
        if not self.plan.course.asks:
            return []
        if self._judge is None:
            raise MissingNeed("to know the cost takes a judge", "none was named", "name one with --judge")
        return cost(self.plan, self._catalog, self._judge)


def preview(plan: Plan, catalog: Catalog, documents_shown: int = 3, learn_from: int = 2000) -> list[Sample]:
    """Run the transforms that ask nobody over some documents, having learnt from a sample of all, and return a few of them.

    Those that change come first, in the order of the corpus.
    """
    course, tools = plan.course, plan.tools
    quiet = tuple(step for step in course.transforms if not step.asks)
    order = np.argsort(plan.pool.hashes(tools.seed, "preview"))
    learnt_from = plan.pool.take(np.sort(order[:learn_from]))
    shown = np.sort(order[: documents_shown * TRIED])
    needed = [need for step in quiet for need in step.needs()]
    found = []
    for batch in itertools.islice(documents(catalog, plan.pool.doc_ids[shown], sorted(set(needed))), 1, None):
        flags = pa.array(np.zeros(len(batch), dtype=bool))
        before = made = with_columns(batch, {"generated": flags})
        for step in quiet:
            made = step.transform(made, tools, step.prepare(learnt_from, tools))
        texts: dict[int, list[str]] = {}
        for doc_id, text in zip(made.column("doc_id").to_pylist(), made.column("text").to_pylist(), strict=True):
            texts.setdefault(doc_id, []).append(text)
        pairs = zip(before.column("doc_id").to_pylist(), before.column("text").to_pylist(), strict=True)
        found += [Sample(doc_id, text, tuple(texts.get(doc_id, []))) for doc_id, text in pairs]
    return sorted(found, key=lambda sample: sample.after == (sample.before,))[:documents_shown]


def cost(plan: Plan, catalog: Catalog, judge: Judge) -> list[tuple[str, Cost]]:
    """Return what each arrangement would ask the judge, without asking; transforms that ask nobody run before it.

    Documents that an earlier judge would drop or add are not known: each is counted as it stands.
    """
    cache, found = answers(catalog), []
    for place, step in enumerate(plan.course.transforms):
        if step.asks:
            before = [one for one in plan.course.transforms[:place] if not one.asks]
            found.append((type(step).name, judge.estimate(_prompts(plan, catalog, step, before), cache)))
    return found


def _prompts(plan: Plan, catalog: Catalog, step: Transform, before: Sequence[Transform]) -> Iterator[Prompt]:
    tools = plan.tools
    learnt = [one.prepare(plan.pool, tools) for one in before]
    needed = sorted({need for one in (*before, step) for need in one.needs()})
    for batch in documents(catalog, plan.pool.doc_ids, needed):
        made = with_columns(batch, {"generated": pa.array(np.zeros(len(batch), dtype=bool))})
        for one, prepared in zip(before, learnt, strict=True):
            made = one.transform(made, tools, prepared)
        yield from step.prompts(made, tools)


def answers(catalog: Catalog) -> AnswerCache:
    """Return the answers that judges gave to this corpus; they cost money and are kept with it."""
    return AnswerCache(catalog.control.folder / "judge" / "answers.jsonl")


def _asker(catalog: Catalog, judge: Judge | None) -> Any:
    if judge is None:
        return None
    cache = answers(catalog)

    def ask(prompts: Iterable[Prompt]) -> Iterator[Answer]:
        return judge.ask(prompts, cache)

    return ask


def _tokenizer(catalog: Catalog) -> tuple[Any, Any]:
    """Return how the corpus's tokens are counted, and how a text is cut at them."""
    run = catalog.manifest.run("columns", "tokens")
    known = {setting.name for setting in Tokens.settings()}
    scorer = Tokens(**{key: value for key, value in (run.recipe if run else {}).items() if key in known})

    def count(texts: pa.Array) -> Rows:
        batch = pa.RecordBatch.from_arrays([texts.cast(pa.large_string())], names=["text"])
        counted: Rows = np.asarray(scorer.score(batch, None)["tokens"]).astype(np.int64)
        return counted

    return count, scorer.cut


def _with_phases(catalog: Catalog, selection: NamedSelection, recipe: Mapping[str, Any]) -> dict[str, Any]:
    """Return the recipe of phases with the plan of the selection's own method, when it names none."""
    told, chosen = dict(recipe), dict(selection.recipe.get("method", {}))
    if recipe.get("method") != "phases" or str(recipe.get("plan", "")).strip() or not chosen:
        return told
    selector = method(Selector, str(chosen.pop("method"))).from_recipe(chosen)
    if not isinstance(selector, Phased):
        return told
    pool = build_pool(
        catalog, selector.needs(), replace(Filter.from_query(selection.recipe.get("filter", {})), selection="")
    )
    phases = selector.phases(pool, Budget(**selection.recipe["budget"]))
    lines = [
        f"{phase.length!r} | " + ", ".join(f"{name}:{share!r}" for name, share in phase.shares.items())
        for phase in phases
    ]
    return {**told, "by": str(selector.recipe["by"]), "plan": "\n".join(lines)}
