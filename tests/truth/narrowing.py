"""Leave out units between the two dense maps of a layer, and let the rest speak for them.

With activations a of the units over many pieces and G = Σ [a, 1][a, 1]ᵀ, the map W that follows becomes
W' = W G[:, S] G[S, S]⁻¹ on the units S that stay, the least squares fit of W a; 1 stays always, so the bias is fitted along.
Out go, a block at a time, the units whose loss raises the squared error least: ‖W'ᵢ‖² / (G[S, S]⁻¹)ᵢᵢ.
Source: optimal brain surgeon (Hassibi and Stork, 1993) on one layer's output, as in arXiv 2203.07259.
"""

from __future__ import annotations

import torch
from torch import nn

BLOCK, DAMPING = 64, 1e-6


def gram(activations: torch.Tensor) -> torch.Tensor:
    """Return Σ [a, 1][a, 1]ᵀ, float64 [units + 1, units + 1], for activations [..., units]."""
    rows = activations.flatten(0, -2).float()
    rows = torch.cat([rows, torch.ones(len(rows), 1)], dim=1)
    return (rows.T @ rows).double()


def narrowed(up: nn.Linear, down: nn.Linear, seen: torch.Tensor, width: int) -> tuple[nn.Linear, nn.Linear, float]:
    """Return both maps with `width` units between them, and the share of the squared output that is lost."""
    whole = torch.cat([down.weight, down.bias[:, None]], dim=1).detach().double()
    units = torch.arange(up.out_features + 1)
    while True:
        held = seen[units][:, units]
        inverse = torch.linalg.inv(held + DAMPING * held.diagonal().mean() * torch.eye(len(units), dtype=held.dtype))
        told = whole @ seen[:, units] @ inverse
        if len(units) == width + 1:
            break
        loss = told.square().sum(0) / inverse.diagonal()
        loss[-1] = torch.inf
        stay = torch.argsort(loss, descending=True)[: max(len(units) - BLOCK, width + 1)]
        units = units[torch.sort(stay).values]
    error = whole.clone()
    error[:, units] -= told
    lost = torch.trace(error @ seen @ error.T) / torch.trace(whole @ seen @ whole.T)
    first, second = nn.Linear(up.in_features, width), nn.Linear(width, down.out_features)
    with torch.no_grad():
        first.weight.copy_(up.weight[units[:-1]])
        first.bias.copy_(up.bias[units[:-1]])
        second.weight.copy_(told[:, :-1])
        second.bias.copy_(told[:, -1])
    return first, second, float(lost)
