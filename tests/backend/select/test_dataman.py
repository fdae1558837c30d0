"""dataman_select: cell budgets, up-sampling and ties by hand."""

from __future__ import annotations

import numpy as np
import pytest

from winnow.errors import SettingError
from winnow.pool import Budget, Groups, Pool
from winnow.select.dataman import DatamanSelect


def pool_of(cells: list[tuple[str, str, int]], quality: float | None = None) -> Pool:
    """Return a pool of one-token documents, a number of them for each (source, domain)."""
    sources = [source for source, _, count in cells for _ in range(count)]
    domains = [domain for _, domain, count in cells for _ in range(count)]
    values = np.arange(float(len(sources))) if quality is None else np.full(len(sources), quality)
    columns = {"source": Groups.of(sources), "cluster_name": Groups.of(domains), "quality": values}
    return Pool(np.arange(len(sources)), np.ones(len(sources)), columns)


def counts(pool: Pool, method: DatamanSelect, budget: Budget) -> dict[tuple[str, str], float]:
    chosen, found = method.select(pool, budget), {}
    for row, weight in zip(chosen.rows, chosen.weights, strict=True):
        key = tuple(pool.group(column).names[pool.group(column).codes[row]] for column in ("source", "cluster_name"))
        found[key] = found.get(key, 0) + weight
    return found


CELLS = [("A", "law", 450), ("A", "code", 150), ("B", "law", 400)]


def test_sources_and_domains_get_their_share() -> None:
    # sources 600 and 400 of 1000 tokens, 100 asked: 60 and 40; inside A 450 : 150, so 45 and 15
    found = counts(pool_of(CELLS), DatamanSelect(), Budget(tokens=100))
    assert found == {("A", "law"): 45, ("A", "code"): 15, ("B", "law"): 40}


def test_equal_domains_stay_inside_their_source() -> None:
    # exponent 0: A's 60 in two halves, 30 and 30; B has one domain, 40
    found = counts(pool_of(CELLS), DatamanSelect(exponent=0), Budget(tokens=100))
    assert found == {("A", "law"): 30, ("A", "code"): 30, ("B", "law"): 40}


def test_a_short_cell_is_seen_again_best_documents_first() -> None:
    # one source, domains 10 and 90, half of 50 each: 25 out of 10 documents is every one twice and 5 of them thrice
    pool = pool_of([("A", "code", 10), ("A", "law", 90)])
    chosen = DatamanSelect(exponent=0).select(pool, Budget(tokens=50))
    weights = np.zeros(100)
    weights[chosen.rows] = chosen.weights
    assert weights[:10].tolist() == [2] * 5 + [3] * 5
    assert weights[10:].tolist() == [0] * 65 + [1] * 25
    # at most twice: 20 there, and the other 30 from law
    found = counts(pool, DatamanSelect(exponent=0, repeats=2), Budget(tokens=50))
    assert found == {("A", "code"): 20, ("A", "law"): 30}


def test_a_table_of_domains() -> None:
    found = counts(
        pool_of([("A", "code", 50), ("A", "law", 50)]), DatamanSelect(domain_shares={"law": 1}), Budget(docs=9)
    )
    assert found == {("A", "law"): 9}
    with pytest.raises(SettingError, match=r"no document has 'lwa'.*did you mean 'law'"):
        DatamanSelect(domain_shares={"lwa": 1}).select(pool_of(CELLS), Budget(docs=1))


@pytest.mark.parametrize("shares", [{"law": -1}, {"law": 0}, {"law": float("nan")}])
def test_shares_that_divide_nothing_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(SettingError, match=r"domain_shares (are numbers from 0 up|give at least one)"):
        DatamanSelect(domain_shares=shares)


def test_no_remainder_is_lost_and_ties_are_drawn_by_the_seed() -> None:
    # three sources of a third each: floors give 33 + 33 + 33 = 99 of 100
    pool = pool_of([("A", "x", 100), ("B", "x", 100), ("C", "x", 100)], quality=5)
    one, two = (DatamanSelect().select(pool, Budget(docs=100), seed=seed).rows for seed in (1, 2))
    assert len(one) == len(two) == 100
    assert set(one.tolist()) != set(two.tolist())


def test_at_least_draws_among_those_that_reach_it() -> None:
    pool = pool_of([("A", "x", 10)])
    rows = DatamanSelect(at_least=5).select(pool, Budget(docs=3)).rows
    assert rows.min() >= 5
    everything = {int(DatamanSelect(at_least=5).select(pool, Budget(docs=1), seed=s).rows[0]) for s in range(50)}
    assert everything == {5, 6, 7, 8, 9}


def test_ratings_are_summed() -> None:
    columns = {"source": Groups.of(["A"] * 3), "cluster_name": Groups.of(["x"] * 3)}
    first, second = np.array([5.0, 3.0, 4.0]), np.array([1.0, 4.0, np.nan])
    pool = Pool(np.arange(3), np.ones(3), {**columns, "accuracy": first, "coherence": second})
    # sums 6, 7 and none
    assert DatamanSelect(columns=("accuracy", "coherence")).select(pool, Budget(docs=2)).rows.tolist() == [1, 0]
