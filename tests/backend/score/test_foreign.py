from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import given

from text_batches import texts
from winnow.score.foreign import plain, with_foreign
from winnow.score.words import Texts


def changed(documents: list[str]) -> list[str]:
    found: list[str] = with_foreign(Texts.of(pa.array(documents, pa.large_string())), plain).column().to_pylist()
    return found


def test_only_what_is_outside_ascii_changes() -> None:
    # The letter before an accent goes along with it; the curly quote takes its letter along too, in lower case.
    assert changed(["A Cafe\u0301 A", "IT’S A", "", "ＡB"]) == ["A Café A", "It S A", "", "aB"]


def test_a_stretch_never_reaches_into_the_next_text() -> None:
    assert changed(["A", "éB", "", "C\u0301", "D"]) == ["A", "éB", "", "ć", "D"]


@given(texts)
def test_the_whole_text_at_once_gives_the_same_but_for_ascii_case(documents: list[str]) -> None:
    whole = plain(pa.array(documents, pa.large_string()))
    assert [pc.ascii_lower(pa.scalar(text)).as_py() for text in changed(documents)] == whole.to_pylist()
