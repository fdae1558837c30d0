from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn

from winnow.lm.kronecker import Batch, Directions, direction, eigen, products, watching


@dataclass(frozen=True, eq=False)
class Squares:
    """Layers one after the other, and half the squared error of what comes out.

    What it draws from itself is off by +1 or -1 in every output; the batch says which. The expectation over all
    combinations of signs is that over a normal error of variance 1, whose curvature is the Gauss-Newton matrix.
    """

    network: nn.Sequential

    @property
    def layers(self) -> Mapping[str, nn.Linear]:
        return {name: layer for name, layer in self.network.named_children() if isinstance(layer, nn.Linear)}

    def observed(self, batch: Batch) -> Tensor:
        return 0.5 * (self.network(batch[0]) - batch[1]).square().sum()

    def sampled(self, batch: Batch) -> Tensor:
        found = self.network(batch[0])
        return 0.5 * (found - (found.detach() + batch[1].sign())).square().sum()

    def counted(self, batch: Batch) -> Tensor:
        return torch.ones(len(batch[0]), 1, dtype=torch.bool)


def linear(weight: list[list[float]]) -> nn.Linear:
    layer = nn.Linear(len(weight[0]), len(weight), bias=False)
    layer.weight.data = torch.tensor(weight)
    return layer


def test_one_weight_and_three_points_of_the_card() -> None:
    # x = 1 2 3, y = 1 2 2: w = sum xy / sum xx = 11/14 = .7857; H = mean xx = 14/3 = 4.6667; g = x(xw - y) =
    # -.2143 -.8571 1.0714. The query (1.5, 2) has the gradient 1.5 (1.5 w - 2) = -1.2321; -gq g / H = -.0566 -.2263
    # .2829: below 0 where a point with more weight lowers the query's loss.
    task = Squares(nn.Sequential(linear([[11 / 14]])))
    points = (torch.tensor([[1.0], [2.0], [3.0]]), torch.tensor([[1.0], [2.0], [2.0]]))
    found = eigen(task, [points])
    assert found["0"].values.tolist() == [[pytest.approx(14 / 3)]]
    wanted = direction(task, [(torch.tensor([[1.5]]), torch.tensor([[2.0]]))])
    assert wanted["0"].tolist() == [[pytest.approx(-1.2321, abs=1e-4)]]
    solved = {"0": found["0"].solved(wanted["0"], 0.0)}
    inner, squares = products(task, points, solved)
    assert (-inner).tolist() == pytest.approx([-0.0566, -0.2263, 0.2829], abs=1e-4)
    # At the optimum the gradients sum to 0, and so do the influences.
    assert float(inner.sum()) == pytest.approx(0, abs=1e-6)
    assert squares.sqrt().tolist() == pytest.approx([0.2143, 0.8571, 1.0714], abs=1e-4)


SIGNS = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])


def every_sign(inputs: Tensor) -> Batch:
    """Give every input each combination of signs, so that the expectation over them is exact."""
    return inputs.repeat_interleave(len(SIGNS), 0), SIGNS.repeat(len(inputs), 1)


def exact(network: nn.Sequential, inputs: Tensor, layer: nn.Linear) -> Tensor:
    """Return the Gauss-Newton matrix of one layer from its Jacobian, [out · in, out · in], rows of the weight first."""

    def outputs(weight: Tensor) -> Tensor:
        values = inputs
        for one in network:
            values = values @ weight.T if one is layer else one(values)
        return values

    jacobian = torch.autograd.functional.jacobian(outputs, layer.weight.detach())
    flat = jacobian.reshape(len(inputs), -1, layer.weight.numel()).double()
    return torch.einsum("noi,noj->ij", flat, flat) / len(inputs)


def test_it_is_the_exact_inverse_for_linear_networks() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(4, 3, bias=False), nn.Linear(3, 2, bias=False))
    task = Squares(network)
    inputs = torch.randn(12, 4) @ torch.diag(torch.tensor([3.0, 1.0, 0.5, 0.2]))
    found = eigen(task, [every_sign(inputs[:5]), every_sign(inputs[5:])])
    wanted: Directions = {name: torch.randn_like(layer.weight) for name, layer in task.layers.items()}
    for name, layer in task.layers.items():
        hessian = exact(network, inputs, layer)
        # Three units feed two outputs, so that the first layer's curvature lacks a third of its directions: a damping of
        # a tenth of the mean eigenvalue makes it solvable, here and there.
        level = 0.1 * hessian.trace() / len(hessian)
        expected = torch.linalg.solve(hessian + level * torch.eye(len(hessian)), wanted[name].double().flatten())
        assert torch.allclose(found[name].solved(wanted[name], 0.1).flatten(), expected, rtol=1e-3, atol=1e-4), name


def test_corrected_eigenvalues_are_better_than_products() -> None:
    # Where the size of an input and that of its error go together, A ⊗ S is wrong and the corrected values are not.
    task = Squares(nn.Sequential(linear([[1.0, 0.0], [0.0, 1.0]])))
    inputs, signs = torch.tensor([[2.0, 0.0], [0.0, 1.0]]), torch.tensor([[3.0, 0.0], [0.0, 1.0]])
    found = eigen(task, [(inputs, signs)])["0"]
    # G = d a^T: off by one in the first output at (2, 0), in the second at (0, 1). Over 2 places, squares 4/2 and 1/2 on
    # the diagonal; A ⊗ S would say 2 · 1/2 = 1 for (first, first) and as much as 1/2 · 1/2 off it.
    curvature = {
        (round(float(abs(one[0]))), round(float(abs(other[0])))): float(found.values[row, column])
        for row, one in enumerate(found.outputs.T)
        for column, other in enumerate(found.inputs.T)
    }
    assert curvature == {(1, 1): pytest.approx(2), (0, 0): pytest.approx(0.5), (1, 0): 0.0, (0, 1): 0.0}


def test_products_are_those_of_gradients_taken_one_by_one() -> None:
    torch.manual_seed(1)
    task = Squares(nn.Sequential(nn.Linear(3, 4, bias=False), nn.Tanh(), nn.Linear(4, 2, bias=False)))
    batch = (torch.randn(6, 3), torch.randn(6, 2))
    wanted = {name: torch.randn_like(layer.weight).double() for name, layer in task.layers.items()}
    inner, squares = products(task, batch, wanted)
    for row in range(6):
        loss = task.observed((batch[0][row : row + 1], batch[1][row : row + 1]))
        own = torch.autograd.grad(loss, [layer.weight for layer in task.layers.values()])
        expected = sum(float((one * two).sum()) for one, two in zip(own, wanted.values(), strict=True))
        assert float(inner[row]) == pytest.approx(expected, rel=1e-4)
        assert float(squares[row]) == pytest.approx(sum(float(one.square().sum()) for one in own), rel=1e-4)
    several = {name: torch.stack([value, 2 * value, 0 * value]) for name, value in wanted.items()}
    both, again = products(task, batch, several)
    assert both.shape == (6, 3)
    assert both.numpy() == pytest.approx(inner.numpy()[:, None] * [1, 2, 0], rel=1e-4, abs=1e-5)
    assert again.tolist() == pytest.approx(squares.tolist())


def test_hooks_are_gone_afterwards() -> None:
    task = Squares(nn.Sequential(linear([[1.0]])))
    with watching(task.layers):
        pass
    assert not task.layers["0"]._forward_hooks
