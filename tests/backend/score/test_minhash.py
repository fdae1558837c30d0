from __future__ import annotations

import re
import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from text_batches import texts
from winnow.score.minhash import Shingles, band_keys, probability, shingles

PAIRS = 4000


def sets_of(documents: list[str], size: int = 5, fewest: int = 0) -> list[frozenset[int]]:
    found = shingles(pa.array(documents, pa.large_string()), size, fewest)
    bounds = zip(found.bounds[:-1], found.bounds[1:], strict=True)
    return [frozenset(found.hashes[start:end].tolist()) for start, end in bounds]


def words_of(text: str) -> list[str]:
    """Simplify a text one character at a time."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    kinds = ((char, unicodedata.category(char)) for char in text)
    text = "".join(" " if kind[0] in "PZC" and kind != "Cf" else char for char, kind in kinds if kind != "Cf")
    return re.sub(r"[\s!-/:-@\[-`{-~\x00-\x1f\x7f]+", " ", re.sub(r"\d", "0", text.lower())).split()


def test_shingles_by_hand() -> None:
    # Words a b c d: 3-word runs abc, bcd. The second text has abc, bcd and cda; the third one only cda.
    first, second, third = sets_of(["a b c d", "A, b: c\nD (a)", "c d a"], 3)
    assert (len(first), len(second), len(third)) == (2, 3, 1)
    assert first < second
    assert third == second - first


def test_order_of_words_counts_and_so_do_their_edges() -> None:
    one, two, three = sets_of(["a b c", "c b a", "ab c d"], 2)
    assert len(one | two | three) == 6


def test_case_digits_punctuation_and_spaces_are_simplified() -> None:
    variants = ["It cost $15.90 in May 2019", "it  cost 27 81\tin MAY -- 2021!", "It cost “13.40” in\u00a0May ２０24"]
    assert len(set(sets_of(variants, 3))) == 1
    assert sets_of(["pages 10 of 12"], 3) != sets_of(["pages 9 of 12"], 3)


def test_texts_without_spaces_have_a_word_a_letter() -> None:
    found = sets_of(["私は学生です。", "私は学生です", "私は先生です"], 2)
    assert found[0] == found[1]
    # Six letters make five pairs; one letter replaced changes two of them.
    assert (len(found[0]), len(found[0] & found[2])) == (5, 3)


def test_short_texts_have_none() -> None:
    documents = ["", "...", "one two", "one two three", "one two three four five six"]
    assert [len(found) for found in sets_of(documents, 3)] == [0, 0, 0, 1, 4]
    assert [len(found) for found in sets_of(documents, 3, fewest=5)] == [0, 0, 0, 0, 4]


def test_a_text_longer_than_a_block_has_all_its_shingles() -> None:
    words = [f"w{'abcdefghij'[i % 10]}{'x' * (i % 97)}{chr(97 + i // 97 % 26)}" for i in range(9000)]
    long = " ".join(words)
    runs = {tuple(words[i : i + 5]) for i in range(len(words) - 4)}
    assert len(long) > 300_000
    assert [len(found) for found in sets_of(["before it", long, "x" * 600_000, "a b c d e"])] == [0, len(runs), 0, 1]


@given(texts, st.integers(1, 6))
def test_equal_runs_of_words_are_equal_shingles(documents: list[str], size: int) -> None:
    documents = [text for text in documents if not re.search(r"[぀-ヿ㐀-鿿฀-໿က-႟ក-៿]|[^\x00-\uffff]", text)]
    words = [words_of(text) for text in documents]
    runs = [frozenset(tuple(mine[i : i + size]) for i in range(len(mine) - size + 1)) for mine in words]
    found = sets_of(documents, size)
    assert [len(shingled) for shingled in found] == [len(expected) for expected in runs]
    for one in range(len(runs)):
        assert [len(found[one] & other) for other in found] == [len(runs[one] & other) for other in runs]


@given(texts)
def test_a_document_has_the_same_keys_whatever_stands_beside_it(documents: list[str]) -> None:
    together = band_keys(shingles(pa.array(documents, pa.large_string()), 2), 3, 2)
    alone = [band_keys(shingles(pa.array([text], pa.large_string()), 2), 3, 2)[0].tolist() for text in documents]
    assert together.tolist() == alone


@pytest.mark.parametrize(
    ("similarity", "bands", "rows", "found"),
    # 1 - (1 - s^r)^b for the settings of FineWeb, of NeMo Curator and of RedPajama-V2 at .7, .8 and .9.
    [
        (0.7, 14, 8, 0.564),
        (0.8, 14, 8, 0.923),
        (0.9, 14, 8, 1.0),
        (0.7, 20, 13, 0.177),
        (0.8, 20, 13, 0.677),
        (0.9, 20, 13, 0.997),
        (0.7, 14, 9, 0.438),
        (0.8, 9, 13, 0.399),
        (0.9, 5, 25, 0.311),
    ],
)
def test_published_probabilities(similarity: float, bands: int, rows: int, found: float) -> None:
    assert probability(similarity, bands, rows) == pytest.approx(found, abs=1e-3)


@pytest.mark.parametrize("size", [20, 300])
@pytest.mark.parametrize(("bands", "rows"), [(14, 8), (25, 5)])
def test_pairs_are_found_as_often_as_the_formula_says(size: int, bands: int, rows: int) -> None:
    for shared in (0.75, 0.85, 0.95):
        common = round(size * shared)
        union = 2 * size - common
        numbers = np.random.default_rng(size + rows).integers(0, 2**32, (PAIRS, union), dtype=np.uint32)
        bounds = np.arange(PAIRS + 1) * size
        left, right = (
            Shingles(np.ascontiguousarray(half).ravel(), bounds) for half in (numbers[:, :size], numbers[:, -size:])
        )
        agree = band_keys(left, bands, rows) == band_keys(right, bands, rows)
        expected = probability(common / union, bands, rows)
        # Four standard errors of a share of 4,000 pairs, at most 4 * sqrt(.25 / 4000) = .032.
        assert agree.any(axis=1).mean() == pytest.approx(expected, abs=0.032)
        assert agree.mean() == pytest.approx((common / union) ** rows, abs=0.02)


def test_documents_without_shingles_have_no_key_and_disturb_nobody() -> None:
    keys = band_keys(Shingles(np.array([1, 2, 3], np.uint32), np.array([0, 0, 2, 2, 3, 3])), 4, 2)
    assert (keys[[0, 2, 4]] == 0).all()
    assert keys[1].tolist() == band_keys(Shingles(np.array([2, 1], np.uint32), np.array([0, 2])), 4, 2)[0].tolist()
