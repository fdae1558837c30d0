"""qurating_select, pareto and perplexity: their formulas by hand."""

from __future__ import annotations

import numpy as np
import pytest

from winnow.errors import SettingError
from winnow.pool import Budget, Groups, Pool
from winnow.select.rated import Pareto, Perplexity, QuratingSelect


def rated(values: list[float], name: str = "quality", tokens: list[int] | None = None, **columns: Groups) -> Pool:
    n = len(values)
    return Pool(np.arange(n), np.array(tokens or [1] * n), {name: np.array(values, dtype=float), **columns})


def shares(method, pool: Pool, budget: Budget, draws: int = 3000) -> np.ndarray:
    """Return how often each row is chosen over many seeds."""
    times = np.zeros(len(pool))
    for seed in range(draws):
        times[method.select(pool, budget, seed=seed).rows] += 1
    return times / draws


@pytest.mark.parametrize(("temperature", "chance"), [(0.5, 0.9820), (1, 0.8808), (2, 0.7311), (4, 0.6225)])
def test_qurating_draws_by_softmax(temperature: float, chance: float) -> None:
    # ratings 0 and 2, one chosen: P(second) = 1 / (1 + exp(-2 / temperature)); for temperature 1: 1 / 1.1353 = .8808
    method = QuratingSelect(temperature=temperature, normalise="none")
    assert shares(method, rated([0, 2]), Budget(docs=1))[1] == pytest.approx(chance, abs=0.025)


def test_qurating_inclusion_without_replacement() -> None:
    # logits ln 1, ln 2, ln 3, two of three: document 3 is left out with 1/6·2/5 + 2/6·1/4 = .15, so included .85;
    # document 1: 1/6 + 2/6·1/4 + 3/6·1/3 = .41667
    method = QuratingSelect(temperature=1, normalise="none")
    found = shares(method, rated(np.log([1, 2, 3]).tolist()), Budget(docs=2))
    assert found == pytest.approx([0.41667, 0.73333, 0.85], abs=0.025)


def test_qurating_temperature_zero_is_the_plain_top() -> None:
    # scores 3, 2, 1 with 100, 200, 300 tokens, 250 asked: documents 0 and 1 with 300 tokens
    chosen = QuratingSelect(temperature=0).select(rated([3, 2, 1], tokens=[100, 200, 300]), Budget(tokens=250))
    assert chosen.rows.tolist() == [0, 1]


def test_qurating_is_never_a_hidden_top_k() -> None:
    # the published command line gives a temperature but no --sample, and so takes the top whatever the temperature
    pool = rated(np.linspace(0, 1, 200).tolist())
    top = set(range(180, 200))
    assert set(QuratingSelect().select(pool, Budget(docs=20)).rows.tolist()) != top
    hot, cold = (QuratingSelect(temperature=t).select(pool, Budget(docs=20)).rows for t in (50, 0.01))
    assert np.mean(cold) > np.mean(hot) + 20


def test_qurating_does_not_see_the_scale_of_a_rating() -> None:
    values = np.random.default_rng(0).normal(size=50)
    a, b = (
        QuratingSelect(temperature=1).select(rated(v.tolist()), Budget(docs=9)).rows for v in (values, values * 8 + 4)
    )
    assert a.tolist() == b.tolist()


def test_qurating_normalises_inside_domains() -> None:
    # forum ratings 0, 10 and book ratings 100, 110 become -1, 1 and -1, 1: the better of each come first
    pool = rated([0, 10, 100, 110], source=Groups.of(["forum", "forum", "book", "book"]))
    by_domain = QuratingSelect(temperature=0, normalise="domain").select(pool, Budget(docs=2))
    assert set(by_domain.rows.tolist()) == {1, 3}
    assert set(QuratingSelect(temperature=0).select(pool, Budget(docs=2)).rows.tolist()) == {2, 3}
    low = QuratingSelect(temperature=0, normalise="domain", inverse=True).select(pool, Budget(docs=2))
    assert set(low.rows.tolist()) == {0, 2}


def test_qurating_keeps_the_mix_without_losing_a_remainder() -> None:
    # 5, 3, 2 of 10 documents, 7 asked: quotas 3.5, 2.1, 1.4. Floors give 3 + 2 + 1 = 6; here the half goes to the first
    names = ["a"] * 5 + ["b"] * 3 + ["c"] * 2
    pool = rated(list(range(10)), source=Groups.of(names))
    rows = QuratingSelect(temperature=0, keep_mix=True).select(pool, Budget(docs=7)).rows
    assert sorted(names[row] for row in rows) == ["a"] * 4 + ["b"] * 2 + ["c"]
    assert set(rows.tolist()) == {1, 2, 3, 4, 6, 7, 9}


def test_qurating_negative_temperature_is_refused() -> None:
    with pytest.raises(SettingError, match="temperature is at least 0"):
        QuratingSelect(temperature=-1)


@pytest.mark.parametrize(
    ("alpha", "kept"),
    [(3, {0: 0.125, 0.5: 0.2963, 0.9: 0.7513, 1: 1.0}), (9, {0: 0.00195, 0.5: 0.0260, 0.9: 0.4241, 1: 1.0})],
)
def test_pareto_keeps_by_its_formula(alpha: float, kept: dict[float, float]) -> None:
    # P(keep) = (2 - p)^-alpha: p = 0, alpha 3 -> 2^-3 = .125; p = .5, alpha 3 -> 1.5^-3 = .2963
    for p, chance in kept.items():
        pool = rated([p] * 20_000)
        share = len(Pareto(alpha=alpha).select(pool, Budget(docs=20_000))) / 20_000
        assert share == pytest.approx(chance, abs=0.012)


def test_pareto_takes_those_kept_in_random_order() -> None:
    pool = rated([1.0] * 50 + [0.0] * 50)
    rows = Pareto().select(pool, Budget(docs=20)).rows
    assert rows.max() < 50
    assert np.any(np.diff(rows) < 0)


def test_pareto_refuses_what_is_no_probability() -> None:
    with pytest.raises(SettingError, match="1 values lie outside 0 to 1"):
        Pareto().select(rated([0.5, 3.0, np.nan]), Budget(docs=1))


def test_perplexity_bands() -> None:
    pool = rated([5, 1, 4, 2, 3], "loss")
    assert Perplexity(band="low").select(pool, Budget(docs=2)).rows.tolist() == [1, 3]
    assert Perplexity(band="high").select(pool, Budget(docs=2)).rows.tolist() == [0, 2]
    # the median is 3; losses 2 and 4 are next to it, by chance in either order
    rows = Perplexity(band="mid").select(pool, Budget(docs=3)).rows.tolist()
    assert rows[0] == 4
    assert set(rows) == {4, 2, 3}


def test_perplexity_ends_do_not_meet_and_only_order_counts() -> None:
    losses = np.random.default_rng(0).gamma(3, size=100)
    low, high = (set(Perplexity(band=b).select(rated(losses, "loss"), Budget(docs=20)).rows) for b in ("low", "high"))
    assert not low & high
    # the perplexity exp(loss) in place of the loss: the same documents in every band
    for band in ("low", "mid", "high"):
        a, b = (Perplexity(band=band).select(rated(v, "loss"), Budget(docs=20)).rows for v in (losses, np.exp(losses)))
        assert a.tolist() == b.tolist()


def test_perplexity_ignores_what_is_missing_or_infinite() -> None:
    pool = rated([np.inf, np.nan, 2.0], "loss")
    for band in ("low", "mid", "high"):
        assert Perplexity(band=band).select(pool, Budget(docs=3)).rows.tolist() == [2]
