"""What a decoder thinks of text: the loss of every window, summed over each text."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from winnow.lm.decoder import Decoder
from winnow.lm.windows import IGNORED, Windows

EVALUATED, MOST_LOGITS = 64, 1 << 26
"""Windows that are read together, and logits, 256 MB: with a large vocabulary there are fewer windows."""


def text_losses(decoder: Decoder, windows: Windows, *, batch: int = EVALUATED) -> NDArray[np.float64]:
    """Return the sum over each text's tokens of -ln p(token | before), in nats, float64 [texts]."""
    sums = np.zeros(windows.texts)
    for rows, losses in _losses(decoder, windows, batch):
        np.add.at(sums, windows.text[rows], losses.sum(axis=1))
    return sums


def windows_at_once(batch: int, context: int, vocabulary: int) -> int:
    """Return how many windows of `batch` are read together without more logits than `MOST_LOGITS`, one at least."""
    return max(1, min(batch, MOST_LOGITS // (context * vocabulary)))


def nats_per_byte(losses: NDArray[np.float64], windows: Windows) -> float:
    """Return the loss of all texts over their bytes: bits per byte times ln 2."""
    return float(losses.sum() / max(1, int(windows.bytes.sum())))


@torch.no_grad()
def _losses(decoder: Decoder, windows: Windows, batch: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """Yield rows of windows and the loss of each of their places, 0 where nothing is measured."""
    device = decoder.embedding.weight.device
    was_training = decoder.training
    decoder.eval()
    for rows, length in windows.batches(
        windows_at_once(batch, windows.targets.shape[1], len(decoder.embedding.weight))
    ):
        inputs = torch.from_numpy(windows.inputs[rows, :length]).to(device)
        targets = torch.from_numpy(windows.targets[rows, :length]).to(device)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
            logits = decoder(inputs)
        losses = F.cross_entropy(
            logits.float().flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="none"
        )
        whole = np.zeros((len(rows), windows.targets.shape[1]), dtype=np.float32)
        whole[:, :length] = losses.view(len(rows), length).cpu().numpy()
        yield rows, whole
    decoder.train(was_training)
