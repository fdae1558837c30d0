"""Files of judged pairs, right and wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from winnow.errors import InputError
from winnow.rate.pair_files import read_pairs


def lines(tmp_path: Path, *rows: str) -> Path:
    path = tmp_path / "pairs.jsonl"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_pairs_by_id_and_by_text(tmp_path: Path) -> None:
    path = lines(
        tmp_path,
        '{"first": 3, "second": "b", "winner": "second", "criterion": "style"}',
        "",
        '{"first_text": "x", "second_text": "y", "share": 0.25, "group": "g"}',
        '{"a1": "x", "a2": "y", "label": "a1", "debate": "d"}',
        '{"a": "i", "b": "j", "winner": "tie"}',
    )
    found = [
        (pair.line, pair.first, pair.second, pair.by_text, pair.share, pair.criterion, pair.group)
        for pair in read_pairs(path)
    ]
    assert found == [
        (1, "3", "b", False, 1.0, "style", ""),
        (3, "x", "y", True, 0.25, "", "g"),
        (4, "x", "y", True, 0.0, "", "d"),
        (5, "i", "j", False, 0.5, "", ""),
    ]


@pytest.mark.parametrize(
    "row",
    ["{", "[]", "3", "null", '{"first": "a", "second": "b"}', '{"first": "a", "winner": "first"}',
     '{"first": "a", "second": "b", "winner": "maybe"}', '{"first": "a", "second": "b", "share": 1.5}',
     '{"first": "a", "second": "b", "share": "x"}', '{"first_text": "", "second_text": "y", "winner": "first"}'],
)  # fmt: skip
def test_a_line_that_is_no_pair_is_named(tmp_path: Path, row: str) -> None:
    with pytest.raises(InputError, match=r"pairs.jsonl:2 is no pair"):
        list(read_pairs(lines(tmp_path, '{"first": "a", "second": "b", "winner": "first"}', row)))
