"""select: build the pool that a method needs and let it choose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.catalog.catalog import Catalog
from winnow.catalog.facets import NUMBERS
from winnow.catalog.filters import Filter
from winnow.embed.matrix import Matrix
from winnow.errors import MissingNeed, SettingError, nearest
from winnow.jobs.lineage import Among
from winnow.method import methods
from winnow.pool import Budget, Floats, Groups, Pool, Rows, Selection, Stored, Target, TextSource, Vectors
from winnow.score.base import Scorer
from winnow.select.base import Selector

HELD = 1_000_000_000
"""How many bytes of vectors a pool holds; more of them stay where they are stored and are read in blocks."""

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

    @property
    def kept(self) -> NDArray[np.bool_]:
        """Return which documents of the pool were chosen, bool [n]."""
        mask = np.zeros(len(self.pool), dtype=bool)
        mask[self.selection.rows] = True
        return mask


def build_pool(
    catalog: Catalog,
    needs: frozenset[str],
    filter: Filter,
    target: Target | None = None,
    *,
    among: Sequence[Among] = (),
) -> Pool:
    """Return the documents under a filter and other conditions, with what `needs` names; raises MissingNeed."""
    known = catalog.browse.columns()
    check_columns(catalog, needs)
    asked = sorted(need for need in needs - {"target", "text"} if not need.startswith("vectors:"))
    wanted = [*asked, *(name for name in DESCRIBED if name in known and name not in asked)]
    table = catalog.browse.arrow(filter, list(dict.fromkeys(["doc_id", "tokens", *wanted])))
    for condition in among:
        table = table.filter(pa.array(condition.keeps(table.column("doc_id").to_numpy())))
    ids = table.column("doc_id").to_numpy().astype(np.int64)
    columns = {name: _pool_column(table.column(name), known[name].type) for name in wanted}
    models = sorted(need.partition(":")[2] for need in needs if need.startswith("vectors:"))
    vectors = {model: _vectors(catalog, model, ids) for model in models if model in catalog.vectors.models()}
    uncounted = table.column("tokens").null_count
    if uncounted:
        found = f"{uncounted:,} documents have none: they came after the last score"
        raise MissingNeed("a budget needs column 'tokens'", found, "winnow score tokens")
    tokens = table.column("tokens").to_numpy().astype(np.int64)
    texts = _text_source(catalog) if "text" in needs else None
    return Pool(ids, tokens, columns, vectors, target, texts)


def _vectors(catalog: Catalog, model: str, doc_ids: Rows) -> Vectors:
    if 4 * len(doc_ids) * catalog.vectors.width(model) > HELD:
        return Stored(Matrix(catalog.vectors.parts(model)), doc_ids)
    return catalog.vectors.take(model, doc_ids)


def check_columns(catalog: Catalog, needs: frozenset[str], who: str = "the method") -> None:
    """Raise MissingNeed for columns that the corpus lacks, with the command that makes them."""
    known = catalog.browse.columns()
    if "tokens" not in known:
        raise MissingNeed("a budget needs column 'tokens'", "the corpus lacks it", "winnow score tokens")
    asked = {need for need in needs - {"target", "text"} if not need.startswith("vectors:")}
    if missing := sorted(asked - set(known)):
        # A name that nothing makes comes first: it is a slip of the pen, which no command mends.
        named = next((need for need in missing if _maker(need) is None), missing[0])
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise MissingNeed(f"{who} needs column '{named}'{more}", "the corpus lacks it", _way_to(named, missing, known))


def _way_to(column: str, missing: Sequence[str], known: Iterable[str]) -> str:
    """Return the command that makes all that is missing, or the column that was probably meant."""
    if _maker(column) is None:
        return nearest(column, {*known, *(made for kind in methods(Scorer).values() for made in kind().columns())})
    makers = [maker for maker in dict.fromkeys(map(_maker, missing)) if maker]
    scorers = [maker.removeprefix("score ") for maker in makers if maker.startswith("score ")]
    return f"winnow score {' '.join(scorers)}" if scorers else f"winnow {makers[0]}"


def _maker(column: str) -> str | None:
    """Return the command that makes a column, without its "winnow"."""
    if column.startswith(("cluster", "map_")):
        return "cluster"
    return next((f"score {name}" for name, kind in methods(Scorer).items() if column in kind().columns()), None)


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
    counted = summary(pool, selection, budget.asked())
    remarks = selector.remarks(pool) if len(pool) else ()
    return Preview(pool, selection, counted | {"remarks": list(remarks)} if remarks else counted)


def summary(pool: Pool, selection: Selection, asked: Mapping[str, float]) -> dict[str, Any]:
    """Count a choice: documents, tokens seen (each as often as its weight says), and documents seen per group."""
    rows, weights = selection.rows, selection.weights
    groups = {}
    for name in DESCRIBED:
        if isinstance(column := pool.columns.get(name), Groups):
            kept = np.bincount(column.codes[rows] + 1, weights=weights, minlength=len(column.names) + 1)
            names = ["(none)", *column.names]
            groups[name] = {names[code]: round(kept[code]) for code in np.argsort(-kept, kind="stable") if kept[code]}
    return {
        "pool": {"documents": len(pool), "tokens": int(pool.tokens.sum()), "fingerprint": pool.fingerprint},
        "asked": dict(asked),
        "documents": len(selection),
        "tokens": round(float((pool.tokens[rows] * weights).sum())),
        "by": groups,
    }


def budget_of(docs: int | None, tokens: int | None, share: float | None) -> Budget:
    """Return the budget of a command's three options; raises SettingError unless exactly one is given."""
    if docs is None and tokens is None and share is None:
        raise SettingError("a selection has a budget", "none was given", "add --share 0.1, --docs N or --tokens N")
    return Budget(docs=docs, tokens=tokens, share=share)
