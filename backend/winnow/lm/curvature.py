"""A decoder's linear layers and losses as EK-FAC asks for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from winnow.lm.decoder import Decoder
from winnow.lm.kronecker import Batch
from winnow.lm.windows import IGNORED, Windows

FEED_FORWARD = ("forward_up", "forward_down")
ATTENTION = ("attention.into", "attention.out")


@dataclass(frozen=True, eq=False)
class DecoderTask:
    """A decoder whose blocks' linear layers are looked at; embedding and norms are not, as in the papers."""

    decoder: Decoder
    attention: bool = False
    seed: int = 0
    chance: torch.Generator = field(init=False)

    def __post_init__(self) -> None:
        device = self.decoder.embedding.weight.device
        object.__setattr__(self, "chance", torch.Generator(device).manual_seed(self.seed))

    @property
    def layers(self) -> Mapping[str, nn.Linear]:
        wanted = (*FEED_FORWARD, *(ATTENTION if self.attention else ()))
        return {
            f"{place}.{name}": block.get_submodule(name)
            for place, block in enumerate(self.decoder.blocks)
            for name in wanted
        }

    def observed(self, batch: Batch) -> Tensor:
        return self._loss(batch[0], batch[1])

    def sampled(self, batch: Batch) -> Tensor:
        logits = self.decoder(batch[0])
        with torch.no_grad():
            chances = torch.softmax(logits.float(), dim=-1).flatten(0, 1)
            drawn = torch.multinomial(chances, 1, generator=self.chance).view(batch[1].shape)
        return _summed(logits, torch.where(self.counted(batch), drawn, IGNORED))

    def counted(self, batch: Batch) -> Tensor:
        return batch[1] != IGNORED

    def _loss(self, inputs: Tensor, targets: Tensor) -> Tensor:
        return _summed(self.decoder(inputs), targets)


@dataclass(frozen=True, eq=False)
class Read:
    """Windows as batches of tensors, of like length together; may be read again and again."""

    cut: Windows
    size: int
    device: torch.device | str = "cpu"

    def __iter__(self) -> Iterator[Batch]:
        for rows, length in self.cut.batches(self.size) if len(self.cut) else ():
            inputs = torch.from_numpy(self.cut.inputs[rows, :length]).to(self.device)
            yield inputs, torch.from_numpy(self.cut.targets[rows, :length]).to(self.device)


def _summed(logits: Tensor, targets: Tensor) -> Tensor:
    found: Tensor = F.cross_entropy(
        logits.float().flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="sum"
    )
    return found


def batches_of(task: DecoderTask, cut: Windows, size: int) -> Iterable[Batch]:
    return Read(cut, size, task.decoder.embedding.weight.device)
