"""One run: a fresh decoder, an arm's windows in their order, and what it makes of the evaluation sets on the way."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from winnow.lm.decoder import Decoder
from winnow.lm.likelihood import nats_per_byte, text_losses
from winnow.lm.windows import Windows, training_windows
from winnow.pool import Floats
from winnow.prove.arms import Shown
from winnow.prove.steering import Steering
from winnow.prove.tiers import Tier

CHECKPOINTS = 10
WARM_UP, LOWEST = 0.05, 0.1
CHECKPOINT = "checkpoint.pt"
MOST_LEARNT = 1 << 30
"""Logits of one piece of a step, which take 4 GB, and their gradients as much: a batch of tier medium comes in 13 pieces."""
ONE_THREAD = 128
"""Up to this width a second thread of a processor costs more than it brings, and sums would depend on their number."""


@dataclass(frozen=True)
class Point:
    """One place of a learning curve: `evaluations` in nats per byte, `training` in nats per token since the last one."""

    tokens: int
    training: float
    evaluations: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Trained:
    """How a run ended. `losses` are nats per text of each evaluation set; a run that diverged has none."""

    points: tuple[Point, ...]
    losses: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    seconds: float = 0.0
    diverged: bool = False


def train(
    tier: Tier,
    vocabulary: int,
    shown: Shown,
    evaluations: Mapping[str, Windows],
    *,
    seed: int,
    folder: Path,
    start: Decoder | None = None,
    on_point: Callable[[Point], None] = lambda point: None,
    device: str = "",
    steering: Steering | None = None,
) -> tuple[Decoder, Trained]:
    """Train one decoder and measure it; a run that was cut off goes on from its last checkpoint in `folder`.

    AdamW (0.9, 0.95), weight decay 0.1 on matrices, gradients clipped to norm 1, 5 % warm-up, cosine to a tenth. The
    same seed begins with the same weights, whatever the arm, unless `start` gives others. With `steering` a method says
    what each step reads and how much it counts.
    """
    how = How.on(device or ("cuda" if torch.cuda.is_available() else "cpu"), tier)
    run = Training(tier, vocabulary, seed, how, steering)
    if start is not None:
        run.decoder.load_state_dict(start.state_dict())
    curves = {name: every_fourth(windows) for name, windows in evaluations.items()}
    batches = training_windows(shown.tokens, tier.context)
    run.resume(folder / CHECKPOINT)
    marks = sorted({round(tier.steps * part / CHECKPOINTS) for part in range(1, CHECKPOINTS + 1)} - {0})
    for mark in (mark for mark in marks if mark > run.step):
        loss = run.advance(mark, batches, shown.order)
        found = {name: nats_per_byte(text_losses(run.decoder, part), part) for name, part in curves.items()}
        point = Point(run.step * tier.batch * tier.context, loss, found)
        run.note(point)
        on_point(point)
        if not _sane(point, vocabulary):
            return run.decoder, Trained(tuple(run.points), seconds=run.seconds, diverged=True)
        if mark < tier.steps:
            run.keep(folder / CHECKPOINT)
    losses = {name: text_losses(run.decoder, windows) for name, windows in evaluations.items()}
    return run.decoder, Trained(tuple(run.points), losses, run.seconds)


@dataclass(frozen=True)
class How:
    """On which device a run goes, whether in bfloat16 (`narrow`), and by which of torch's compilers, "" for none."""

    device: str
    narrow: bool = False
    compiler: str = ""

    @classmethod
    def on(cls, device: str, tier: Tier) -> How:
        """Return what is fastest: bfloat16 on a GPU, compiled when the model is large enough to be worth the minute."""
        gpu = torch.device(device).type == "cuda"
        return cls(device, narrow=gpu, compiler="inductor" if gpu and tier.width >= 256 else "")


class Training:
    """A decoder and its optimiser between two checkpoints."""

    def __init__(self, tier: Tier, vocabulary: int, seed: int, how: How, steering: Steering | None = None) -> None:
        torch.manual_seed(seed)
        self.tier, self.how, self.device, self.steering = tier, how, torch.device(how.device), steering
        self.decoder = Decoder(tier.shape(vocabulary)).to(self.device)
        self.optimizer = _optimizer(self.decoder, tier, self.device)
        self.points: list[Point] = []
        self.step, self.seconds = 0, 0.0
        self.at_once = max(1, MOST_LEARNT // (tier.context * vocabulary))
        plain = self._mean if steering is None else self._each
        self._loss: Callable[[Tensor], Tensor] = torch.compile(plain, backend=how.compiler) if how.compiler else plain

    def advance(self, end: int, windows: NDArray[np.uint16], order: NDArray[np.int64]) -> float:
        """Train up to a step and return the mean loss on the way, in nats per token."""
        began, total, first = time.monotonic(), torch.zeros((), device=self.device), self.step
        self.decoder.train()
        with _threads(self.how, self.tier):
            while self.step < end:
                for group in self.optimizer.param_groups:
                    group["lr"] = self.tier.rate * schedule(self.step, self.tier.steps)
                self.optimizer.zero_grad(set_to_none=True)
                total += self._step(windows, order)
                torch.nn.utils.clip_grad_norm_(self.decoder.parameters(), 1.0)
                self.optimizer.step()
                self.step += 1
        mean = float(total) / max(1, self.step - first)
        self.seconds += time.monotonic() - began
        return mean

    def _step(self, windows: NDArray[np.uint16], order: NDArray[np.int64]) -> Tensor:
        """Add the gradients of the next batch, unless a method steers of its plain mean, and return that mean."""
        if self.steering is not None:
            return self._steered(windows, self.steering)
        rows = order[self.step * self.tier.batch : (self.step + 1) * self.tier.batch]
        shown = torch.zeros((), device=self.device)
        for part in self._pieces(rows):
            loss = self._loss(self._there(windows[part])) * (len(part) / len(rows))
            loss.backward()
            shown += loss.detach()
        return shown

    def _steered(self, windows: NDArray[np.uint16], steering: Steering) -> Tensor:
        rows = steering.rows(self.step, self)
        pieces = self._pieces(rows)
        # What counts how much is known only after all was read: of several pieces each is read twice.
        with torch.set_grad_enabled(len(pieces) == 1):
            each = torch.cat([self._loss(self._there(windows[part])) for part in pieces])
        weights = steering.weights(each.detach().double().cpu().numpy(), self.step / self.tier.steps)
        steering.tally.add(rows, weights * len(rows))
        counts = torch.from_numpy(weights).to(each)
        if len(pieces) == 1:
            (each * counts).sum().backward()
        else:
            for part, count in zip(pieces, counts.split([len(part) for part in pieces]), strict=True):
                (self._loss(self._there(windows[part])) * count).sum().backward()
        return each.detach().mean()

    def _pieces(self, rows: NDArray[Any]) -> list[NDArray[Any]]:
        """Cut a batch into pieces of which memory holds the logits: one, unless the vocabulary is large."""
        return [rows[start : start + self.at_once] for start in range(0, len(rows), self.at_once)]

    def _there(self, windows: NDArray[np.uint16]) -> Tensor:
        return torch.from_numpy(windows.astype(np.int64)).to(self.device, non_blocking=True)

    def _mean(self, tokens: Tensor) -> Tensor:
        return F.cross_entropy(self._logits(tokens).flatten(0, 1), tokens[:, 1:].flatten())

    def _each(self, tokens: Tensor) -> Tensor:
        return F.cross_entropy(self._logits(tokens).transpose(1, 2), tokens[:, 1:], reduction="none").mean(dim=1)

    def _logits(self, tokens: Tensor) -> Tensor:
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.how.narrow):
            logits: Tensor = self.decoder(tokens[:, :-1])
        return logits.float()

    @torch.no_grad()
    def losses(self, windows: NDArray[np.uint16]) -> Floats:
        """Return the mean loss of each window in nats per token, float64 [n]; nothing is learnt."""
        found = [self._each(self._there(part)).double().cpu().numpy() for part in self._pieces(windows)]
        return np.concatenate(found)

    def gradient(self, windows: NDArray[np.uint16]) -> Sequence[Tensor]:
        """Return the gradient of the windows' mean loss, one tensor a parameter; nothing is learnt."""
        parameters = list(self.decoder.parameters())
        total = [torch.zeros_like(parameter) for parameter in parameters]
        for part in self._pieces(windows):
            loss = self._mean(self._there(part)) * (len(part) / len(windows))
            for whole, found in zip(total, torch.autograd.grad(loss, parameters), strict=True):
                whole += found
        return total

    def note(self, point: Point) -> None:
        """Remember a place of the curve, and what a method makes of the data there."""
        self.points.append(point)
        if self.steering is not None:
            self.steering.mark(point.tokens)

    def keep(self, path: Path) -> None:
        """Write everything that the rest of the run depends on."""
        points = json.dumps([[point.tokens, point.training, dict(point.evaluations)] for point in self.points])
        state = {
            "decoder": self.decoder.state_dict(), "optimizer": self.optimizer.state_dict(),
            "step": self.step, "seconds": self.seconds, "points": points,
            "steering": self.steering.state() if self.steering else None,
        }  # fmt: skip
        torch.save(state, path.with_suffix(".tmp"))
        path.with_suffix(".tmp").replace(path)

    def resume(self, path: Path) -> None:
        """Go on from a checkpoint, if there is one that can be read."""
        try:
            state: dict[str, Any] = torch.load(path, map_location=self.device, weights_only=True)
        except Exception:
            # None was written, or a failing disk damaged it: torch has a dozen errors for that, and the run can begin anew.
            return
        self.decoder.load_state_dict(state["decoder"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.seconds = state["step"], state["seconds"]
        self.points = [Point(tokens, training, found) for tokens, training, found in json.loads(state["points"])]
        if self.steering is not None:
            self.steering.restore(state["steering"])


@contextmanager
def _threads(how: How, tier: Tier) -> Iterator[None]:
    """Train a narrow model on a processor with one thread, and leave the others as they were."""
    before = torch.get_num_threads()
    if torch.device(how.device).type == "cpu" and tier.width <= ONE_THREAD:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def schedule(step: int, steps: int) -> float:
    """Return the share of the highest learning rate: linear warm-up over 5 % of the steps, then a cosine to a tenth."""
    warm = max(1, round(WARM_UP * steps))
    if step < warm:
        return (step + 1) / warm
    done = (step - warm) / max(1, steps - warm)
    return LOWEST + (1 - LOWEST) * 0.5 * (1 + math.cos(math.pi * done))


def every_fourth(windows: Windows) -> Windows:
    """Return a quarter of the texts, for the curve; the end of a run is measured on all of them."""
    if windows.texts < 8:
        return windows
    kept = np.flatnonzero(windows.text % 4 == 0)
    return Windows(windows.inputs[kept], windows.targets[kept], windows.text[kept] // 4, windows.bytes[::4])


def _optimizer(decoder: Decoder, tier: Tier, device: torch.device) -> torch.optim.AdamW:
    matrices = [parameter for parameter in decoder.parameters() if parameter.dim() >= 2]
    gains = [parameter for parameter in decoder.parameters() if parameter.dim() < 2]
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": gains, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=tier.rate, betas=(0.9, 0.95), eps=1e-8, fused=device.type == "cuda")


def _sane(point: Point, vocabulary: int) -> bool:
    """Whether a run is still learning: its loss is a number, and below twice that of guessing blindly."""
    values = [point.training, *point.evaluations.values()]
    return all(math.isfinite(value) for value in values) and point.training < 2 * math.log(vocabulary)
