"""The critical mixture ratio by hand, its two conditions, and runs that do not give one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from winnow.errors import SettingError
from winnow.pool import Budget, Groups, Pool
from winnow.select.cmr import CMRLaw

HEADING = "share,tokens,general_loss\n"
SHARES = (1 / 8, 1 / 4, 1 / 3, 1 / 2)


def table(rise: Callable[[float, float], float], tokens: tuple[float, ...] = (100.0,), shares=SHARES) -> str:
    """Return runs whose general loss is 3 + rise(share, tokens)."""
    return HEADING + "".join(f"{share},{at},{3 + float(rise(share, at))!r}\n" for share in shares for at in tokens)


def law(runs: str, **settings: float) -> CMRLaw:
    return CMRLaw(runs=runs, domain="law", before=3.0, **settings)


def pool() -> Pool:
    names = ["law"] * 500 + ["web"] * 300 + ["books"] * 100
    return Pool(np.arange(900), np.ones(900), {"source": Groups.of(names)})


def test_the_ratio_by_hand() -> None:
    # .4 R² - .01 = .05: R = sqrt(.06 / .4) = .3873
    runs = table(lambda share, tokens: 0.4 * share**2 - 0.01)
    assert law(runs).ratio() == pytest.approx(0.3873, abs=5e-5)
    # tolerance 0: R = sqrt(.01 / .4) = .1581
    assert law(runs, tolerance=0).ratio() == pytest.approx(0.1581, abs=5e-5)


def test_the_loss_before_is_read_from_the_runs() -> None:
    runs = table(lambda share, tokens: 0.4 * share**2 - 0.01) + "0.25,0,3.0\n"
    assert CMRLaw(runs=runs, domain="law").ratio() == pytest.approx(0.3873, abs=5e-5)
    with pytest.raises(SettingError, match="needs the general loss before training; no run has 0 tokens; --set before"):
        CMRLaw(runs=table(lambda share, tokens: 0.0), domain="law").ratio()


def test_the_level_is_not_enough_the_loss_must_have_turned_down() -> None:
    # at 100 tokens the levels are as by hand, but from 90 on the loss changes by R - .3: shares above .3 still rise
    def rise(share: float, tokens: float) -> float:
        return 0.4 * share**2 - 0.01 + (share - 0.3) * (tokens - 100) / 1000

    assert law(table(rise, (90.0, 100.0))).ratio() == pytest.approx(0.3, abs=1e-9)
    assert law(table(rise, (100.0,))).ratio() == pytest.approx(0.3873, abs=5e-5)


def test_runs_that_all_still_rise_give_no_ratio() -> None:
    with pytest.raises(
        SettingError, match=r"turned down; at domain share 0.125 it still rises after 100 tokens; train"
    ):
        law(table(lambda share, tokens: share * tokens / 1e6, (90.0, 100.0))).ratio()


@pytest.mark.parametrize(
    ("a", "s", "b", "ratio"),
    [
        (0.22524761, 0.26944345, -0.48139982, 0.2976),
        (0.7520627, 0.13720245, -1.06581937, 0.3489),
        (-2.36384831, -0.15125569, 1.59223649, 0.4143),
        (-2.5368197, -0.42071423, 0.84375368, 0.4783),
    ],
)
def test_a_ratio_beyond_the_runs_follows_the_published_laws(a: float, s: float, b: float, ratio: float) -> None:
    # losses .05 (R / R(T))² reach the tolerance at R(T) = a T^s + b; run to T = 80, asked at 100
    def rise(share: float, tokens: float) -> float:
        return 0.05 * (share / (a * tokens**s + b)) ** 2

    runs = table(rise, (30.0, 40.0, 50.0, 60.0, 70.0, 80.0))
    assert law(runs, tokens=100).ratio() == pytest.approx(ratio, abs=2e-4)
    assert law(runs, tokens=60).ratio() == pytest.approx(a * 60**s + b, abs=1e-4)


def test_looking_beyond_the_runs_needs_checkpoints() -> None:
    with pytest.raises(SettingError, match=r"needs 4 checkpoints with a ratio.*found 1.*--set tokens=100"):
        law(table(lambda share, tokens: -0.01 * tokens, (50.0, 100.0)), tokens=200).ratio()


def test_the_ratio_is_the_share_of_domain_data_and_the_rest_goes_by_size() -> None:
    # .3873 of 100 documents are of the domain, the other 61.27 are 3 : 1 of web and books: 46 and 15
    chosen = law(table(lambda share, tokens: 0.4 * share**2 - 0.01)).select(pool(), Budget(docs=100)).rows
    counts = [(chosen < 500).sum(), ((chosen >= 500) & (chosen < 800)).sum(), (chosen >= 800).sum()]
    assert counts == [39, 46, 15]


def test_all_or_nothing() -> None:
    assert law(table(lambda share, tokens: -0.1)).ratio() == 1.0
    assert law(table(lambda share, tokens: 0.1)).ratio() == 0.0
    # more domain data that lowers the general loss is no reason to have none
    assert law(table(lambda share, tokens: 0.05 - 0.1 * share)).ratio() == 1.0


def test_an_estimate_has_an_error_and_warnings() -> None:
    exact = law(table(lambda share, tokens: 0.4 * share**2 - 0.01)).estimate()
    assert exact.error < 1e-4
    assert exact.warnings == ("one checkpoint a share does not tell whether the general loss has turned down",)
    noise = dict(zip(SHARES, (0.003, -0.003, 0.003, -0.003), strict=True))
    noisy = law(table(lambda share, tokens: 0.4 * share**2 - 0.01 + noise[share])).estimate()
    assert 0.005 < noisy.error < 0.2
    assert noisy.interval[0] < 0.3873 < noisy.interval[1]
    # without the smallest share, the only one that has turned down, there is no ratio to compare with
    late = law(table(lambda share, tokens: (share - 0.2) * tokens / 1e5, (90.0, 100.0))).estimate()
    assert (late.value, late.error) == (pytest.approx(0.2), np.inf)
    outside = law(table(lambda share, tokens: 0.04 * share**2)).estimate()
    assert outside.value == 1.0
    assert outside.warnings[0] == "the ratio 1 lies outside the runs' 0.125 to 0.5"


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        ("", "needs the results of small runs"),
        (HEADING + "0.5,100,3", "needs runs at 4 domain shares; found 1; such as 1/8"),
        (HEADING + "50,100,3", r"a share is in \[0, 1\]; found 50"),
        (HEADING + "0.5,100,nan", "general_loss is a number; line 2 has 'nan'"),
    ],
)
def test_runs_that_cannot_be_used_are_refused(runs: str, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        law(runs).select(pool(), Budget(docs=1))


def test_the_domain_must_be_a_group() -> None:
    runs = table(lambda share, tokens: 0.4 * share**2)
    with pytest.raises(SettingError, match="needs the group that is the domain; none is named; domain=books"):
        CMRLaw(runs=runs, before=3).select(pool(), Budget(docs=1))
    with pytest.raises(SettingError, match="found 'laws'; did you mean 'law'"):
        CMRLaw(runs=runs, domain="laws", before=3).select(pool(), Budget(docs=1))
