"""Seconds and peak memory of a piece of work."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from winnow.bench.material import Material
from winnow.bench.meter import Taken, rate, take


def test_waiting_counts_on_the_clock_and_not_as_work() -> None:
    taken = take(lambda: time.sleep(0.05) or 7)
    assert taken.made == 7
    assert taken.clock >= 0.05 > taken.processor


ALONE = """
import numpy as np
from winnow.bench.meter import take
nothing = lambda: None
print(*(take(work).memory for work in (nothing, lambda: np.ones(40_000_000).sum(), nothing)))
"""
"""In a process of its own: what other tests left running in this one takes and gives back memory when it likes."""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux forgets a peak")
def test_the_peak_is_that_of_the_work_and_not_of_what_came_before() -> None:
    told = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, check=True).stdout
    before, large, after = map(int, told.split())
    assert large - before > 300_000_000
    assert after < large - 200_000_000


def test_a_rate_is_documents_and_megabytes_a_second() -> None:
    """Two documents of 1 MB in 4 s of work and 8 s on the clock: .5 docs/s and .5 MB/s; half of that by the clock."""
    material = Material(("a" * 1_000_000, "b" * 1_000_000), "made")
    taken = Taken(None, processor=4.0, clock=8.0, memory=5)
    worked, waited = rate("x", material, taken), rate("x", material, taken, clock=True)
    assert (worked.value, worked.size, worked.memory) == (0.5, 0.5, 5)
    assert (waited.value, waited.size) == (0.25, 0.25)
