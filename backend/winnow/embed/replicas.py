"""A network on every device, kept busy: tokenising runs ahead, and batches go to the devices by turns."""

from __future__ import annotations

import functools
import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from winnow.embed.batching import Batcher, Features, alike

Vectors: TypeAlias = NDArray[np.float32]

# Word pieces in one pass: a full pass on a GPU, within the caches of a CPU.
PIECES_ON_GPU, PIECES_ON_CPU = 131_072, 8_192
# Characters split at once: enough pieces for several passes.
CHARACTERS_AT_ONCE = 4_000_000
# A GPU has two threads: one hands it the next batch while the other waits for the last one's vectors.
THREADS_A_GPU = 2
BATCHES_AHEAD = 2


@dataclass(frozen=True)
class Replica:
    """One copy of the model: in bfloat16 on a GPU (float16 where the card has no bfloat16), in float32 on a CPU."""

    model: Any
    device: str

    def forward(self, features: Features) -> Vectors:
        """Return unit vectors of one batch; where the device's memory does not suffice, half by half."""
        import torch

        try:
            return self._pass(features)
        except torch.OutOfMemoryError:
            count = len(features["input_ids"])
            if count == 1:
                raise
        # Outside of the handler: while it lasts, the error keeps what it failed on alive.
        torch.cuda.empty_cache()
        first, second = ({key: part(value, half) for key, value in features.items()} for half in halves(count))
        return np.concatenate([self.forward(first), self.forward(second)])

    def _pass(self, features: Features) -> Vectors:
        import torch

        on_gpu = self.device != "cpu"
        # Pinned memory and a stream of its own let the copy run beside another thread's pass.
        stream = torch.cuda.stream(torch.cuda.Stream(self.device)) if on_gpu else nullcontext()
        with torch.inference_mode(), stream:
            there = {
                key: value.pin_memory().to(self.device, non_blocking=True) if on_gpu and hasattr(value, "to") else value
                for key, value in features.items()
            }
            sums = self.model(there)["sentence_embedding"].float()
            unit: Vectors = torch.nn.functional.normalize(sums, dim=1).cpu().numpy()
        return unit


def halves(count: int) -> tuple[slice, slice]:
    return slice(0, count // 2), slice(count // 2, count)


def part(value: Any, rows: slice) -> Any:
    return value[rows] if hasattr(value, "shape") else value


def devices() -> list[str]:
    """Name every GPU that torch may use (CUDA_VISIBLE_DEVICES limits them), or the CPU."""
    import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    return [f"cuda:{place}" for place in range(count)] or ["cpu"]


def narrowed(model: Any, device: str) -> Any:
    """Return the model in the numbers that suit its device, ready to be run."""
    import torch

    if device == "cpu":
        return model.float().eval()
    return (model.bfloat16() if torch.cuda.is_bf16_supported() else model.half()).eval()


def stream(replicas: Sequence[Replica], batcher: Batcher, batches: Iterable[Sequence[str]]) -> Iterator[Vectors]:
    """Yield float32 [n, d] for every batch of texts, in order; a blank text gets a zero vector.

    At most two batches beyond the one asked for are read, so memory stays bounded by them.
    """
    with ExitStack() as stack:
        tokenizing = stack.enter_context(threads(1))
        running = [stack.enter_context(threads(1 if each.device == "cpu" else THREADS_A_GPU)) for each in replicas]
        turns = itertools.cycle(zip(running, replicas, strict=True))
        waiting: deque[Callable[[], Vectors]] = deque()
        for texts in batches:
            waiting.append(begin(texts, batcher, tokenizing, turns))
            if len(waiting) > BATCHES_AHEAD:
                yield waiting.popleft()()
        while waiting:
            yield waiting.popleft()()


Turns: TypeAlias = Iterator[tuple[ThreadPoolExecutor, Replica]]
Parts: TypeAlias = list[tuple[list[int], Future[Vectors]]]


def begin(
    texts: Sequence[str], batcher: Batcher, tokenizing: ThreadPoolExecutor, turns: Turns
) -> Callable[[], Vectors]:
    """Start a batch of texts and return what waits for its vectors."""
    written = [row for row, text in enumerate(texts) if text.strip()]
    cut = [batcher.cut(texts[row]) for row in written]
    begun = [
        tokenizing.submit(
            hand_over, [cut[place] for place in chunk], [written[place] for place in chunk], batcher, turns
        )
        for chunk in alike([len(text) for text in cut], CHARACTERS_AT_ONCE)
    ]
    return functools.partial(collect, len(texts), batcher.width, begun)


def hand_over(texts: list[str], rows: list[int], batcher: Batcher, turns: Turns) -> Parts:
    """Tokenise texts and give each batch to the next device."""
    parts: Parts = []
    for group, features in batcher.batches(texts):
        pool, replica = next(turns)
        parts.append(([rows[place] for place in group], pool.submit(replica.forward, features)))
    return parts


def collect(count: int, width: int, begun: Sequence[Future[Parts]]) -> Vectors:
    vectors = np.zeros((count, width), np.float32)
    for handed in begun:
        for rows, future in handed.result():
            vectors[rows] = future.result()
    return vectors


@contextmanager
def threads(count: int) -> Iterator[ThreadPoolExecutor]:
    """Give threads that drop what they have not begun when they are no longer wanted."""
    pool = ThreadPoolExecutor(count)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
