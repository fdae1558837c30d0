"""A word list of the user's: what counts as a hit, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from text_batches import batch_of
from winnow.errors import InputError, MissingNeed
from winnow.score.listed_words import ListedWords


def found(tmp_path: Path, entries: str, *texts: str, least: int = 1) -> dict[str, Any]:
    path = tmp_path / "list.txt"
    path.write_text(entries, encoding="utf-8")
    scorer = ListedWords(file=str(path), least=least)
    made = scorer.score(batch_of(texts), scorer.prepare([]))
    return {
        name: values.to_pylist() if hasattr(values, "to_pylist") else values.tolist() for name, values in made.items()
    }


def test_counts_shares_and_flags(tmp_path: Path) -> None:
    # Words: "a dumb, DUMB goat" has 4, of which 2 are listed: share 0.5, 2 places, 1 entry. "dumbo" holds no whole word.
    made = found(tmp_path, "dumb\nold goat\n\n", "a dumb, DUMB goat", "dumbo", "An old  goat and an OLD-GOAT", least=2)
    assert made["listed_words_count"] == [2, 0, 2]
    assert made["listed_words_distinct"] == [1, 0, 1]
    assert made["listed_words_share"] == pytest.approx([2 / 4, 0, 4 / 7])
    assert made["listed_words"] == [True, False, True]


def test_a_phrase_does_not_reach_into_the_next_document(tmp_path: Path) -> None:
    assert found(tmp_path, "old goat", "so old", "goat")["listed_words_count"] == [0, 0]


def test_overlapping_entries_count_each_and_cover_once(tmp_path: Path) -> None:
    # "old" and "old goat" both stand in "old goat": 2 places, but 2 of 2 words covered, not 3.
    made = found(tmp_path, "old\nold goat", "old goat")
    assert made["listed_words_count"] == [2]
    assert made["listed_words_share"] == [1.0]


@pytest.mark.parametrize(
    ("entry", "text", "hits"),
    [
        ("傻瓜", "他真是个傻瓜啊", 1),
        ("ばか", "このばかもの", 1),
        ("โง่", "คนโง่มาก", 1),
        ("дурак", "какой ДУРАК!", 1),
        ("дурак", "дураки", 0),
        ("바보", "그는 바보 야", 1),
        ("caf\u00e9", "un CAFE\u0301 noir", 1),
    ],
)
def test_scripts_without_spaces_match_anywhere_and_others_whole_words(
    tmp_path: Path, entry: str, text: str, hits: int
) -> None:
    assert found(tmp_path, entry, text)["listed_words_count"] == [hits]


def test_spans_name_the_entry_and_lie_on_it(tmp_path: Path) -> None:
    text = "🙂 An Old Goat, a fool."
    spans = found(tmp_path, "old goat\nfool", text)["listed_words_spans"][0]
    assert [(text[span["start"] : span["end"]], span["kind"]) for span in spans] == [
        ("Old Goat", "old goat"),
        ("fool", "fool"),
    ]


def test_a_byte_order_mark_and_windows_lines_are_no_words(tmp_path: Path) -> None:
    assert found(tmp_path, "\ufefffool\r\ngoat\r\n", "fool goat")["listed_words_count"] == [2]


def test_what_is_refused_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(MissingNeed, match="--set file=PATH"):
        ListedWords().prepare([])
    with pytest.raises(InputError, match="no_such"):
        ListedWords(file=str(tmp_path / "no_such.txt")).prepare([])
    (tmp_path / "empty.txt").write_text("\n ... \n", encoding="utf-8")
    with pytest.raises(InputError, match="holds none"):
        ListedWords(file=str(tmp_path / "empty.txt")).prepare([])
    (tmp_path / "bytes.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="UTF-8"):
        ListedWords(file=str(tmp_path / "bytes.txt")).prepare([])


def test_an_edited_list_makes_older_columns_out_of_date(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("fool")
    scorer = ListedWords(file=str(path))
    before = scorer.state()
    path.write_text("goat")
    import os

    os.utime(path, ns=(1, 1))
    assert scorer.state() != before
