"""The endpoint against a real server on this machine: retries, timeouts, failures, keys, probabilities."""

from __future__ import annotations

import math
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from chat_server import Server, completion
from winnow.errors import InputError, SettingError
from winnow.judge.base import Answer, Prompt
from winnow.judge.cache import AnswerCache
from winnow.judge.endpoint import Endpoint, first_token

PAIR = Prompt("Which is better?", system="You compare texts.", choices=("A", "B"))


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Waits between attempts are noted down, not waited for."""
    waits: list[float] = []
    monkeypatch.setattr("urllib3.util.retry.time.sleep", waits.append)
    return waits


def endpoint(server: Server, **settings: Any) -> Endpoint:
    return Endpoint(url=server.url, model="m", private=True, **settings)


def test_what_is_asked_and_what_comes_back(server: Server) -> None:
    found = list(endpoint(server).ask([PAIR, Prompt("Tell.", most_tokens=9)]))
    assert found[0] == Answer("A", {"A": 1.0, "B": 0.0}, 7, 1)
    assert found[1] == Answer("A", {}, 7, 1)
    first = next(body for body in server.asked if body["max_tokens"] == 8)
    assert first["path"] == "/v1/chat/completions"
    assert first["model"] == "m"
    assert first["temperature"] == 0
    assert [turn["role"] for turn in first["messages"]] == ["system", "user"]
    assert {body["max_tokens"] for body in server.asked} == {8, 9}


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again(server: Server, slept: list[float], status: int) -> None:
    server.reply = lambda number, body: (status, {}) if number < 3 else (200, completion("B"))
    assert [answer.text for answer in endpoint(server).ask([PAIR])] == ["B"]
    assert len(server.asked) == 4
    # The first time at once, then after 0.5 * 2, 0.5 * 4 seconds.
    assert slept == [1.0, 2.0]


def test_a_server_that_says_when_is_asked_then(server: Server, slept: list[float]) -> None:
    server.told = {"Retry-After": "7"}
    server.reply = lambda number, body: (429, {}) if number < 1 else (200, completion("B"))
    assert [answer.text for answer in endpoint(server).ask([PAIR])] == ["B"]
    assert slept == [7]


def test_a_server_that_stays_busy_gives_a_failed_answer(server: Server) -> None:
    server.reply = lambda number, body: (429, {"error": "slow down"})
    (answer,) = endpoint(server, retries=2).ask([PAIR])
    assert answer.error == 'status 429: {"error": "slow down"}'
    assert len(server.asked) == 3


def test_a_server_that_says_nothing_is_given_up_in_time(server: Server) -> None:
    done = threading.Event()
    server.reply = lambda number, body: ((done.wait(20) and 200) or 200, completion("A"))
    begun = time.monotonic()
    (answer,) = endpoint(server, retries=1, timeout=0.2).ask([PAIR])
    done.set()
    assert "nobody answered" in answer.error
    assert time.monotonic() - begun < 15


@pytest.mark.parametrize(("status", "words"), [(401, "key was refused"), (404, "no such address or model")])
def test_a_refused_key_stops_everything_at_once(server: Server, status: int, words: str) -> None:
    server.reply = lambda number, body: (status, {"error": "no"})
    with pytest.raises(InputError, match=words):
        list(endpoint(server, concurrency=1).ask([PAIR] * 50))
    assert len(server.asked) <= 2


def test_nobody_there_is_given_up_after_ten(server: Server) -> None:
    with pytest.raises(InputError, match="10 times in a row"):
        list(Endpoint(url="http://127.0.0.1:9/v1", model="m", private=True, retries=0).ask([PAIR] * 30))


@pytest.mark.parametrize(
    "said", [b"<html>", b"[]", b"{}", b'{"choices": []}', b'{"choices": [{"message": null}]}', b""]
)
def test_what_is_no_completion_is_a_failed_answer(server: Server, said: bytes) -> None:
    server.reply = lambda number, body: (200, said)
    (answer,) = endpoint(server).ask([PAIR])
    assert answer.error.startswith("this is no chat completion")


def test_an_answer_that_names_no_choice_has_no_likelihoods(server: Server) -> None:
    server.reply = lambda number, body: (200, completion("I would rather not say"))
    (answer,) = endpoint(server).ask([PAIR])
    assert (answer.text, answer.likelihoods, answer.error) == ("I would rather not say", {}, "")


def test_votes_are_shares_of_the_valid_answers(server: Server) -> None:
    server.reply = lambda number, body: (200, completion("A", "B", "B", "well", "B"))
    (answer,) = endpoint(server, votes=5, temperature=1.0).ask([PAIR])
    assert server.asked[0]["n"] == 5
    assert (answer.text, answer.likelihoods) == ("B", {"A": 0.25, "B": 0.75})
    with pytest.raises(SettingError, match="temperature"):
        list(endpoint(server, votes=5).ask([PAIR]))


def test_probabilities_are_shares_of_the_choices() -> None:
    # p(A) = .2 + .1 with a space, p(B) = .1, the rest is passed over: .3 / .4 and .1 / .4.
    listed = [("A", 0.2), (" A", 0.1), ("B", 0.1), ("The", 0.5)]
    top = [{"token": token, "logprob": math.log(share)} for token, share in listed]
    choice = {"logprobs": {"content": [{"top_logprobs": [{"token": "\n", "logprob": -0.1}]}, {"top_logprobs": top}]}}
    assert first_token(choice, ("A", "B")) == pytest.approx({"A": 0.75, "B": 0.25})
    assert first_token({"logprobs": None}, ("A", "B")) == {}


def test_probabilities_are_asked_for(server: Server) -> None:
    top = [{"token": "B", "logprob": math.log(0.9)}, {"token": "A", "logprob": math.log(0.1)}]
    server.reply = lambda number, body: (200, completion("A", logprobs={"content": [{"top_logprobs": top}]}))
    (answer,) = endpoint(server, logprobs=True).ask([PAIR])
    assert server.asked[0]["logprobs"] is True
    assert answer.text == "B"
    assert answer.likelihoods == pytest.approx({"A": 0.1, "B": 0.9})


def test_the_key_is_sent_and_kept_nowhere(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "sk-secret")
    server.reply = lambda number, body: (200, completion("A")) if number == 0 else (400, {"error": "bad"})
    judge = endpoint(server, key_env="MY_KEY", concurrency=1)
    found = list(judge.ask([PAIR, Prompt("two")], AnswerCache(tmp_path / "answers.jsonl")))
    assert [headers.get("Authorization") for headers in server.headers] == ["Bearer sk-secret"] * 2
    written = (tmp_path / "answers.jsonl").read_text() + repr(judge) + repr(judge.recipe) + repr(found)
    assert "sk-secret" not in written
    monkeypatch.delenv("MY_KEY")
    list(judge.ask([PAIR]))
    assert "Authorization" not in server.headers[-1]


def test_redirects_are_not_followed(server: Server) -> None:
    server.told = {"Location": "http://127.0.0.1:9/v1"}
    server.reply = lambda number, body: (307, {})
    (answer,) = endpoint(server).ask([PAIR])
    assert answer.error.startswith("status 307")


def test_a_private_address_is_refused_unless_allowed(server: Server) -> None:
    with pytest.raises(SettingError, match="private=true"):
        list(Endpoint(url=server.url, model="m").ask([PAIR]))
    assert server.asked == []


def test_answers_keep_the_order_of_the_prompts_while_many_run(server: Server) -> None:
    together, most = 0, 0

    def reply(number: int, body: dict[str, Any]) -> tuple[int, Any]:
        nonlocal together, most
        with server.lock:
            together += 1
            most = max(most, together)
        threading.Event().wait(0.02 if number % 3 else 0.06)
        with server.lock:
            together -= 1
        return 200, completion(body["messages"][0]["content"])

    server.reply = reply
    found = [answer.text for answer in endpoint(server, concurrency=4).ask(Prompt(str(n)) for n in range(40))]
    assert found == [str(number) for number in range(40)]
    assert 1 < most <= 4


def test_what_was_answered_is_not_asked_again(server: Server, tmp_path: Path) -> None:
    cache = AnswerCache(tmp_path / "answers.jsonl")
    list(endpoint(server).ask([PAIR], cache))
    # How it is asked may change; what is asked may not.
    (answer,) = endpoint(server, concurrency=2, timeout=5.0).ask([PAIR], cache)
    assert answer.cached
    assert len(server.asked) == 1
    list(endpoint(server, temperature=0.5).ask([PAIR], cache))
    assert len(server.asked) == 2


def test_the_price_is_told_when_prices_are_known() -> None:
    # 40 letters and 20 of system are 15 tokens in and 8 out: (15 * 2 + 8 * 10) / 1e6.
    prompt = Prompt("x" * 40, system="y" * 20, choices=("A", "B"))
    assert Endpoint(price_in=2.0, price_out=10.0).estimate([prompt]).price == pytest.approx(110e-6)
    assert Endpoint().estimate([prompt]).price is None
    assert Endpoint(votes=20, temperature=1.0).estimate([prompt]).tokens_out == 160
