"""Choose a tenth of a corpus by every method: python tests/bench/selections.py WORKSPACE TARGET [--write]

WORKSPACE is a corpus that is scored, embedded and clustered; TARGET a JSONL file with a column `text`. Prints a Markdown
table: for each method seconds of processor time (vectors and columns loaded before), documents kept of a tenth of the
documents asked, the three sources with the largest share, and the overlap with a random tenth (Jaccard: what both hold
over what either holds). `--write` puts it between the markers in README.md.

What the corpus lacks is made up here. A column whose name begins with `loss` holds the tokens of a document for each four
characters of it, raised by up to a tenth by chance; any other missing column the cosine to the mean of the target, moved
by chance likewise. Runs and tables of methods that ask for some name the two largest sources. Methods that refuse the
whole corpus at once run as their refusal advises.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from winnow.bench.select import AT_THIS_SIZE
from winnow.catalog.filters import Filter
from winnow.errors import WinnowError
from winnow.jobs.select import build_pool
from winnow.jobs.target import read_target
from winnow.method import methods
from winnow.pool import Budget, Groups, Pool
from winnow.select.base import Selector
from winnow.workspace import Workspace

README = Path(__file__).parents[2] / "README.md"
START, END = "<!-- selections -->", "<!-- /selections -->"
SHARE, SHOWN = 0.1, 3


def pool_of(folder: Path, target: Path) -> Pool:
    """Return all documents of a corpus with what any method needs."""
    needs = {need for kind in methods(Selector).values() for need in kind(**kind.example).needs()}
    catalog = Workspace(folder).catalog
    columns = {need for need in needs if need not in ("target", "text") and not need.startswith("vectors:")}
    known = frozenset((needs - columns) | (columns & set(catalog.browse.columns())) | {"chars"})
    aim = read_target(catalog, str(target), known).target
    pool = build_pool(catalog, known, Filter(), aim)
    loaded = {model: vectors.astype(np.float32) for model, vectors in pool.vectors.items()}
    pool = dataclasses.replace(pool, vectors=loaded)
    made = {name: made_up(name, pool) for name in sorted(columns - set(pool.columns))}
    return dataclasses.replace(pool, columns={**pool.columns, **made})


def made_up(name: str, pool: Pool) -> np.ndarray:
    """Return a stand-in for a column that the corpus lacks."""
    chance = pool.uniform(0, name) / 10
    if name.startswith("loss"):
        return 4 * pool.tokens / np.maximum(pool.number("chars"), 1) * (1 + chance)
    assert pool.target is not None
    mean = pool.target.vectors["static"].astype(np.float32).mean(axis=0)
    return np.asarray(pool.vectors["static"] @ mean + chance, dtype=np.float64)


def settings_for(kind: type[Selector], pool: Pool) -> dict[str, Any]:
    """Return the example of a method with sources of this corpus in place of books and web."""
    sizes = {name: len(rows) for name, rows in pool.group("source").members()}
    first, second = sorted(sizes, key=lambda name: -sizes[name])[:2]

    def named(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace("books", second).replace("web", first)
        return {named(key): part for key, part in value.items()} if isinstance(value, dict) else value

    return {**{key: named(value) for key, value in kind.example.items()}, **AT_THIS_SIZE.get(kind.name, {})}


def rows_of(pool: Pool) -> Iterator[str]:
    """Yield one row of the table for each method."""
    budget = Budget(docs=round(SHARE * len(pool)))
    random = set(methods(Selector)["random"]().select(pool, budget, seed=1).rows.tolist())
    sources = pool.group("source")
    for name, kind in methods(Selector).items():
        start = time.process_time()
        try:
            chosen = kind(**settings_for(kind, pool)).select(pool, budget, seed=0)
        except WinnowError as reason:
            yield f"| `{name}` | {time.process_time() - start:.1f} | refuses: {reason.needs} | | |"
            continue
        seconds, rows = time.process_time() - start, set(chosen.rows.tolist())
        overlap = len(rows & random) / max(len(rows | random), 1)
        yield f"| `{name}` | {seconds:.2f} | {len(rows):,} | {largest(sources, chosen.rows)} | {overlap:.3f} |"


def largest(sources: Groups, rows: np.ndarray) -> str:
    counts = np.bincount(sources.codes[rows] + 1, minlength=len(sources.names) + 1) / max(len(rows), 1)
    names, top = ("(none)", *sources.names), np.argsort(-counts, kind="stable")[:SHOWN]
    return ", ".join(f"{names[code]} {counts[code]:.0%}" for code in top if counts[code] >= 0.005)


def table(pool: Pool) -> str:
    every = np.arange(len(pool))
    rows = [f"| the whole corpus | | {len(pool):,} | {largest(pool.group('source'), every)} | |", *rows_of(pool)]
    head = ["| method | CPU seconds | documents | largest sources | overlap with random |", "|---|--:|--:|---|--:|"]
    return "\n".join([*head, *rows])


def main() -> None:
    parser = argparse.ArgumentParser(description="Choose a tenth of a corpus by every method.")
    parser.add_argument("workspace", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--write", action="store_true", help="put the table into README.md")
    options = parser.parse_args()
    text = table(pool_of(options.workspace, options.target))
    print(text)
    if options.write:
        before, _, rest = README.read_text().partition(START)
        README.write_text(f"{before}{START}\n{text}\n{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    main()
