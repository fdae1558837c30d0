"""Selection by importance: documents drawn so that their n-grams come to be spread like the target's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from winnow.errors import SettingError, nearest
from winnow.method import Paper, param
from winnow.pool import TEXT_BATCH, Floats, Pool, Target
from winnow.select.base import Draw, Picker, ordered
from winnow.select.ngrams import Buckets, Owners, fast_ngrams, sha256_ngrams
from winnow.select.shares import check_table
from winnow.select.turns import take_turns

REMEMBERED = 250_000_000
"""How many n-grams are kept from the first reading to the second: 4 bytes each."""

FLOOR = 1e-8
"""What the released code adds to a frequency before its logarithm."""


@dataclass(frozen=True, kw_only=True)
class Dsir(Picker):
    """Documents drawn so that their hashed n-grams come to be spread like the target's.

    With p and q the frequencies of B buckets in target and pool and c_b(d) the counts of a document,
    log w(d) = Σ_b c_b(d) (ln(p_b + 1e-8) - ln(q_b + 1e-8)), p_b = (count_b + smoothing) / (total + smoothing · B).
    Taken are the largest log w + g, g = -ln(-ln u): draws without replacement in proportion to w. Documents of fewer than
    `min_words` words and documents whose text is a target text are never chosen.

    Unlike the released code, q is counted over the whole pool, whose order then plays no part; the smoothing is not 0,
    since a word that a small target lacks would cost 9 to 18 each time; any budget can be met, the whole pool too.
    `separate` aims at each part of the target by itself, so that a mixture of unlike parts does not favour hybrids:
    parts take turns by their shares (by default those of their n-grams), so their order plays no part either. Raises
    SettingError for a target without words, an unknown part, or a pool without a document long enough.
    Source: arXiv 2302.03169.
    """

    name: ClassVar[str] = "dsir"
    pace: ClassVar[float] = 88
    paper: ClassVar[Paper] = Paper("Data Selection for Language Models via Importance Resampling", "2302.03169", 2023)

    mode: str = param(
        "fast",
        "How n-grams are hashed: fast, or sha256 with the buckets of the released code.",
        choices=("fast", "sha256"),
    )
    buckets: int = param(10_000, "How many buckets n-grams are hashed to.", low=2, high=65_536)
    ngram: int = param(2, "The longest run of words that is counted.", low=1, high=5)
    min_words: int = param(100, "Documents of fewer words are never chosen.", low=0)
    smoothing: float = param(
        1.0, "What is added to each bucket's count in the target; the released code adds 0.", low=0
    )
    sample: bool = param(True, "Draw documents by chance in proportion to their weight; otherwise the heaviest first.")
    separate: bool = param(False, "Aim at each file of the target by itself.")
    proportions: Mapping[str, float] = param(
        {}, "With separate, each part's share, such as code.jsonl:0.7, prose.jsonl:0.3; empty for the size of parts."
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        check_table("dsir", "proportions", self.proportions, to_one=False)
        if self.proportions and not self.separate:
            raise SettingError(
                "dsir: proportions divide the budget among parts", "separate is off", "--set separate=true"
            )

    def needs(self) -> frozenset[str]:
        return frozenset({"target", "text"})

    def pick(self, pool: Pool, draw: Draw) -> NDArray[np.int64]:
        assert pool.target is not None
        parts = self.parts(pool.target)
        weights, allowed = self.log_weights(pool, [counts for _, counts in parts])
        rows = np.flatnonzero(allowed)
        if len(rows) == 0:
            found = "all are shorter, or texts of the target itself"
            raise SettingError(f"dsir needs documents of {self.min_words} words", found, "--set min_words=0")
        noise = draw.gumbel("dsir") if self.sample else np.zeros(len(pool))
        ties = draw.order("ties")[rows]
        orders = [rows[ordered(-(part + noise)[rows], ties)] for part in weights]
        return orders[0] if len(orders) == 1 else take_turns(orders, self._shares(parts))

    def parts(self, target: Target) -> list[tuple[str, Floats]]:
        """Return the name and the bucket counts of each part aimed at; raises SettingError for one without words."""
        texts = pa.array(target.texts, pa.large_string())
        whole = [(target.name, np.arange(len(texts)))]
        members = target.groups.members() if self.separate and target.groups is not None else whole
        found = []
        for name, rows in members:
            counts = np.zeros(self.buckets)
            for start in range(0, len(rows), TEXT_BATCH):
                grams, _ = self._grams(texts.take(pa.array(rows[start : start + TEXT_BATCH])))
                counts += np.bincount(grams, minlength=self.buckets)
            if not counts.any():
                raise SettingError("dsir needs a target with words", f"'{name}' has none", "--target FILE with text")
            found.append((name, counts))
        return found

    def log_weights(self, pool: Pool, targets: Sequence[Floats]) -> tuple[list[Floats], NDArray[np.bool_]]:
        """Return log w per row for each target's bucket counts, and which rows may be chosen. Reads the texts twice."""
        assert pool.target is not None
        counts, kept = np.zeros(self.buckets), _Remembered()
        for start, texts in _numbered(pool):
            grams, owners = self._grams(texts)
            counts += np.bincount(grams, minlength=self.buckets)
            kept.add(start, grams, owners)
        differences = [self._differences(target, counts) for target in targets]
        weights = [np.zeros(len(pool)) for _ in targets]
        allowed = np.zeros(len(pool), dtype=bool)
        aim = pa.array(pool.target.texts, pa.large_string())
        for start, texts in _numbered(pool):
            grams, owners = kept.pop(start) or self._grams(texts)
            here = slice(start, start + len(texts))
            for weight, difference in zip(weights, differences, strict=True):
                weight[here] = np.bincount(owners, difference[grams], minlength=len(texts))
            size = np.bincount(owners, minlength=len(texts))
            words = (size + self.ngram * (self.ngram - 1) // 2) // self.ngram
            known = pc.is_in(texts, value_set=aim).to_numpy(zero_copy_only=False)
            allowed[here] = (words >= self.min_words) & ~known
        return weights, allowed

    def _grams(self, texts: pa.LargeStringArray) -> tuple[Buckets, Owners]:
        if self.mode == "fast":
            return fast_ngrams(texts, self.buckets, self.ngram)
        return sha256_ngrams(texts.to_pylist(), self.buckets, self.ngram)

    def _differences(self, target: Floats, pool: Floats) -> Floats:
        smooth = target + self.smoothing
        difference: Floats = np.log(smooth / smooth.sum() + FLOOR) - np.log(pool / max(pool.sum(), 1) + FLOOR)
        return difference

    def _shares(self, parts: Sequence[tuple[str, Floats]]) -> list[float]:
        if not self.proportions:
            return [float(counts.sum()) for _, counts in parts]
        names = [name for name, _ in parts]
        for name in self.proportions:
            if name not in names:
                raise SettingError(
                    f"dsir: proportions names a part '{name}'", "the target lacks it", nearest(name, names)
                )
        shares = [float(self.proportions.get(name, 0)) for name in names]
        if not any(shares):
            raise SettingError("dsir: proportions sum to more than 0", "they sum to 0", "--set proportions=NAME:1")
        return shares


class _Remembered:
    """The n-grams of batches by their first row, as many as fit."""

    def __init__(self) -> None:
        self.batches: dict[int, tuple[Buckets, NDArray[np.uint16]]] = {}
        self.size = 0

    def add(self, start: int, grams: Buckets, owners: Owners) -> None:
        if self.size + len(grams) <= REMEMBERED:
            self.size += len(grams)
            self.batches[start] = grams, owners.astype(np.uint16)

    def pop(self, start: int) -> tuple[Buckets, Owners] | None:
        if start not in self.batches:
            return None
        grams, owners = self.batches.pop(start)
        return grams, owners.astype(np.int64)


def _numbered(pool: Pool) -> Iterator[tuple[int, pa.LargeStringArray]]:
    start = 0
    for texts in pool.text_batches():
        yield start, texts
        start += len(texts)
