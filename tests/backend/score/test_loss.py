from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch

from winnow.errors import InputError, MissingNeed, SettingError
from winnow.lm import models
from winnow.lm.decoder import Decoder, Shape
from winnow.lm.kept import keep
from winnow.lm.tokenizer import Bytes
from winnow.score.loss import Loss

SHAPE = Shape(layers=1, width=32, heads=2, context=8, vocabulary=257)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A decoder whose last norm is zero: every token has the chance 1/257."""
    torch.manual_seed(0)
    decoder = Decoder(SHAPE)
    torch.nn.init.zeros_(decoder.norm.weight)
    keep(decoder, Bytes(), tmp_path / "even model")
    return tmp_path / "even model"


def batch(*texts: str) -> pa.RecordBatch:
    return pa.record_batch({"doc_id": pa.array(range(len(texts))), "text": pa.array(texts, pa.large_string())})


def scored(folder: Path, *texts: str, **told: object) -> dict[str, list[float]]:
    found = Loss(model=str(folder), **told).score(batch(*texts), None)
    return {name: pa.array(values).to_pylist() for name, values in found.items()}


def test_an_even_model_loses_the_logarithm_of_its_vocabulary(folder: Path) -> None:
    found = scored(folder, "ab", "a" * 20, "", called="even")
    ln = math.log(257)
    assert found["loss_even"] == [pytest.approx(ln, rel=1e-5), pytest.approx(ln, rel=1e-5), None]
    assert found["loss_even_sum"] == [pytest.approx(2 * ln, rel=1e-5), pytest.approx(20 * ln, rel=1e-5), None]
    assert found["loss_even_median"][1] == pytest.approx(ln, rel=1e-5)
    # log2(257) bits a byte.
    assert found["loss_even_bits"][:2] == [pytest.approx(math.log2(257), rel=1e-5)] * 2
    # No token is likelier than any other: each is among the ten likeliest.
    assert found["loss_even_top10"] == [1.0, 1.0, None]


def test_columns_are_called_after_the_model(folder: Path) -> None:
    assert Loss(model=str(folder)).run_name == "loss_even_model"
    assert set(Loss(model="a/b/Some-LM", called="prior").columns()) == {
        f"loss_prior{ending}" for ending in ("", "_sum", "_median", "_bits", "_top10", "_learnable")
    }


def test_only_the_beginning_of_a_long_text_is_read(folder: Path) -> None:
    found = scored(folder, "a" * 100, tokens=11, called="even")
    assert found["loss_even_sum"] == [pytest.approx(11 * math.log(257), rel=1e-5)]
    # Bits per byte are over the bytes that were read.
    assert found["loss_even_bits"] == [pytest.approx(math.log2(257), rel=1e-5)]


def test_a_text_scores_the_same_in_any_batch(tmp_path: Path) -> None:
    torch.manual_seed(3)
    keep(Decoder(SHAPE), Bytes(), tmp_path / "m")
    texts = ["one", "a longer text of several windows", "", "naïve ☃ \u202e \x00"]
    together = scored(tmp_path / "m", *texts)
    for place, text in enumerate(texts):
        alone = scored(tmp_path / "m", text)
        for name, values in together.items():
            assert alone[name][0] == (None if values[place] is None else pytest.approx(values[place], rel=1e-4))


def test_the_masked_median_of_the_card(monkeypatch: pytest.MonkeyPatch) -> None:
    # Losses .1 .5 2 6, the last token out of the ten likeliest: the median of .1 .5 2 0 is (.1 + .5) / 2 = .3.
    class Told:
        tokenizer, context = Bytes(), 4

    monkeypatch.setattr(models, "open_model", lambda place: Told())
    losses = np.array([[0.1, 0.5, 2.0, 6.0]], dtype=np.float32)
    told = models.Places(losses, np.array([[True, True, True, False]]))
    monkeypatch.setattr(models, "places", lambda *_, **__: told)
    found = Loss(model="told").score(batch("abcd"), None)
    assert pa.array(found["loss_told_learnable"]).to_pylist() == [pytest.approx(0.3)]
    # (.5 + 2) / 2 = 1.25 without the mask, and 8.6 / 4 = 2.15 on average.
    assert pa.array(found["loss_told_median"]).to_pylist() == [pytest.approx(1.25)]
    assert pa.array(found["loss_told"]).to_pylist() == [pytest.approx(2.15)]
    assert pa.array(found["loss_told_top10"]).to_pylist() == [0.75]


def test_a_model_of_hugging_face_is_read_like_ours(tmp_path: Path) -> None:
    from tokenizers import Tokenizer
    from tokenizers import models as kinds
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    letters = {letter: place for place, letter in enumerate([*sorted(ByteLevel.alphabet()), "<end>"])}
    inner = Tokenizer(kinds.BPE(vocab=letters, merges=[]))
    inner.pre_tokenizer = ByteLevel(add_prefix_space=False)
    PreTrainedTokenizerFast(tokenizer_object=inner, eos_token="<end>", bos_token="<end>").save_pretrained(tmp_path)
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=257, n_positions=16, n_embd=32, n_layer=1, n_head=2, bos_token_id=256, eos_token_id=256
    )
    model = GPT2LMHeadModel(config).eval()
    model.save_pretrained(tmp_path)
    found = scored(tmp_path, "hello", called="hub")
    ids = torch.tensor([[256, *(letters[letter] for letter in "hello")]])
    with torch.no_grad():
        expected = model(ids, labels=ids).loss.item()
    assert found["loss_hub"] == [pytest.approx(expected, rel=1e-4)]


def test_what_is_missing_or_wrong_is_said(tmp_path: Path) -> None:
    with pytest.raises(MissingNeed, match="--model FOLDER"):
        Loss().score(batch("a"), None)
    with pytest.raises(SettingError, match="small letters"):
        Loss(called="Bad name")
    with pytest.raises(InputError, match="cannot load a causal language model"):
        Loss(model=str(tmp_path / "nothing" / "here")).score(batch("a"), None)
