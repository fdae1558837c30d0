from __future__ import annotations

import math

import numpy as np
import pytest

from invented_proof import result
from winnow.prove.extremes import SHOWN, extremes

LENGTHS = np.array([10, 20, 40])
TEXTS = ["first   text", "second\ntext", "x" * 1000]


def test_differences_are_nats_per_byte_of_each_text_over_paired_seeds() -> None:
    # Seeds 0 and 1; arm minus control by text: (-1, +2, 0) and (-3, +6, 0) nats.
    arm = [result("best", 0, [9.0, 22.0, 40.0]), result("best", 1, [7.0, 26.0, 40.0])]
    control = [result("random", 0, [10.0, 20.0, 40.0]), result("random", 1, [10.0, 20.0, 40.0])]
    found = extremes(arm, control, "target", LENGTHS, TEXTS)
    assert [(one.row, one.text) for one in found.better] == [(0, "first text")]
    assert [(one.row, one.text) for one in found.worse] == [(1, "second text")]
    # -.1 and -.3 a byte: mean -.2, s = .1414, t(1) = 12.706: half = 12.706 · .1414 / 1.414 = 1.271.
    assert found.better[0].difference == pytest.approx(-0.2)
    assert found.better[0].half == pytest.approx(1.2706, abs=1e-3)
    assert found.worse[0].difference == pytest.approx(0.2)


def test_the_most_extreme_come_first_and_few_of_them() -> None:
    values = np.linspace(-4, 4, 17)
    arm, control = [result("best", 0, values.tolist())], [result("random", 0, [0.0] * 17)]
    found = extremes(arm, control, "target", np.ones(17, dtype=np.int64), [str(n) for n in range(17)])
    assert [one.row for one in found.better] == list(range(SHOWN))
    assert [one.row for one in found.worse] == list(range(16, 16 - SHOWN, -1))
    # One seed has no interval.
    assert math.isinf(found.better[0].half) or math.isnan(found.better[0].half)


def test_a_long_text_is_told_by_its_beginning() -> None:
    found = extremes([result("a", 0, [1.0, 2.0, 3.0])], [result("b", 0, [1.0, 2.0, 4.0])], "target", LENGTHS, TEXTS)
    assert len(found.better[0].text) == 240
    assert found.worse == ()
