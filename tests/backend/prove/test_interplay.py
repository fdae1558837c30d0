from __future__ import annotations

import numpy as np
import pytest

from winnow.prove.interplay import interplay

NONE = np.array([3.0, 3.2, 2.9])
NOISE = np.array([0.01, -0.02, 0.01])


def test_effects_that_add_up_have_no_interaction() -> None:
    found = interplay(NONE, {"a": NONE - 0.5 + NOISE, "b": NONE + 0.2}, NONE - 0.3 + NOISE)
    assert [one.mean for one in found.alone] == pytest.approx([-0.5, 0.2])
    assert found.together.mean == pytest.approx(-0.3)
    assert found.interaction.mean == pytest.approx(0.0, abs=1e-12)
    assert "no interaction can be told from none" in found.words


def test_what_a_pair_adds_is_the_interaction_and_half_of_it_belongs_to_each_main_effect() -> None:
    # Alone -.1 and -.2, together -.7: the pair adds -.4; over both states of the other they are -.3 and -.4.
    found = interplay(NONE, {"a": NONE - 0.1, "b": NONE - 0.2}, NONE - 0.7 + NOISE)
    assert found.interaction.mean == pytest.approx(-0.4)
    assert [one.mean for one in found.main] == pytest.approx([-0.3, -0.4])
    # As of a 2 x 2 table: ((a - none) + (both - b)) / 2 = (-.1 - .5) / 2.
    assert found.main[0].mean == pytest.approx((-0.1 + (-0.7 + 0.2)) / 2)
    # s = .01732 of (.01, -.02, .01), t(2) = 4.303: half = 4.303 · .01732 / 1.732 = .043.
    assert found.interaction.half == pytest.approx(0.0430, abs=1e-4)
    assert "depend on each other" in found.words


def test_three_experiments_have_no_main_effects_and_one_interaction() -> None:
    found = interplay(NONE, dict.fromkeys("abc", NONE - 0.1), NONE - 0.3 + NOISE)
    assert found.main == ()
    assert found.interaction.mean == pytest.approx(0.0, abs=1e-12)
    # Five effects are corrected for together: three alone, all of them, and the interaction.
    assert all(one.adjusted >= 0 for one in (*found.alone, found.together, found.interaction))


def test_one_seed_says_nothing() -> None:
    one = interplay(NONE[:1], {"a": NONE[:1] - 1, "b": NONE[:1]}, NONE[:1] - 2)
    assert one.interaction.half == float("inf")
    assert one.interaction.adjusted == 1.0
