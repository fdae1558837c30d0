"""Texts spelled so that a filter does not know them again: seven ways, drawn word by word."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_LEET = dict(zip("aeiost", "431057", strict=True))
_ALIKE = dict(zip("aeopcxyijs", "аеорсхуіјѕ", strict=True))
SHORTEST, SHARE = 4, 0.5


def _leet(word: str, rng: np.random.Generator) -> str:
    rest = "".join(_LEET.get(letter.lower(), letter) if rng.random() < 0.6 else letter for letter in word[1:])
    return word[0] + rest


def _alike(word: str, rng: np.random.Generator) -> str:
    return "".join(_ALIKE.get(letter, letter) if rng.random() < 0.7 else letter for letter in word)


def _invisible(word: str, rng: np.random.Generator) -> str:
    cut = int(rng.integers(1, len(word)))
    return f"{word[:cut]}\u200b{word[cut:]}"


def _starred(word: str, rng: np.random.Generator) -> str:
    cut = int(rng.integers(1, len(word) - 1))
    return f"{word[:cut]}*{word[cut + 1 :]}"


def _drawn_out(word: str, rng: np.random.Generator) -> str:
    cut = int(rng.integers(1, len(word)))
    return word[:cut] + word[cut - 1] * int(rng.integers(2, 5)) + word[cut:]


def _mistyped(word: str, rng: np.random.Generator) -> str:
    cut = int(rng.integers(1, len(word) - 1))
    swapped = word[:cut] + word[cut + 1] + word[cut] + word[cut + 2 :]
    return swapped if rng.random() < 0.5 else word[:cut] + word[cut + 1 :]


WAYS: dict[str, Callable[[str, np.random.Generator], str]] = {
    "digits for letters": _leet,
    "spaced letters": lambda word, _: " ".join(word),
    "letters of another script": _alike,
    "zero-width characters": _invisible,
    "a star inside": _starred,
    "drawn-out letters": _drawn_out,
    "letters swapped or lost": _mistyped,
}


def obfuscated(text: str, way: str, rng: np.random.Generator, share: float = SHARE) -> str:
    """Spell so many of the words of four letters or more in one of the WAYS."""
    spell = WAYS[way]
    words = text.split(" ")
    return " ".join(
        spell(word, rng) if len(word) >= SHORTEST and word.isalpha() and rng.random() < share else word
        for word in words
    )
