"""The law of losses over ratio, tokens and size: by hand, found again, and read off either way."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from winnow.errors import SettingError
from winnow.pool import Budget, Groups, Pool
from winnow.select.dcpt import DCPTLaw, LossLaw, fit_law

HEADING = "share,tokens,general_loss,domain_loss\n"
SHARES = (0.0, 0.1, 0.33, 0.5, 0.67, 0.8, 0.9, 1.0)
TOY = LossLaw(e=1, a=0, b=10, c=0.1, eta=0.5, beta=0.5, gamma=1, epsilon=0.1, alpha=0)
GENERAL = LossLaw(e=2.0, a=0, b=0.05, c=0.3, eta=1.5, beta=0.3, gamma=0.5, epsilon=0.1, alpha=0, token_unit=1e9)
DOMAIN = LossLaw(e=1.5, a=0, b=0.2, c=0.2, eta=2.0, beta=0.4, gamma=0.8, epsilon=0.1, alpha=0, token_unit=1e9)


def table(tokens: tuple[float, ...] = (2.5e8, 5e8, 1e9), noise: float = 0.0) -> str:
    chance = np.random.default_rng(0)
    lines = []
    for at in tokens:
        for share in SHARES:
            general = float(GENERAL.at(np.array(1 - share), at, 1.0)) + noise * chance.normal()
            lines.append(f"{share},{at},{general},{float(DOMAIN.at(np.array(share), at, 1.0))}\n")
    return HEADING + "".join(lines)


def pool() -> Pool:
    names = ["law"] * 500 + ["web"] * 300 + ["books"] * 100
    return Pool(np.arange(900), np.ones(900), {"source": Groups.of(names)})


def test_the_law_by_hand_and_why_its_sign_is_checked() -> None:
    # r = 0: 1 + .1/.1 = 2; r = .25: 1 + 10 · .5 / 10 + .1/.35 = 1.7857; r = 1: 1 + 10 · 1 / 10 + .1/1.1 = 2.0909
    losses = TOY.at(np.array([0.0, 0.25, 1.0]), 100.0, 1.0)
    assert losses.tolist() == pytest.approx([2.0, 1.7857, 2.0909], abs=5e-5)
    assert not TOY.falls(0.0, 1.0, 100.0, 1.0)
    assert dataclasses.replace(TOY, b=0.0).falls(0.0, 1.0, 100.0, 1.0)


def test_the_term_of_size_by_hand() -> None:
    # a / N^alpha = 2 / 16^.5 = .5, so 1 + .5 + 0 + .1/.1
    assert float(dataclasses.replace(TOY, a=2.0, alpha=0.5).at(np.array(0.0), 100.0, 16.0)) == pytest.approx(2.5)


def test_a_fit_never_has_the_exponent_that_cannot_fall_near_zero() -> None:
    # the toy's eta of .5 rises steeply just above r = 0; a fit to its losses keeps eta at 1 or more
    share = np.array(SHARES)
    law = fit_law(share, np.full(8, 100.0), np.ones(8), TOY.at(share, 100.0, 1.0))
    assert law.eta >= 1


def test_losses_are_predicted_at_ratios_lengths_and_sizes_that_were_not_run() -> None:
    truth = dataclasses.replace(GENERAL, a=0.4, alpha=0.3, size_unit=1e9)
    share, tokens, size = (
        axis.ravel() for axis in np.meshgrid(np.array(SHARES), [2.5e8, 5e8, 1e9], [1e8, 3e8, 1e9], indexing="ij")
    )
    law = fit_law(share, tokens, size, _by_run(truth, share, tokens, size))
    for r, d, n in [(0.42, 7e8, 5e8), (0.95, 2e9, 2e9), (0.2, 1e9, 1e8)]:
        assert float(law.at(np.array(r), d, n)) == pytest.approx(float(truth.at(np.array(r), d, n)), abs=2e-3)


def _by_run(law: LossLaw, share: np.ndarray, tokens: np.ndarray, size: np.ndarray) -> np.ndarray:
    return np.array([float(law.at(np.array(r), d, n)) for r, d, n in zip(share, tokens, size, strict=True)])


def test_the_ratio_that_keeps_the_general_loss() -> None:
    # the truth on a fine grid: the largest domain share whose general loss stays within 3 % of 2.4
    fine = np.linspace(0, 1, 100_001)
    wanted = fine[GENERAL.at(1 - fine, 1e9, 1.0) <= 1.03 * 2.4].max()
    assert 0.3 < wanted < 0.98
    method = DCPTLaw(runs=table(), domain="law", before=2.4)
    assert method.ratio() == pytest.approx(wanted, abs=5e-3)
    assert DCPTLaw(runs=table() + "0.5,0,2.4,9\n", domain="law").ratio() == pytest.approx(wanted, abs=5e-3)


def test_the_ratio_is_read_off_at_the_crossing() -> None:
    # 1.03 · 2.8602 = 2.9460; between 2.9445 at .924 and 2.9644 at .93 the line crosses it at .92445
    slope = (2.9644 - 2.9445) / 0.006
    # a straight line in r = 1 - domain share, through both points: r^1 with b = -slope
    straight = LossLaw(e=2.9445 + slope * 0.076, a=0, b=-slope, c=0, eta=1, beta=1, gamma=1, epsilon=0.1, alpha=0)
    runs, _ = DCPTLaw(runs=table(tokens=(1.0,)), domain="law", before=2.8602)._runs()
    assert DCPTLaw(domain="law")._ratio(straight, runs, 2.8602) == pytest.approx(0.92445, abs=2e-5)


def test_the_ratio_when_the_domain_is_scarce() -> None:
    # all 2e8 domain tokens are used: at ratio r the corpus has 2e8 / r tokens; the truth on a fine grid
    fine = np.linspace(0.001, 1, 10_000)
    wanted = fine[DOMAIN.at(fine, 2e8 / fine, 1.0).argmin()]
    assert 0.1 < wanted < 0.95
    method = DCPTLaw(runs=table(), domain="law", domain_tokens=2e8)
    assert method.ratio() == pytest.approx(wanted, abs=0.02)


def test_the_domain_gets_the_ratio_and_the_rest_goes_by_size() -> None:
    method = DCPTLaw(runs=table(tokens=(1e9,)), domain="law", before=2.4)
    chosen = method.select(pool(), Budget(docs=100)).rows
    law, web, books = (chosen < 500).sum(), ((chosen >= 500) & (chosen < 800)).sum(), (chosen >= 800).sum()
    assert law == pytest.approx(100 * method.ratio(), abs=1)
    assert web == pytest.approx(3 * books, abs=3)


def test_an_estimate_has_an_error_and_warnings() -> None:
    runs = table(tokens=(1e9,))
    exact = DCPTLaw(runs=runs, domain="law", before=2.4).estimate()
    noisy = DCPTLaw(runs=table(tokens=(1e9,), noise=0.01), domain="law", before=2.4).estimate()
    assert exact.error < noisy.error < 0.5
    assert exact.warnings == ()
    beyond = DCPTLaw(runs=runs, domain="law", before=2.4, tokens=1e12, size=7.0).estimate()
    assert [warning.split(" are ")[0] for warning in beyond.warnings] == ["1e+12 tokens", "7 parameters"]
    rising = HEADING + "".join(f"{share},1e9,{2 + share * (share < 0.6)},2\n" for share in SHARES)
    assert "does not fall" in "".join(
        DCPTLaw(runs=HEADING + "".join(f"{s},1e9,{3 - s},2\n" for s in SHARES), domain="law", before=2.4)
        .estimate()
        .warnings
    ), "a general loss that falls as general data shrinks"
    assert 0 <= DCPTLaw(runs=rising, domain="law", before=2.4).ratio() <= 1


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        ("", "needs the results of small runs"),
        (HEADING + "0.5,1e9,3,2\n", "needs 6 runs at 4 domain shares or more; found 1 at 1"),
        ("share,tokens,domain_loss\n0.5,1e9,3\n", "runs need column 'general_loss'"),
        (HEADING + "0.5,1e9,3,0\n", "domain_loss are above 0; found 0"),
        (HEADING + "1.5,1e9,3,2\n", r"a share is in \[0, 1\]; found 1.5"),
    ],
)
def test_runs_that_cannot_be_used_are_refused(runs: str, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        DCPTLaw(runs=runs, domain="law", before=2.4).select(pool(), Budget(docs=1))


def test_the_loss_before_is_asked_for() -> None:
    with pytest.raises(SettingError, match="needs the general loss before training; no run has 0 tokens"):
        DCPTLaw(runs=table(), domain="law").ratio()
