"""GOT-D: the paper's cats and dogs, and what a gradient promises."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from winnow.pool import Budget, Groups, Pool, Target
from winnow.select.base import Draw
from winnow.select.gotd import Gotd
from winnow.select.transport import Plan

CAT, DOG = [1.0, 0.0], [0.5, 0.75**0.5]  # 60 degrees apart, so that their distance is 1


def pool_of(documents: list[list[float]], target: list[list[float]], **columns: Groups) -> Pool:
    aim = Target("aim", ("text",) * len(target), {"static": np.array(target, np.float32)})
    n = len(documents)
    return Pool(np.arange(n), np.ones(n), columns, {"static": np.array(documents, np.float32)}, aim)


def gradient(method: Gotd, pool: Pool) -> np.ndarray:
    return method.gradient(pool, Draw(pool, 0))


CATS_AND_DOGS = pool_of([CAT] * 990 + [DOG] * 10, [CAT, DOG])


def test_cats_and_dogs_of_the_paper() -> None:
    # 990 cats and 10 dogs towards half and half: .49 of the mass goes from cat to dog, so f(cat) - f(dog) = 1 and
    # g(cat) = 1 - (989 · 1 + 10 · 0) / 999 = .01001, g(dog) = 0 - 990 / 999 = -.99099. Smoothing by epsilon = .01 · mean
    # cost .5 = .005 changes the difference to 1 + .005 (ln(.49 / .495) - ln(.01 / .005)) = 1 - .005 · .70330 = .99648
    g = gradient(Gotd(smoothing=0.01), CATS_AND_DOGS)
    assert g[0] - g[999] == pytest.approx((1 - 0.005 * 0.7033) * 1000 / 999, abs=2e-4)
    assert g[0] == pytest.approx(0.01001, rel=5e-3)
    assert g[999] == pytest.approx(-0.99099, rel=5e-3)
    assert g.sum() == pytest.approx(0, abs=1e-6)


def test_dogs_alone_are_chosen_where_matching_would_take_half_cats() -> None:
    # trap: this is no matching of the target
    assert sorted(Gotd().select(CATS_AND_DOGS, Budget(docs=10)).rows.tolist()) == list(range(990, 1000))
    away = Gotd(contrast=True).select(CATS_AND_DOGS, Budget(docs=10)).rows
    assert (away < 990).all()


def test_the_gradient_foretells_how_the_cost_changes() -> None:
    # one more dog in 1,000: the difference of the costs is the gradient times the mass that is moved, 1 / 1001
    method = Gotd(smoothing=0.01)
    more = pool_of([CAT] * 990 + [DOG] * 11, [CAT, DOG])
    before, after = ((n - 1 / 2 * total) / total for n, total in ((990, 1000), (990, 1001)))
    assert (after - before) * 1001 == pytest.approx(-0.99, abs=1e-3)
    assert gradient(method, CATS_AND_DOGS)[999] == pytest.approx((after - before) * 1001, abs=0.01)
    assert gradient(method, more)[1000] < 0 < gradient(method, more)[0]


def test_a_pool_that_is_the_target_has_no_gradient() -> None:
    corners = np.eye(5).tolist()
    assert np.abs(gradient(Gotd(), pool_of(corners * 20, corners))).max() < 1e-6


def test_documents_outside_the_sample_get_the_potential_of_their_place() -> None:
    # 12 of 1,000 are carried; where there is a dog among them, dogs beyond the sample rank as dogs
    pool = pool_of([CAT] * 500 + [DOG] * 500, [DOG])
    g = gradient(Gotd(sample=12), pool)
    assert np.ptp(g[:500]) < 1e-6
    assert np.ptp(g[500:]) < 1e-6
    assert g[0] > g[999]


def test_only_the_nearest_domains_are_candidates() -> None:
    domains = Groups.of(["zoo"] * 50 + ["kennel"] * 50 + ["moon"] * 50)
    pool = pool_of([CAT] * 50 + [DOG] * 50 + [[-1.0, 0.0]] * 50, [DOG], domain=domains)
    # from the kennel to the target it costs 0, from the zoo 1, from the moon |180 - 60 degrees| = sqrt 3 = 1.732
    costs = Gotd(domain="domain").domains(pool)
    assert list(costs) == ["kennel", "zoo", "moon"]
    assert list(costs.values()) == pytest.approx([0, 1, 3**0.5], abs=1e-5)
    chosen = Gotd(domain="domain", nearest=1).select(pool, Budget(docs=150)).rows
    assert sorted(chosen.tolist()) == list(range(50, 100))
    assert Gotd(domain="domain").needs() == {"target", "vectors:static", "domain"}


def test_a_large_target_is_sampled_and_every_seed_gives_the_same_examples() -> None:
    chance = np.random.default_rng(0)
    aim = Target("aim", ("text",) * 50, {"static": chance.normal(size=(50, 3)).astype(np.float32)})
    pool = dataclasses.replace(pool_of(chance.normal(size=(80, 3)).tolist(), [CAT]), target=aim)
    few = Gotd(examples=5, sample=80)
    np.testing.assert_allclose(few.gradient(pool, Draw(pool, 1)), few.gradient(pool, Draw(pool, 2)), atol=1e-3)
    assert np.abs(few.gradient(pool, Draw(pool, 1)) - Gotd(sample=80).gradient(pool, Draw(pool, 1))).max() > 0.01


def test_a_potential_moved_by_a_constant_gives_the_same_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    # potentials are known up to a constant, which must not show in g
    expected = gradient(Gotd(), CATS_AND_DOGS)
    plain = Plan.potential
    monkeypatch.setattr(Plan, "potential", lambda self, costs: plain(self, costs) + 7)
    np.testing.assert_allclose(gradient(Gotd(), CATS_AND_DOGS), expected, atol=1e-6)
