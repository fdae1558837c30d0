"""What every method inside a training run promises; members are found by themselves."""

from __future__ import annotations

import dataclasses
import json
import pickle

import numpy as np
import pytest

from winnow.errors import SettingError
from winnow.method import methods
from winnow.online.base import Chooser, Mixture, Offer, Online, Reweighter

KINDS = methods(Online)


def variants() -> list[Online]:
    """Return every method as it comes, and once more for each other choice or switch it has."""
    found = []
    for kind in KINDS.values():
        found.append(kind())
        for setting in kind.settings():
            others = setting.choices or ((not setting.default,) if setting.kind is bool else ())
            found += [
                dataclasses.replace(kind(), **{setting.name: other}) for other in others if other != setting.default
            ]
    return found


every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())


def every_one(of: type[Online]) -> pytest.MarkDecorator:
    """Run a test with each method of a kind."""
    return pytest.mark.parametrize("method", [method for method in variants() if isinstance(method, of)], ids=repr)


every = every_one(Online)


def test_the_methods_exist_and_each_is_of_a_kind_that_a_trainer_knows() -> None:
    assert {"loss_reweight", "dga", "jest"} <= set(KINDS)
    assert all(issubclass(kind, (Reweighter, Mixture, Chooser)) for kind in KINDS.values())


@every_kind
def test_describes_itself(kind: type[Online]) -> None:
    assert kind.summary().endswith(".")
    assert kind.paper is not None
    assert kind.paper.arxiv in (kind.__doc__ or "")
    for setting in kind.settings():
        assert setting.help.endswith("."), f"{setting.name} needs a sentence"


@every
def test_recipe_and_pickle_come_back(method: Online) -> None:
    assert type(method).from_recipe(json.loads(json.dumps(method.recipe))) == method
    assert pickle.loads(pickle.dumps(method)) == method


@every_kind
def test_an_unknown_setting_is_named(kind: type[Online]) -> None:
    with pytest.raises(SettingError, match="has no setting 'etaa'"):
        kind.from_recipe({"method": kind.name, "etaa": 1})


@every_one(Reweighter)
@pytest.mark.parametrize("losses", [[2.0], [1.0, 1.0], [0.0, 3.0, 9.0], [1e-9, 700.0, 3.0, 3.0]], ids=str)
def test_weights_sum_to_one_and_belong_to_windows_not_to_places(method: Reweighter, losses: list[float]) -> None:
    given = np.array(losses)
    before = given.copy()
    weights = method.weights(given, 1.0)
    assert weights.sum() == pytest.approx(1.0)
    assert (weights >= 0).all()
    assert method.weights(given[::-1], 1.0)[::-1] == pytest.approx(weights)
    assert np.array_equal(given, before), "what the trainer measured is not written to"


@every_one(Mixture)
@pytest.mark.parametrize("aligned", [[0.0], [1.0, -1.0], [5.0, 5.0, 5.0], [-1e5, 0.0, 1e5]], ids=str)
def test_shares_sum_to_one_and_grow_with_the_alignment(method: Mixture, aligned: list[float]) -> None:
    even = np.full(len(aligned), 1 / len(aligned))
    shares = method.update(even, np.array(aligned))
    assert shares.sum() == pytest.approx(1.0)
    assert (shares >= 0).all()
    assert (np.diff(shares[np.argsort(aligned)]) >= -1e-12).all()
    assert method.update(even[::-1], np.array(aligned[::-1]))[::-1] == pytest.approx(shares)


@every_one(Chooser)
@pytest.mark.parametrize("size", [1, 4, 7, 64])
def test_a_choice_is_whole_distinct_and_repeatable(method: Chooser, size: int) -> None:
    n = method.offered(size)
    assert n >= size
    rng = np.random.default_rng(4)
    offer = Offer(rng.random(n), rng.random(n), rng.random((n, n)))
    first, again = (method.choose(offer, size, np.random.default_rng(9)) for _ in range(2))
    assert len(np.unique(first)) == size
    assert (first >= 0).all()
    assert (first < n).all()
    assert np.array_equal(first, again)
