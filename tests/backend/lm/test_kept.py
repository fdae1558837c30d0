from __future__ import annotations

from pathlib import Path

import pytest
import torch

from winnow.errors import InputError
from winnow.lm.decoder import Decoder, Shape
from winnow.lm.kept import is_kept, keep, load
from winnow.lm.tokenizer import Bytes


def test_a_decoder_comes_back_as_it_was(tmp_path: Path) -> None:
    torch.manual_seed(2)
    decoder = Decoder(Shape(layers=1, width=32, heads=2, context=8, vocabulary=257)).eval()
    keep(decoder, Bytes(), tmp_path / "model")
    found, tokenizer = load(tmp_path / "model")
    tokens = torch.tensor([[1, 2, 3]])
    assert torch.equal(found(tokens), decoder(tokens))
    assert isinstance(tokenizer, Bytes)
    assert is_kept(tmp_path / "model")
    assert not is_kept(tmp_path)


def test_a_folder_without_a_decoder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a language model of Winnow's"):
        load(tmp_path)
    (tmp_path / "decoder.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="is not a language model of Winnow's"):
        load(tmp_path)
