from __future__ import annotations

import math

import pytest

from winnow.prove.ordering import Mean, ordering


def figures(**values: float) -> dict[str, dict[str, float]]:
    return {name.replace("_", " + "): {"target": value} for name, value in values.items()}


ESTIMATED = figures(a=1.0, b=2.0, c=3.0, a_b=1.5, a_c=2.0, b_c=2.5, a_b_c=2.1)


def test_the_same_order_is_a_correlation_of_one_whatever_the_bias() -> None:
    real = figures(a_b=1.4, a_c=1.9, b_c=2.4, a_b_c=2.0)
    found = ordering([ESTIMATED, ESTIMATED], [real, real], "target")
    assert (found.spearman.mean, found.kendall.mean) == (pytest.approx(1.0), pytest.approx(1.0))
    assert found.bias.mean == pytest.approx(0.1)
    assert [one.name for one in found.unions][:2] == ["a", "a + b"]
    assert found.unions[0].real is None
    assert found.compared == 4
    assert "rank correlation 1.000 ± 0.000" in found.words


def test_an_order_with_two_unions_exchanged() -> None:
    # a+b < a+c < a+b+c < b+c by estimate; a+c and a+b+c exchanged: rho = 1 - 6 · 2 / (4 · 15) = .8, tau = (5 - 1) / 6.
    real = figures(a_b=1.0, a_b_c=2.0, a_c=3.0, b_c=4.0)
    found = ordering([ESTIMATED], [real], "target")
    assert found.spearman.mean == pytest.approx(0.8)
    assert found.kendall.mean == pytest.approx(2 / 3)
    # One seed has no interval.
    assert math.isinf(found.spearman.half)


def test_two_unions_have_no_order_to_speak_of() -> None:
    found = ordering([ESTIMATED], [figures(a_b=1.0, a_c=2.0)], "target")
    assert found.spearman.seeds == 0
    assert "an order needs three or more" in found.words


def test_means_leave_out_what_is_no_number() -> None:
    # s of 1 and 3 is 1.414, t(1) = 12.706: half = 12.706.
    found = Mean.of([1.0, math.nan, 3.0])
    assert (found.mean, found.seeds) == (2.0, 2)
    assert found.half == pytest.approx(12.706, abs=1e-3)
