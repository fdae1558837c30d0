"""tiers: buckets, the UniMax allocation and the three gates by hand."""

from __future__ import annotations

import numpy as np
import pytest

from winnow.errors import SettingError
from winnow.pool import Budget, Groups, Pool
from winnow.select.tiers import Tiers

SIZES = {"a": 10, "b": 100, "c": 1000}


def domains() -> Pool:
    names = [name for name, size in SIZES.items() for _ in range(size)]
    return Pool(np.arange(1110), np.ones(1110), {"domain": Groups.of(names), "quality": np.full(1110, 0.9)})


def spent(pool: Pool, method: Tiers, budget: Budget) -> dict[str, float]:
    chosen, groups = method.select(pool, budget), pool.group("domain")
    times = np.bincount(groups.codes[chosen.rows], weights=chosen.weights, minlength=len(groups.names))
    return dict(zip(groups.names, times.tolist(), strict=True))


def test_equal_weights_are_the_unimax_rule() -> None:
    # 300 over 10, 100, 1000: 300/3 = 100 > 10, so 10; 290/2 = 145 > 100, so 100; then 190
    assert spent(domains(), Tiers(by="domain"), Budget(docs=300)) == {"a": 10, "b": 100, "c": 190}
    # four epochs: 300/3 = 100 > 40, so 40; 260/2 = 130 each
    assert spent(domains(), Tiers(by="domain", epochs=4), Budget(docs=300)) == {"a": 40, "b": 130, "c": 130}


def test_an_amount_above_all_epochs_is_what_there_is() -> None:
    assert spent(domains(), Tiers(by="domain", epochs=2), Budget(docs=9999)) == {"a": 20, "b": 200, "c": 2000}


def graded() -> Pool:
    quality = np.repeat([0.1, 0.33, 0.5, 0.67, 0.9, np.nan], 100)
    return Pool(np.arange(600), np.ones(600), {"quality": quality, "domain": Groups.of(["news", "law"] * 300)})


def test_tiers_and_their_weights() -> None:
    # .1 is low; .33 and .5 are medium; .67 and .9 high. Weights 0 : 1 : 3 of 40 are 0, 10 and 30
    rows = Tiers(weights={"low": 0, "high": 3}).select(graded(), Budget(docs=40)).rows
    assert np.bincount(rows // 100, minlength=6)[[0, 5]].tolist() == [0, 0]
    assert ((rows // 100 == 1) | (rows // 100 == 2)).sum() == 10
    # weights multiply: news/high 2 · 3 = 6, law/high 3, and only high: 2 : 1 of 30
    method = Tiers(by="domain", weights={"low": 0, "medium": 0, "high": 3, "news": 2})
    assert spent(graded(), method, Budget(docs=30)) == {"news": 20, "law": 10}
    assert spent(graded(), Tiers(by="domain", weights={"news/high": 0, "low": 0, "medium": 0}), Budget(docs=9)) == {
        "news": 0,
        "law": 9,
    }


def test_gates_are_in_sequence_and_add_up() -> None:
    pool = graded()
    method = Tiers(source_gate="domain=news", document_gate="quality>=0.2", segment_gate="quality<0.8")
    failed = method.fail_gate(pool)
    # 300 are not news; of the 300 news, 50 have .1 and 50 no value; of the other 200, 50 have .9
    assert np.bincount(failed, minlength=4).tolist() == [150, 300, 100, 50]
    assert (failed[pool.group("domain").codes == pool.group("domain").names.index("law")] == 1).all()
    rows = method.select(pool, Budget(docs=600)).rows
    assert sorted(rows.tolist()) == np.flatnonzero(failed == 0).tolist()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"weights": {"hihg": 1}}, "no bucket is called 'hihg'; did you mean 'high'"),
        ({"weights": {"high": -1}}, "weights are numbers from 0 up"),
        ({"low_edge": 0.9}, "low_edge is at most high_edge"),
        ({"source_gate": "domain=moon"}, "moon"),
    ],
)
def test_wrong_settings_are_named(settings: dict, said: str) -> None:
    with pytest.raises(SettingError, match=said):
        Tiers(**settings).select(graded(), Budget(docs=1))
