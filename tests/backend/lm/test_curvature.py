"""EK-FAC of a decoder: against the exact Gauss-Newton matrix of small layers, and against kronfluence where it is installed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
from scipy.stats import spearmanr
from torch import Tensor

from winnow.lm.curvature import DecoderTask, batches_of
from winnow.lm.decoder import Decoder, Shape
from winnow.lm.kronecker import Batch, direction, eigen, products
from winnow.lm.tokenizer import Bytes
from winnow.lm.windows import Windows, windows

SHAPE = Shape(layers=1, width=8, heads=1, context=16, vocabulary=257)


def decoder(seed: int = 0) -> Decoder:
    torch.manual_seed(seed)
    made = Decoder(SHAPE)
    for parameter in made.parameters():
        if parameter.dim() == 2:
            torch.nn.init.normal_(parameter, std=0.3)
    return made


def texts(count: int, seed: int = 0, length: int = 16) -> Windows:
    rng = np.random.default_rng(seed)
    made = ["".join(rng.choice(list("abcdefgh XYZ"), size=length)) for _ in range(count)]
    return windows(pa.array(made, pa.large_string()), Bytes(), SHAPE.context)


def influences(task: DecoderTask, solved: dict[str, Tensor], cut: Windows) -> np.ndarray:
    return np.concatenate([products(task, batch, solved)[0].numpy() for batch in batches_of(task, cut, 4)])


def test_layers_are_those_that_are_asked_for() -> None:
    made = decoder()
    assert set(DecoderTask(made).layers) == {"0.forward_up", "0.forward_down"}
    assert set(DecoderTask(made, attention=True).layers) == {
        "0.forward_up", "0.forward_down", "0.attention.into", "0.attention.out"
    }  # fmt: skip


def test_filled_up_places_count_for_nothing() -> None:
    # The same texts in windows that end with them, and filled up to the length of a longer neighbour.
    short = ["abc d", "XYZ", "hgfe "]
    alone, together = (
        windows(pa.array(values, pa.large_string()), Bytes(), SHAPE.context) for values in (short, [*short, "a" * 16])
    )
    task = DecoderTask(decoder())
    wanted = {name: torch.randn_like(layer.weight) for name, layer in task.layers.items()}
    one, other = (
        products(task, (torch.from_numpy(cut.inputs[:3, :length]), torch.from_numpy(cut.targets[:3, :length])), wanted)
        for cut, length in ((alone, 5), (together, 16))
    )
    assert torch.allclose(one[0], other[0], atol=1e-5)
    assert torch.allclose(one[1], other[1], atol=1e-5)
    # Nor do they enter the curvature: as many places as there are tokens.
    assert int(task.counted((torch.from_numpy(together.inputs), torch.from_numpy(together.targets))).sum()) == 13 + 16


def test_it_comes_nearer_the_exact_inverse_than_no_curvature_does() -> None:
    made, train, aim = decoder(1), texts(200, 1), texts(10, 2)
    task = DecoderTask(made, seed=1)
    name, layer = "0.forward_down", task.layers["0.forward_down"]
    measured = eigen(task, batches_of(task, train, 50))[name]
    # The exact matrix of the layer: with targets drawn from the model, the mean of squared gradients of single places.
    exact = torch.zeros(layer.weight.numel(), layer.weight.numel(), dtype=torch.float64)
    probabilities = torch.Generator().manual_seed(5)
    count = 0
    for inputs, targets in batches_of(
        task, Windows(train.inputs[:60], train.targets[:60], train.text[:60], train.bytes), 1
    ):
        for place in range(0, targets.shape[1], 3):
            logits = made(inputs)[0, place]
            drawn = torch.multinomial(torch.softmax(logits, -1), 4, generator=probabilities, replacement=True)
            for token in drawn:
                (own,) = torch.autograd.grad(
                    torch.nn.functional.cross_entropy(logits[None], token[None]), [layer.weight], retain_graph=True
                )
                flat = own.flatten().double()
                exact += torch.outer(flat, flat)
                count += 1
    exact /= count
    level = 0.1 * float(measured.values.mean())
    wanted = direction(task, batches_of(task, aim, 10))[name]
    truth = torch.linalg.solve(exact + level * torch.eye(len(exact)), wanted.flatten()).view_as(wanted)
    said = {
        how: influences_of(task, name, solved, texts(60, 4))
        for how, solved in (("exact", truth), ("ekfac", measured.solved(wanted, 0.1)), ("none", wanted))
    }
    near, far = (spearmanr(said["exact"], said[how]).statistic for how in ("ekfac", "none"))
    assert near > 0.8, (near, far)
    assert near > far + 0.1, (near, far)


def influences_of(task: DecoderTask, name: str, solved: Tensor, cut: Windows) -> np.ndarray:
    """Return products with one layer's direction alone."""
    zeros = {one: torch.zeros_like(layer.weight) for one, layer in task.layers.items()}
    return influences(task, {**zeros, name: solved}, cut)


@dataclass(frozen=True, eq=False)
class Observed(DecoderTask):
    """Takes the texts' own tokens for those the model draws (the empirical Fisher matrix), so that nothing is chance."""

    def sampled(self, batch: Batch) -> Tensor:
        return self.observed(batch)


@pytest.mark.filterwarnings("ignore")
def test_it_is_that_of_kronfluence(tmp_path: Path) -> None:
    pytest.importorskip("kronfluence")
    from kronfluence.analyzer import Analyzer, prepare_model
    from kronfluence.arguments import FactorArguments, ScoreArguments
    from kronfluence.task import Task
    from torch.utils.data import TensorDataset

    class Language(Task):
        def compute_train_loss(self, batch: Batch, model: torch.nn.Module, sample: bool = False) -> Tensor:
            return torch.nn.functional.cross_entropy(model(batch[0]).flatten(0, 1), batch[1].flatten(), reduction="sum")

        def compute_measurement(self, batch: Batch, model: torch.nn.Module) -> Tensor:
            return self.compute_train_loss(batch, model)

        def get_influence_tracked_modules(self) -> list[str]:
            return ["blocks.0.forward_up", "blocks.0.forward_down"]

    train, aim, task = texts(40, 1), texts(1, 2), Observed(decoder())
    measured = eigen(task, batches_of(task, train, 8))
    wanted = direction(task, batches_of(task, aim, 1))
    solved = {name: measured[name].solved(value, 0.1) for name, value in wanted.items()}
    ours = np.empty(40)
    for (rows, _), batch in zip(train.batches(8), batches_of(task, train, 8), strict=True):
        ours[rows] = products(task, batch, solved)[0].numpy()

    def data(cut: Windows) -> TensorDataset:
        return TensorDataset(torch.from_numpy(cut.inputs), torch.from_numpy(cut.targets))

    model = prepare_model(decoder(), Language())
    analyzer = Analyzer("check", model, Language(), cpu=True, output_dir=str(tmp_path), disable_tqdm=True)
    how = FactorArguments(strategy="ekfac", use_empirical_fisher=True, eigendecomposition_dtype=torch.float64)
    analyzer.fit_all_factors("f", data(train), factor_args=how, per_device_batch_size=8)
    # None is its name for a tenth of the mean eigenvalue.
    analyzer.compute_pairwise_scores(
        "s",
        "f",
        data(aim),
        data(train),
        1,
        per_device_train_batch_size=8,
        score_args=ScoreArguments(damping_factor=None),
    )
    theirs = analyzer.load_pairwise_scores("s")["all_modules"][0].numpy()
    # Theirs is per example and for the sum of the query's losses, ours per place and for their mean: with 16 places in
    # every text both scales are a 16, and cancel.
    assert ours == pytest.approx(theirs, rel=1e-3, abs=1e-3 * float(np.abs(theirs).max()))
