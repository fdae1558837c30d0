"""What every judge promises; members are found by themselves."""

from __future__ import annotations

import json
import pickle

import pytest

from winnow.errors import SettingError
from winnow.judge.base import Judge, Prompt
from winnow.method import methods

KINDS = methods(Judge)
every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())


def test_the_first_judges_exist() -> None:
    assert {"endpoint", "local"} <= set(KINDS)


@every_kind
def test_recipe_and_pickle_give_it_back(kind: type[Judge]) -> None:
    judge = kind()
    assert kind.from_recipe(json.loads(json.dumps(judge.recipe))) == judge
    assert pickle.loads(pickle.dumps(judge)) == judge


@every_kind
def test_without_a_model_it_says_what_to_give(kind: type[Judge]) -> None:
    with pytest.raises(SettingError, match="--model"):
        list(kind().ask([Prompt("Which?", choices=("A", "B"))]))


@every_kind
def test_the_estimate_asks_nobody(kind: type[Judge]) -> None:
    # 10 letters of prompt and 3 of system are 4 tokens of 4 bytes; a free answer is counted at its most.
    cost = kind().estimate([Prompt("x" * 10, system="sys"), Prompt("x" * 12, most_tokens=50)])
    assert (cost.requests, cost.cached, cost.tokens_in, cost.tokens_out) == (2, 0, 4 + 3, 512 + 50)


@every_kind
def test_the_key_follows_what_is_said_and_not_how_it_is_asked(kind: type[Judge]) -> None:
    prompt = Prompt("Which?", choices=("A", "B"))
    assert kind().key(prompt) == kind().key(Prompt("Which?", choices=("A", "B")))
    assert kind().key(prompt) != kind().key(Prompt("Which one?", choices=("A", "B")))
    assert kind(model="one").key(prompt) != kind(model="other").key(prompt)
    assert kind.handling < {setting.name for setting in kind.settings()}
