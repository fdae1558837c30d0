"""Attempts: a few failures, then a pause; others are not held up by one address."""

from __future__ import annotations

import pytest

from winnow.api import attempts
from winnow.api.attempts import ALL, EACH, WINDOW, Attempts, TooMany


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_an_address_waits_after_a_few_failures_and_may_try_again_later() -> None:
    clock = Clock()
    tries = Attempts(clock)
    for _ in range(EACH):
        tries.check("a")
        tries.failed("a")
    clock.now += 20
    with pytest.raises(TooMany, match="try again in 40 s") as refused:
        tries.check("a")
    assert refused.value.seconds == WINDOW - 20
    tries.check("b")
    clock.now += 40
    tries.check("a")


def test_success_forgets_what_failed() -> None:
    tries = Attempts(Clock())
    for _ in range(EACH - 1):
        tries.failed("a")
    tries.succeeded("a")
    for _ in range(EACH - 1):
        tries.failed("a")
    tries.check("a")


def test_many_addresses_together_are_slowed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "KEPT", 10)
    tries = Attempts(Clock())
    for number in range(ALL):
        tries.failed(str(number))
    assert len(tries._failed) == 10
    with pytest.raises(TooMany):
        tries.check("new")
