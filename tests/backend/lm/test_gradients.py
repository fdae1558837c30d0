from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import torch
import torch.nn.functional as F

from winnow.lm.decoder import Decoder, Shape
from winnow.lm.gradients import Projection, unit
from winnow.lm.tokenizer import Bytes
from winnow.lm.windows import IGNORED, continuations, windows

SHAPE = Shape(layers=2, width=16, heads=2, context=8, vocabulary=257)


@pytest.fixture
def decoder() -> Decoder:
    torch.manual_seed(0)
    return Decoder(SHAPE)


def cut(*texts: str):
    return windows(pa.array(texts, pa.large_string()), Bytes(), SHAPE.context)


def by_autograd(decoder: Decoder, projection: Projection, made) -> np.ndarray:
    """Return the projection of the last block's gradients that autograd finds for all texts together."""
    decoder.zero_grad()
    logits = decoder(torch.from_numpy(made.inputs))
    targets = torch.from_numpy(made.targets)
    F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="sum").backward()
    parts = []
    for name in projection.names:
        gradient = decoder.blocks[-1].get_submodule(name).weight.grad
        parts.append((projection._out[name].T @ gradient @ projection._in[name]).flatten())
    return torch.cat(parts).numpy()


def test_it_is_the_projection_of_the_gradient_that_autograd_finds(decoder: Decoder) -> None:
    projection = Projection(decoder, 256, seed=1)
    # The second text fills two windows and a part of a third.
    texts = ["one", "a longer text than two", ""]
    found = projection.gradients(decoder, cut(*texts), batch=2)
    for place, text in enumerate(texts[:2]):
        expected = by_autograd(decoder, projection, cut(text))
        assert found[place] == pytest.approx(expected, rel=1e-3, abs=1e-5)
    assert not found[2].any()


def test_what_is_only_read_is_not_measured(decoder: Decoder) -> None:
    projection = Projection(decoder, 64, seed=1)
    made = continuations(["abc"], ["de"], Bytes(), SHAPE.context)
    assert projection.gradients(decoder, made, batch=4)[0] == pytest.approx(
        by_autograd(decoder, projection, made), rel=1e-3, abs=1e-5
    )


def test_any_batch_gives_the_same(decoder: Decoder) -> None:
    projection, texts = Projection(decoder, 64, seed=1), ["one", "a longer text than two", "x", "naïve"]
    together = projection.gradients(decoder, cut(*texts), batch=64)
    assert projection.gradients(decoder, cut(*texts), batch=1) == pytest.approx(together, rel=1e-3, abs=1e-5)


def test_a_text_has_cosine_one_with_itself_and_the_weights_stay(decoder: Decoder) -> None:
    before = {name: value.clone() for name, value in decoder.state_dict().items()}
    projection = Projection(decoder, 64, seed=1)
    vectors = unit(projection.gradients(decoder, cut("one", "two", "one"), batch=4))
    assert vectors[0] @ vectors[2] == pytest.approx(1.0, abs=1e-5)
    assert vectors[0] @ vectors[1] < 0.999
    assert all(torch.equal(value, before[name]) for name, value in decoder.state_dict().items())


def test_cosines_survive_the_projection(decoder: Decoder) -> None:
    """By Johnson and Lindenstrauss cosines of whole gradients and of their projections agree, the more so the wider."""
    texts = ["abc abc", "abd abd", "&%$ 123", "zzzzzzz", "hello yo", "(x, y) z"]
    made = cut(*texts)
    full = []
    for text in texts:
        by_autograd(decoder, Projection(decoder, 4, 0), cut(text))
        block = decoder.blocks[-1]
        full.append(
            np.concatenate([m.weight.grad.numpy().ravel() for m in block.modules() if isinstance(m, torch.nn.Linear)])
        )
    true = np.corrcoef(np.array(full))  # the mean of so many numbers is about 0: as cosines
    errors = []
    for dimensions in (16, 4096):
        vectors = unit(Projection(decoder, dimensions, seed=0).gradients(decoder, made, batch=8))
        errors.append(np.abs(vectors @ vectors.T - true).mean())
    assert errors[1] < errors[0]
    assert errors[1] < 0.1


def test_its_size_is_what_fits(decoder: Decoder) -> None:
    # Four matrices: 16² numbers of each are 1,024; of 100 numbers 25 are left for each, 5².
    assert Projection(decoder, 1024, 0).dimensions == 1024
    assert Projection(decoder, 100, 0).dimensions == 100
    assert Projection(decoder, 35, 0).dimensions == 16
