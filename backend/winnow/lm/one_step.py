"""What single training steps do to a model: many documents at once, each from the same weights and moments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.func import grad, vmap
from torch.nn.attention import SDPBackend, sdpa_kernel

Weights = dict[str, Tensor]
Loss = Callable[[Weights, Tensor, Tensor], Tensor]
"""(weights, inputs, targets) of one document → its mean loss, a scalar."""

EPSILON = 1e-8


@dataclass(frozen=True, eq=False)
class Start:
    """Where steps begin: weights, AdamW's two moments and how many steps made them.

    Tensors are those of one model, or with a leading dimension [documents] once documents have gone their own ways.
    """

    weights: Weights
    first: Weights
    second: Weights
    steps: int = 0

    @classmethod
    def fresh(cls, weights: Weights) -> Start:
        zeros = {name: torch.zeros_like(value) for name, value in weights.items()}
        return cls(weights, zeros, dict(zeros))


@dataclass(frozen=True, kw_only=True)
class Rule:
    """How a step is made: AdamW or plain gradient descent, gradients clipped to a norm, matrices decayed."""

    rate: float
    adaptive: bool = True
    clip: float = 1.0
    decay: float = 0.1
    betas: tuple[float, float] = (0.9, 0.95)

    def step(self, start: Start, gradients: Weights) -> Start:
        """Return where each document's own step leads; gradients are [documents, ...].

        With g clipped to norm `clip`, m' = b1·m + (1 - b1)·g, v' = b2·v + (1 - b2)·g², t steps in all: w' = w ·
        (1 - rate · decay) - rate · (m' / (1 - b1^t)) / (sqrt(v' / (1 - b2^t)) + 1e-8). Gradient descent: w' = w - rate · g.
        """
        gradients = self.clipped(gradients)
        if not self.adaptive:
            moved = {name: start.weights[name] - self.rate * gradient for name, gradient in gradients.items()}
            return Start(moved, start.first, start.second, start.steps + 1)
        (one, two), t = self.betas, start.steps + 1
        first = {name: one * start.first[name] + (1 - one) * gradient for name, gradient in gradients.items()}
        second = {name: two * start.second[name] + (1 - two) * gradient**2 for name, gradient in gradients.items()}
        moved = {}
        for name, gradient in gradients.items():
            kept = 1 - self.rate * self.decay if gradient.dim() > 2 else 1.0
            change = first[name] / (1 - one**t) / ((second[name] / (1 - two**t)).sqrt() + EPSILON)
            moved[name] = start.weights[name] * kept - self.rate * change
        return Start(moved, first, second, t)

    def clipped(self, gradients: Weights) -> Weights:
        """Scale each document's gradient down to the norm `clip` where it is longer."""
        squares = torch.stack([value.reshape(len(value), -1).square().sum(1) for value in gradients.values()])
        scale = (self.clip / (squares.sum(0).sqrt() + 1e-6)).clamp(max=1.0)
        return {name: value * scale.view(-1, *[1] * (value.dim() - 1)) for name, value in gradients.items()}

    def slope(self, start: Start, direction: Weights) -> Weights:
        """Return u with <u, g> the first-order change of a loss with gradient `direction` under a step on g.

        u = -rate · (1 - b1) · direction / (sqrt(v / (1 - b2^t)) + 1e-8) / (1 - b1^(t + 1)), v as it stands before the
        step and g not clipped; what all steps share is left out. Gradient descent: u = -rate · direction.
        """
        if not self.adaptive:
            return {name: -self.rate * value for name, value in direction.items()}
        (one, two), t = self.betas, start.steps
        lead = -self.rate * (1 - one) / (1 - one ** (t + 1))
        return {
            name: lead * value / ((start.second[name] / (1 - two ** max(t, 1))).sqrt() + EPSILON)
            for name, value in direction.items()
        }


def warmed(loss: Loss, weights: Weights, rule: Rule, batches: Iterable[tuple[Tensor, Tensor]]) -> Start:
    """Return a start whose moments are what AdamW would hold had it seen these batches without moving.

    A kept model has no moments with it; a first step from none would move every weight by the whole rate, whatever the
    document says.
    """
    start = Start.fresh(weights)
    first, second, steps = start.first, start.second, 0
    with sdpa_kernel(SDPBackend.MATH):
        for inputs, targets in batches:
            gradients = {name: value[None] for name, value in grad(loss)(weights, inputs, targets).items()}
            gradients = {name: value[0] for name, value in rule.clipped(gradients).items()}
            one, two = rule.betas
            first = {name: one * first[name] + (1 - one) * value for name, value in gradients.items()}
            second = {name: two * second[name] + (1 - two) * value**2 for name, value in gradients.items()}
            steps += 1
    return Start(weights, first, second, steps)


def gradients(loss: Loss, weights: Weights, inputs: Tensor, targets: Tensor, *, own: bool = False) -> Weights:
    """Return every document's gradient [documents, ...] in one pass; with `own` each has weights of its own."""
    # Only the plain kernel of attention has a rule for many models at once.
    with sdpa_kernel(SDPBackend.MATH):
        found: Weights = vmap(grad(loss), in_dims=(0 if own else None, 0, 0))(weights, inputs, targets)
    return found


def rollouts(loss: Loss, start: Start, rule: Rule, inputs: Tensor, targets: Tensor) -> Iterator[tuple[Start, Weights]]:
    """Take one step a document along rows of documents, every row from the same start.

    inputs and targets are [rows, documents of a row, ...]. Yields, after each step, where all rows are and the gradients
    that led there. Nothing that one row did is seen by another.
    """
    state = start
    for place in range(inputs.shape[1]):
        found = gradients(loss, state.weights, inputs[:, place], targets[:, place], own=place > 0)
        state = rule.step(state, found)
        yield state, found


def apart(weights: Weights) -> Iterator[Weights]:
    """Yield the weights of each document of a state after a step."""
    count = len(next(iter(weights.values())))
    for row in range(count):
        yield {name: value[row] for name, value in weights.items()}


def dots(left: Weights, right: Weights) -> Tensor:
    """Return <left, right_i> for every document i of `right`, float64 [documents]."""
    return torch.stack(
        [
            (right[name] * value).reshape(len(right[name]), -1).sum(1, dtype=torch.float64)
            for name, value in left.items()
        ]
    ).sum(0)
