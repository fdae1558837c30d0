"""The hashed encoder: n-grams that never cross texts, damped counts, no weights."""

from __future__ import annotations

import numpy as np
import pytest

from winnow.embed.hashed import HashedEncoder, character_grams, mix, word_grams


def coded(*texts: str) -> tuple[np.ndarray, np.ndarray]:
    data = np.frombuffer("".join(texts).encode(), np.uint8)
    return data, np.repeat(np.arange(len(texts)), [len(text.encode()) for text in texts])


def test_character_grams_stay_within_one_text() -> None:
    # " ab cd " has 7 bytes: 3 runs of five. " xy " has 4: none. Nothing spans both.
    hashes, rows = character_grams(*coded(" ab cd ", " xy "))
    assert rows.tolist() == [0, 0, 0]
    assert len(set(hashes.tolist())) == 3


def test_words_and_pairs_by_hand() -> None:
    # Text 0: words ab, cd, ab and pairs ab-cd, cd-ab. Text 1: the word ab, no pair.
    (words, word_rows), (pairs, pair_rows) = word_grams(*coded(" ab cd ab ", " ab "))
    assert word_rows.tolist() == [0, 0, 0, 1]
    assert words[0] == words[2] == words[3] != words[1]
    assert pair_rows.tolist() == [0, 0]
    assert pairs[0] != pairs[1], "the order of a pair counts"


def test_letters_count_in_their_order() -> None:
    (words, _), _ = word_grams(*coded(" abc cba acb "))
    assert len(set(words.tolist())) == 3


def test_mix_is_splitmix64() -> None:
    # The generator's published first output for seed 0.
    assert mix(np.zeros(1, np.uint64))[0] == 0xE220A8397B1DCDAF


def test_case_and_blanks_do_not_count() -> None:
    a, b = HashedEncoder().embed(["Hello  World\n", "hello world"])
    assert np.array_equal(a, b)


def test_every_language_is_alike() -> None:
    a, b, c = HashedEncoder().embed(["быстрая лиса прыгает", "быстрая лиса спит", "ленивый пёс и дом"])
    assert a @ b > a @ c + 0.1


def test_unrelated_texts_are_nearly_orthogonal() -> None:
    draw = np.random.default_rng(0)
    texts = ["".join(map(chr, draw.integers(97, 123, 40))) for _ in range(60)]
    vectors = HashedEncoder().embed(texts)
    away = (vectors @ vectors.T)[~np.eye(60, dtype=bool)]
    # Cosines of random 384-dimensional directions spread by 1/√384 = .051.
    assert abs(away.mean()) < 0.02
    assert away.std() == pytest.approx(0.051, abs=0.02)
