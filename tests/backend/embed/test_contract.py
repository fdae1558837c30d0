"""What every encoder promises, asked of every encoder that is found."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from winnow.embed.base import Embedder
from winnow.method import methods

ENCODERS = sorted(methods(Embedder).items())
TEXTS = [
    "A dog runs along the beach.",
    "",
    "   \n\t ",
    "Interest rates rose for the third time this year.",
    "שלום עולם",
    "你好，世界",
    "one",
    "🙂🙂🙂",
    "zero\u200bwidth and a NUL\x00 inside",
    "no_blanks_" * 40,
    "a long text about rivers and bridges. " * 300,
]
each = pytest.mark.parametrize("kind", [kind for _, kind in ENCODERS], ids=[name for name, _ in ENCODERS])


def test_there_are_encoders_of_every_cost() -> None:
    assert {"static", "sentence", "hashed"} <= {name for name, _ in ENCODERS}


@each
def test_rows_are_float32_of_unit_length_and_blank_texts_are_zero(kind: type[Embedder]) -> None:
    encoder = kind()
    vectors = encoder.embed(TEXTS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), encoder.dimensions)
    expected = [0.0 if not text.strip() else 1.0 for text in TEXTS]
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(expected, abs=1e-4)


@each
def test_no_texts_give_no_rows(kind: type[Embedder]) -> None:
    assert kind().embed([]).shape == (0, kind().dimensions)


@each
def test_the_same_texts_give_the_same_vectors(kind: type[Embedder]) -> None:
    assert np.array_equal(kind().embed(TEXTS), kind().embed(TEXTS))


@each
def test_a_vector_depends_on_its_text_alone(kind: type[Embedder]) -> None:
    encoder = kind()
    whole = encoder.embed(TEXTS)
    parts = np.concatenate([encoder.embed(TEXTS[:1]), encoder.embed(TEXTS[1:4]), encoder.embed(TEXTS[4:])])
    backwards = encoder.embed(TEXTS[::-1])[::-1]
    assert parts == pytest.approx(whole, abs=1e-5)
    assert backwards == pytest.approx(whole, abs=1e-5)


@each
def test_an_encoder_survives_pickle_and_recipe(kind: type[Embedder]) -> None:
    encoder = kind()
    again = pickle.loads(pickle.dumps(encoder))
    assert again == encoder == kind.from_recipe(encoder.recipe)
    assert np.array_equal(again.embed(TEXTS[:1]), encoder.embed(TEXTS[:1]))


@each
def test_the_name_of_the_vectors_is_safe_for_a_folder(kind: type[Embedder]) -> None:
    assert set(kind().model) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_.")


@each
def test_alike_texts_are_nearer_than_unlike_ones(kind: type[Embedder]) -> None:
    a, b, c = kind().embed(["The cat sat on the mat.", "A cat sat on the mat.", "Shares fell after the bank's report."])
    assert a @ b > 0.5 > a @ c


@pytest.mark.parametrize("name", ["static", "hashed"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=8))
def test_any_text_gives_a_unit_or_a_zero_row(name: str, texts: list[str]) -> None:
    vectors = dict(ENCODERS)[name]().embed(texts)
    lengths = np.linalg.norm(vectors, axis=1)
    assert np.isfinite(vectors).all()
    assert np.all((np.abs(lengths - 1) < 1e-4) | (lengths == 0))
