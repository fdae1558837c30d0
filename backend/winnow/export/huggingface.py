"""Export as a data set of the Hugging Face Hub."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from winnow.export.base import TRAIN
from winnow.export.parquet import Parquet


@dataclass(frozen=True, kw_only=True)
class HuggingFace(Parquet):
    """A data set folder of the Hugging Face Hub: data/SPLIT-00000.parquet and a card that names splits and files.

    `datasets.load_dataset(FOLDER)` reads it as it is, and so does the Hub when it is uploaded.
    """

    name: ClassVar[str] = "huggingface"

    def names(self, number: int, split: str = "") -> list[str]:
        return [f"data/{split or TRAIN}-{number:05d}{self.suffix}"]

    def usage(self, pattern: str) -> str:
        return 'from datasets import load_dataset\n\ndocuments = load_dataset("FOLDER", split="train")'
