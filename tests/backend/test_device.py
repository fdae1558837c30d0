"""Where matrix products run: without a driver torch is not asked at all."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from winnow import device as module
from winnow.device import device


@pytest.fixture(autouse=True)
def asked_anew():
    device.cache_clear()
    yield
    device.cache_clear()


def test_without_a_driver_it_is_the_processor_and_torch_is_not_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DRIVERS", ("/dev/no-such-driver",))
    monkeypatch.setitem(sys.modules, "torch", None)  # an import of torch would raise
    assert device() == "cpu"


@pytest.mark.parametrize(("usable", "expected"), [(True, "cuda"), (False, "cpu")])
def test_with_a_driver_torch_decides(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, usable: bool, expected: str
) -> None:
    import torch

    monkeypatch.setattr(module, "DRIVERS", (str(tmp_path),))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: usable)
    assert device() == expected
