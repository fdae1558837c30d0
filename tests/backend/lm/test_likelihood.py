from __future__ import annotations

import math

import pyarrow as pa
import pytest
import torch

from fixed_decoder import FixedDecoder
from winnow.lm.decoder import Decoder, Shape
from winnow.lm.likelihood import nats_per_byte, text_losses
from winnow.lm.tokenizer import Bytes
from winnow.lm.windows import windows


def made(texts: list[str], context: int = 8) -> object:
    return windows(pa.array(texts, pa.large_string()), Bytes(), context)


def test_losses_are_sums_of_minus_the_logarithm() -> None:
    decoder = FixedDecoder({97: 0.5, 98: 0.25}, rest=0.25 / 255)
    found = text_losses(decoder, made(["aab", "", "b" * 20]))
    # -ln(1/2) - ln(1/2) - ln(1/4) = 4 ln 2; nothing; 20 · 2 ln 2, over three windows.
    assert found == pytest.approx([4 * math.log(2), 0.0, 40 * math.log(2)], rel=1e-5)


def test_bits_per_byte_weigh_long_texts_more() -> None:
    decoder = FixedDecoder({97: 0.5, 98: 0.25}, rest=0.25 / 255)
    cut = made(["a", "bbb"])
    # (1 + 3 · 2) bits over 4 bytes.
    assert nats_per_byte(text_losses(decoder, cut), cut) / math.log(2) == pytest.approx(7 / 4, rel=1e-5)


def test_losses_do_not_depend_on_batches_or_neighbours() -> None:
    torch.manual_seed(1)
    decoder = Decoder(Shape(layers=2, width=32, heads=2, context=8, vocabulary=257))
    texts = ["short", "a much longer text that fills windows", "x", "another one of some length"]
    whole = text_losses(decoder, made(texts))
    assert text_losses(decoder, made(texts), batch=1) == pytest.approx(whole, rel=1e-5)
    assert text_losses(decoder, made(texts[::-1]))[::-1] == pytest.approx(whole, rel=1e-5)
    assert text_losses(decoder, made(texts[1:2]))[0] == pytest.approx(whole[1], rel=1e-5)
