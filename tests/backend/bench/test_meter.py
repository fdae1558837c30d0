"""Seconds and peak memory of a piece of work."""

from __future__ import annotations

import sys
import time

import numpy as np
import pytest

from winnow.bench.material import Material
from winnow.bench.meter import Taken, rate, take


def test_waiting_counts_on_the_clock_and_not_as_work() -> None:
    taken = take(lambda: time.sleep(0.05) or 7)
    assert taken.made == 7
    assert taken.clock >= 0.05 > taken.processor


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux forgets a peak")
def test_the_peak_is_that_of_the_work_and_not_of_what_came_before() -> None:
    before = take(lambda: None).memory
    large = take(lambda: np.ones(40_000_000, np.float64).sum()).memory
    after = take(lambda: None).memory
    assert large - before > 300_000_000
    assert after < large - 200_000_000


def test_a_rate_is_documents_and_megabytes_a_second() -> None:
    """Two documents of 1 MB in 4 s of work and 8 s on the clock: .5 docs/s and .5 MB/s; half of that by the clock."""
    material = Material(("a" * 1_000_000, "b" * 1_000_000), "made")
    taken = Taken(None, processor=4.0, clock=8.0, memory=5)
    worked, waited = rate("x", material, taken), rate("x", material, taken, clock=True)
    assert (worked.value, worked.size, worked.memory) == (0.5, 0.5, 5)
    assert (waited.value, waited.size) == (0.25, 0.25)
