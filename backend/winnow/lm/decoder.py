"""A decoder-only transformer as small as it can be without being another thing than its big sisters."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from winnow.errors import SettingError


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The size of a decoder. `context` is the number of tokens it sees."""

    layers: int
    width: int
    heads: int
    context: int
    vocabulary: int

    def __post_init__(self) -> None:
        if self.width % (2 * self.heads):
            raise SettingError(
                "a head has an even number of dimensions",
                f"{self.width} dimensions for {self.heads} heads",
                "a width that is a multiple of twice the heads",
            )

    @property
    def hidden(self) -> int:
        """Width of the feed-forward layer: 8/3 of the width, so that three matrices weigh as much as two of 4x."""
        return 32 * math.ceil(8 * self.width / 3 / 32)

    @property
    def parameters(self) -> int:
        """Return how many numbers are trained; the embedding, shared with the output, counts once."""
        block = 4 * self.width**2 + 3 * self.width * self.hidden + 2 * self.width
        return self.vocabulary * self.width + self.layers * block + self.width

    def flops(self, tokens: int) -> float:
        """Return the operations of training on so many tokens: 6 per parameter, and 12·layers·width·context of attention.

        The count of Chowdhery et al. 2022, arXiv 2204.02311, appendix B; with the causal half of attention.
        """
        attention = 6 * self.layers * self.width * self.context
        return tokens * (6.0 * self.parameters + attention)


class Decoder(nn.Module):
    """Tokens [batch, time] to logits [batch, time, vocabulary].

    Pre-normalised blocks of attention and SwiGLU with RMSNorm (arXiv 1910.07467), rotary positions (arXiv 2104.09864)
    and one embedding for input and output (arXiv 1608.05859).
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocabulary, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = nn.RMSNorm(shape.width)
        angles = _angles(shape.context, shape.width // shape.heads)
        self.register_buffer("cosine", angles.cos(), persistent=False)
        self.register_buffer("sine", angles.sin(), persistent=False)
        self._initialise()

    def _initialise(self) -> None:
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                # Each block adds twice to the stream; smaller steps keep its variance that of the embedding.
                ends_a_branch = name.endswith(("attention.out.weight", "forward_down.weight"))
                spread = 0.02 / math.sqrt(2 * self.shape.layers) if ends_a_branch else 0.02
                nn.init.normal_(parameter, std=spread)

    def forward(self, tokens: Tensor) -> Tensor:
        return F.linear(self.states(tokens), self.embedding.weight)

    def states(self, tokens: Tensor) -> Tensor:
        """Return what the last layer says, [batch, time, width], before it becomes logits."""
        time = tokens.shape[1]
        stream = self.embedding(tokens)
        cosine, sine = self.get_buffer("cosine")[:time], self.get_buffer("sine")[:time]
        for block in self.blocks:
            stream = block(stream, cosine, sine)
        normalised: Tensor = self.norm(stream)
        return normalised


class Block(nn.Module):
    """One layer: attention and a gated feed-forward, each added to the stream."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.attention_norm = nn.RMSNorm(shape.width)
        self.attention = Attention(shape)
        self.forward_norm = nn.RMSNorm(shape.width)
        self.forward_up = nn.Linear(shape.width, 2 * shape.hidden, bias=False)
        self.forward_down = nn.Linear(shape.hidden, shape.width, bias=False)

    def forward(self, stream: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
        stream = stream + self.attention(self.attention_norm(stream), cosine, sine)
        gate, value = self.forward_up(self.forward_norm(stream)).chunk(2, dim=-1)
        added: Tensor = stream + self.forward_down(F.silu(gate) * value)
        return added


class Attention(nn.Module):
    """Causal attention with rotary positions."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.into = nn.Linear(shape.width, 3 * shape.width, bias=False)
        self.out = nn.Linear(shape.width, shape.width, bias=False)

    def forward(self, stream: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
        batch, time, width = stream.shape
        split = self.into(stream).view(batch, time, 3, self.heads, width // self.heads)
        query, key, value = split.permute(2, 0, 3, 1, 4)
        seen = F.scaled_dot_product_attention(
            _turned(query, cosine, sine), _turned(key, cosine, sine), value, is_causal=True
        )
        joined: Tensor = self.out(seen.transpose(1, 2).reshape(batch, time, width))
        return joined


def _angles(context: int, dimensions: int) -> Tensor:
    frequencies = 10_000.0 ** -(torch.arange(0, dimensions, 2, dtype=torch.float32) / dimensions)
    return torch.arange(context, dtype=torch.float32)[:, None] * frequencies[None, :]


def _turned(vectors: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Turn the two halves of each vector [.., time, d] by its position's angles [time, d/2]."""
    first, second = vectors.chunk(2, dim=-1)
    cosine, sine = cosine.to(vectors.dtype), sine.to(vectors.dtype)
    return torch.cat([first * cosine - second * sine, first * sine + second * cosine], dim=-1)
