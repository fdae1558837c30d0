"""How a method steers a run: which windows each step reads, how much each counts, and what it has done so far."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from winnow.lm.decoder import Decoder
from winnow.online.base import Chooser, Mixture, Offer, Reweighter
from winnow.pool import Floats, Rows

Windows = NDArray[np.uint16]


class Learner(Protocol):
    """What a method may ask of the model that is being trained."""

    def losses(self, windows: Windows) -> Floats:
        """Return the mean loss of each window in nats per token, float64 [n]; nothing is learnt."""
        ...

    def gradient(self, windows: Windows) -> Sequence[Tensor]:
        """Return the gradient of the windows' mean loss, one tensor a parameter; nothing is learnt."""
        ...


@dataclass
class Tally:
    """What was read so far, per window: `weight` the sum of its weights (1 is an even share), `square` of their squares."""

    weight: Floats
    square: Floats
    times: Floats

    @classmethod
    def of(cls, windows: int) -> Tally:
        return cls(np.zeros(windows), np.zeros(windows), np.zeros(windows))

    def add(self, rows: Rows, weights: Floats) -> None:
        np.add.at(self.weight, rows, weights)
        np.add.at(self.square, rows, weights**2)
        np.add.at(self.times, rows, 1.0)


@dataclass
class Steering(ABC):
    """One run's steering; `windows` uint16 [n, context + 1]; `extra` counts tokens that were read only to decide."""

    windows: Windows
    order: Rows
    batch: int
    seed: int
    tally: Tally = field(init=False)
    extra: int = field(default=0, init=False)
    trajectory: list[tuple[int, dict[str, float]]] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self.tally = Tally.of(len(self.windows))

    @abstractmethod
    def rows(self, step: int, learner: Learner) -> Rows:
        """Return the rows of the windows that a step reads."""

    def weights(self, losses: Floats, done: float) -> Floats:
        """Return the weights of a step's windows, which sum to 1, when `done` of the run is over."""
        return np.full(len(losses), 1 / len(losses))

    @abstractmethod
    def told(self) -> dict[str, float]:
        """Return what stands now, for the trajectory."""

    def mark(self, tokens: int) -> None:
        """Remember what stands at a checkpoint."""
        self.trajectory.append((tokens, self.told()))

    def chance(self, *stream: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, *stream])

    def state(self) -> dict[str, Any]:
        """Return what the rest of the run depends on, as a checkpoint keeps it."""
        tally = {name: torch.from_numpy(values) for name, values in vars(self.tally).items()}
        return {"tally": tally, "extra": self.extra, "trajectory": self.trajectory}

    def restore(self, state: dict[str, Any]) -> None:
        self.tally = Tally(**{name: values.cpu().numpy() for name, values in state["tally"].items()})
        self.extra = int(state["extra"])
        self.trajectory = [(int(tokens), dict(told)) for tokens, told in state["trajectory"]]


@dataclass
class Weighed(Steering):
    """Windows come in their order, and the method says how much each counts."""

    method: Reweighter

    def rows(self, step: int, learner: Learner) -> Rows:
        return self.order[step * self.batch : (step + 1) * self.batch]

    def weights(self, losses: Floats, done: float) -> Floats:
        return self.method.weights(losses, done)

    def told(self) -> dict[str, float]:
        # The share of the windows that would do as much if all weighed alike: (sum w)² / (n · sum w²).
        read = max(1.0, float(self.tally.times.sum()))
        return {"effective share": float(self.tally.weight.sum() ** 2 / (read * max(1e-12, self.tally.square.sum())))}


@dataclass
class Chosen(Steering):
    """Each step is chosen from a larger one; `reference` reads what is offered too."""

    method: Chooser
    reference: Decoder | None
    sums: Floats = field(default_factory=lambda: np.zeros(3), init=False)

    def rows(self, step: int, learner: Learner) -> Rows:
        offered = self.method.offered(self.batch)
        rows = self.order[step * offered : (step + 1) * offered]
        windows, nothing = self.windows[rows], np.zeros(len(rows))
        asks = self.method.asks
        own = learner.losses(windows) if "learner" in asks else nothing
        known, likeness = nothing, np.zeros((len(rows), len(rows)))
        if self.reference is not None:
            known, states = read(self.reference, windows)
            likeness = states @ states.T
        self.extra += windows[:, 1:].size * len(asks)
        chosen = self.method.choose(Offer(own, known, likeness), self.batch, self.chance(step))
        learnable = own - known
        self.sums += (1.0, float(learnable.mean()), float(learnable[chosen].mean()))
        return rows[chosen]

    def told(self) -> dict[str, float]:
        steps, offered, chosen = self.sums.tolist()
        self.sums = np.zeros(3)
        return {"learnable, offered": offered / max(1.0, steps), "learnable, read": chosen / max(1.0, steps)}


@dataclass
class Mixed(Steering):
    """Each window comes from a group drawn by its share; shares follow the gradients of groups and target.

    `group` [n] says whose window each is, `guide` holds windows of the target.
    """

    method: Mixture
    names: tuple[str, ...]
    group: Rows
    guide: Windows
    shares: Floats = field(init=False)
    cursors: Rows = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.shares = np.full(len(self.names), 1 / len(self.names))
        self.cursors = np.zeros(len(self.names), dtype=np.int64)
        self._members = [np.flatnonzero(self.group == number) for number in range(len(self.names))]
        self._passes: dict[int, tuple[int, Rows]] = {}

    def rows(self, step: int, learner: Learner) -> Rows:
        if step and step % self.method.every == 0:
            self.shares = self.method.update(self.shares, self.aligned(step, learner))
        groups = self.chance(step, 0).choice(len(self.names), size=self.batch, p=self.shares)
        return np.array([self._next(int(number)) for number in groups], dtype=np.int64)

    def aligned(self, step: int, learner: Learner) -> Floats:
        """Return for each group the inner product, or the cosine, of its gradient and the target's."""
        rng = self.chance(step, 1)
        target = learner.gradient(self.guide[rng.integers(len(self.guide), size=self.batch)])
        found = np.empty(len(self.names))
        for number, members in enumerate(self._members):
            own = learner.gradient(self.windows[rng.choice(members, size=self.batch)])
            found[number] = inner(own, target)
            if self.method.cosine:
                found[number] /= max(1e-12, (inner(own, own) * inner(target, target)) ** 0.5)
        self.extra += (len(self.names) + 1) * self.batch * (self.windows.shape[1] - 1)
        return found

    def _next(self, number: int) -> int:
        """Return a group's next window: all of them in an order of chance, and then anew."""
        members = self._members[number]
        turn, place = divmod(int(self.cursors[number]), len(members))
        if self._passes.get(number, (-1, members))[0] != turn:
            self._passes[number] = turn, self.chance(number, turn, 2).permutation(members)
        self.cursors[number] += 1
        return int(self._passes[number][1][place])

    def told(self) -> dict[str, float]:
        return dict(zip(self.names, self.shares.tolist(), strict=True))

    def state(self) -> dict[str, Any]:
        return {
            **super().state(), "shares": torch.from_numpy(self.shares), "cursors": torch.from_numpy(self.cursors),
        }  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        super().restore(state)
        self.shares, self.cursors = state["shares"].cpu().numpy(), state["cursors"].cpu().numpy()


def inner(first: Sequence[Tensor], second: Sequence[Tensor]) -> float:
    return float(sum(torch.sum(one.double() * two.double()) for one, two in zip(first, second, strict=True)))


@torch.no_grad()
def read(decoder: Decoder, windows: Windows) -> tuple[Floats, Floats]:
    """Return each window's mean loss in nats per token, float64 [n], and the unit mean of its states, float64 [n, width]."""
    device = decoder.embedding.weight.device
    tokens = torch.from_numpy(windows.astype(np.int64)).to(device)
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
        states = decoder.states(tokens[:, :-1])
        logits = torch.nn.functional.linear(states, decoder.embedding.weight)
    losses = torch.nn.functional.cross_entropy(logits.float().transpose(1, 2), tokens[:, 1:], reduction="none").mean(1)
    middle = torch.nn.functional.normalize(states.float().mean(1), dim=1)
    return losses.double().cpu().numpy(), middle.double().cpu().numpy()
