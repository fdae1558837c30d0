"""The path of a graphics card, run on torch's CPU device: the same answers as NumPy's, ties and masks too."""

from __future__ import annotations

import numpy as np
import pytest

from winnow.embed.matrix import Matrix
from winnow.index import resident
from winnow.index.exact import ExactIndex
from winnow.index.resident import Resident

# Torch knows its processor by this name too; "cpu" alone means NumPy.
DEVICE = "cpu:0"


def matrix_of(rows: int) -> np.ndarray:
    # Small integers multiply exactly, and many rows tie.
    return np.random.default_rng(0).integers(-2, 3, size=(rows, 5)).astype(np.float16)


@pytest.mark.parametrize("k", [1, 7, 3000])
@pytest.mark.parametrize("allowed", [None, np.arange(0, 2500, 3)])
def test_it_answers_as_the_processor_does(k: int, allowed: np.ndarray | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resident, "BLOCK_BYTES", 1)
    matrix = matrix_of(2500)
    queries = matrix[:11].astype(np.float32)
    rows, scores = ExactIndex([matrix[:900], matrix[900:]], device=DEVICE).nearest(queries, k, allowed=allowed)
    expected = ExactIndex(matrix, device="cpu").nearest(queries, k, allowed=allowed)
    assert rows.tolist() == expected[0].tolist()
    assert scores.tolist() == expected[1].tolist()


def test_the_matrix_crosses_the_bus_once_when_there_is_room_and_each_time_when_there_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Counted(Matrix):
        reads = 0

        def __getitem__(self, rows: slice | np.ndarray) -> np.ndarray:
            self.reads += 1
            return super().__getitem__(rows)

    for room, reads in ((1 << 30, 1), (0, 2)):
        monkeypatch.setattr(resident, "_room", lambda device, room=room: room)
        counted = Counted(matrix_of(50))
        held = Resident(counted, DEVICE)
        for _ in range(2):
            list(held.candidates(np.ones((1, 5), np.float32), 3, None))
        assert counted.reads == reads


def test_nothing_is_asked_for() -> None:
    assert ExactIndex(matrix_of(9), device=DEVICE).nearest(np.ones((2, 5), np.float32), 0)[0].shape == (2, 0)
