"""A judge behind an address: any server that speaks the chat completions interface of OpenAI."""

from __future__ import annotations

import itertools
import math
import os
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, ClassVar

import orjson
import urllib3

from winnow.errors import InputError, SettingError
from winnow.judge.addresses import checked, proxy_for
from winnow.judge.base import Answer, Judge, Prompt, chosen
from winnow.method import param

BUSY = (408, 409, 425, 429, 500, 502, 503, 504, 529)
"""Answers that may be another the next time."""

HOPELESS = {401: "the key was refused", 403: "the key may not ask this", 404: "there is no such address or model"}
TOP = 20


@dataclass(frozen=True, kw_only=True)
class Endpoint(Judge):
    """Asks a model behind any address that speaks OpenAI's chat completions interface.

    Several requests run at once; busy servers (429, 5xx) are asked again at once, after 1, 2, 4 … seconds, or when they say. The
    key is read from an environment variable, sent to this address alone and never written anywhere; redirects are not
    followed. With `logprobs` the likelihood of a choice is its share of the choices' probabilities at the first token;
    with several `votes` it is the share of the valid answers.
    """

    name: ClassVar[str] = "endpoint"
    handling: ClassVar[frozenset[str]] = frozenset(
        {"key_env", "concurrency", "retries", "timeout", "price_in", "price_out", "private"}
    )

    url: str = param("", "The base address, to which /chat/completions is added: https://HOST/v1.")
    model: str = param("", "The name of the model, as the server knows it.")
    key_env: str = param("WINNOW_JUDGE_KEY", "The environment variable with the key; when it is empty, none is sent.")
    temperature: float = param(0.0, "How freely the model answers; 0 gives its likeliest answer.", low=0.0, high=2.0)
    votes: int = param(1, "How many answers are drawn for a prompt with choices; needs a temperature above 0.", low=1)
    answer_tokens: int = param(
        8, "Tokens that an answer among choices may take; a model that thinks first needs hundreds.", low=1
    )
    logprobs: bool = param(False, "Ask for the probabilities of the choices; not every server gives them.")
    concurrency: int = param(8, "How many requests run at once.", low=1, high=256)
    retries: int = param(5, "How often a busy server is asked again.", low=0, high=20)
    timeout: float = param(60.0, "Seconds to wait for an answer.", low=0.01)
    price_in: float | None = param(None, "Price of a million tokens read, for the estimate.", low=0.0)
    price_out: float | None = param(None, "Price of a million tokens written, for the estimate.", low=0.0)
    private: bool = param(False, "Whether the address may be this machine or its network.")

    def price(self, tokens_in: int, tokens_out: int) -> float | None:
        if self.price_in is None and self.price_out is None:
            return None
        return (tokens_in * (self.price_in or 0) + tokens_out * (self.price_out or 0)) / 1e6

    def tokens_out(self, prompt: Prompt) -> int:
        return self.votes * self.answer_tokens if prompt.choices else prompt.most_tokens

    def answers(self, prompts: Iterable[Prompt]) -> Iterator[Answer]:
        if not self.model:
            raise SettingError("an endpoint needs the name of its model", "none was given", "--model NAME")
        if self.votes > 1 and self.temperature == 0:
            raise SettingError("several votes need a temperature above 0", "every vote would be the same", "votes=1")
        address = checked(self.url, self.private)
        source, threads = iter(prompts), ThreadPoolExecutor(self.concurrency)
        with self._connections(address) as connections:

            def send(prompt: Prompt) -> Future[Answer]:
                return threads.submit(self._answer, connections, f"{address}/chat/completions", prompt)

            waiting = deque(send(prompt) for prompt in itertools.islice(source, 2 * self.concurrency))
            try:
                while waiting:
                    yield waiting.popleft().result()
                    waiting.extend(send(prompt) for prompt in itertools.islice(source, 1))
            finally:
                # Whoever stops does not wait for the requests under way; the process does when it ends.
                threads.shutdown(wait=False, cancel_futures=True)

    def _connections(self, address: str) -> urllib3.PoolManager:
        again = urllib3.Retry(
            total=self.retries, status_forcelist=BUSY, allowed_methods=None, backoff_factor=0.5, backoff_max=60,
            redirect=False, raise_on_status=False, respect_retry_after_header=True,
        )  # fmt: skip
        proxy = proxy_for(address)
        told: dict[str, Any] = {"maxsize": self.concurrency, "retries": again, "timeout": self.timeout}
        return urllib3.ProxyManager(proxy, **told) if proxy else urllib3.PoolManager(**told)

    def _answer(self, connections: urllib3.PoolManager, address: str, prompt: Prompt) -> Answer:
        headers = {"Content-Type": "application/json"}
        if secret := os.environ.get(self.key_env, "").strip():
            headers["Authorization"] = f"Bearer {secret}"
        try:
            response = connections.request(
                "POST", address, body=orjson.dumps(self._body(prompt)), headers=headers, redirect=False
            )
        except (urllib3.exceptions.HTTPError, UnicodeError, ValueError) as reason:
            return Answer(error=_cause(reason))
        if response.status in HOPELESS:
            raise InputError(
                f"the judge at {address} cannot be asked",
                f"{HOPELESS[response.status]} ({response.status}): {_said(response.data)}",
                f"check url, model and the variable {self.key_env}",
            )
        if response.status != 200:
            return Answer(error=f"status {response.status}: {_said(response.data)}")
        try:
            return self._read(orjson.loads(response.data), prompt)
        except (ValueError, KeyError, TypeError, IndexError, AttributeError):
            return Answer(error=f"this is no chat completion: {_said(response.data)}")

    def _body(self, prompt: Prompt) -> dict[str, Any]:
        system = [{"role": "system", "content": prompt.system}] if prompt.system else []
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [*system, {"role": "user", "content": prompt.text}],
            "max_tokens": self.answer_tokens if prompt.choices else prompt.most_tokens,
            "temperature": self.temperature,
        }
        if prompt.choices and self.votes > 1:
            body["n"] = self.votes
        if prompt.choices and self.logprobs:
            body |= {"logprobs": True, "top_logprobs": TOP}
        return body

    def _read(self, reply: Mapping[str, Any], prompt: Prompt) -> Answer:
        said = [str(choice["message"]["content"] or "") for choice in reply["choices"]]
        usage = reply.get("usage") or {}
        tokens = int(usage.get("prompt_tokens", 0)), int(usage.get("completion_tokens", 0))
        if not prompt.choices:
            return Answer(said[0], {}, *tokens)
        votes = Counter(choice for text in said if (choice := chosen(text, prompt.choices)))
        shares = first_token(reply["choices"][0], prompt.choices) if self.logprobs else {}
        if not shares and votes:
            shares = {choice: votes[choice] / votes.total() for choice in prompt.choices}
        best = max(prompt.choices, key=lambda choice: shares[choice]) if shares else said[0]
        return Answer(best, shares, *tokens)


def first_token(choice: Mapping[str, Any], choices: tuple[str, ...]) -> dict[str, float]:
    """Return p(choice) / Σ p(choices) at the first token that names a choice; empty when none does.

    A token counts with and without the space before it; a choice that is not among the listed tokens has probability 0.
    """
    for place in ((choice.get("logprobs") or {}).get("content")) or ():
        found = dict.fromkeys(choices, 0.0)
        for token in place["top_logprobs"]:
            name = str(token["token"]).strip()
            if name in found:
                found[name] += math.exp(float(token["logprob"]))
        if total := sum(found.values()):
            return {name: share / total for name, share in found.items()}
    return {}


def _cause(reason: Exception) -> str:
    """Say why a request failed; the innermost cause, without the address and without the headers."""
    inner: object = getattr(reason, "reason", None) or reason
    return f"{type(inner).__name__}: nobody answered" if isinstance(inner, Exception) else str(inner)


def _said(body: bytes) -> str:
    """Return the beginning of what a server said, on one line."""
    return " ".join(body[:300].decode("utf-8", "replace").split())
