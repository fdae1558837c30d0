from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from winnow.lm.decoder import Decoder
from winnow.lm.windows import training_windows
from winnow.online.dga import Dga
from winnow.online.jest import Jest
from winnow.online.loss_reweight import LossReweight
from winnow.prove.arms import Shown
from winnow.prove.steering import Chosen, Mixed, Steering, Weighed, inner, read
from winnow.prove.tiers import TIERS
from winnow.prove.train import How, Point, Training, train

pytestmark = pytest.mark.usefixtures("one_thread")
TINY = replace(TIERS["ci"], layers=1, width=32, context=16, batch=4, tokens=16 * 4 * 40)
RIVER, NOISE = b"the mill by the river. ", 7
CPU = How("cpu")


def tokens_of(text: bytes, windows: int) -> np.ndarray:
    return np.resize(np.frombuffer(text, dtype=np.uint8), windows * TINY.context).astype(np.uint16)


def material(windows: int = 400) -> Shown:
    """Half of the windows are about a river, half are noise."""
    noise = np.random.default_rng(NOISE).integers(0, 256, (windows // 2) * TINY.context).astype(np.uint16)
    tokens = np.concatenate([tokens_of(RIVER, windows // 2), noise, [0]]).astype(np.uint16)
    order = np.random.default_rng(1).permutation(windows)
    return Shown(tokens, order, "", 2, len(tokens))


def windows_of(shown: Shown) -> np.ndarray:
    return training_windows(shown.tokens, TINY.context)


def mixed(shown: Shown, **told: object) -> Mixed:
    guide = training_windows(np.append(tokens_of(RIVER, 30), 0).astype(np.uint16), TINY.context)
    group = np.repeat([0, 1], len(shown.order) // 2)
    method = Dga(**{"every": 2, "ema": 0.5, **told})
    return Mixed(windows_of(shown), shown.order, TINY.batch, 3, method, ("river", "noise"), group, guide)


def chosen(shown: Shown, reference: Decoder | None = None) -> Chosen:
    method = Jest(gain=50.0, filter=0.5, score="learnable" if reference else "hard")
    return Chosen(windows_of(shown), shown.order, TINY.batch, 3, method, reference)


def weighed(shown: Shown) -> Weighed:
    return Weighed(windows_of(shown), shown.order, TINY.batch, 3, LossReweight(burn_in=0.0))


class Pulled:
    """A learner of one weight w at 0 and loss (w - c)² / 2, whose gradient is -c: the last token of a window says c."""

    def losses(self, windows: np.ndarray) -> np.ndarray:
        return windows[:, -1].astype(np.float64) ** 2 / 2

    def gradient(self, windows: np.ndarray) -> Sequence[Tensor]:
        return [torch.tensor([-float(windows[:, -1].mean())])]


def test_alignments_are_inner_products_of_mean_gradients() -> None:
    # The target pulls to 2, the groups to 1 and 0: (-2)·(-1) = 2 and (-2)·0 = 0; as cosines 1 and 0.
    windows = np.zeros((8, 3), dtype=np.uint16)
    windows[:4, -1] = 1
    guide = np.full((2, 3), 2, dtype=np.uint16)
    group = np.repeat([0, 1], 4)
    for cosine, expected in ((False, [2.0, 0.0]), (True, [1.0, 0.0])):
        method = Dga(ema=1.0, floor=0.0, every=1, cosine=cosine)
        steering = Mixed(windows, np.arange(8), 4, 0, method, ("a", "b"), group, guide)
        assert steering.aligned(1, Pulled()).tolist() == expected
    # Three batches of four windows of two tokens were read for it.
    assert steering.extra == 3 * 4 * 2
    # e² = 7.389 against 1: .8808.
    assert Dga(ema=1.0, floor=0.0).update(np.array([0.5, 0.5]), np.array([2.0, 0.0])) == pytest.approx(
        [0.8808, 0.1192], abs=1e-4
    )


def test_a_weighted_step_is_the_step_of_the_weighted_loss() -> None:
    shown = material()
    steering = weighed(shown)
    run = Training(TINY, 257, 0, CPU, steering)
    batch = torch.from_numpy(windows_of(shown)[shown.order[:4]].astype(np.int64))
    each = run.losses(windows_of(shown)[shown.order[:4]])
    weights = LossReweight(burn_in=0.0).weights(each, 0.0)
    by_hand = run._each(batch) @ torch.from_numpy(weights).float()
    expected = torch.autograd.grad(by_hand, list(run.decoder.parameters()))
    plain = run._step(windows_of(shown), shown.order)
    found = [parameter.grad for parameter in run.decoder.parameters()]
    assert float(plain) == pytest.approx(each.mean(), rel=1e-5)
    assert all(torch.allclose(one, other, atol=1e-6) for one, other in zip(found, expected, strict=True))
    assert steering.tally.weight[shown.order[:4]] == pytest.approx(4 * weights)


def test_a_batch_in_pieces_is_learnt_from_as_a_whole() -> None:
    shown = material()
    windows = windows_of(shown)
    for steering in (lambda: None, lambda: weighed(shown)):
        whole, pieces = (Training(TINY, 257, 0, CPU, steering()) for _ in range(2))
        pieces.at_once = 3  # of the 4 windows of a batch
        losses = [run.advance(5, windows, shown.order) for run in (whole, pieces)]
        assert losses[0] == pytest.approx(losses[1], rel=1e-5)
        for one, other in zip(whole.decoder.parameters(), pieces.decoder.parameters(), strict=True):
            assert torch.allclose(one, other, atol=1e-5)
    for one, other in zip(whole.gradient(windows[:8]), pieces.gradient(windows[:8]), strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def test_even_weights_are_plain_training() -> None:
    shown = material()
    even = Weighed(windows_of(shown), shown.order, TINY.batch, 3, LossReweight(burn_in=1.0))
    plain, steered = Training(TINY, 257, 0, CPU), Training(TINY, 257, 0, CPU, even)
    losses = [run.advance(10, windows_of(shown), shown.order) for run in (plain, steered)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_the_target_draws_its_group_and_not_the_noise() -> None:
    shown = material()
    steering = mixed(shown)
    Training(TINY, 257, 0, CPU, steering).advance(40, windows_of(shown), shown.order)
    assert steering.shares[0] > 0.6
    assert steering.shares.sum() == pytest.approx(1.0)
    read_of_river = steering.tally.times[:200].sum()
    assert read_of_river > 80
    assert steering.tally.times.sum() == 160


def test_a_group_is_read_whole_before_any_of_it_comes_again() -> None:
    shown = material(8)
    steering = mixed(shown, every=10_000)
    rows = np.concatenate([steering.rows(step, Pulled()) for step in range(10)])
    for number in (0, 1):
        members = [int(row) for row in rows if row // 4 == number]
        assert len(set(members[:4])) == 4
        assert len(set(members[4:8])) == len(members[4:8])


def test_what_is_noise_to_the_reference_too_is_not_chosen() -> None:
    shown = material()
    reference = Training(TINY, 257, 5, CPU)
    river = np.random.default_rng(0).permutation(200)
    reference.advance(40, windows_of(shown), np.resize(river, 400))
    steering = chosen(shown, reference.decoder)
    Training(TINY, 257, 0, CPU, steering).advance(20, windows_of(shown), shown.order)
    river_read, noise_read = steering.tally.times[:200].sum(), steering.tally.times[200:].sum()
    assert river_read + noise_read == 80
    assert river_read > 3 * noise_read
    told = steering.told()
    assert told["learnable, read"] > told["learnable, offered"]
    # 20 steps of 8 windows of 16 tokens by two models.
    assert steering.extra == 20 * 8 * 16 * 2


def test_losses_of_windows_are_means_over_their_tokens() -> None:
    shown = material(8)
    run = Training(TINY, 257, 0, CPU)
    losses, states = read(run.decoder, windows_of(shown))
    assert losses == pytest.approx(run.losses(windows_of(shown)), rel=1e-5)
    assert np.linalg.norm(states, axis=1) == pytest.approx(np.ones(8))
    gradient = run.gradient(windows_of(shown)[:2])
    assert inner(gradient, gradient) > 0


@pytest.mark.parametrize("make", [weighed, chosen, mixed], ids=["weighed", "chosen", "mixed"])
def test_a_steered_run_that_was_cut_off_ends_with_the_same_numbers(tmp_path: Path, make) -> None:
    class CutError(Exception):
        pass

    def cut(point: Point) -> None:
        if point.tokens > TINY.tokens / 2:
            raise CutError

    def run(folder: Path, **told: object) -> tuple[Steering, tuple[Point, ...]]:
        folder.mkdir(exist_ok=True)
        steering = make(material())
        _, made = train(TINY, 257, material(), {}, seed=7, folder=folder, device="cpu", steering=steering, **told)
        return steering, made.points

    whole, points = run(tmp_path / "whole")
    with pytest.raises(CutError):
        run(tmp_path / "cut", on_point=cut)
    again, resumed = run(tmp_path / "cut")
    assert resumed == points
    assert again.trajectory == whole.trajectory
    assert again.extra == whole.extra
    assert np.array_equal(again.tally.weight, whole.tally.weight)
