"""A language model of a few thousand numbers, made on the spot."""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from pathlib import Path

import torch

from winnow.lm.decoder import Decoder, Shape
from winnow.lm.kept import keep
from winnow.lm.tokenizer import Bytes


@functools.cache
def tiny_decoder() -> str:
    """Return the folder of a decoder of bytes that has learnt nothing; it goes when the tests end."""
    folder = Path(tempfile.mkdtemp(prefix="tiny-decoder-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    generator = torch.get_rng_state()
    torch.manual_seed(0)
    keep(Decoder(Shape(layers=1, width=16, heads=1, context=32, vocabulary=257)), Bytes(), folder / "tiny")
    torch.set_rng_state(generator)
    return str(folder / "tiny")
