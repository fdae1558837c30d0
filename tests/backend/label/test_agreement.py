"""Agreement of people, against tables worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Hashable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from winnow.label.agreement import (
    Ratings,
    cohen_interval,
    cohen_kappa,
    fleiss_kappa,
    krippendorff_alpha,
    pairwise,
    sets_apart,
)  # fmt: skip


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


def said(*rows: str) -> Ratings:
    """Each row is a document, each letter somebody's answer."""
    people: dict[str, dict[Hashable, str]] = {}
    for document, row in enumerate(rows):
        for person, value in enumerate(row):
            if value != ".":
                people.setdefault(f"p{person}", {})[document] = value
    return Ratings.of(people)


def test_fleiss_kappa_of_a_table_worked_out_by_hand() -> None:
    """Three people, four documents: aaa, aab, abb, bbb. P_i = 1, 1/3, 1/3, 1, mean 2/3; both values have half of the
    answers, P_e = 1/2; kappa = (2/3 − 1/2) / (1/2) = 1/3."""
    assert fleiss_kappa(said("aaa", "aab", "abb", "bbb")).value == pytest.approx(1 / 3)


def test_fleiss_kappa_of_the_published_example() -> None:
    """Fleiss 1971 as retold everywhere: 14 raters, 10 subjects, 5 categories; kappa .210."""
    table = [
        [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
    ]  # fmt: skip
    assert fleiss_kappa(Ratings(np.array(table, dtype=float), tuple("abcde"))).value == pytest.approx(0.210, abs=0.0005)


def test_alpha_of_the_published_example() -> None:
    """Krippendorff 2011, part C: four observers, twelve units, missing answers; nominal .743, ordinal .815."""
    rows = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
    labels: dict[str, dict[Hashable, str]] = {
        f"o{row}": {unit: value for unit, value in enumerate(said) if value != "."} for row, said in enumerate(rows)
    }
    ratings = Ratings.of(labels, ("1", "2", "3", "4", "5"))
    assert krippendorff_alpha(ratings).value == pytest.approx(0.743, abs=0.0005)
    assert krippendorff_alpha(ratings, "ordinal").value == pytest.approx(0.815, abs=0.0005)


def test_alpha_of_a_case_worked_out_by_hand() -> None:
    """Two people, documents aa, ab, bb: coincidences aa 2, ab 1, ba 1, bb 2; n = 6, n_a = n_b = 3.
    D_o = 2/6, D_e = 2 · 9 / 30; alpha = 1 − (1/3) / (3/5) = 4/9."""
    assert krippendorff_alpha(said("aa", "ab", "bb")).value == pytest.approx(4 / 9)
    assert krippendorff_alpha(said("aa", "ab", "bb", "a.")).value == pytest.approx(4 / 9), (
        "one answer is no coincidence"
    )


def test_alpha_of_a_scale_worked_out_by_hand() -> None:
    """Documents 11, 13, 33, 22: n_1 = 3, n_2 = 2, n_3 = 3. δ²_12 = δ²_23 = (3 + 2 − 2.5)² = 6.25,
    δ²_13 = (3 + 2 + 3 − 3)² = 25. D_o = 2 · 25 / 8; D_e = 2 (6 · 6.25 + 9 · 25 + 6 · 6.25) / 56 = 600 / 56.
    alpha = 1 − 6.25 / 10.714 = .41667; as names it is 1 − (2/8) / (2 (6 + 9 + 6) / 56) = 2/3."""
    ratings = said("11", "13", "33", "22")
    assert krippendorff_alpha(ratings, "ordinal").value == pytest.approx(1 - 6.25 / (600 / 56))
    assert krippendorff_alpha(ratings).value == pytest.approx(2 / 3)


def test_alpha_of_sets_counts_what_is_shared() -> None:
    """Two documents, (n, n; s) and (s, s): δ(n, n; s) = δ(s, n; s) = 1/2, δ(n, s) = 1. D_o = 2 · ½ / 4; answers n 1,
    n; s 1, s 2: Σ n_c n_k δ = 2 (1 · 1 · ½ + 1 · 2 · 1 + 1 · 2 · ½) = 7, D_e = 7 / 12; alpha = 1 − ¼ · 12/7 = 4/7."""
    labels: dict[str, dict[Hashable, str]] = {"ana": {0: "n", 1: "s"}, "ben": {0: "n; s", 1: "s"}}
    assert krippendorff_alpha(Ratings.of(labels), sets_apart).value == pytest.approx(4 / 7)


def test_perfect_and_absent_agreement() -> None:
    assert krippendorff_alpha(said("aa", "bb")).value == fleiss_kappa(said("aa", "bb")).value == 1.0
    for measure in (krippendorff_alpha, fleiss_kappa):
        assert math.isnan(measure(said("aa", "aa")).value), "nothing varies"
        assert math.isnan(measure(said("a", "b")).value), "nobody answered the same document"
        assert measure(said("a", "b")).documents == 0


def test_one_answer_against_the_rest() -> None:
    assert said("ab", "aa", "cb").only("a").counts.tolist() == [[1, 1], [2, 0], [0, 2]]


@given(st.lists(st.text("abc", min_size=2, max_size=4), min_size=2, max_size=12))
def test_measures_do_not_care_who_or_in_which_order(rows: list[str]) -> None:
    there, back = said(*rows), said(*(row[::-1] for row in reversed(rows)))
    for measure in (fleiss_kappa, krippendorff_alpha, lambda ratings: krippendorff_alpha(ratings, "ordinal")):
        assert measure(there).value == pytest.approx(measure(back).value, nan_ok=True)
        found = measure(there)
        assert math.isnan(found.value) or found.value <= 1 + 1e-9
        assert math.isnan(found.low) or found.low <= found.high


def test_an_interval_holds_the_truth_as_often_as_it_says() -> None:
    """Two people who agree beyond chance by ½ on 200 documents: kappa of a large sample is .5. Of 60 samples at least
    50 intervals hold it (binomial, p < 10⁻³ for fewer)."""
    rng, held = np.random.default_rng(5), 0
    for _ in range(60):
        first = rng.integers(2, size=200)
        second = np.where(rng.random(200) < 0.5, first, rng.integers(2, size=200))
        found = cohen_interval([str(a) for a in first], [str(b) for b in second])
        assert found.value == pytest.approx(cohen_kappa([str(a) for a in first], [str(b) for b in second]))
        held += found.low <= 0.5 <= found.high
    assert held >= 50
