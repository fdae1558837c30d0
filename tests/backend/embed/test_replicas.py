"""Several replicas give what one gives: in order, whatever the batches, also in narrow numbers and little memory."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
import torch

from winnow.embed.batching import Batcher
from winnow.embed.replicas import BATCHES_AHEAD, Replica, devices, stream
from winnow.embed.sentence import fresh

MODEL = fresh("minilm", "cpu").eval()
ONE = Replica(MODEL, "cpu")
TEXTS = [f"{'very ' * (n * 7 % 40)}short text number {n} about {('rain', 'bread', 'chess')[n % 3]}" for n in range(40)]
EXPECTED = next(stream([ONE], Batcher(MODEL, 10_000), [TEXTS]))


def test_small_batches_on_several_replicas_equal_one_batch_on_one() -> None:
    few = Batcher(MODEL, 120)
    found = list(stream([ONE, ONE, ONE], few, [TEXTS[:25], [""], TEXTS[25:]]))
    assert not found[1].any()
    assert np.concatenate([found[0], found[2]]) == pytest.approx(EXPECTED, abs=1e-5)


def test_bfloat16_keeps_the_direction() -> None:
    narrow = Replica(copy.deepcopy(MODEL).bfloat16(), "cpu")
    (found,) = stream([narrow], Batcher(MODEL, 400), [TEXTS])
    assert found.dtype == np.float32
    assert np.linalg.norm(found, axis=1) == pytest.approx(1, abs=1e-3)
    assert (found * EXPECTED).sum(axis=1).min() >= 0.999


class Scarce:
    """A model that has room for six texts at once."""

    def __init__(self) -> None:
        self.passes: list[int] = []

    def __call__(self, features: Mapping[str, Any]) -> Any:
        if len(features["input_ids"]) > 6:
            raise torch.OutOfMemoryError("no room")
        self.passes.append(len(features["input_ids"]))
        return MODEL(dict(features))


def test_a_batch_too_large_for_the_device_is_halved_until_it_fits() -> None:
    """20 texts: 10 and 10 do not fit either, 5 do."""
    model = Scarce()
    (found,) = stream([Replica(model, "cpu")], Batcher(MODEL, 100_000), [TEXTS[:20]])
    assert model.passes == [5, 5, 5, 5]
    assert found == pytest.approx(EXPECTED[:20], abs=1e-5)


def test_a_text_too_large_for_the_device_is_an_error_and_no_endless_halving() -> None:
    def full(_: object) -> None:
        raise torch.OutOfMemoryError("no room")

    with pytest.raises(torch.OutOfMemoryError):
        next(stream([Replica(full, "cpu")], Batcher(MODEL, 100), [["a", "b"]]))


def test_only_a_few_batches_are_read_ahead() -> None:
    read: list[int] = []

    def batches() -> Iterator[Sequence[str]]:
        for number in range(20):
            read.append(number)
            yield [f"text {number}"]

    found = stream([ONE], Batcher(MODEL, 1000), batches())
    next(found)
    assert len(read) == BATCHES_AHEAD + 1
    assert len(list(found)) == 19


def test_without_a_gpu_there_is_one_replica_on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert devices() == ["cpu"]
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    assert devices() == ["cuda:0", "cuda:1", "cuda:2"]
