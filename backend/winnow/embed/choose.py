"""Which encoder a name means, and which one suits a corpus."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from winnow.embed.base import Embedder
from winnow.embed.hashed import HashedEncoder
from winnow.embed.sentence import PACKAGED, SentenceEncoder
from winnow.embed.static import StaticEncoder
from winnow.errors import MissingNeed
from winnow.method import method

# all-MiniLM-L6-v2 encodes about 30 documents a second on two CPU cores: 5,000 of them are a wait of three minutes.
DOCUMENTS_WITHOUT_GPU = 5_000


def encoder(model: str) -> Embedder:
    """Return the encoder for "static", "minilm", "hashed", or any sentence-transformers name or local folder."""
    if model == "static":
        return StaticEncoder()
    if model == "hashed":
        return HashedEncoder()
    return SentenceEncoder(checkpoint=model)


def encoder_of(recipe: Mapping[str, Any]) -> Embedder:
    """Return the encoder that made vectors, from their recipe: the name of a run is safe for a folder, not for a hub."""
    if recipe["method"] == "imported":
        if not recipe.get("encoder"):
            found = f"vectors '{recipe['model']}' were imported without their encoder"
            raise MissingNeed(
                "to encode a text takes the model that made the vectors", found, "import-vectors --encoder NAME"
            )
        return encoder(str(recipe["encoder"]))
    return method(Embedder, str(recipe["method"])).from_recipe(recipe)


def default_model(documents: int, gpu: bool) -> str:
    """Name the encoder for a corpus of so many documents: "minilm" where it takes minutes, else "static"."""
    return PACKAGED if gpu or documents <= DOCUMENTS_WITHOUT_GPU else "static"
