from __future__ import annotations

import pyarrow as pa
import pytest

from winnow.score.contamination import HITS
from winnow.score.decontaminate import Decontaminate


def batch(*documents: tuple[str, list[tuple[str, int, float]]], of: int = 100) -> pa.RecordBatch:
    """Return documents as (source, [(benchmark, row, coverage)])."""
    hits = [
        [{"benchmark": name, "row": row, "coverage": coverage, "run": 8, "of": of} for name, row, coverage in found]
        for _, found in documents
    ]
    return pa.record_batch(
        {
            "doc_id": pa.array(range(len(documents)), pa.int64()),
            "source": pa.array([source for source, _ in documents], pa.string()),
            "contamination_hits": pa.array(hits, HITS),
        }
    )


def kept(scorer: Decontaminate, given: pa.RecordBatch) -> list[bool]:
    found: list[bool] = scorer.score(given, scorer.prepare([given.slice(0, 2), given.slice(2)]))[
        "decontaminate_keep"
    ].tolist()
    return found


@pytest.mark.parametrize(("items", "contaminated"), [(2, False), (3, True)])
def test_two_of_a_hundred_items_leave_a_set_clean_and_three_do_not(items: int, contaminated: bool) -> None:
    given = batch(*(("web", [("gsm8k", row, 0.6)]) for row in range(items)), ("web", []), ("books", []))
    scorer = Decontaminate(drop="sets")
    table = scorer.prepare([given])
    assert table.to_pylist() == [
        {"source": "web", "benchmark": "gsm8k", "overlapped": items, "items": 100, "share": items / 100, "contaminated": contaminated}
    ]  # fmt: skip
    assert kept(scorer, given) == [not contaminated] * (items + 1) + [True]
    assert kept(Decontaminate(drop="inside_sets"), given) == [not contaminated] * items + [True, True]
    assert kept(Decontaminate(), given) == [False] * items + [True, True]


def test_an_item_that_many_documents_hold_counts_once() -> None:
    given = batch(*(("web", [("gsm8k", 7, 1.0)]) for _ in range(5)))
    assert Decontaminate().prepare([given]).column("overlapped").to_pylist() == [1]


def test_half_an_item_is_not_more_than_half() -> None:
    given = batch(("web", [("a", 1, 0.5)]), ("web", [("a", 1, 0.5625)]), ("web", [("a", 1, 0.3), ("b", 2, 0.7)]))
    assert kept(Decontaminate(), given) == [True, False, False]
    assert kept(Decontaminate(threshold=0.6), given) == [True, True, False]


def test_documents_of_no_source_are_a_set_too() -> None:
    given = batch(("web", [])).to_pylist()[0] | {"source": None}
    given = pa.RecordBatch.from_pylist([given], batch(("web", [])).schema)
    assert kept(Decontaminate(drop="sets"), given) == [True]
