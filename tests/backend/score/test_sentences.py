from __future__ import annotations

import pyarrow as pa
import pytest

from winnow.score.sentences import inner_ends
from winnow.score.words import Texts


@pytest.mark.parametrize(
    ("line", "ends"),
    [
        ("One. Two. Three.", 2),
        ("No end at all", 0),
        ("Really?! Yes. Good", 2),
        ('He said "Stop." Then (so he did.) he did.', 1),
        ("Version 3.5 is out. Get it", 1),
        ("Mr. Smith met Dr. Jones and J. Doe at 5 p.m. today.", 0),
        ("it ended. and then it did not", 0),
        (". . .", 2),
    ],
)
def test_ends_before_the_last_word(line: str, ends: int) -> None:
    assert inner_ends(Texts.of(pa.array([line]))).tolist() == [ends]


def test_lines_are_counted_apart() -> None:
    texts = Texts.of(pa.array(["A dog. Barks. Loud.\n\nNo. Yes.", "", "Ends. Here"]))
    assert inner_ends(texts).tolist() == [2, 0, 1]
