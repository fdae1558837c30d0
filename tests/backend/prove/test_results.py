from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from invented_proof import plan, result
from winnow.errors import InputError
from winnow.prove.results import Plan, read_curve, read_result, results, write_curve, write_result


def test_a_result_comes_back_as_it_was(tmp_path: Path) -> None:
    made = result("best", 1, [5.0, 6.0], correct={"pairs": np.array([True, False])})
    (tmp_path / "runs" / "best" / "seed-1").mkdir(parents=True)
    write_result(tmp_path, made)
    found = read_result(tmp_path, "best", 1)
    assert found is not None
    assert found.points == made.points
    assert found.losses["target"].tolist() == [5.0, 6.0]
    assert found.correct["pairs"].tolist() == [True, False]
    assert [one.seed for one in results(tmp_path, plan())] == [1]


def test_the_curve_of_a_finished_run_is_that_of_its_result(tmp_path: Path) -> None:
    made = result("best", 1, [5.0, 6.0])
    folder = tmp_path / "runs" / "best" / "seed-1"
    folder.mkdir(parents=True)
    assert read_curve(tmp_path, "best", 1) == []
    write_curve(folder, [made.points[0]])
    assert read_curve(tmp_path, "best", 1) == [made.points[0]]
    write_result(tmp_path, made)
    assert read_curve(tmp_path, "best", 1) == list(made.points)


def test_runs_come_seed_by_seed() -> None:
    assert plan().runs() == [("best", 0), ("random", 0), ("best", 1), ("random", 1)]


def test_a_plan_comes_back_as_it_was(tmp_path: Path) -> None:
    plan().write(tmp_path)
    assert Plan.read(tmp_path) == plan()
    with pytest.raises(InputError, match="holds no proof"):
        Plan.read(tmp_path / "nothing")
