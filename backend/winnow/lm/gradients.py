"""The direction in which a text would move a decoder's last block, projected at random to a few hundred numbers."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from winnow.lm.decoder import Decoder
from winnow.lm.windows import IGNORED, Windows


class Projection:
    """Projects the gradients of the last block's four matrices: of each, R_out^T G R_in with R of normal numbers.

    `side`² numbers a matrix, 4 · side² in all; R has entries N(0, 1 / side), so that inner products are kept in
    expectation (Johnson and Lindenstrauss 1984; two-sided as in arXiv 2405.13954). The same seed projects alike, whatever
    weights the decoder has.
    """

    def __init__(self, decoder: Decoder, dimensions: int, seed: int) -> None:
        block = decoder.blocks[-1]
        self.names = tuple(name for name, module in block.named_modules() if isinstance(module, nn.Linear))
        self.side = max(1, math.isqrt(dimensions // len(self.names)))
        generator = torch.Generator().manual_seed(seed)
        device = decoder.embedding.weight.device
        self._out: dict[str, Tensor] = {}
        self._in: dict[str, Tensor] = {}
        for name in self.names:
            rows, columns = block.get_submodule(name).weight.shape
            for where, size in ((self._out, rows), (self._in, columns)):
                where[name] = (torch.randn(size, self.side, generator=generator) / self.side**0.5).to(device)

    @property
    def dimensions(self) -> int:
        return len(self.names) * self.side**2

    def gradients(self, decoder: Decoder, cut: Windows, batch: int) -> NDArray[np.float32]:
        """Return the projected gradient of the summed loss of each text, float32 [texts, dimensions]; nothing is learnt.

        Memory: what a batch of windows leaves behind in one block. What is ignored in the windows is only read.
        """
        found = np.zeros((cut.texts, self.dimensions), dtype=np.float32)
        was_training = decoder.training
        decoder.eval()
        for rows, length in cut.batches(batch):
            inputs, targets = (torch.from_numpy(side[rows, :length]) for side in (cut.inputs, cut.targets))
            np.add.at(found, cut.text[rows], self._windows(decoder, inputs, targets).cpu().numpy())
        decoder.train(was_training)
        return found

    def _windows(self, decoder: Decoder, inputs: Tensor, targets: Tensor) -> Tensor:
        device = decoder.embedding.weight.device
        with torch.no_grad():
            stream = decoder.embedding(inputs.to(device))
            cosine, sine = (decoder.get_buffer(name)[: inputs.shape[1]] for name in ("cosine", "sine"))
            for block in decoder.blocks[:-1]:
                stream = block(stream, cosine, sine)
        seen: dict[str, Tensor] = {}
        felt: dict[str, Tensor] = {}
        last = decoder.blocks[-1]
        hooks = [last.get_submodule(name).register_forward_hook(_watch(name, seen, felt)) for name in self.names]
        try:
            with torch.enable_grad():
                logits = F.linear(decoder.norm(last(stream.requires_grad_(), cosine, sine)), decoder.embedding.weight)
                loss = F.cross_entropy(
                    logits.float().flatten(0, 1), targets.to(device).flatten(), ignore_index=IGNORED, reduction="sum"
                )
                torch.autograd.grad(loss, stream)
        finally:
            for hook in hooks:
                hook.remove()
        parts = [
            torch.einsum("btp,btq->bpq", felt[name] @ self._out[name], seen[name] @ self._in[name]).flatten(1)
            for name in self.names
        ]
        return torch.cat(parts, dim=1)


def _watch(name: str, seen: dict[str, Tensor], felt: dict[str, Tensor]) -> Callable[..., None]:
    """Remember what a layer reads, and what the loss tells it of its answer."""

    def hook(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        seen[name] = inputs[0].detach()
        output.register_hook(lambda gradient: felt.update({name: gradient}))

    return hook


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return vectors of length 1; those of zeros stay."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    divided: NDArray[np.float32] = vectors / np.maximum(lengths, 1e-30)
    return divided
