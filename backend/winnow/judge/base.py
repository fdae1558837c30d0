"""The interface of every judge: prompts in, answers out, in the same order, with the cost known beforehand."""

from __future__ import annotations

import itertools
import json
from abc import abstractmethod
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from typing import ClassVar, Protocol

from winnow.errors import InputError
from winnow.method import Method

WINDOW = 1024
"""How many prompts are looked up and asked together: it bounds the memory, not the speed."""

PATIENCE = 10
"""So many failed answers in a row mean that the judge is broken, and not the prompts."""


@dataclass(frozen=True)
class Prompt:
    """One question. With `choices` the answer is one of them; without, it is free text of at most `most_tokens`."""

    text: str
    system: str = ""
    choices: tuple[str, ...] = ()
    most_tokens: int = 512


@dataclass(frozen=True)
class Answer:
    """What a judge said. `likelihoods` gives each choice its probability, summing to 1; it is empty when none is known.

    An answer with an `error` says nothing, and its text is empty.
    """

    text: str = ""
    likelihoods: Mapping[str, float] = field(default_factory=dict)
    tokens_in: int = 0
    tokens_out: int = 0
    cached: bool = False
    error: str = ""


@dataclass(frozen=True)
class Cost:
    """What asking would take: requests still to make, those answered before, tokens (4 bytes each, an estimate), money.

    `tokens_out` is the most that may come back. `price` is in the currency of the judge's price settings, None when
    they are not set.
    """

    requests: int
    cached: int
    tokens_in: int
    tokens_out: int
    price: float | None = None

    @property
    def words(self) -> str:
        """Say it in a line.

        >>> Cost(1200, 300, 90_000, 1200, 0.35).words
        '1,200 requests (300 more are answered already), about 90,000 tokens in, at most 1,200 out, at most about 0.35'
        """
        known = f" ({self.cached:,} more are answered already)" if self.cached else ""
        price = "" if self.price is None else f", at most about {self.price:,.2f}"
        return f"{self.requests:,} requests{known}, about {self.tokens_in:,} tokens in, at most {self.tokens_out:,} out{price}"


class Cache(Protocol):
    """Keeps answers by key."""

    def get(self, key: str) -> Answer | None: ...

    def put(self, key: str, answer: Answer) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Judge(Method):
    """Answers prompts. Everything it is asked can be replayed from a cache without it."""

    handling: ClassVar[frozenset[str]] = frozenset()
    """Settings that change how it is asked and never what it says: they are no part of a cached answer's key."""

    @abstractmethod
    def answers(self, prompts: Iterable[Prompt]) -> Iterator[Answer]:
        """Answer every prompt in order; one that fails gives an Answer with an error. Raises when nothing can work."""

    def price(self, tokens_in: int, tokens_out: int) -> float | None:
        """Return what so many tokens cost, None when that is not known."""
        return None

    def tokens_out(self, prompt: Prompt) -> int:
        """Return how many tokens may come back for a prompt, at most."""
        return ANSWER if prompt.choices else prompt.most_tokens

    def key(self, prompt: Prompt) -> str:
        """Name the answer to a prompt: sha256 of the prompt and of the settings that decide what is said."""
        spoken = {name: value for name, value in self.recipe.items() if name not in self.handling}
        return sha256(json.dumps([spoken, asdict(prompt)], sort_keys=True).encode()).hexdigest()

    def ask(self, prompts: Iterable[Prompt], cache: Cache | None = None) -> Iterator[Answer]:
        """Yield an answer per prompt, in order; what the cache knows is not asked again, and failures are not kept.

        Raises InputError when the judge is broken, MissingNeed or SettingError when it cannot be asked at all.
        """
        failed = 0
        for window in windows(prompts):
            for answer in self._ask_window(window, cache):
                failed = failed + 1 if answer.error else 0
                if failed == PATIENCE:
                    raise InputError(
                        f"{type(self).name} answered {PATIENCE} times in a row with a failure", answer.error,
                        "mend the cause and run it again: what was answered is kept",
                    )  # fmt: skip
                yield answer

    def _ask_window(self, window: tuple[Prompt, ...], cache: Cache | None) -> Iterator[Answer]:
        line: deque[tuple[str, Answer | None]] = deque()

        def unknown() -> Iterator[Prompt]:
            for prompt in window:
                key = self.key(prompt)
                known = cache.get(key) if cache is not None else None
                line.append((key, replace(known, cached=True) if known else None))
                if known is None:
                    yield prompt

        for answer in self.answers(unknown()):
            while line[0][1] is not None:
                yield line.popleft()[1] or answer
            key, _ = line.popleft()
            if cache is not None and not answer.error:
                cache.put(key, answer)
            yield answer
        yield from (known for _, known in line if known is not None)

    def estimate(self, prompts: Iterable[Prompt], cache: Cache | None = None) -> Cost:
        """Say what asking would cost, without asking."""
        requests = known = tokens_in = tokens_out = 0
        for prompt in prompts:
            if cache is not None and cache.get(self.key(prompt)):
                known += 1
                continue
            requests += 1
            tokens_in += -(-(len(prompt.text.encode()) + len(prompt.system.encode())) // 4)
            tokens_out += self.tokens_out(prompt)
        return Cost(requests, known, tokens_in, tokens_out, self.price(tokens_in, tokens_out))


ANSWER = 8
"""Tokens that an answer out of a few choices may take."""


def windows(prompts: Iterable[Prompt]) -> Iterator[tuple[Prompt, ...]]:
    """Cut prompts into windows, reading no further ahead than one."""
    source = iter(prompts)
    while window := tuple(itertools.islice(source, WINDOW)):
        yield window


def chosen(text: str, choices: tuple[str, ...]) -> str:
    """Return the choice that an answer names, or "" when it names none or several.

    Quotes, brackets, full stops and the words around it are passed over; letters count as they are written, so that
    the article in "a better text" is no vote for A.

    >>> chosen(" **B**.", ("A", "B")), chosen("Answer: A", ("A", "B")), chosen("A or B", ("A", "B"))
    ('B', 'A', '')
    """
    if text.strip().strip("\"'.*") in choices:
        return text.strip().strip("\"'.*")
    words = "".join(letter if letter.isalnum() else " " for letter in text).split()
    found = {choice for choice in choices if choice in words}
    return found.pop() if len(found) == 1 else ""
