"""How large a proof is: the model, the tokens it reads and how it is trained."""

from __future__ import annotations

from dataclasses import dataclass

from winnow.errors import SettingError, nearest
from winnow.lm.decoder import Shape


@dataclass(frozen=True, kw_only=True)
class Tier:
    """One size of experiment. `vocabulary` 0 means bytes; `batch` counts windows a step; `rate` is the highest learning
    rate, reached after 5 % of the steps and lowered along a cosine to a tenth.
    """

    name: str
    layers: int
    width: int
    heads: int
    context: int
    vocabulary: int
    tokens: int
    batch: int
    rate: float
    evaluation_bytes: int

    def shape(self, vocabulary: int) -> Shape:
        return Shape(
            layers=self.layers, width=self.width, heads=self.heads, context=self.context, vocabulary=vocabulary
        )

    @property
    def steps(self) -> int:
        return max(1, self.tokens // (self.batch * self.context))

    @property
    def longest(self) -> int:
        """Return how many bytes of an evaluation text are read at most: a thirtieth of all."""
        return self.evaluation_bytes // 30


TIERS = {
    tier.name: tier
    for tier in (
        Tier(
            name="ci", layers=2, width=64, heads=2, context=128, vocabulary=0,
            tokens=524_288, batch=4, rate=3e-3, evaluation_bytes=120_000,
        ),
        Tier(
            name="cpu", layers=4, width=128, heads=4, context=256, vocabulary=0,
            tokens=2_097_152, batch=8, rate=1.5e-3, evaluation_bytes=250_000,
        ),
        Tier(
            name="small", layers=8, width=512, heads=8, context=512, vocabulary=16_384,
            tokens=50_331_648, batch=64, rate=1e-3, evaluation_bytes=2_000_000,
        ),
        Tier(
            name="medium", layers=12, width=768, heads=12, context=1024, vocabulary=50_304,
            tokens=301_989_888, batch=256, rate=6e-4, evaluation_bytes=4_000_000,
        ),
    )
}  # fmt: skip
"""0.1 M, 0.9 M, 33 M and 124 M parameters; the first two on a processor, the others on a GPU.

The rate of `ci` is the better of three tried on the random arm of tests/truth/prove.py; the others are not tuned.
"""


def tier_of(name: str) -> Tier:
    """Return a tier by its name; raises SettingError."""
    if name not in TIERS:
        raise SettingError(f"no tier is called '{name}'", "", nearest(name, TIERS))
    return TIERS[name]
