"""Products of a fixed matrix with blocks: the same through torch, and small ones never leave the processor."""

from __future__ import annotations

import doctest

import numpy as np
import pytest

from winnow.device import device
from winnow.select import products as module
from winnow.select.products import Products, ahead


def test_the_examples_hold() -> None:
    assert doctest.testmod(module).failed == 0


def test_a_product_by_hand() -> None:
    # (1, 2) · (3, 4) = 11, (1, 2) · (5, 6) = 17, (0, 1) · (3, 4) = 4, (0, 1) · (5, 6) = 6
    fixed, block = np.array([[1, 2], [0, 1]], np.float32), np.array([[3, 4], [5, 6]], np.float32)
    assert Products(fixed)(block).tolist() == [[11, 17], [4, 6]]


@pytest.mark.parametrize("where", ["cpu", pytest.param("cuda", marks=pytest.mark.skipif(
    device() == "cpu", reason="no graphics card"))])  # fmt: skip
def test_the_way_through_torch_gives_the_same_products(monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    chance = np.random.default_rng(0)
    fixed, blocks = chance.normal(size=(30, 24)).astype(np.float32), chance.normal(size=(2, 50, 24)).astype(np.float32)
    # torch knows "cpu:0" too, which this code takes for a graphics card
    monkeypatch.setattr(module, "device", lambda: "cpu:0" if where == "cpu" else where)
    monkeypatch.setattr(module, "WORTH_MOVING", 0)
    products = Products(fixed)
    for block in blocks:
        np.testing.assert_allclose(products(block), fixed @ block.T, rtol=1e-5, atol=1e-5)
    assert products._there is not None


def test_small_products_stay_on_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "device", lambda: "a card that does not exist")
    assert Products(np.eye(3, dtype=np.float32))(np.eye(3, dtype=np.float32)).tolist() == np.eye(3).tolist()


def test_reading_ahead_keeps_order_and_passes_errors_on() -> None:
    def items():
        yield 1
        yield 2
        raise KeyError("third")

    source = ahead(items())
    assert [next(source), next(source)] == [1, 2]
    with pytest.raises(KeyError, match="third"):
        next(source)


def test_reading_ahead_reads_one_ahead_and_no_more() -> None:
    read: list[int] = []

    def items():
        for i in range(10):
            read.append(i)
            yield i

    source = ahead(items())
    next(source)
    source.close()
    assert len(read) <= 2
