"""Agreement of people, against tables worked out by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from winnow.label.agreement import cohen_kappa, pairwise


def test_kappa_of_a_table_worked_out_by_hand() -> None:
    """20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no: p_o = 35/50, p_e = 25/50 · 30/50 + 25/50 · 20/50 = 0.5."""
    first = ["yes"] * 25 + ["no"] * 25
    second = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    assert cohen_kappa(first, second) == pytest.approx((0.7 - 0.5) / (1 - 0.5))


def test_kappa_at_its_ends() -> None:
    assert cohen_kappa(["a", "b"], ["a", "b"]) == 1.0
    assert cohen_kappa(["a", "b"], ["b", "a"]) == -1.0
    assert math.isnan(cohen_kappa([], []))
    assert math.isnan(cohen_kappa(["a", "a"], ["a", "a"]))


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1))
def test_kappa_does_not_care_who_comes_first(pairs: list[tuple[str, str]]) -> None:
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    there, back = cohen_kappa(first, second), cohen_kappa(second, first)
    assert there == pytest.approx(back, nan_ok=True)
    assert math.isnan(there) or -1 - 1e-9 <= there <= 1 + 1e-9


def test_only_documents_of_both_are_compared() -> None:
    found = pairwise({"ben": {1: "keep", 2: "keep"}, "ana": {1: "keep", 2: "drop", 3: "drop"}, "cem": {9: "keep"}})
    assert [(pair.first, pair.second, pair.documents, pair.share) for pair in found] == [("ana", "ben", 2, 0.5)]
