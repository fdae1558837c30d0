"""What a method reads is told pass by pass, and reading is where it can be stopped."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from winnow.errors import Cancelled
from winnow.jobs.reading import counted
from winnow.pool import Pool, Stored


class Told:
    """Progress that remembers, and stops at so many documents."""

    def __init__(self, most: float = np.inf) -> None:
        self.stages: list[tuple[str, float]] = []
        self.done: list[float] = []
        self.most = most

    def stage(self, name: str, total: float, unit: str) -> None:
        self.stages.append((name, total))
        self.done.append(0)

    def advance(self, amount: float) -> None:
        self.done[-1] += amount
        if self.done[-1] > self.most:
            raise Cancelled("job 1 was cancelled", "while it read", "run it again")

    def note(self, text: str) -> None: ...


def pool(n: int = 10) -> Pool:
    stored = Stored(np.arange(2.0 * n).reshape(n, 2), np.arange(n))
    return Pool(
        np.arange(n), np.ones(n), vectors={"m": stored}, texts=lambda ids: pa.array([f"text {i}" for i in ids.tolist()])
    )


def test_each_pass_over_the_texts_is_a_stage() -> None:
    told = Told()
    watched = counted(pool(), "dsir", told)
    for _ in range(2):
        read = [text for texts in watched.text_batches(size=4) for text in texts.to_pylist()]
        assert read == [f"text {i}" for i in range(10)]
    assert told.stages == [("dsir reads the documents", 10), ("dsir reads the documents again (2)", 10)]
    assert told.done == [10, 10]


def test_vectors_left_on_the_disk_are_counted_and_come_as_they_are() -> None:
    told = Told()
    vectors = counted(pool(), "rds", told).vectors["m"]
    assert vectors[2:4].tolist() == [[4, 5], [6, 7]]
    assert vectors[np.array([9])].tolist() == [[18, 19]]
    assert told.done == [3]
    assert vectors.shape == (10, 2)


def test_whoever_stops_the_job_stops_the_reading() -> None:
    watched = counted(pool(), "dsir", Told(most=4))
    with pytest.raises(Cancelled):
        list(watched.text_batches(size=3))
