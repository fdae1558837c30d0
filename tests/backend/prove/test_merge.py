from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch

from winnow.errors import SettingError
from winnow.lm.decoder import Decoder
from winnow.lm.kept import weights_sha
from winnow.lm.tokenizer import Bytes
from winnow.lm.windows import windows
from winnow.prove.arms import fixed
from winnow.prove.merge import START, Merging, merged, read_estimates, unions
from winnow.prove.tiers import TIERS

pytestmark = pytest.mark.usefixtures("one_thread")
TINY = replace(TIERS["ci"], layers=1, width=32, context=16, batch=2, tokens=16 * 2 * 30)
WORDS = {"river": "mill by the river. ", "train": "9:45 leaves on rail 4; ", "noise": "xq zv kj ww pf gh "}


def texts(ids: np.ndarray) -> pa.Array:
    return pa.array([list(WORDS.values())[int(i) % 3] * 6 for i in ids], pa.large_string())


def making(root: Path, seed: int = 0) -> Merging:
    ids = np.arange(30)
    shards = {START: fixed(START, ids, np.ones(30))}
    shards |= {name: fixed(name, ids[place::3], np.ones(10)) for place, name in enumerate(WORDS)}
    sets = {"target": windows(pa.array(["the river by the mill. "] * 8, pa.large_string()), Bytes(), TINY.context)}
    return Merging(root, seed, TINY, Bytes(), texts, shards, sets)


def test_unions_are_all_of_them_the_single_ones_first() -> None:
    assert unions(["a", "b", "c"]) == [("a",), ("b",), ("c",), ("a", "b"), ("a", "c"), ("b", "c"), ("a", "b", "c")]


def test_the_mean_is_the_joint_fit_for_equal_inputs_and_only_near_it_for_others() -> None:
    def branch(weight: float) -> Decoder:
        decoder = Decoder(TINY.shape(257))
        with torch.no_grad():
            for parameter in decoder.parameters():
                parameter.fill_(weight)
        return decoder

    mean = merged([branch(1.0), branch(3.0)], ["s", "s"]).state_dict()["norm.weight"][0].item()
    # Shards with input 1 that ask for 1 and 3 have branches 1 and 3; both together fit (1 + 3) / 2 = 2.
    assert mean == pytest.approx((1 * 1 + 1 * 3) / (1 * 1 + 1 * 1))
    # Inputs 1 and 2 that ask for 1 and 6 have the branches 1 and 3 too, but together fit 13 / 5 = 2.6: the mean is biased.
    assert mean == pytest.approx((1 * 1 + 2 * 6) / (1 * 1 + 2 * 2) - 0.6)


def test_weights_are_averaged_and_one_branch_is_itself() -> None:
    torch.manual_seed(0)
    first, second = Decoder(TINY.shape(257)), Decoder(TINY.shape(257))
    mean = merged([first, second], ["s", "s"])
    for name, value in mean.state_dict().items():
        assert torch.allclose(value, (first.state_dict()[name] + second.state_dict()[name]) / 2)
    assert weights_sha(merged([first], ["s"])) == weights_sha(first)
    assert weights_sha(merged([first, first], ["s", "s"])) == weights_sha(first)


def test_branches_of_different_beginnings_are_refused() -> None:
    decoder = Decoder(TINY.shape(257))
    with pytest.raises(SettingError, match="only branches of one model"):
        merged([decoder, decoder], ["one", "another"])


def test_estimates_of_every_union_and_real_runs_of_some(tmp_path: Path) -> None:
    making(tmp_path).estimate(16 * 2 * 10, [("river", "train"), ("train", "noise")])
    told = read_estimates(tmp_path, 0)
    assert told is not None
    assert len(told["estimated"]) == 7
    assert set(told["real"]) == {"river + train", "train + noise"}
    estimated = {union: figures["target"] for union, figures in told["estimated"].items()}
    # What is about the river helps to read of the river, alone and in a union.
    assert estimated["river"] < estimated["noise"]
    assert estimated["river + train"] < estimated["train + noise"]
    assert told["real"]["river + train"]["target"] < told["real"]["train + noise"]["target"]


def test_estimates_that_were_cut_off_end_with_the_same_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = [("river", "noise")]
    making(tmp_path / "whole").estimate(16 * 2 * 10, real)
    half = making(tmp_path / "cut")
    from winnow.prove import merge

    made, known = [], merge.keep

    def cut(*told: object) -> None:
        known(*told)
        made.append(1)
        if len(made) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(merge, "keep", cut)
    with pytest.raises(KeyboardInterrupt):
        half.estimate(16 * 2 * 10, real)
    assert read_estimates(tmp_path / "cut", 0) is None
    monkeypatch.setattr(merge, "keep", known)
    making(tmp_path / "cut").estimate(16 * 2 * 10, real)
    assert read_estimates(tmp_path / "cut", 0) == read_estimates(tmp_path / "whole", 0)
