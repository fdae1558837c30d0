from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch

from winnow.lm import models
from winnow.lm.decoder import Decoder, Shape
from winnow.lm.kept import keep
from winnow.lm.tokenizer import Bytes
from winnow.lm.windows import IGNORED, windows


@pytest.mark.parametrize("vocabulary", [257, 4096])
def test_logits_made_a_few_places_at_a_time_are_those_made_at_once(tmp_path: Path, vocabulary: int) -> None:
    # 257 entries: 510 of the 704 places in the first part; 4,096 leave 32 places, too few to make logits for anew.
    torch.manual_seed(0)
    keep(Decoder(Shape(layers=1, width=32, heads=2, context=16, vocabulary=vocabulary)), Bytes(), tmp_path / "m")
    model = models.open_model(str(tmp_path / "m"))
    texts = ["a text of some forty letters, more or less"[: 25 + place % 10] for place in range(20)]
    cut = windows(pa.array(texts, pa.large_string()), Bytes(), 16)
    assert len(cut) == 44
    found = models.places(model, cut, batch=64, top=10, moments=True)
    with torch.no_grad():
        said = torch.log_softmax(model.logits(torch.from_numpy(cut.inputs)), dim=2).double()
    gold = said.gather(2, torch.from_numpy(cut.targets).clamp(min=0)[..., None])
    measured = cut.targets != IGNORED
    assert found.losses[measured] == pytest.approx(-gold[..., 0].numpy()[measured], rel=1e-4)
    assert not found.losses[~measured].any()
    assert np.array_equal(found.hits[measured], ((said > gold).sum(2) < 10).numpy()[measured])
    assert found.means[measured] == pytest.approx((said.exp() * said).sum(2).numpy()[measured], rel=1e-4)
