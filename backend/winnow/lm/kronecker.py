"""The curvature of linear layers as Kronecker products with corrected eigenvalues (EK-FAC), and gradients seen by hooks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

Batch = tuple[Tensor, Tensor]
Directions = dict[str, Tensor]
"""One matrix [out, in] for every layer."""


class Task(Protocol):
    """What is needed of a model to know its curvature: its linear layers and its losses on a batch (inputs, targets)."""

    @property
    def layers(self) -> Mapping[str, nn.Linear]: ...

    def observed(self, batch: Batch) -> Tensor:
        """Return the sum of the losses of the batch, which gradients are taken of."""
        ...

    def sampled(self, batch: Batch) -> Tensor:
        """Return the sum of the losses of targets that are drawn from the model itself."""
        ...

    def counted(self, batch: Batch) -> Tensor:
        """Return which places count, bool [examples, places]."""
        ...


@dataclass(frozen=True, eq=False)
class Eigen:
    """The curvature of one layer, per place that counts: two bases, and an eigenvalue for each pair of directions.

    `outputs` [out, out] and `inputs` [in, in] have eigenvectors as columns; `values` is [out, in]; all float64.
    """

    outputs: Tensor
    inputs: Tensor
    values: Tensor

    def solved(self, direction: Tensor, damping: float) -> Tensor:
        """Return (H + damping · mean eigenvalue)^-1 direction, float64 [out, in]."""
        rotated = self.outputs.T @ direction.double() @ self.inputs
        level = damping * float(self.values.mean())
        return self.outputs @ (rotated / (self.values + level)) @ self.inputs.T


@dataclass
class Seen:
    """What went into a layer [examples, places, in], and the loss's gradient at what came out [examples, places, out]."""

    entered: Tensor
    left: Tensor

    def each(self) -> Tensor:
        """Return every example's gradient of the layer's weight, [examples, out, in]."""
        return torch.einsum("bto,bti->boi", self.left, self.entered)

    def total(self) -> Tensor:
        return torch.einsum("bto,bti->oi", self.left, self.entered)


@contextmanager
def watching(layers: Mapping[str, nn.Linear]) -> Iterator[dict[str, Seen]]:
    """Note what passes through layers, forward and backward, until the block ends; a layer is used once a pass."""
    seen: dict[str, Seen] = {}

    def note(name: str, inputs: Tensor, output: Tensor) -> None:
        entered = inputs.detach().reshape(len(inputs), -1, inputs.shape[-1])
        output.register_hook(
            lambda gradient: seen.update({name: Seen(entered, gradient.reshape(*entered.shape[:2], -1))})
        )

    hooks = [
        layer.register_forward_hook(lambda _, inputs, output, name=name: note(name, inputs[0], output))
        for name, layer in layers.items()
    ]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()


def passed(task: Task, loss: Tensor, seen: dict[str, Seen]) -> dict[str, Seen]:
    """Send a loss's gradient back through the layers and return what they saw; weights keep no gradient."""
    torch.autograd.grad(loss, [layer.weight for layer in task.layers.values()])
    found = dict(seen)
    seen.clear()
    return found


def eigen(task: Task, batches: Iterable[Batch]) -> dict[str, Eigen]:
    """Measure the curvature of every layer on batches, which are read twice.

    For a layer with inputs a_t and gradients d_t of losses whose targets the model itself draws, over n places t:
    A = sum a a^T / n, S = sum d d^T / n, in float64; with their eigenvectors Q_A and Q_S and an example's gradient
    G = sum_t d_t a_t^T, the corrected eigenvalues are sum over examples of (Q_S^T G Q_A)² / n. H is then Q_S ⊗ Q_A with
    these: the Gauss-Newton matrix of the mean loss of a place, layer by layer. George et al. 2018, arXiv 1806.03884;
    Grosse et al. 2023, arXiv 2308.03296.
    """
    bases = {name: (_basis(left), _basis(entered)) for name, (left, entered) in _covariances(task, batches).items()}
    sums = {name: torch.zeros(len(left), len(entered)) for name, (left, entered) in bases.items()}
    sums = {name: value.to(bases[name][0]) for name, value in sums.items()}
    places = 0
    with watching(task.layers) as seen:
        for batch in batches:
            places += int(task.counted(batch).sum())
            for name, one in passed(task, task.sampled(batch), seen).items():
                left, entered = bases[name]
                rotated = Seen(one.entered @ entered.to(one.entered), one.left @ left.to(one.left)).each()
                sums[name] += rotated.square().sum(0).double()
    return {name: Eigen(*bases[name], value / max(1, places)) for name, value in sums.items()}


def _covariances(task: Task, batches: Iterable[Batch]) -> dict[str, tuple[Tensor, Tensor]]:
    """Return S [out, out] and A [in, in] of every layer, summed over the places that count."""
    sums: dict[str, tuple[Tensor, Tensor]] = {}
    for name, layer in task.layers.items():
        sizes = (layer.out_features, layer.in_features)
        left, entered = (torch.zeros(n, n, dtype=torch.float64, device=layer.weight.device) for n in sizes)
        sums[name] = (left, entered)
    with watching(task.layers) as seen:
        for batch in batches:
            counted = task.counted(batch)
            for name, one in passed(task, task.sampled(batch), seen).items():
                entered, left = one.entered[counted], one.left.flatten(0, 1)
                sums[name][0].add_((left.T @ left).double())
                sums[name][1].add_((entered.T @ entered).double())
    return sums


def _basis(covariance: Tensor) -> Tensor:
    """Return the eigenvectors of a covariance as columns; its scale does not matter."""
    found: Tensor = torch.linalg.eigh(covariance)[1]
    return found


def direction(task: Task, batches: Iterable[Batch]) -> Directions:
    """Return the gradient of the mean loss of a place, for every layer."""
    sums: Directions = {}
    places = 0
    with watching(task.layers) as seen:
        for batch in batches:
            places += int(task.counted(batch).sum())
            for name, one in passed(task, task.observed(batch), seen).items():
                sums[name] = sums.get(name, 0) + one.total().double()
    return {name: value / max(1, places) for name, value in sums.items()}


def products(task: Task, batch: Batch, directions: Directions) -> tuple[Tensor, Tensor]:
    """Return <direction, G> and |G|² of every example's gradient G over all layers, float64 [examples] each.

    Directions may be several, [queries, out, in] for every layer: the products are [examples, queries] then.
    """
    with watching(task.layers) as seen:
        found = passed(task, task.observed(batch), seen)
    several = next(iter(directions.values())).shape[:-2]
    squares = torch.zeros(len(batch[0]), dtype=torch.float64, device=batch[0].device)
    inner = squares.new_zeros((len(squares), *several))
    for name, one in found.items():
        if several:
            each = one.each()
            inner += torch.einsum("boi,qoi->bq", each, directions[name].to(each)).double()
            squares += each.square().sum((1, 2), dtype=torch.float64)
            continue
        # d^T U a over the places, without the gradient itself.
        inner += ((one.left @ directions[name].to(one.left)) * one.entered).sum((1, 2), dtype=torch.float64)
        squares += one.each().square().sum((1, 2), dtype=torch.float64)
    return inner, squares
