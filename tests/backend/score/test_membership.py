from __future__ import annotations

import math
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch

from text_batches import batch_of
from winnow.errors import MissingNeed
from winnow.lm import models
from winnow.lm.decoder import Decoder, Shape
from winnow.lm.kept import keep
from winnow.lm.tokenizer import Bytes
from winnow.score.loss import Loss
from winnow.score.membership import DcPdd, MinK


class Letters:
    """The tokens a, b, c, d as 0, 1, 2, 3, and 4 at the end."""

    vocabulary, end = 4, 4

    def encode(self, texts: pa.LargeStringArray) -> tuple[np.ndarray, np.ndarray]:
        rows = [[ord(letter) - 97 for letter in text] + [4] for text in texts.to_pylist()]
        offsets = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
        return np.array([token for row in rows for token in row], dtype=np.int64), offsets


def told(monkeypatch: pytest.MonkeyPatch, chances: list[float], **moments: list[float]) -> None:
    """Let the model give the one text's tokens these chances."""

    class Model:
        tokenizer, context = Letters(), len(chances)

    row = np.array([-math.log(chance) for chance in chances], dtype=np.float32)[None, :]
    extra = {name: np.array([values], dtype=np.float32) for name, values in moments.items()}
    monkeypatch.setattr(models, "open_model", lambda place: Model())
    monkeypatch.setattr(models, "places", lambda *_, **__: models.Places(row, row >= 0, **extra))


def value(scorer: Any, text: str, prepared: Any = None, ending: str = "") -> float:
    found = scorer.score(batch_of([text]), prepared)
    return pa.array(found[f"{scorer.run_name}{ending}"]).to_pylist()[0]


@pytest.mark.parametrize(("cap", "expected"), [(10.0, 0.2365), (0.2, 0.1419), (0.01, 0.0100)])
def test_dc_pdd_by_hand(monkeypatch: pytest.MonkeyPatch, cap: float, expected: float) -> None:
    # Counts 6, 2, 1, 0 of four tokens: f = 7/13, 3/13, 2/13, 1/13. Tokens a c a d with chances .5 .2 .9 .01: the second
    # a does not count. .5 ln(13/7) = .3095, .2 ln(13/2) = .3744, .01 ln 13 = .0256.
    told(monkeypatch, [0.5, 0.2, 0.9, 0.01])
    scorer = DcPdd(model="told", cap=cap)
    prepared = scorer.prepare([batch_of(["aaaaaa", "bbc"])])
    assert np.exp(-prepared) == pytest.approx(np.array([7, 3, 2, 1]) / 13)
    assert value(scorer, "acad", prepared) == pytest.approx(expected, abs=5e-5)


def test_frequencies_are_smoothed_and_not_the_raw_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    # The released code computes the smoothed table and then indexes the raw counts, where d, never seen, would be 1/0.
    told(monkeypatch, [0.5])
    scorer = DcPdd(model="told", cap=10.0)
    assert value(scorer, "d", scorer.prepare([batch_of(["aaaaaa", "bbc"])])) == pytest.approx(0.5 * math.log(13))


def test_the_cap_is_a_number_wherever_it_comes_from() -> None:
    # The released command line reads it as a text, which no number is smaller than.
    assert DcPdd.from_text({"cap": "0.02"}).cap == 0.02


def test_only_the_beginning_of_a_document_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    told(monkeypatch, [0.5])
    counted = DcPdd(model="told", reference=2).sketch(batch_of(["aabbbb", "c", ""]))
    assert counted.tolist() == [2, 0, 1, 0]


def test_min_k_is_the_mean_of_the_least_likely(monkeypatch: pytest.MonkeyPatch) -> None:
    # Of ten tokens a fifth is two: those with chances .01 and .1; (ln .01 + ln .1) / 2 = 3 ln .1 / 2 = -3.4539.
    told(monkeypatch, [0.9, 0.01, 0.5, 0.9, 0.1, 0.5, 0.9, 0.9, 0.5, 0.9])
    assert value(MinK(model="told"), "abcdabcdab") == pytest.approx(1.5 * math.log(0.1), rel=1e-5)


def test_a_short_text_has_one_least_likely_token(monkeypatch: pytest.MonkeyPatch) -> None:
    # A fifth of three tokens is less than one.
    told(monkeypatch, [0.5, 0.25, 0.5])
    assert value(MinK(model="told"), "abc") == pytest.approx(math.log(0.25), rel=1e-5)


def test_the_whole_text_is_set_against_its_zipped_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    told(monkeypatch, [0.5, 0.25])
    assert value(MinK(model="told"), "ab", ending="_zlib") == pytest.approx(math.log(1 / 8) / len(zlib.compress(b"ab")))


def test_min_k_plus_is_standardised(monkeypatch: pytest.MonkeyPatch) -> None:
    # (ln .5 + 1) / 2 = .1534 and (ln .25 + 1.2) / .5 = -.3726; half of two tokens is one: the lower.
    told(monkeypatch, [0.5, 0.25], means=[-1.0, -1.2], variances=[4.0, 0.25])
    found = value(MinK(model="told", share=0.5, plus=True), "ab", ending="_plus")
    assert found == pytest.approx((math.log(0.25) + 1.2) / 0.5, rel=1e-5)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    torch.manual_seed(3)
    keep(Decoder(Shape(layers=1, width=32, heads=2, context=8, vocabulary=257)), Bytes(), tmp_path / "m")
    return tmp_path / "m"


def test_mean_and_spread_are_those_of_the_vocabulary(folder: Path) -> None:
    from winnow.lm.windows import windows

    model = models.open_model(str(folder))
    cut = windows(pa.array(["abc"], pa.large_string()), Bytes(), 8)
    found = models.places(model, cut, batch=4, top=10, moments=True)
    with torch.no_grad():
        said = torch.log_softmax(model.logits(torch.from_numpy(cut.inputs))[0, :3].double(), dim=1)
    mean = (said.exp() * said).sum(dim=1)
    assert found.means[0, :3] == pytest.approx(mean.numpy(), rel=1e-4)
    spread = (said.exp() * (said - mean[:, None]) ** 2).sum(dim=1)
    assert found.variances[0, :3] == pytest.approx(spread.numpy(), rel=1e-2, abs=1e-5)
    # Behind the text nothing is said.
    assert not found.losses[0, 3:].any()
    assert not found.hits[0, 3:].any()


def test_scorers_of_one_model_share_one_reading(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read, places = [], models.places
    monkeypatch.setattr(models, "places", lambda *told, **how: read.append(1) or places(*told, **how))
    batch = batch_of(["one text", "and another"])
    for scorer in (Loss(model=str(folder)), MinK(model=str(folder)), DcPdd(model=str(folder))):
        scorer.score(batch, np.zeros(257))
    assert len(read) == 1
    Loss(model=str(folder), tokens=4).score(batch, None)
    assert len(read) == 2


def test_a_model_taught_anew_makes_older_columns_out_of_date(folder: Path) -> None:
    before = MinK(model=str(folder)).state()
    keep(models.open_model(str(folder))._decoder, Bytes(), folder)
    assert MinK(model=str(folder)).state() != before != ""


def test_what_is_missing_is_said() -> None:
    for scorer in (MinK(), DcPdd()):
        with pytest.raises(MissingNeed, match=f"{scorer.name} needs a language model.*--model"):
            scorer.score(batch_of(["a"]), np.zeros(257))
