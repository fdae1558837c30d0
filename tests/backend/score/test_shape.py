from __future__ import annotations

from text_batches import batch_of
from winnow.score.shape import Shape


def test_counts_by_hand() -> None:
    # "one\ntwo three\n": 3 + 1 + 9 + 1 = 14 code points; the final newline opens no line. "é 👍🏽" is 1 + 1 + 2.
    found = Shape().score(batch_of(["one\ntwo three\n", "", "\n", "a\n\nb", "é 👍🏽"]), None)
    assert found["chars"].tolist() == [14, 0, 1, 4, 4]
    assert found["words"].tolist() == [3, 0, 0, 2, 2]
    assert found["lines"].tolist() == [2, 0, 1, 3, 1]
