from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from invented_proof import plan, result
from winnow.prove.report import Report, in_words, report
from winnow.prove.results import run_folder, write_result


def write(root: Path, *made: object) -> None:
    plan().write(root)
    for one in made:
        run_folder(root, one.arm, one.seed).mkdir(parents=True, exist_ok=True)
        write_result(root, one)


@pytest.fixture
def compared(tmp_path: Path) -> Report:
    """Two arms of two seeds: (30 - 60) / 30 = -1 and (30.3 - 60.6) / 30 = -1.01 nats per byte, mean -1.005."""
    write(
        tmp_path,
        result("best", 0, [10.0, 20.0]), result("random", 0, [20.0, 40.0]),
        result("best", 1, [10.3, 20.0]), result("random", 1, [20.0, 40.6]),
    )  # fmt: skip
    return report(tmp_path)


def test_an_arm_is_compared_with_the_control_seed_by_seed(compared: Report) -> None:
    best, random = compared.lines["target"]
    assert best.difference is not None
    assert random.difference is None
    assert best.difference.mean == pytest.approx(-1.005)
    assert best.bits == pytest.approx((30 + 30.3) / 2 / 30 / math.log(2))
    assert best.difference.verdict == "better"
    # The control ends at 2.01; best stands at 1.505 after 50 of its 100 tokens, the first point: twice as fast.
    assert best.faster == pytest.approx((2.0, 2.0, 2.0))
    assert "better than the control (-1.005 ± " in in_words(best, 2)
    assert "2.0x (2.0x to 2.0x) less data" in in_words(best, 2)
    # Deviation of 1 and 1.01 nats .00707; half 12.706 · .00707 / sqrt(2) = .0635 nats, / ln 2 = .092 bits.
    assert best.level == "1.450 ± 0.092"
    assert compared.complete
    assert json.loads(json.dumps(compared.to_dict()))["seeds"] == [0, 1]


def test_an_interval_without_zero_that_proves_nothing_says_why(compared: Report) -> None:
    best = compared.lines["target"][0]
    assert best.difference is not None
    # -1.005 ± 0.064 alone is a difference; that the correction lifts p to .06 is what takes the verdict away.
    many = replace(best, difference=replace(best.difference, adjusted=0.06))
    assert in_words(many, 2) == (
        "best is not distinguishable from the control (-1.005 ± 0.064 nats per byte, n = 2 seeds; "
        "p = 0.060 after Holm's correction for all arms)"
    )
    wide = replace(best, difference=replace(best.difference, adjusted=0.06, half=2.0))
    assert "Holm" not in in_words(wide, 2)


def test_only_seeds_whose_every_arm_is_finished_count(tmp_path: Path) -> None:
    write(tmp_path, result("best", 0, [1.0, 2.0]), result("random", 0, [1.0, 2.0]), result("best", 1, [1.0, 2.0]))
    made = report(tmp_path)
    assert made.seeds == (0,)
    assert not made.complete
    # One pair has no interval: the figure is not a number in JSON, and the verdict is none.
    assert made.to_dict()["lines"]["target"][0]["difference"]["half"] is None
    assert made.lines["target"][0].difference.verdict == "not distinguishable"
    assert "in one seed; an interval needs two" in in_words(made.lines["target"][0], 1)


def test_a_run_that_diverged_is_named_and_its_seed_left_out(tmp_path: Path) -> None:
    write(
        tmp_path,
        result("best", 0, [1.0, 2.0], losses={}, diverged=True), result("random", 0, [1.0, 2.0]),
        result("best", 1, [1.0, 2.0]), result("random", 1, [1.0, 2.0]),
    )  # fmt: skip
    made = report(tmp_path)
    assert made.failed == (("best", 0),)
    assert made.seeds == (1,)


def test_questions_are_shares_with_paired_differences(tmp_path: Path) -> None:
    sets = {**plan().sets, "pairs": {"kind": "questions", "count": 4, "sha256": "y"}}
    right = {"best": [True, True, True, False], "random": [True, True, False, False]}
    made = [result(arm, seed, [1.0, 2.0], correct={"pairs": np.array(right[arm])}) for arm in right for seed in (0, 1)]
    write(tmp_path, *made)
    plan(sets=sets).write(tmp_path)
    best, random = report(tmp_path).answers["pairs"]
    assert (best.accuracy, random.accuracy) == (0.75, 0.5)
    assert (best.difference, best.half) == (0.25, 0.0)
    assert random.difference is None
    assert best.words == ("0.750 ± 0.000", "+0.250 ± 0.000")
    assert random.words == ("0.500 ± 0.000", "control")


def test_an_arm_of_which_one_run_does_not_get_there_is_not_called_faster(tmp_path: Path) -> None:
    # The control ends at 2; seed 1 of best stands at 1.5 after 50 of 100 tokens, seed 0 ends at 3.
    write(
        tmp_path,
        result("best", 0, [30.0, 60.0]), result("random", 0, [20.0, 40.0]),
        result("best", 1, [10.0, 20.0]), result("random", 1, [20.0, 40.0]),
    )  # fmt: skip
    best, _ = report(tmp_path).lines["target"]
    assert best.faster is None
    assert best.less == ""


def test_one_seed_has_no_interval_and_says_so(tmp_path: Path) -> None:
    write(tmp_path, result("best", 0, [1.0, 2.0]), result("random", 0, [1.0, 2.0]))
    assert report(tmp_path).lines["target"][0].level == "0.144, one seed: no interval"


def test_every_run_says_what_it_read_and_what_it_made(tmp_path: Path) -> None:
    write(tmp_path, result("best", 0, [1.0, 2.0], digest="da7a", weights="90de1"), result("random", 0, [1.0, 2.0]))
    best, random = report(tmp_path).traces
    assert (best.arm, best.seed, best.data, best.model) == ("best", 0, "da7a", "90de1")
    # Runs of an earlier version told no sum of their weights.
    assert random.model == ""


def test_nothing_finished_says_nothing(tmp_path: Path) -> None:
    plan().write(tmp_path)
    made = report(tmp_path)
    assert (made.seeds, made.lines, made.failed) == ((), {}, ())
