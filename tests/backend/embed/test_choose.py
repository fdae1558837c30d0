from __future__ import annotations

import pytest

from winnow.embed.choose import default_model, encoder, encoder_of
from winnow.embed.hashed import HashedEncoder
from winnow.embed.sentence import SentenceEncoder
from winnow.embed.static import StaticEncoder


def test_names_mean_encoders() -> None:
    assert encoder("static") == StaticEncoder()
    assert encoder("hashed") == HashedEncoder()
    assert encoder("minilm") == SentenceEncoder()
    assert encoder("BAAI/bge-small-en-v1.5") == SentenceEncoder(checkpoint="BAAI/bge-small-en-v1.5")


@pytest.mark.parametrize(
    ("documents", "gpu", "model"),
    [(5_000, False, "minilm"), (5_001, False, "static"), (10_000_000, True, "minilm"), (0, False, "minilm")],
)
def test_large_corpora_without_a_gpu_get_the_cheap_encoder(documents: int, gpu: bool, model: str) -> None:
    assert default_model(documents, gpu) == model


@pytest.mark.parametrize("name", ["static", "hashed", "minilm", "BAAI/bge-small-en-v1.5"])
def test_vectors_find_their_encoder_by_its_recipe(name: str) -> None:
    assert encoder_of(encoder(name).recipe) == encoder(name)
