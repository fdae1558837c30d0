"""What every benchmark keeps to, found by themselves."""

from __future__ import annotations

import math
import pickle

import pytest

from winnow.bench.base import Benchmark, Figure, Peer, installed
from winnow.bench.material import made
from winnow.bench.running import figures
from winnow.errors import SettingError
from winnow.method import methods

every_benchmark = pytest.mark.parametrize("kind", methods(Benchmark).values(), ids=list(methods(Benchmark)))


@every_benchmark
def test_it_yields_true_figures_and_travels_between_processes(kind: type[Benchmark]) -> None:
    benchmark = kind(**kind.quick)
    assert pickle.loads(pickle.dumps(benchmark)) == benchmark
    found = list(benchmark.measure(made(6, characters=600)))
    assert found
    for figure in found:
        assert figure.what
        assert figure.n
        assert math.isfinite(figure.value)
        assert figure.value > 0
        assert figure.memory is None or figure.memory > 10_000_000
    assert len({figure.what for figure in found}) == len(found)


@every_benchmark
def test_settings_and_purpose_are_described(kind: type[Benchmark]) -> None:
    assert kind.summary().endswith(".")
    assert all(setting.help.endswith(".") for setting in kind.settings())


def test_a_fresh_process_sends_its_figures_and_its_failure() -> None:
    kind = methods(Benchmark)["score"]
    found = list(figures(kind(**kind.quick), made(4, characters=300)))
    assert [figure.what for figure in found] == ["shape", "duplicates"]
    with pytest.raises(SettingError, match="did you mean 'shape'"):
        list(figures(kind(only=("shpae",)), made(4, characters=300)))


def test_a_figure_says_how_many_times_better_it_is() -> None:
    assert Figure("a", 300.0, "docs/s", "1", peer=Peer("b", 100.0)).times == 3.0
    assert Figure("a", 2.0, "s", "1", peer=Peer("b", 10.0)).times == 5.0
    assert Figure("a", 2.0, "s", "1").times is None


def test_peers_that_are_absent_are_told_from_those_that_are_there() -> None:
    assert installed("no-such-package-at-all") is None
    assert str(installed("scikit-learn")).startswith("scikit-learn 1.")
