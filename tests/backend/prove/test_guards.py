from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from winnow.pool import Pool
from winnow.prove.guards import amplification, covered, holding

ITEM = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
POOL = Pool(np.arange(100), np.ones(100, dtype=np.int64))


def test_more_than_half_of_an_item_in_runs_of_eight() -> None:
    words = ITEM.split()
    documents = ["before " + " ".join(words[:count]) + " after" for count in (7, 8, 9, 16)]
    # 8 of 16 words are covered by one run of 8: .5, which is not more than half; 9 are .5625.
    assert holding([pa.array(documents, pa.large_string())], [ITEM]).tolist() == [False, False, True, True]


def test_an_item_is_covered_when_one_document_holds_more_than_half_of_it() -> None:
    words = ITEM.split()
    halves = ["a " + " ".join(words[:8]), " ".join(words[8:]) + " b"]
    assert covered([pa.array(halves, pa.large_string())], [ITEM]).tolist() == [False]
    nine = pa.array([" ".join(words[:9])], pa.large_string())
    assert covered([pa.array(halves, pa.large_string()), nine], ["no such words", ITEM]).tolist() == [False, True]
    assert covered([], [ITEM]).tolist() == [False]


def test_a_control_drawn_several_times_counts_every_draw() -> None:
    leaking = np.zeros(100, dtype=bool)
    leaking[:5] = True
    found = amplification(POOL, leaking, [np.arange(10), np.arange(90, 100)])
    # Five of five in one draw and none in the other: 5 / 10 kept, a tenth of the pool each: .5 / .1 = 5.
    assert found is not None
    assert (found.leaking, found.kept, found.rate) == (10, 5, pytest.approx(5.0))


def test_a_selection_that_takes_every_leak_amplifies_by_its_inverse_share() -> None:
    leaking = np.zeros(100, dtype=bool)
    leaking[:5] = True
    found = amplification(POOL, leaking, [np.arange(10)])
    # Five of five leaks kept, a tenth of the pool kept: 1 / .1 = 10; the exact interval of 5 of 5 is [.478, 1].
    assert found is not None
    assert (found.leaking, found.kept, found.rate) == (5, 5, pytest.approx(10.0))
    assert (found.low, found.high) == (pytest.approx(4.78, abs=0.01), pytest.approx(10.0))


def test_keeping_everything_amplifies_nothing() -> None:
    leaking = np.zeros(100, dtype=bool)
    leaking[::7] = True
    found = amplification(POOL, leaking, [np.arange(100)])
    assert found is not None
    assert found.rate == pytest.approx(1.0)


def test_without_leaks_there_is_nothing_to_amplify() -> None:
    assert amplification(POOL, np.zeros(100, dtype=bool), [np.arange(10)]) is None
    assert amplification(POOL, np.ones(100, dtype=bool), [np.arange(0)]) is None
