"""Which texts of an evaluation set an arm reads better than the control, and which worse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from winnow.prove.results import Result
from winnow.prove.statistics import half_width

SHOWN, CHARACTERS = 5, 240


@dataclass(frozen=True, kw_only=True)
class Extreme:
    """One text: arm minus control in nats per byte, its mean over seeds and half the t interval; `text` is its beginning.

    It is one of the most extreme of many, so its interval says how sure the seeds are of it and nothing of other texts.
    """

    row: int
    difference: float
    half: float
    seeds: int
    text: str

    @property
    def words(self) -> str:
        return f"{self.difference:+.3f} ± {self.half:.3f}"


@dataclass(frozen=True, kw_only=True)
class Extremes:
    """The texts that an arm reads better and worse than the control, the most extreme first."""

    better: tuple[Extreme, ...]
    worse: tuple[Extreme, ...]

    @property
    def seeds(self) -> int:
        return max((one.seeds for one in (*self.better, *self.worse)), default=0)


def extremes(
    arm: Sequence[Result], control: Sequence[Result], name: str, lengths: NDArray[np.int64], texts: Sequence[str]
) -> Extremes:
    """Return the texts with the largest gain and loss; runs are paired by their place, `lengths` are bytes per text."""
    pairs = zip(arm, control, strict=True)
    each = np.stack([(one.losses[name] - other.losses[name]) / np.maximum(lengths, 1) for one, other in pairs])
    mean = each.mean(axis=0)
    spread = each.std(axis=0, ddof=1) if len(each) > 1 else np.full(len(mean), np.nan)
    order = np.argsort(mean, kind="stable")

    def told(row: int) -> Extreme:
        beginning = " ".join(texts[row].split())[:CHARACTERS]
        half = half_width(float(spread[row]), len(each))
        return Extreme(row=row, difference=float(mean[row]), half=half, seeds=len(each), text=beginning)

    return Extremes(
        better=tuple(told(int(row)) for row in order[:SHOWN] if mean[row] < 0),
        worse=tuple(told(int(row)) for row in order[::-1][:SHOWN] if mean[row] > 0),
    )
