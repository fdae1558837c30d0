"""Time what the map asks for one view: `python tests/bench/places.py [DOCUMENTS]`, on made places in 200 heaps."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import cast

import duckdb
import numpy as np

from winnow.catalog.conditions import Conditions, Hits
from winnow.catalog.density import Box, Places, shares
from winnow.catalog.filters import Filter
from winnow.catalog.table import Table, Version

TURNS, LIMIT = 7, 300_000


class Made:
    """A wide table that was never written down."""

    version = Version(0, 0, 0)

    def __init__(self, documents: int) -> None:
        self._database = duckdb.connect(":memory:")
        self._database.execute(
            "CREATE TABLE docs AS SELECT range AS doc_id, 'cluster ' || (range * 7919) % 200 AS source, "
            "CAST(random() * 2000 AS INTEGER) AS tokens, "
            "CAST(sin((range * 7919) % 200) + 0.05 * (random() + random() - 1) AS FLOAT) AS map_x, "
            "CAST(cos(3 * ((range * 7919) % 200)) + 0.05 * (random() + random() - 1) AS FLOAT) AS map_y "
            f"FROM range({documents})"
        )

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._database.cursor() as cursor:
            yield cursor

    def columns(self) -> dict[str, str]:
        with self.cursor() as cursor:
            return {row[0]: row[1] for row in cursor.execute("DESCRIBE docs").fetchall()}


def timed(what: str, ask: Callable[[int], object]) -> None:
    clock, processor = [], []
    for turn in range(TURNS):
        began, used = time.perf_counter(), time.process_time()
        ask(turn)
        clock.append(time.perf_counter() - began)
        processor.append(time.process_time() - used)
    sys.stdout.write(
        f"{what:40s} {1000 * median(clock):7.0f} ms, worst {1000 * max(clock):7.0f}, processor {1000 * median(processor):7.0f}\n"
    )
    sys.stdout.flush()


def main() -> None:
    documents = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    conditions = Conditions(lambda kind, question: Hits(np.empty(0), np.empty(0)), Path)
    places = Places(cast(Table, Made(documents)), conditions)
    whole, placed = places.whole()
    sys.stdout.write(f"{placed:,} documents\n")
    part = Box(-0.4, -0.4, 0.4, 0.4)
    for name, box in (("everything", whole), ("a part", part)):
        for words, filter in (("", Filter()), (", filtered", Filter().with_range("tokens", 500, None))):

            def view(turn: int, box: Box = box, filter: Filter = filter) -> None:
                found = places.density(filter, box)
                places.drawn(filter, box, "source", shares(found.documents, found.rest, LIMIT))

            timed(f"density of {name}{words}", lambda turn, box=box, filter=filter: places.density(filter, box))
            timed(f"density and {LIMIT:,} points{words}", view)


if __name__ == "__main__":
    main()
