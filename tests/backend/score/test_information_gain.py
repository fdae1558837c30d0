from __future__ import annotations

import math
from pathlib import Path

import pyarrow as pa
import pytest
import torch

from text_batches import batch_of
from tiny_decoder import tiny_decoder
from winnow.errors import SettingError
from winnow.lm import models
from winnow.lm.tokenizer import Bytes
from winnow.score.information_gain import InformationGain


class Bigram:
    """Loses 2 nats on every token, 3 on one before which stands the mark of a beginning."""

    tokenizer, context = Bytes(), 32

    def logits(self, tokens: torch.Tensor) -> torch.Tensor:
        chance = torch.where(tokens == 256, math.exp(-3.0), math.exp(-2.0))
        logits = torch.log((1 - chance) / 256)[..., None].repeat(1, 1, 257)
        logits[..., ord("a")] = torch.log(chance)
        return logits


def gains(texts: list[str], **told: object) -> list[float | None]:
    scorer = InformationGain(model="bigram", called="b", **told)
    return pa.array(scorer.score(batch_of(texts), None)["information_gain_b"]).to_pylist()


@pytest.fixture(autouse=True)
def bigram(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "open_model", lambda place: Bigram())


def test_a_bigram_model_gains_its_block_starts() -> None:
    # Blocks of 8 and of 16: (1/8 - 1/16) · (3 - 2) = .0625. The second text has 24 tokens: 3/24 - 2/24.
    found = gains(["a" * 32, "a" * 24, ""], short=4, long=8)
    assert found == [pytest.approx(0.0625, abs=1e-5), pytest.approx(1 / 24, abs=1e-5), None]


def test_nothing_is_gained_from_the_same_context_nor_by_a_text_of_one_block() -> None:
    assert gains(["a" * 64], short=8, long=8) == [pytest.approx(0.0, abs=1e-6)]
    assert gains(["a" * 7], short=4, long=16) == [pytest.approx(0.0, abs=1e-6)]


def test_by_itself_it_looks_as_far_as_the_model_can() -> None:
    # A context of 32: long 16, short 4, as 512 and 128 for a context of 1,024.
    assert InformationGain(model="b").lengths(32) == (4, 16)
    assert InformationGain(model="b").lengths(1024) == (128, 512)
    assert gains(["a" * 32]) == [pytest.approx(3 / 32, abs=1e-5)]


@pytest.mark.parametrize("told", [{"long": 17}, {"short": 9, "long": 8}])
def test_a_context_that_the_model_lacks_is_refused(told: dict[str, int]) -> None:
    with pytest.raises(SettingError, match="half the model's context"):
        gains(["a"], **told)


def test_a_model_that_copies_gains_from_far_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A model that has seen the letter 16 places before says it again: only long blocks reach that far.
    class Copies(Bigram):
        def logits(self, tokens: torch.Tensor) -> torch.Tensor:
            logits = torch.zeros(*tokens.shape, 257)
            if tokens.shape[1] >= 16:
                far = tokens[:, : tokens.shape[1] - 15]
                logits[:, 15:].scatter_(2, far[..., None], 5.0)
            return logits

    monkeypatch.setattr(models, "open_model", lambda place: Copies())
    (found,) = gains(["abcdefghijklmnop" * 4], short=8, long=16)
    assert found is not None
    assert found > 0.5


def test_a_real_model_is_read_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    scorer = InformationGain(model=tiny_decoder())
    found = scorer.score(batch_of(["a text of some length, longer than one window of the model"]), None)
    assert abs(pa.array(found[scorer.run_name]).to_pylist()[0]) < 0.5
