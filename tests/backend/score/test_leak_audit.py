from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest

from winnow.errors import SettingError
from winnow.score.leak_audit import LeakAudit, amplification, kept_among


def batch(values: list[float | None], leaked: dict[int, str]) -> pa.RecordBatch:
    rows = range(len(values))
    return pa.record_batch(
        {
            "doc_id": pa.array(rows, pa.int64()),
            "quality": pa.array(values, pa.float32()),
            "contaminated": pa.array([row in leaked for row in rows]),
            # The best item of a document that does not meet the rule has a name too.
            "contamination_benchmark": pa.array(
                [leaked.get(row, "gsm8k" if row % 2 else None) for row in rows], pa.string()
            ),
        }
    )


def rows(scorer: LeakAudit, given: pa.RecordBatch) -> dict[tuple[str, float], dict[str, float]]:
    table = scorer.tables(scorer.prepare([given.slice(0, 7), given.slice(7)]))["amplification"].to_pylist()
    return {(row["benchmark"], row["kept"]): row for row in table}


def test_all_leaked_documents_on_top_are_kept_ten_times_as_often_in_a_tenth() -> None:
    given = batch([float(value) for value in range(100)], dict.fromkeys(range(95, 100), "arc"))
    found = rows(LeakAudit(shares=("0.1", "1")), given)
    assert found["arc", 0.1]["amplification"] == pytest.approx(10)
    assert found["arc", 0.1]["low"] > 1
    assert found["(all)", 1.0]["amplification"] == 1
    assert found["arc", 0.1]["median_percentile"] == pytest.approx(0.98)


def test_leaked_documents_spread_evenly_are_kept_as_often_as_others() -> None:
    given = batch([float(value) for value in range(1000)], dict.fromkeys(range(0, 1000, 10), "arc"))
    row = rows(LeakAudit(shares=("0.5",)), given)["(all)", 0.5]
    assert row["leaked"] == 100
    assert row["amplification"] == 1
    assert row["low"] < 1 < row["high"]


def test_equals_at_the_edge_are_kept_by_a_fair_share_and_what_has_no_value_never() -> None:
    values = np.array([1.0, 1.0, 1.0, 1.0, np.nan, 0.0, 2.0, 0.0])
    chosen = np.array([True, False, True, False, True, False, False, False])
    # Half of 8 are 4: 2.0 and three of the four 1.0; each of the two chosen ones is kept with a chance of 3/4.
    assert kept_among(values, chosen, 0.5) == 1.5
    assert kept_among(np.full(3, np.nan), np.ones(3, dtype=bool), 0.5) == 0


def test_the_interval_is_wilsons() -> None:
    # 8 of 10: centre (.8 + .192) / 1.384 = .7167, half-width .2266.
    found = amplification(8, 10, 1.0)
    assert (round(found.value, 3), round(found.low, 3), round(found.high, 3)) == (0.8, 0.49, 0.943)
    assert math.isnan(amplification(0, 0, 0.1).value)


def test_percentiles_stand_beside_leaked_documents_alone() -> None:
    given = batch([0.1, 0.9, None, 0.5], {1: "arc", 2: "arc"})
    scorer = LeakAudit()
    assert scorer.score(given, scorer.prepare([given]))["leak_percentile"].to_pylist() == [None, 1.0, 0.0, None]


@pytest.mark.parametrize("shares", [("a",), ("0",), ("1.5",), ("nan",)])
def test_shares_are_numbers_between_0_and_1(shares: tuple[str, ...]) -> None:
    with pytest.raises(SettingError, match="shares are numbers"):
        LeakAudit(shares=shares)
