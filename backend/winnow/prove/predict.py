"""How long a proof takes and how much memory it needs, told before it is started."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
import torch

from winnow.lm.likelihood import EVALUATED, text_losses, windows_at_once
from winnow.lm.windows import Windows
from winnow.prove.tiers import Tier
from winnow.prove.train import CHECKPOINTS, MOST_LEARNT, How, Training

WORKER_BYTES, LAYING_BYTES = 540e6, 520e6
"""What a process holds that trains, and one that lays a proof out and waits, before a model or a document is counted.

Of a worker's, 250 MB are torch and Arrow, 150 the libraries of the corpus and of statistics, 70 what torch's optimiser loads,
45 the reading of texts and 20 the kernels of a first step (torch 2.13 on Linux; tests/bench/README.md).
"""
TEXT_BYTES, TABLE_BYTES, POOL_BYTES = 200e6, 1e3, 250.0
"""What reading all texts once leaves behind at most, what a document takes where the table of the corpus is in memory, and
where it is read from the disk (of ten million documents, tests/bench/README.md)."""
BESIDE, STARTING = 1.18, 8.0
"""How much longer a run takes when every core of a processor has one, and the seconds until workers have loaded torch."""
READ_AT, LEARN_AT = 25e6, 2.5e6
"""Bytes of the corpus that are searched for evaluation texts, and characters that byte pairs are learnt from, a second."""
LONG_ENOUGH, STRETCH, MOST_STRETCHES = 1.0, 8, 200
"""Seconds to measure for, steps between two looks at the clock, and how many of these at most."""


@dataclass(frozen=True)
class Prediction:
    """`minutes` for all runs, `bytes` for all processes at once, `worker` of them for each that trains.

    `tokens_per_second` was measured in one run. Libraries that processes share are counted in each, as `top` does.
    """

    minutes: float
    bytes: float
    tokens_per_second: float
    worker: float = 0.0


@dataclass(frozen=True)
class Laying:
    """What is read before the first run: a corpus of so many documents and bytes, and characters for byte pairs.

    `on_disk` says that the table of the corpus is not held in memory.
    """

    documents: int = 0
    bytes: float = 0.0
    learnt_from: float = 0.0
    on_disk: bool = False

    @property
    def seconds(self) -> float:
        return self.bytes / READ_AT + self.learnt_from / LEARN_AT

    @property
    def memory(self) -> float:
        return min(TEXT_BYTES, 4 * self.bytes) + (POOL_BYTES if self.on_disk else TABLE_BYTES) * self.documents


def predict(
    tier: Tier, vocabulary: int, runs: float, evaluation_tokens: int, workers: int, *, laying: Laying | None = None
) -> Prediction:
    """Time a few steps and one pass of evaluation on random tokens, and reckon what all runs take.

    `runs` counts a run that takes twice as long, as methods inside the training make it, twice.
    minutes = ceil(runs / workers) · (tokens / rate + (CHECKPOINTS / 4 + 1) · evaluation tokens / rate of evaluation) / 60,
    and more where runs go beside each other: the curve is measured on a quarter of the texts.
    """
    before = laying or Laying()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        run, rate = _training(tier, vocabulary, device)
        reading = _reading(run)
    finally:
        torch.set_num_threads(threads)
    each = tier.tokens / rate + (CHECKPOINTS / 4 + 1) * evaluation_tokens / reading
    together = min(workers, math.ceil(runs)) if device == "cpu" else 1
    waves = math.ceil(runs / together)
    seconds = before.seconds + waves * each * (BESIDE if together > 1 else 1.0) + (STARTING if together > 1 else 0.0)
    worker = memory(tier, vocabulary)
    # One worker alone is the process that laid the proof out.
    whole = LAYING_BYTES + before.memory + together * worker if together > 1 else worker + before.memory
    return Prediction(seconds / 60, whole, rate, worker)


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


def _reading(run: Training) -> float:
    """Read random tokens for half a second and return the tokens per second of evaluation."""
    shape = run.decoder.shape
    inputs = np.random.default_rng(0).integers(shape.vocabulary, size=(EVALUATED, shape.context))
    sample = Windows(inputs, inputs, np.zeros(EVALUATED, dtype=np.int64), np.ones(1, dtype=np.int64))
    began, passes = time.monotonic(), 0
    while time.monotonic() - began < LONG_ENOUGH / 2:
        text_losses(run.decoder, sample)
        passes += 1
    return passes * inputs.size / (time.monotonic() - began)


def memory(tier: Tier, vocabulary: int) -> float:
    """Return the bytes of a process that trains: what it holds anyhow, and of the runs that it makes:

    weights, gradients and two moments; what a step keeps for its way back; the largest batch of evaluation, where each
    place takes 3 numbers an entry of the vocabulary, 4 a hidden unit and 8 a dimension of one layer; 2 bytes a token that
    is shown and 6 of its making, 8 a window.
    """
    shape = tier.shape(vocabulary)
    places = min(tier.batch * tier.context, max(tier.context, MOST_LEARNT // vocabulary))
    kept = 4 * places * (shape.layers * (10 * shape.width + 4 * shape.hidden) + 3 * vocabulary)
    read = windows_at_once(EVALUATED, tier.context, vocabulary) * tier.context
    evaluated = 4 * read * (3 * vocabulary + 4 * shape.hidden + 8 * shape.width)
    return WORKER_BYTES + 16.0 * shape.parameters + kept + evaluated + 8 * tier.tokens + 8 * tier.steps * tier.batch
