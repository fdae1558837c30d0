"""Attempts to log in: after a few that failed an address has to wait."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

from winnow.errors import AccessError

EACH, ALL, WINDOW = 5, 100, 60.0
"""Failed attempts of one address and of all together within so many seconds; further ones are not even looked at."""

KEPT = 10_000
"""Addresses remembered at most."""


class TooMany(AccessError):
    """An address has to wait before it may try again."""

    seconds: float = WINDOW


class Attempts:
    """Counts failures in a sliding window, per address and in all."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._failed: OrderedDict[str, deque[float]] = OrderedDict()
        self._all: deque[float] = deque()

    def check(self, address: str) -> None:
        """Raise TooMany when an address has to wait, or when everybody has."""
        with self._lock:
            for failed, most in ((self._failed.get(address, deque()), EACH), (self._all, ALL)):
                self._forget(failed)
                if len(failed) >= most:
                    wait = max(WINDOW - (self._clock() - failed[0]), 1.0)
                    reason = TooMany("a log-in needs a pause", f"{len(failed)} failed", f"try again in {wait:.0f} s")
                    reason.seconds = wait
                    raise reason

    def failed(self, address: str) -> None:
        """Note a failure."""
        with self._lock:
            now = self._clock()
            self._failed.setdefault(address, deque()).append(now)
            self._failed.move_to_end(address)
            self._all.append(now)
            while len(self._failed) > KEPT:
                self._failed.popitem(last=False)

    def succeeded(self, address: str) -> None:
        """Forget what failed before."""
        with self._lock:
            self._failed.pop(address, None)

    def _forget(self, failed: deque[float]) -> None:
        while failed and self._clock() - failed[0] >= WINDOW:
            failed.popleft()
