from __future__ import annotations

import numpy as np
import pytest

from winnow.score.curves import KnownPairs, expected_recall, knee, known_pairs, measured, meeting, settings
from winnow.score.minhash import probability


@pytest.mark.parametrize(("bands", "rows"), [(14, 8), (25, 5), (1, 1), (5, 25)])
def test_the_curve_is_the_formula(bands: int, rows: int) -> None:
    places = np.linspace(0, 1, 11)
    assert meeting(places, bands, rows).tolist() == pytest.approx([probability(s, bands, rows) for s in places])
    # At the knee s^r is 1/b: 1 - (1 - 1/b)^b.
    assert float(meeting(np.array(knee(bands, rows)), bands, rows)) == pytest.approx(1 - (1 - 1 / bands) ** bands)


def test_what_ships_was_measured_with_the_default_setting() -> None:
    assert (14, 8) in settings()
    names = [given.name for given in known_pairs()]
    for name in names:
        mine = [row for row in measured(14, 8) if row.set == name]
        assert [row.verify for row in mine] == sorted(row.verify for row in mine)
        assert all(0 <= row.right <= min(row.found, row.pairs) for row in mine)
        # A stricter threshold finds no more.
        assert [row.found for row in mine] == sorted((row.found for row in mine), reverse=True)
    assert measured(7, 77) == []


def test_the_formula_foretells_what_was_measured() -> None:
    made = known_pairs()[-1]
    assert sum(made.by_similarity) == made.pairs
    for bands, rows in settings():
        mine = [row for row in measured(bands, rows) if row.set == made.name]
        foretold = expected_recall(made, bands, rows, np.array([row.verify for row in mine]))
        assert foretold == pytest.approx([row.recall for row in mine], abs=0.03)


def test_expected_recall_by_hand() -> None:
    # 50 bars: pairs at .91 (bar 45) and .51 (bar 25), 1 x 1: found with a chance of .91 and .51.
    counts = [0] * 50
    counts[45], counts[25] = 3, 1
    given = KnownPairs("made", 8, 4, tuple(counts))
    assert expected_recall(given, 1, 1, np.array([0.0, 0.6, 0.95])).tolist() == pytest.approx([3.24 / 4, 2.73 / 4, 0])
