"""Phases: groups divided by the mixtures, nothing lost, and plans that make no sense refused."""

from __future__ import annotations

import numpy as np
import pytest

from winnow.arrange.base import Entries
from winnow.arrange.phases import Phases
from winnow.errors import SettingError
from winnow.pool import Budget, Groups, Pool
from winnow.select.phased import UpsampleLate


def entries(columns: dict | None = None, weight: float = 1.0) -> Entries:
    """800 web documents and 200 books of one token."""
    source = Groups(np.repeat([1, 0], [800, 200]).astype(np.int32), ("books", "web"))
    pool = Pool(np.arange(1000), np.ones(1000), {"source": source, **(columns or {})})
    return Entries.of(pool, np.full(1000, weight), 0)


def by_phase(plan: str, given: Entries, column: str = "") -> np.ndarray:
    """Return documents per phase and group: [[web, books], ...]."""
    arranged = Phases(plan=plan, column=column).order(given)
    assert sorted(arranged.places.tolist()) == list(range(len(given)))
    assert (np.diff(arranged.marks["phase"]) >= 0).all()
    codes = given.group("source").codes[arranged.places]
    return np.array([[np.sum((arranged.marks["phase"] == p) & (codes == c)) for c in (1, 0)] for p in range(2)])


def test_groups_are_divided_by_share_times_mixture() -> None:
    """Books: 0.8 · 0.1 = 0.08 against 0.2 · 0.6 = 0.12, so 80 and 120 of 200; web: 0.72 against 0.08, 720 and 80."""
    assert by_phase("0.8 | books:0.1, web:0.9; 0.2 | books:0.6, web:0.4", entries()).tolist() == [[720, 80], [80, 120]]


def test_a_late_length_of_nought_is_the_base_and_an_empty_mixture_the_selection_s_own() -> None:
    assert by_phase("1 | web:0.8, books:0.2; 0 | books:1", entries()).tolist() == [[800, 200], [0, 0]]
    assert by_phase("0.9; 0.1", entries()).tolist() == [[720, 180], [80, 20]]


def test_the_star_is_all_that_is_not_named() -> None:
    """Books 0.5 · 0.1 against 0.5 · 0.7: an eighth first; the others 0.45 against 0.15: three quarters first."""
    assert by_phase("0.5 | books:0.1, *:0.9; 0.5 | books:0.7, *:0.3", entries()).tolist() == [[600, 25], [200, 175]]


def test_a_selection_of_upsample_late_falls_into_its_phases() -> None:
    """T = 500, f = 0.2: books get 0.8 · 0.2 · 500 + 0.2 · 0.5 · 500 = 80 + 50, web 320 + 50; phases of 400 and 100."""
    whole = entries().pool
    chosen = UpsampleLate(late={"books": 0.5, "web": 0.5}).select(whole, Budget(docs=500))
    given = Entries.of(whole.take(chosen.rows), chosen.weights, 0)
    found = by_phase("0.8 | web:0.8, books:0.2; 0.2 | books:0.5, web:0.5", given)
    np.testing.assert_allclose(found, [[320, 80], [50, 50]], atol=1)


def test_a_column_gives_the_late_phase_the_higher_values() -> None:
    given = entries({"quality": np.random.default_rng(0).random(1000)})
    arranged = Phases(plan="0.8; 0.2", column="quality").order(given)
    books = given.group("source").codes[arranged.places] == 0
    quality, late = given.number("quality")[arranged.places], arranged.marks["phase"] == 1
    assert quality[books & late].min() > quality[books & ~late].max()


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ("", "needs a plan"),
        ("0.5; 0.4", "sum to 1"),
        ("0.5 | books:0.5, web:0.4; 0.5", "sum to 1"),
        ("0.8; 0.2 | boks:1", "did you mean 'books'"),
        ("1 | books:1", "'web' has none"),
        ("1.5", "a share in"),
        ("half", "a share in"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(plan: str, said: str) -> None:
    with pytest.raises(SettingError, match=said):
        Phases(plan=plan).order(entries())
