from __future__ import annotations

import copy

import numpy as np
import pyarrow as pa
import pytest
import torch

from winnow.lm.decoder import Decoder, Shape
from winnow.lm.likelihood import text_losses
from winnow.lm.one_step import Rule, apart, rollouts
from winnow.lm.probing import Documents, Probe, beginnings
from winnow.lm.tokenizer import Bytes
from winnow.lm.windows import IGNORED, windows

SHAPE = Shape(layers=1, width=16, heads=1, context=16, vocabulary=257)
AIM = "the river runs past the mill. "
FAR = "99 TRAINS, 12:45 & 13:07! "


def texts(*values: str) -> pa.LargeStringArray:
    return pa.array(values, pa.large_string())


@pytest.fixture(scope="module")
def probe() -> Probe:
    torch.manual_seed(0)
    decoder = Decoder(SHAPE)
    return Probe(decoder, Rule(rate=1e-2), windows(texts(AIM, AIM[5:] + AIM, AIM * 2), Bytes(), SHAPE.context))


def material(*values: str, count: int = 2) -> Documents:
    return beginnings(texts(*values), Bytes(), SHAPE.context, count)


def changed(probe: Probe, documents: Documents, length: int = 1, together: int = 3) -> np.ndarray:
    start = probe.start(material(AIM, FAR, "another text"))
    return np.concatenate(list(probe.changes(start, documents, length, together)))


def test_the_beginnings_are_the_first_windows() -> None:
    cut = material("abc", "x" * 40, "")
    assert cut.inputs.shape == (3, 2, 16)
    assert cut.lengths.tolist() == [3, 32, 0]
    assert cut.inputs[0, 0, :4].tolist() == [256, *b"abc"]
    assert (cut.targets[0, 1] == IGNORED).all()


def test_the_reference_is_measured_as_everywhere(probe: Probe) -> None:
    sums, tokens = text_losses(probe.decoder, probe.reference), np.array([30, 55, 60])
    whole, even, odd = probe.measured(probe.weights)
    assert whole == pytest.approx(sums.sum() / tokens.sum(), rel=1e-5)
    assert even == pytest.approx((sums[0] + sums[2]) / 90, rel=1e-5)
    assert odd == pytest.approx(sums[1] / 55, rel=1e-5)


def test_a_step_is_taken_as_a_trainer_takes_it(probe: Probe) -> None:
    start = probe.start(material(AIM, FAR))
    document = material(FAR)
    inputs, targets = torch.from_numpy(document.inputs)[:, None], torch.from_numpy(document.targets)[:, None]
    ((end, _),) = rollouts(probe.loss, start, probe.rule, inputs, targets)
    moved = copy.deepcopy(probe.decoder)
    optimizer = torch.optim.AdamW(
        [
            {"params": [value for value in moved.parameters() if value.dim() > 1], "weight_decay": 0.1},
            {"params": [value for value in moved.parameters() if value.dim() == 1], "weight_decay": 0.0},
        ],
        lr=1e-2,
        betas=(0.9, 0.95),
    )
    for name, value in moved.named_parameters():
        optimizer.state[value] = {
            "step": torch.tensor(float(start.steps)),
            "exp_avg": start.first[name].clone(),
            "exp_avg_sq": start.second[name].clone(),
        }
    loss = torch.nn.functional.cross_entropy(
        moved(inputs[0, 0]).flatten(0, 1), targets[0, 0].flatten(), ignore_index=IGNORED
    )
    loss.backward()
    torch.nn.utils.clip_grad_norm_(moved.parameters(), 1.0)
    optimizer.step()
    (own,) = apart(end.weights)
    for name, value in moved.named_parameters():
        assert torch.allclose(own[name], value, atol=1e-5), name
    (found,) = probe.changes(start, document, 1, 1)
    assert found[0, 0, :3] == pytest.approx(probe.measured(own) - probe.measured(probe.weights), abs=1e-9)


def test_texts_of_the_target_help_more_than_others(probe: Probe) -> None:
    found = changed(probe, material(AIM, FAR, AIM, FAR))[:, 0, 0]
    assert found[0] == pytest.approx(found[2], abs=1e-6)
    assert found[0] < found[1] - 1e-3


def test_batching_and_neighbours_change_nothing(probe: Probe) -> None:
    values = (AIM, FAR, "short", AIM[3:], FAR * 3)
    whole = changed(probe, material(*values), together=5)
    assert np.allclose(whole, changed(probe, material(*values), together=2), atol=1e-6)
    assert np.isfinite(whole).all()
    assert np.allclose(whole[2], changed(probe, material("short"))[0], atol=1e-6)


def test_rows_add_up_to_what_all_their_steps_did(probe: Probe) -> None:
    documents = material(AIM, FAR, AIM, AIM)
    found = changed(probe, documents, length=2)
    assert found.shape == (2, 2, 4)
    # The first document of a row is alone, the second stands on it.
    assert found[:, 0, 0] == pytest.approx(changed(probe, material(AIM, AIM))[:, 0, 0], abs=1e-6)
    start = probe.start(material(AIM, FAR, "another text"))
    inputs, targets = (torch.from_numpy(one).unflatten(0, (2, 2)) for one in (documents.inputs, documents.targets))
    *_, (end, _) = rollouts(probe.loss, start, probe.rule, inputs, targets)
    whole = np.stack([probe.measured(weights) - probe.measured(probe.weights) for weights in apart(end.weights)])
    assert found[:, :, :3].sum(axis=1) == pytest.approx(whole, abs=1e-6)


def test_a_rest_that_fills_no_row_is_left_out(probe: Probe) -> None:
    assert changed(probe, material(AIM, FAR, AIM), length=2).shape == (1, 2, 4)


def test_first_order_estimates_rank_as_small_steps_do() -> None:
    torch.manual_seed(1)
    made = Probe(Decoder(SHAPE), Rule(rate=1e-4, adaptive=False), windows(texts(AIM * 3, AIM), Bytes(), SHAPE.context))
    rng = np.random.default_rng(0)
    values = ["".join(rng.choice(list(AIM + FAR), size=30)) for _ in range(12)]
    documents = material(*values)
    start = made.start(material(AIM, FAR))
    exact, *_, slopes = np.concatenate(list(made.changes(start, documents, 1, 4)))[:, 0].T
    # Gradients longer than 1 are clipped before the step and not in the estimate.
    assert np.corrcoef(exact, slopes)[0, 1] > 0.97
    assert np.sign(exact).tolist() == np.sign(slopes).tolist()
