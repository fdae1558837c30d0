"""How long a proof takes and how much memory it needs, told before it is started."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
import torch

from winnow.lm.likelihood import text_losses
from winnow.lm.windows import Windows
from winnow.prove.tiers import Tier
from winnow.prove.train import CHECKPOINTS, How, Training

PROCESS_BYTES = 360e6
"""What a process with torch and Arrow in it holds before it has a model."""


@dataclass(frozen=True)
class Prediction:
    """`minutes` for all runs, `bytes` for all processes at once, and the measured tokens per second of one run."""

    minutes: float
    bytes: float
    tokens_per_second: float


def predict(tier: Tier, vocabulary: int, runs: float, evaluation_tokens: int, workers: int) -> Prediction:
    """Time a few steps and one pass of evaluation on random tokens, and reckon what all runs take.

    `runs` counts a run that takes twice as long, as methods inside the training make it, twice.
    minutes = ceil(runs / workers) · (tokens / rate + (CHECKPOINTS / 4 + 1) · evaluation tokens / rate of evaluation) / 60:
    the curve is measured on a quarter of the texts.
    """
    device = "cuda" if torch.cuda.is_available() else "cpu"
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        rng = np.random.default_rng(0)
        run = Training(tier, vocabulary, 0, How.on(device, tier))
        steps = 8
        tokens = rng.integers(vocabulary, size=(2 * steps * tier.batch, tier.context + 1)).astype(np.uint16)
        order = np.arange(len(tokens))
        run.advance(min(steps, tier.steps), tokens, order)
        run.seconds, first = 0.0, run.step
        run.advance(first + steps, tokens, order)
        rate = steps * tier.batch * tier.context / run.seconds
        inputs = rng.integers(vocabulary, size=(64, tier.context))
        sample = Windows(inputs, inputs, np.zeros(64, dtype=np.int64), np.ones(1, dtype=np.int64))
        began = time.monotonic()
        text_losses(run.decoder, sample)
        reading = inputs.size / (time.monotonic() - began)
    finally:
        torch.set_num_threads(threads)
    each = tier.tokens / rate + (CHECKPOINTS / 4 + 1) * evaluation_tokens / reading
    together = min(workers, math.ceil(runs)) if device == "cpu" else 1
    return Prediction(math.ceil(runs / together) * each / 60, together * memory(tier, vocabulary), rate)


def memory(tier: Tier, vocabulary: int) -> float:
    """Return the bytes of one run: weights, gradients and two moments; activations; the tokens it is shown."""
    shape = tier.shape(vocabulary)
    places = tier.batch * tier.context
    kept = 4 * places * shape.layers * (10 * shape.width + 4 * shape.hidden)
    logits = 3 * 4 * places * vocabulary
    return PROCESS_BYTES + 16.0 * shape.parameters + kept + logits + 2 * tier.tokens + 8 * tier.steps * tier.batch
