from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from winnow.lm.one_step import Rule, Start, Weights, apart, dots, gradients, rollouts, warmed


def pull(weights: Weights, inputs: Tensor, targets: Tensor) -> Tensor:
    """Half the squared distance of the one weight to what a document says."""
    return 0.5 * (weights["w"] - inputs).square().sum()


def reference(weights: Weights) -> float:
    return 0.5 * (float(weights["w"]) - 1) ** 2


def at(value: float) -> Start:
    return Start.fresh({"w": torch.tensor([value], dtype=torch.float64)})


def documents(*says: float) -> Tensor:
    return torch.tensor(says, dtype=torch.float64).view(-1, 1, 1)


def changes(start: Start, rule: Rule, *says: float) -> list[float]:
    ((end, _),) = rollouts(pull, start, rule, documents(*says), documents(*says))
    return [reference(weights) - reference(start.weights) for weights in apart(end.weights)]


PLAIN = Rule(rate=0.1, adaptive=False, clip=1e9)


def test_a_step_towards_the_target_helps_and_one_away_harms() -> None:
    # w = 0, target at 1, loss .5. A document at c pulls by c: w = .1 c. c = 1: (.9² - 1)/2 = -.095; 0; -1: (1.1² - 1)/2 = .105.
    assert changes(at(0.0), PLAIN, 1.0, 0.0, -1.0) == pytest.approx([-0.095, 0.0, 0.105])


def test_no_rate_changes_nothing() -> None:
    for adaptive in (True, False):
        assert changes(at(0.3), Rule(rate=0.0, adaptive=adaptive), 1.0, -5.0) == [0.0, 0.0]


def test_every_document_begins_anew() -> None:
    first, _, again = changes(at(0.0), Rule(rate=0.01), 2.0, -3.0, 2.0)
    assert first == again
    alone = changes(at(0.0), Rule(rate=0.01), 2.0)
    assert [first] == pytest.approx(alone, abs=1e-12)


def test_documents_of_a_row_are_learnt_one_after_the_other() -> None:
    # From 0: .1 · 1 = .1, then .1 + .1 · (1 - .1) = .19; rows do not meet: the other goes to -.1 and then to -.1 + .1 · 1.1 = .01.
    rows = torch.tensor([[1.0, 1.0], [-1.0, 1.0]], dtype=torch.float64).view(2, 2, 1, 1)
    found = [state.weights["w"].flatten().tolist() for state, _ in rollouts(pull, at(0.0), PLAIN, rows, rows)]
    assert found == [pytest.approx([0.1, -0.1]), pytest.approx([0.19, 0.01])]


def test_adamw_is_torchs_own() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).double()
    weights = {name: value.detach().clone() for name, value in network.named_parameters()}
    inputs, targets = torch.randn(4, 5, 3).double(), torch.randn(4, 5, 2).double()

    def loss(values: Weights, x: Tensor, y: Tensor) -> Tensor:
        return (torch.func.functional_call(network, values, (x,)) - y).square().mean()

    rule = Rule(rate=0.01, decay=0.1, clip=0.05)
    ((end, _), *_) = rollouts(loss, Start.fresh(weights), rule, inputs[None, :1], targets[None, :1])
    matrices = [value for value in network.parameters() if value.dim() > 1]
    vectors = [value for value in network.parameters() if value.dim() == 1]
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=0.01, betas=(0.9, 0.95), eps=1e-8)

    def learn(row: int) -> None:
        optimizer.zero_grad()
        (network(inputs[row]) - targets[row]).square().mean().backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 0.05)
        optimizer.step()

    learn(0)
    for name, value in network.named_parameters():
        assert torch.allclose(end.weights[name][0], value, atol=1e-9), name
    # Three more steps, as a row of documents takes them.
    *_, (last, _) = rollouts(loss, Start.fresh(weights), rule, inputs[None], targets[None])
    for row in (1, 2, 3):
        learn(row)
    for name, value in network.named_parameters():
        assert torch.allclose(last.weights[name][0], value, atol=1e-9), name


def test_moments_are_those_of_steps_that_did_not_move() -> None:
    # Gradients w - c = -2, then -1: m = .9 · (.1 · -2) + .1 · -1 = -.28, v = .95 · (.05 · 4) + .05 · 1 = .24.
    start = warmed(
        pull, at(0.0).weights, Rule(rate=0.1, clip=1e9), [(documents(c)[0], documents(c)[0]) for c in (2, 1)]
    )
    assert (float(start.first["w"]), float(start.second["w"]), start.steps) == (
        pytest.approx(-0.28),
        pytest.approx(0.24),
        2,
    )
    assert float(start.weights["w"]) == 0.0


def test_without_moments_a_first_step_says_only_which_way() -> None:
    # From no moments every weight moves by the whole rate, whatever the document's gradient: why they are made first.
    weak, strong = changes(at(0.0), Rule(rate=0.01, clip=1e9), 0.001, 1000.0)
    assert weak == pytest.approx(strong, rel=1e-3)
    start = warmed(pull, at(0.0).weights, Rule(rate=0.1, clip=1e9), [(documents(1.0)[0], documents(1.0)[0])] * 20)
    weak, strong = changes(start, Rule(rate=0.01, clip=1e9), 0.5, 2.0)
    assert strong < weak < 0


def test_gradients_are_clipped_document_by_document() -> None:
    long = {"w": torch.tensor([[3.0, 4.0], [0.3, 0.4]])}
    clipped = Rule(rate=1.0).clipped(long)["w"]
    assert clipped.tolist() == [pytest.approx([0.6, 0.8], abs=1e-4), pytest.approx([0.3, 0.4], abs=1e-4)]


def test_the_first_order_estimate_is_the_limit_of_small_steps() -> None:
    small, begin = Rule(rate=1e-6, adaptive=False, clip=1e9), at(0.0)
    says = documents(1.0, 0.5, -2.0)
    own = gradients(pull, begin.weights, says, says)
    slopes = dots(small.slope(begin, {"w": begin.weights["w"] - 1}), own)
    assert slopes.tolist() == pytest.approx(changes(begin, small, 1.0, 0.5, -2.0), rel=1e-4)
