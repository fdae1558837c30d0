"""Runs that show which groups of documents help which, and a run whose mixture follows from that."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch

from winnow.lm.likelihood import nats_per_byte
from winnow.lm.windows import IGNORED, Windows, training_windows
from winnow.online.base import Mixture
from winnow.pool import Floats, Rows
from winnow.prove.arms import Shown
from winnow.prove.statistics import paired
from winnow.prove.steering import Learner, Mixed
from winnow.prove.tiers import Tier
from winnow.prove.train import Trained, train
from winnow.select.skill_it import skill_shares

EQUAL = "equal"
"""What a run with equal shares is called."""

MEASURED = 16
"""Windows of each skill's held-out texts that a round of the mixture is decided by."""


class Rounds(Mixture):
    """The next shares are those that the graph and the losses give; the present ones do not enter."""

    name: ClassVar[str] = "rounds"

    def update(self, shares: Floats, aligned: Floats) -> Floats:
        return aligned


@dataclass
class Skilled(Mixed):
    """A run whose mixture is Skill-It's, anew after every round; `graph` None leaves equal shares.

    `held_out` are windows of each skill, uint16 [n, context + 1], that no run reads to learn.
    """

    held_out: tuple[Any, ...] = ()
    graph: Floats | None = None
    eta: float = 0.5
    window: int = 3
    losses: list[list[float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.graph is not None:
            self.shares = self.next(np.ones((1, len(self.names))))

    def next(self, losses: Floats) -> Floats:
        assert self.graph is not None
        return skill_shares(np.ones(len(self.names)), self.graph, losses, eta=self.eta)

    def aligned(self, step: int, learner: Learner) -> Floats:
        """Measure every skill and return the shares that follow."""
        if self.graph is None:
            return self.shares
        rng = self.chance(step, 3)
        found = []
        for windows in self.held_out:
            rows = rng.permutation(len(windows))[:MEASURED]
            found.append(float(learner.losses(windows[rows]).mean()))
            self.extra += len(rows) * (self.windows.shape[1] - 1)
        self.losses.append(found)
        return self.next(np.array(self.losses[-self.window :]))

    def state(self) -> dict[str, Any]:
        return {**super().state(), "losses": torch.tensor(self.losses, dtype=torch.float64)}

    def restore(self, state: dict[str, Any]) -> None:
        super().restore(state)
        self.losses = state["losses"].tolist()


@dataclass(frozen=True, eq=False)
class Skills:
    """Material of all runs: tokens of each skill in a row, and its held-out texts as windows."""

    names: tuple[str, ...]
    tier: Tier
    vocabulary: int
    tokens: tuple[Any, ...]
    sets: Mapping[str, Windows]

    def held_out(self) -> tuple[Any, ...]:
        """Return each skill's full held-out windows as uint16 [n, context + 1]; without a full one, its first filled up."""
        found = []
        for name in self.names:
            cut = self.sets[name]
            full = (cut.targets != IGNORED).all(axis=1)
            rows = np.flatnonzero(full) if full.any() else np.arange(min(1, len(cut)))
            last = np.where(cut.targets[rows, -1:] == IGNORED, cut.inputs[rows, -1:], cut.targets[rows, -1:])
            found.append(np.hstack([cut.inputs[rows], last]).astype(np.uint16))
        return tuple(found)

    def part(self, members: Sequence[int], seed: int) -> Shown:
        """Return an equal part of each member's windows, mixed."""
        context, need = self.tier.context, self.tier.steps * self.tier.batch
        each = -(-need // len(members))
        rows = [self.tokens[skill][: each * context] for skill in members]
        tokens = np.concatenate([*rows, self.tokens[members[-1]][each * context :][:1]])
        order = np.random.default_rng([seed, *members]).permutation(len(training_windows(tokens, context)))[:need]
        return _shown(tokens, order)

    def whole(self) -> tuple[Shown, Rows]:
        """Return the windows of every skill in a row, and whose window each is."""
        context = self.tier.context
        rows = [tokens[: (len(tokens) - 1) // context * context] for tokens in self.tokens]
        tokens = np.concatenate([*rows, self.tokens[-1][:1]])
        group = np.repeat(np.arange(len(rows)), [len(row) // context for row in rows])
        return _shown(tokens, np.arange(len(group))), group


def run_part(skills: Skills, members: Sequence[int], seed: int, folder: Path) -> dict[str, Any]:
    """Train on equal parts of some skills and return each skill's loss in nats per byte."""
    shown = skills.part(members, seed)
    _, trained = train(skills.tier, skills.vocabulary, shown, skills.sets, seed=seed, folder=folder)
    return _measured(skills, trained)


def run_mixture(
    skills: Skills, graph: Floats | None, seed: int, folder: Path, *, rounds: int, eta: float, window: int
) -> dict[str, Any]:
    """Train with Skill-It's mixture in so many rounds, or with equal shares without a graph; `shares` tells each round's."""
    shown, group = skills.whole()
    steering = Skilled(
        training_windows(shown.tokens, skills.tier.context), shown.order, skills.tier.batch, seed,
        Rounds(every=max(1, skills.tier.steps // rounds)), skills.names, group, np.empty((0, 0), np.uint16),
        held_out=skills.held_out(), graph=graph, eta=eta, window=window,
    )  # fmt: skip
    _, trained = train(skills.tier, skills.vocabulary, shown, skills.sets, seed=seed, folder=folder, steering=steering)
    shares = [(tokens, told) for tokens, told in steering.trajectory]
    return {**_measured(skills, trained), "shares": shares, "history": steering.losses}


@dataclass(frozen=True, kw_only=True)
class Edge:
    """Whether reading one skill with another beats reading the other alone: loss of `to` with minus without, nats per byte.

    Mean ± half is the t interval over seeds.
    """

    source: str
    to: str
    mean: float
    half: float
    seeds: int

    @property
    def there(self) -> bool:
        return self.mean < 0

    @property
    def sure(self) -> bool:
        return self.mean + self.half < 0


def edges(names: Sequence[str], alone: Floats, together: Mapping[tuple[int, int], Floats]) -> list[Edge]:
    """Return an edge's measure for every ordered pair.

    `alone` [seeds, skills] holds each skill's loss after reading it alone, `together` [seeds, skills] all losses after
    reading a pair (i < j), by that pair.
    """
    found = []
    for i, source in enumerate(names):
        for j, to in enumerate(names):
            if i != j:
                mean, half, *_ = paired(together[min(i, j), max(i, j)][:, j] - alone[:, j])
                found.append(Edge(source=source, to=to, mean=mean, half=half, seeds=len(alone)))
    return found


def _measured(skills: Skills, trained: Trained) -> dict[str, Any]:
    losses = {name: nats_per_byte(trained.losses[name], skills.sets[name]) for name in skills.names if trained.losses}
    return {"losses": losses, "diverged": trained.diverged, "seconds": trained.seconds}


def _shown(tokens: Any, order: Rows) -> Shown:
    digest = hashlib.sha256(tokens.tobytes())
    digest.update(order.tobytes())
    return Shown(tokens, order.astype(np.int64), digest.hexdigest(), 0, len(tokens))
