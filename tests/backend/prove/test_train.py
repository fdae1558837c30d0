from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch

from winnow.lm.tokenizer import Bytes
from winnow.lm.windows import Windows, training_windows, windows
from winnow.prove.arms import Shown
from winnow.prove.tiers import TIERS
from winnow.prove.train import How, Point, Trained, Training, every_fourth, schedule, train

pytestmark = pytest.mark.usefixtures("one_thread")
TINY = replace(TIERS["ci"], layers=1, width=32, context=16, batch=2, tokens=16 * 2 * 40)


def shown(seed: int = 0) -> Shown:
    tokens = np.tile(np.frombuffer(b"the mill by the river. ", dtype=np.uint8), 60)[: TINY.tokens + 1].astype(np.uint16)
    order = np.random.default_rng(seed).permutation((len(tokens) - 1) // TINY.context)
    return Shown(tokens, order, "", 1, len(tokens))


def evaluation() -> dict[str, Windows]:
    texts = pa.array(["the river by the mill. "] * 12, pa.large_string())
    return {"target": windows(texts, Bytes(), TINY.context)}


def trained(folder: Path, **told: object) -> Trained:
    folder.mkdir(exist_ok=True)
    return train(TINY, 257, shown(), evaluation(), seed=7, folder=folder, device="cpu", **told)[1]


def test_the_schedule_warms_up_and_falls_to_a_tenth() -> None:
    # 200 steps: ten of warm-up, then a cosine whose middle (step 105) is .55.
    assert schedule(0, 200) == pytest.approx(0.1)
    assert schedule(9, 200) == pytest.approx(1.0)
    assert schedule(105, 200) == pytest.approx(0.55)
    assert schedule(199, 200) == pytest.approx(0.1, abs=1e-3)
    assert schedule(0, 1) == 1.0


def test_a_model_learns_what_it_is_shown(tmp_path: Path) -> None:
    found = trained(tmp_path / "run")
    losses = [point.evaluations["target"] for point in found.points]
    assert len(losses) == 10
    assert found.points[-1].tokens == TINY.tokens
    assert losses[-1] < 0.6 * losses[0]
    assert found.losses["target"].shape == (12,)
    assert not found.diverged


def test_a_run_that_was_cut_off_ends_with_the_same_numbers(tmp_path: Path) -> None:
    whole = trained(tmp_path / "whole")

    class CutError(Exception):
        pass

    def cut(point: Point) -> None:
        if point.tokens > TINY.tokens / 2:
            raise CutError

    with pytest.raises(CutError):
        trained(tmp_path / "cut", on_point=cut)
    again = trained(tmp_path / "cut")
    assert np.array_equal(again.losses["target"], whole.losses["target"])
    assert again.points == whole.points


def test_bfloat16_learns_what_float32_learns() -> None:
    data = shown()
    batches = training_windows(data.tokens, TINY.context)
    full, narrow = (Training(TINY, 257, 0, How("cpu", narrow=narrow)) for narrow in (False, True))
    losses = [run.advance(40, batches, data.order) for run in (full, narrow)]
    # Eight bits of mantissa: the mean loss of 40 steps is the same to about a hundredth.
    assert losses[1] == pytest.approx(losses[0], rel=0.02)
    assert losses[1] != losses[0]
    assert {value.dtype for value in narrow.decoder.state_dict().values()} == {torch.float32}


def test_a_compiled_run_is_the_same_run() -> None:
    data = shown()
    batches = training_windows(data.tokens, TINY.context)
    plain, compiled = (Training(TINY, 257, 0, How("cpu", compiler=name)) for name in ("", "eager"))
    losses = [run.advance(5, batches, data.order) for run in (plain, compiled)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)


def test_only_a_gpu_compiles_and_narrows() -> None:
    assert How.on("cpu", TIERS["medium"]) == How("cpu")
    assert How.on("cuda", TIERS["small"]) == How("cuda", narrow=True, compiler="inductor")
    assert How.on("cuda", TIERS["ci"]) == How("cuda", narrow=True)


def test_a_checkpoint_that_cannot_be_read_begins_anew(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "checkpoint.pt").write_bytes(b"half")
    assert np.array_equal(trained(tmp_path / "run").losses["target"], trained(tmp_path / "other").losses["target"])


def test_a_run_that_diverges_is_reported(tmp_path: Path) -> None:
    tmp_path.joinpath("run").mkdir()
    wild = replace(TINY, rate=0.99, tokens=TINY.tokens)
    tokens = np.random.default_rng(0).integers(0, 257, TINY.tokens + 1).astype(np.uint16)
    noise = Shown(tokens, np.arange(TINY.tokens // TINY.context), "", 1, len(tokens))
    _, found = train(wild, 257, noise, evaluation(), seed=0, folder=tmp_path / "run", device="cpu")
    assert found.diverged
    assert not found.losses


def test_a_quarter_of_the_texts_keeps_its_lengths() -> None:
    texts = pa.array(["x" * n for n in range(1, 13)], pa.large_string())
    part = every_fourth(windows(texts, Bytes(), 5))
    assert part.bytes.tolist() == [1, 5, 9]
    assert np.bincount(part.text, weights=(part.targets >= 0).sum(axis=1)).tolist() == [1, 5, 9]
