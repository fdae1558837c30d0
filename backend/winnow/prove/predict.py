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
BESIDE, STARTING = 1.18, 8.0
"""How much longer a run takes when every core of a processor has one, and the seconds until workers have loaded torch."""
LONG_ENOUGH, STRETCH, MOST_STRETCHES = 1.0, 8, 200
"""Seconds to measure for, steps between two looks at the clock, and how many of these at most."""


@dataclass(frozen=True)
class Prediction:
    """`minutes` for all runs, `bytes` for all processes at once, and the measured tokens per second of one run."""

    minutes: float
    bytes: float
    tokens_per_second: float


def predict(tier: Tier, vocabulary: int, runs: float, evaluation_tokens: int, workers: int) -> Prediction:
    """Time a few steps and one pass of evaluation on random tokens, and reckon what all runs take.

    `runs` counts a run that takes twice as long, as methods inside the training make it, twice.
    minutes = ceil(runs / workers) · (tokens / rate + (CHECKPOINTS / 4 + 1) · evaluation tokens / rate of evaluation) / 60,
    and more where runs go beside each other: the curve is measured on a quarter of the texts.
    """
    device = "cuda" if torch.cuda.is_available() else "cpu"
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        run, rate = _training(tier, vocabulary, device)
        inputs = np.random.default_rng(0).integers(vocabulary, size=(64, tier.context))
        sample = Windows(inputs, inputs, np.zeros(64, dtype=np.int64), np.ones(1, dtype=np.int64))
        began, passes = time.monotonic(), 0
        while time.monotonic() - began < LONG_ENOUGH / 2:
            text_losses(run.decoder, sample)
            passes += 1
        reading = passes * inputs.size / (time.monotonic() - began)
    finally:
        torch.set_num_threads(threads)
    each = tier.tokens / rate + (CHECKPOINTS / 4 + 1) * evaluation_tokens / reading
    together = min(workers, math.ceil(runs)) if device == "cpu" else 1
    waves = math.ceil(runs / together)
    seconds = waves * each * (BESIDE if together > 1 else 1.0) + STARTING
    return Prediction(seconds / 60, together * memory(tier, vocabulary), rate)


def _training(tier: Tier, vocabulary: int, device: str) -> tuple[Training, float]:
    """Train on random tokens for about a second after a first stretch, and return the tokens per second."""
    rng = np.random.default_rng(0)
    run = Training(tier, vocabulary, 0, How.on(device, tier))
    windows = rng.integers(vocabulary, size=(STRETCH * tier.batch, tier.context + 1)).astype(np.uint16)
    order = np.resize(np.arange(len(windows)), MOST_STRETCHES * len(windows))
    run.advance(STRETCH, windows, order)
    run.seconds = 0.0
    while run.seconds < LONG_ENOUGH and run.step < (MOST_STRETCHES - 1) * STRETCH:
        run.advance(run.step + STRETCH, windows, order)
    return run, (run.step - STRETCH) * tier.batch * tier.context / run.seconds


def memory(tier: Tier, vocabulary: int) -> float:
    """Return the bytes of one run: weights, gradients and two moments; activations; the tokens it is shown."""
    shape = tier.shape(vocabulary)
    places = tier.batch * tier.context
    kept = 4 * places * shape.layers * (10 * shape.width + 4 * shape.hidden)
    logits = 3 * 4 * places * vocabulary
    return PROCESS_BYTES + 16.0 * shape.parameters + kept + logits + 2 * tier.tokens + 8 * tier.steps * tier.batch
