from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from winnow.ingest.pieces import Pieces, cut, lines


class _Blocks:
    """Stands in for a stream: blocks of chosen sizes."""

    def __init__(self, content: bytes, step: int, damage: str = "") -> None:
        self._blocks = [content[start : start + step] for start in range(0, len(content), step)]
        self.damage = damage
        self.position = 0
        self.path = Path("a")

    def __iter__(self):
        return iter(self._blocks)


def _numbered(pieces: list[Pieces]) -> dict[int, bytes | str]:
    return {number: piece.fault or part for piece in pieces for number, part in enumerate(piece.parts, piece.first)}


@given(st.binary(max_size=60).map(lambda content: content.replace(b"\x01", b"\n")), st.integers(1, 20))
def test_lines_do_not_depend_on_blocks(content: bytes, step: int) -> None:
    found = _numbered(list(cut(_Blocks(content, step), lines, 1000)))
    expected = content.split(b"\n")
    if not expected[-1]:
        expected.pop()  # a newline ends the last line, it does not begin another
    assert found == dict(enumerate(expected, 1))


@given(st.lists(st.integers(0, 30), max_size=8), st.integers(1, 9))
def test_a_line_beyond_the_limit_is_named_and_numbers_go_on(sizes: list[int], step: int) -> None:
    content = b"".join(b"x" * size + b"\n" for size in sizes)
    found = _numbered(list(cut(_Blocks(content, step), lines, 10)))
    assert list(found) == list(range(1, len(sizes) + 1))
    for size, piece in zip(sizes, found.values(), strict=True):
        if size <= 10:
            assert piece == b"x" * size
        elif size >= 10 + step:  # shorter ones may lie inside one block, which is held anyway
            assert piece == "longer than the 10 bytes that max_chars allows"


@pytest.mark.parametrize(("content", "line", "excerpt"), [(b"a\nb", 2, b"b"), (b"a\n", 2, b""), (b"a", 1, b"a")])
def test_a_damaged_end_is_told(content: bytes, line: int, excerpt: bytes) -> None:
    last = list(cut(_Blocks(content, 9, "cut short"), lines, 100))[-1]
    assert last == Pieces(line, [excerpt], "cut short")
