"""select: build the pool a method needs, let it choose, and keep the choice under a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.catalog.browse import NUMBERS
from winnow.catalog.catalog import Catalog
from winnow.catalog.filters import Filter
from winnow.catalog.selections import NamedSelection
from winnow.embed.choose import encoder_of
from winnow.errors import InputError, MissingNeed, SettingError, nearest
from winnow.ingest.files import expand, reader_for
from winnow.method import methods
from winnow.pool import Budget, Floats, Groups, Pool, Selection, Target, TextSource
from winnow.score.base import Scorer
from winnow.select.base import Selector

DESCRIBED = ("source", "cluster_name", "language")


@dataclass(frozen=True)
class Preview:
    """A selection that is not stored: the pool it was chosen from, the choice, and its counts."""

    pool: Pool
    selection: Selection
    summary: Mapping[str, Any]

    @property
    def doc_ids(self) -> NDArray[np.int64]:
        return self.pool.doc_ids[self.selection.rows]


def build_pool(catalog: Catalog, needs: frozenset[str], filter: Filter, target: Target | None = None) -> Pool:
    """Return the documents under a filter with the columns and vectors named by `needs`; raises MissingNeed."""
    known = catalog.browse.columns()
    if "tokens" not in known:
        raise MissingNeed("a budget needs column 'tokens'", "the corpus lacks it", "winnow score tokens")
    asked = sorted(need for need in needs - {"target", "text"} if not need.startswith("vectors:"))
    for need in asked:
        if need not in known:
            raise MissingNeed(f"the method needs column '{need}'", "the corpus lacks it", _way_to(need, known))
    wanted = [*asked, *(name for name in DESCRIBED if name in known and name not in asked)]
    table = catalog.browse.arrow(filter, list(dict.fromkeys(["doc_id", "tokens", *wanted])))
    ids = table.column("doc_id").to_numpy().astype(np.int64)
    columns = {name: _pool_column(table.column(name), known[name].type) for name in wanted}
    models = sorted(need.partition(":")[2] for need in needs if need.startswith("vectors:"))
    vectors = {model: catalog.vectors.take(model, ids) for model in models if model in catalog.vectors.models()}
    uncounted = table.column("tokens").null_count
    if uncounted:
        found = f"{uncounted:,} documents have none: they came after the last score"
        raise MissingNeed("a budget needs column 'tokens'", found, "winnow score tokens")
    tokens = table.column("tokens").to_numpy().astype(np.int64)
    texts = _text_source(catalog) if "text" in needs else None
    return Pool(ids, tokens, columns, vectors, target, texts)


def _way_to(column: str, known: Mapping[str, object]) -> str:
    """Return the command that makes a column, or the column that was probably meant."""
    if column.startswith(("cluster", "map_")):
        return "winnow cluster"
    makers = (name for name, kind in methods(Scorer).items() if column in kind().columns())
    return next((f"winnow score {name}" for name in makers), nearest(column, known))


def _text_source(catalog: Catalog) -> TextSource:
    return lambda doc_ids: catalog.texts.fetch(doc_ids).column("text")


def _pool_column(column: pa.ChunkedArray, kind: str) -> Floats | Groups:
    if kind == "BOOLEAN" or kind.startswith(NUMBERS):
        return np.asarray(column.cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64)
    encoded = column.cast(pa.string()).combine_chunks().dictionary_encode()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    return Groups(codes, tuple(encoded.dictionary.to_pylist()))


def choose(pool: Pool, selector: Selector, budget: Budget, seed: int) -> Preview:
    """Let a method choose from a pool and count what it chose."""
    selection = selector.select(pool, budget, seed=seed)
    return Preview(pool, selection, _summary(pool, selection, budget))


def _summary(pool: Pool, selection: Selection, budget: Budget) -> dict[str, Any]:
    rows, weights = selection.rows, selection.weights
    groups = {}
    for name in DESCRIBED:
        if isinstance(column := pool.columns.get(name), Groups):
            kept = np.bincount(column.codes[rows] + 1, weights=weights, minlength=len(column.names) + 1)
            names = ["(none)", *column.names]
            groups[name] = {names[code]: round(kept[code]) for code in np.argsort(-kept, kind="stable") if kept[code]}
    return {
        "pool": {"documents": len(pool), "tokens": int(pool.tokens.sum()), "fingerprint": pool.fingerprint},
        "asked": budget.asked(),
        "documents": len(selection),
        "tokens": round(float((pool.tokens[rows] * weights).sum())),
        "by": groups,
    }


def select(
    catalog: Catalog,
    selector: Selector,
    budget: Budget,
    *,
    name: str,
    filter: Filter,
    target: str | None,
    seed: int,
    replace: bool,
) -> NamedSelection:
    """Choose documents and store the choice; raises MissingNeed, SettingError, ConflictError."""
    catalog.selections.check_name(name, replace)
    aim = read_target(catalog, target, selector.needs()) if target else None
    preview = choose(build_pool(catalog, selector.needs(), filter, aim), selector, budget, seed)
    recipe = {
        "method": dict(selector.recipe),
        "budget": budget.asked(),
        "seed": seed,
        "filter": filter.to_query(),
        "target": target,
    }
    return catalog.selections.save(
        name, preview.doc_ids, preview.selection.weights, recipe=recipe, summary=preview.summary, replace=replace
    )


def read_target(catalog: Catalog, target: str, needs: frozenset[str]) -> Target:
    """Return the texts of a file or of a named selection, with the vectors a method needs."""
    if any(stored.name == target for stored in catalog.selections.all()):
        ids, _ = catalog.selections.get(target).read()
        parts = [(target, catalog.texts.texts(ids))]
    else:
        parts = [(source.path.name, _texts(source.path)) for source in expand([target])]
    texts = [text for _, part in parts for text in part]
    if not texts:
        raise InputError(
            f"target {target} holds no text", "0 documents were read", "name a file or a selection with texts"
        )
    models = sorted(need.partition(":")[2] for need in needs if need.startswith("vectors:"))
    groups = Groups.of([name for name, part in parts for _ in part])
    encoders = {model: encoder_of(catalog.vectors.run(model).recipe) for model in models}
    return Target(target, tuple(texts), {model: made.embed(texts) for model, made in encoders.items()}, groups)


def _texts(path: Path) -> list[str]:
    batches = reader_for(path, None, {}).read(path)
    return [text for batch in batches for text in batch.documents.column("text").to_pylist()]


def budget_of(docs: int | None, tokens: int | None, share: float | None) -> Budget:
    """Return the budget of a command's three options; raises SettingError unless exactly one is given."""
    if docs is None and tokens is None and share is None:
        raise SettingError("a selection has a budget", "none was given", "add --share 0.1, --docs N or --tokens N")
    return Budget(docs=docs, tokens=tokens, share=share)
