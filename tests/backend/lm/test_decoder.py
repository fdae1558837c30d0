from __future__ import annotations

import pytest
import torch

from winnow.errors import SettingError
from winnow.lm.decoder import Decoder, Shape

TINY = Shape(layers=2, width=32, heads=2, context=16, vocabulary=50)


def test_the_count_of_parameters_is_that_of_the_module() -> None:
    # hidden = 32 · ceil(8·32/3/32) = 96; block = 4·32² + 3·32·96 + 2·32 = 13,376; 50·32 + 2·13,376 + 32 = 28,384.
    assert TINY.hidden == 96
    assert TINY.parameters == 28_384 == sum(parameter.numel() for parameter in Decoder(TINY).parameters())


def test_training_costs_six_operations_a_parameter_and_attention() -> None:
    # 10 tokens · (6 · 28,384 + 6 · 2 layers · 32 · 16).
    assert TINY.flops(10) == 10 * (170_304 + 6_144)


def test_no_place_sees_what_comes_after_it() -> None:
    torch.manual_seed(0)
    decoder = Decoder(TINY).eval()
    tokens = torch.arange(12)[None, :] % 50
    other = tokens.clone()
    other[0, 8:] = 3
    first, second = decoder(tokens), decoder(other)
    assert torch.allclose(first[0, :8], second[0, :8], atol=1e-6)
    assert not torch.allclose(first[0, 8:], second[0, 8:], atol=1e-3)


def test_attention_knows_order() -> None:
    torch.manual_seed(0)
    decoder = Decoder(TINY).eval()
    first, second = decoder(torch.tensor([[1, 2, 3, 4]])), decoder(torch.tensor([[2, 1, 3, 4]]))
    assert not torch.allclose(first[0, -1], second[0, -1], atol=1e-4)


def test_a_fresh_decoder_guesses() -> None:
    torch.manual_seed(0)
    logits = Decoder(TINY)(torch.zeros(1, 4, dtype=torch.long))
    assert logits.abs().max() < 1.0


def test_a_head_needs_an_even_width() -> None:
    with pytest.raises(SettingError, match="30 dimensions for 4 heads"):
        Shape(layers=1, width=30, heads=4, context=8, vocabulary=10)
