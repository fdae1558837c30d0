"""What a query means, read part by part."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from winnow.errors import QueryError
from winnow.index.query import Every, Node, Not, Some, Words, parse, positives

A, B, C = Words("a"), Words("b"), Words("c")


@pytest.mark.parametrize(
    ("query", "meaning"),
    [
        ("a", A),
        ("a b", Every((A, B))),
        ("a AND +b", Every((A, B))),
        ("a OR b c", Some((A, Every((B, C))))),
        ("(a OR b) c", Every((Some((A, B)), C))),
        ("a -b", Every((A, Not(B)))),
        ("a NOT b", Every((A, Not(B)))),
        ("-(a b)", Not(Every((A, B)))),
        ('"new york" a', Every((Words("new york"), A))),
        ('"new york', Words("new york")),
        ('-"new york"', Not(Words("new york"))),
        ("source:web", Words("web", "source")),
        ('source:"my news"', Words("my news", "source")),
        ("source:(web OR news)", Some((Words("web", "source"), Words("news", "source")))),
        ("-SOURCE:web", Not(Words("web", "source"))),
        ("url:https://example.org/x?y=1", Words("https://example.org/x?y=1", "url")),
        ("https://example.org", Words("https://example.org")),
        ("12:30", Words("12:30")),
        ("colour:red", Words("colour:red")),
        ("learn*", Words("learn", prefix=True)),
        ("well-known", Words("well-known")),
        ("or and not", Every((Words("or"), Words("and"), Words("not")))),
        ("a - b", Every((A, B))),
        ("((a", A),
        ("a) b", Every((A, B))),
        ("() a !!", A),
        ("a OR", A),
        ("机器学习", Words("机器学习")),
    ],
)
def test_meaning(query: str, meaning: Node) -> None:
    assert parse(query) == meaning


@pytest.mark.parametrize("query", ["", "   ", "(((", '""', "-", "OR AND NOT", "🙂", "\x00"])
def test_a_query_without_a_word_is_refused_kindly(query: str) -> None:
    with pytest.raises(QueryError, match="a search needs a word"):
        parse(query)


def test_deep_nesting_and_great_length_end() -> None:
    assert parse("(" * 15 + "a") == A
    with pytest.raises(QueryError):
        parse("(" * 5000 + "a")
    assert isinstance(parse("word " * 100_000), Every)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(QueryError):
        shown = list(positives(parse(text)))
        assert all(any(character.isalnum() for character in words.text) for words in shown)
