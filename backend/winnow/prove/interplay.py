"""Several experiments in one run: what each does alone, what all do together, and whether they get in each other's way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from winnow.pool import Floats
from winnow.prove.statistics import ALPHA, holm, paired


@dataclass(frozen=True, kw_only=True)
class Effect:
    """A mean over paired seeds in nats per byte: ± half is the t interval, `adjusted` its p after Holm's correction."""

    name: str
    mean: float
    half: float
    seeds: int
    adjusted: float

    @property
    def words(self) -> str:
        return f"{self.mean:+.3f} ± {self.half:.3f}"


@dataclass(frozen=True, kw_only=True)
class Interplay:
    """Experiments on one set of texts. `alone`: each against none; `main`: two factors, each over both states of the other.

    interaction = (together - none) - sum over experiments of (alone - none): zero when none depends on another.
    """

    alone: tuple[Effect, ...]
    main: tuple[Effect, ...]
    together: Effect
    interaction: Effect

    @property
    def words(self) -> str:
        span = f"{self.interaction.words} nats per byte, n = {self.interaction.seeds} seeds"
        if self.interaction.adjusted < ALPHA:
            return f"the experiments depend on each other (interaction {span}): prove them one by one"
        return f"no interaction can be told from none ({span})"


def interplay(none: Floats, alone: Mapping[str, Floats], together: Floats) -> Interplay:
    """Compare runs of no experiment, of each alone and of all together; values are nats per byte, float64 [seeds].

    The check that makes one run answer many questions (Train Once, Answer All, arXiv 2509.23383), with n + 2 runs a seed;
    for two factors it is a 2 x 2 design. p-values are corrected over all effects of the set.
    """
    effects: dict[str, Floats] = {name: values - none for name, values in alone.items()}
    extra = together - none - np.sum(list(effects.values()), axis=0)
    # With two factors the effect of one, over both states of the other, is its own and half of what the pair adds.
    main = {name: values + extra / 2 for name, values in effects.items()} if len(alone) == 2 else {}
    every = [*effects.values(), *main.values(), together - none, extra]
    found = [paired(values) for values in every]
    adjusted = holm([p for *_, p in found])
    names = [*effects, *main, "together", "interaction"]
    made = [
        Effect(name=name, mean=mean, half=half, seeds=len(none), adjusted=p)
        for name, (mean, half, *_), p in zip(names, found, adjusted, strict=True)
    ]
    n = len(effects)
    return Interplay(alone=tuple(made[:n]), main=tuple(made[n:-2]), together=made[-2], interaction=made[-1])
