"""Texts of chance in two kinds that a small model tells apart at once."""

from __future__ import annotations

import numpy as np

RIVER = "the river runs past old mill a boat lay under bridge rain fell on fields all day and wind rose over hill"
CODES = "99 TRAINS 12:45! ERROR 404 [x=7, y=12] RETRY QTY 3 @ 14.99 44.97 EUR; #A7 /Z0 <OK> 0x1F 88% {K: 2}"


def words_of(kind: str, length: int, chance: np.random.Generator) -> str:
    """Return a text of so many words of a kind in an order of chance."""
    return " ".join(chance.choice(kind.split(), size=length))


MILL = [
    "river",
    "mill",
    "water",
    "wheel",
    "flour",
    "sack",
    "miller",
    "boat",
    "reed",
    "heron",
    "bridge",
    "stone",
    "willow",
    "eel",
]
RAILWAY = [
    "train",
    "station",
    "rail",
    "whistle",
    "guard",
    "platform",
    "ticket",
    "engine",
    "tunnel",
    "signal",
    "carriage",
    "nine",
]


def invented(words: list[str], number: int) -> str:
    """Sixty words in an order of chance: no two texts share a run of eight."""
    return " ".join(np.random.default_rng([len(words), number]).choice(words, 60))
