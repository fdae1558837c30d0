"""Keyword search over a few documents whose matches can be counted by eye."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from winnow.errors import ConflictError, CorpusError, QueryError
from winnow.index import keyword
from winnow.index.keyword import Batch, KeywordIndex

TEXTS = [
    "The neural network learns from data. Neural networks learn.",
    "A network of roads, and data about roads",
    "Bread recipe: flour, water, salt",
    "Don't mix well-known recipes with snake_case names",
    "机器学习的方法很多",
    "日本語のテキストを検索する",
    "한국어를 배우는 사람",
    "การเรียนรู้ของเครื่อง",
    "مرحبا بالعالم الجميل",
    "Cafe\u0301 au lait, naïve Straße 🙂",
]
SOURCES = ["web", "web", "food", "food", "news desk", "news", "news", "news", None, "web"]
URLS = [f"https://example.org/page/{place}" for place in range(len(TEXTS))]


def batches(texts: list[str], first: int = 0, size: int = 3) -> Iterable[Batch]:
    for start in range(0, len(texts), size):
        part = slice(start, start + size)
        ids = np.arange(first + start, first + start + len(texts[part]))
        yield ids, texts[part], {"source": SOURCES[part], "url": URLS[part]}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> KeywordIndex:
    found = KeywordIndex(tmp_path_factory.mktemp("corpus") / "index")
    assert found.build(batches(TEXTS)) == len(TEXTS)
    return found


@pytest.mark.parametrize(
    ("query", "doc_ids"),
    [
        ("network", [0, 1]),
        ("NETWORK data", [0, 1]),
        ("network roads", [1]),
        ("+network -roads", [0]),
        ("-network -source:news -food", [2, 3, 8, 9]),
        ('"neural network"', [0]),
        ('"network neural"', []),
        ("network*", [0, 1]),
        ('learn* -"learn"', []),
        ("recip*", [2, 3]),
        ("recipe", [2]),
        ("roads OR salt", [1, 2]),
        ("(roads OR salt) data", [1]),
        ("source:food", [2, 3]),
        ("source:news", [4, 5, 6, 7]),
        ('source:"news desk"', [4]),
        ("source:(food OR desk) recipe", [2]),
        ("url:page/7", [7]),
        ("url:example.org data", [0, 1]),
        ("don't", [3]),
        ("well-known", [3]),
        ("snake_case", [3]),
        ("学习", [4]),
        ("机器学习", [4]),
        ("学机", []),
        ("検索", [5]),
        ("テキスト", [5]),
        ("한국", [6]),
        ("เรียน", [7]),
        ("العالم", []),
        ("بالعالم", [8]),
        ("café", [9]),
        ("cafe\u0301 STRASSE OR straße", [9]),
        ("absent", []),
        ("network absent", []),
    ],
)
def test_matches(index: KeywordIndex, query: str, doc_ids: list[int]) -> None:
    assert index.matches(query).tolist() == doc_ids
    found, scores = index.search(query, 100)
    assert sorted(found.tolist()) == doc_ids
    assert (np.diff(scores) <= 0).all()
    assert (found.dtype, scores.dtype) == (np.int64, np.float32)


def test_the_best_match_comes_first(index: KeywordIndex) -> None:
    # "data" occurs once in both; document 1 is the shorter one, which BM25 prefers.
    assert index.search("data")[0].tolist() == [1, 0]
    assert index.search("data", 1)[0].tolist() == [1]
    assert index.search("data", 0)[0].tolist() == []


def test_terms_to_highlight(index: KeywordIndex) -> None:
    query = 'Neural "deep network" -salt source:web (roads OR learn*) neural well-known, 学习'
    assert index.terms(query) == ["neural", "deep network", "roads", "learn", "well-known", "学习"]
    assert index.terms("???") == []
    assert index.terms("OR") == []


@pytest.mark.parametrize("query", ["", "((", "🙂"])
def test_nothing_to_search_for(index: KeywordIndex, query: str) -> None:
    for ask in (index.search, index.matches):
        with pytest.raises(QueryError, match="a search needs a word"):
            ask(query)


def test_added_documents_are_found_and_repeated_calls_change_nothing(tmp_path: Path) -> None:
    index = KeywordIndex(tmp_path / "index")
    index.build(batches(TEXTS[:4]))
    reader = KeywordIndex(tmp_path / "index")
    assert (reader.last(), len(reader)) == (3, 4)
    for _ in range(2):
        assert index.add(batches(TEXTS[2:6], first=2)) == 4
        assert (reader.last(), len(reader)) == (5, 6)
        assert reader.matches("recipe").tolist() == [2]


def test_a_first_add_builds(tmp_path: Path) -> None:
    index = KeywordIndex(tmp_path / "index")
    assert not index.exists
    index.add(batches(TEXTS))
    assert index.exists
    assert index.matches("roads").tolist() == [1]


def test_a_failed_build_keeps_the_old_index_and_leaves_nothing(tmp_path: Path) -> None:
    index = KeywordIndex(tmp_path / "index")
    index.build(batches(TEXTS))

    def broken() -> Iterable[Batch]:
        yield from batches(["other words"])
        raise OSError("the disk is gone")

    for write in (index.build, index.add):
        with pytest.raises(OSError, match="the disk is gone"):
            write(broken())
        assert KeywordIndex(tmp_path / "index").matches("neural").tolist() == [0]
        assert [path.name for path in tmp_path.iterdir()] == ["index"]


def test_a_reader_follows_a_rebuild(tmp_path: Path) -> None:
    index, reader = KeywordIndex(tmp_path / "index"), KeywordIndex(tmp_path / "index")
    index.build(batches(TEXTS))
    assert reader.matches("roads").tolist() == [1]
    index.build(batches(["roads", "more roads"]))
    assert reader.matches("roads").tolist() == [0, 1]


def test_what_a_killed_build_left_is_swept(tmp_path: Path) -> None:
    (tmp_path / ".index-999999999-x").mkdir()
    KeywordIndex(tmp_path / "index").build(batches(TEXTS))
    assert [path.name for path in tmp_path.iterdir()] == ["index"]


def test_two_writers_conflict(tmp_path: Path) -> None:
    index = KeywordIndex(tmp_path / "index")
    index.build(batches(TEXTS))

    def nested() -> Iterable[Batch]:
        with pytest.raises(ConflictError, match="being written"):
            KeywordIndex(tmp_path / "index").add(batches(["more"], first=20))
        yield from batches(["last"], first=30)

    index.add(nested())
    assert index.last() == 30


def test_an_absent_index_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="keyword search needs its index"):
        KeywordIndex(tmp_path).search("word")


def test_an_empty_index_answers(tmp_path: Path) -> None:
    index = KeywordIndex(tmp_path / "index")
    index.build([])
    assert index.last() == -1
    assert index.matches("word").tolist() == []
    assert index.search("word")[0].tolist() == []


def test_only_the_beginning_of_a_huge_text_is_indexed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyword, "TEXT_LIMIT", 100)
    index = KeywordIndex(tmp_path / "index")
    index.build([(np.array([0]), ["early " + "x " * 100 + "late"], {})])
    assert index.matches("early").tolist() == [0]
    assert index.matches("late").tolist() == []


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(codec="utf-8"), max_size=80))
def test_any_query_is_answered_or_refused_kindly(index: KeywordIndex, query: str) -> None:
    index.terms(query)
    with contextlib.suppress(QueryError):
        assert set(index.search(query, 5)[0].tolist()) <= set(index.matches(query).tolist())


@settings(max_examples=8, deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=60), min_size=1, max_size=8))
def test_any_text_is_indexed(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    index = KeywordIndex(tmp_path_factory.mktemp("any") / "index")
    ids = np.arange(len(texts))
    index.build([(ids, [text + "\x00 lighthouse" for text in texts], {})])
    assert index.matches("lighthouse").tolist() == ids.tolist()
