"""The figures of a proof: every arm against the control, on every evaluation set, with intervals and in words."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from winnow.prove.diagnoses.base import Curves
from winnow.prove.diagnoses.fine_line import Decisions, FineLine
from winnow.prove.extremes import Extremes, extremes
from winnow.prove.interplay import Interplay, interplay
from winnow.prove.merge import read_estimates
from winnow.prove.ordering import Ordering, ordering
from winnow.prove.results import Plan, Result, read_steered, results
from winnow.prove.runs import has_texts, read_texts
from winnow.prove.statistics import Difference, compare, half_width, tokens_to_reach


@dataclass(frozen=True, kw_only=True)
class Line:
    """One arm on one set of texts, in nats per byte; `bits` ± `half` is bits per byte with the t interval over seeds.

    `difference` is None for the control. `faster` is how many times fewer tokens the arm needs to stand where the control
    ends: the median, the lowest and the highest over seeds; None when one of its runs does not get there.
    """

    arm: str
    nats: float
    bits: float
    half: float
    deviation: float
    difference: Difference | None
    faster: tuple[float, float, float] | None

    @property
    def level(self) -> str:
        return within(self.bits, self.half)

    @property
    def less(self) -> str:
        """Say how much less data the arm needs, "" when it does not get to where the control ends."""
        return "" if self.faster is None else "{:.1f}x ({:.1f}x to {:.1f}x)".format(*self.faster)


@dataclass(frozen=True, kw_only=True)
class Answers:
    """One arm on one set of questions: share answered rightly, and the paired difference to the control.

    `accuracy_half` and `half` are half their t intervals over seeds.
    """

    arm: str
    accuracy: float
    accuracy_half: float
    deviation: float
    difference: float | None
    half: float | None

    @property
    def words(self) -> tuple[str, str]:
        """Return the share and the difference, each with its interval."""
        share = within(self.accuracy, self.accuracy_half)
        if self.difference is None or self.half is None:
            return share, "control"
        return share, within(self.difference, self.half, sign="+")


@dataclass(frozen=True, kw_only=True)
class Trace:
    """Where a run's figures come from: sha256 of the tokens it read in their order, and of the weights it ended with."""

    arm: str
    seed: int
    data: str
    model: str


@dataclass(frozen=True, kw_only=True)
class Steered:
    """A group under a method that works inside the training: its share of the tokens offered and of those read, weighed.

    `half` is half the t interval of `read` over seeds.
    """

    group: str
    offered: float
    read: float
    half: float
    seeds: int

    @property
    def words(self) -> str:
        return f"{self.read:.3f} ± {self.half:.3f}"


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a proof says so far. `seeds` are those whose runs are finished for every arm; `failed` runs diverged."""

    plan: Plan
    seeds: tuple[int, ...]
    lines: Mapping[str, tuple[Line, ...]]
    answers: Mapping[str, tuple[Answers, ...]]
    failed: tuple[tuple[str, int], ...]
    detectable: float
    fine_line: Decisions
    shown: Mapping[str, Mapping[str, float]]
    minutes: float
    steered: Mapping[str, tuple[Steered, ...]] = field(default_factory=dict)
    traces: tuple[Trace, ...] = ()
    texts: Mapping[str, Mapping[str, Extremes]] = field(default_factory=dict)
    interplay: Mapping[str, Interplay] = field(default_factory=dict)
    merge: Mapping[str, Ordering] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        return len(self.seeds) == len(self.plan.seeds)

    def to_dict(self) -> dict[str, Any]:
        told: dict[str, Any] = _finite(dataclasses.asdict(self))
        return told


def report(root: Path) -> Report:
    """Read what is finished of a proof and compare it; raises InputError when the folder holds none."""
    plan = Plan.read(root)
    found = {(result.arm, result.seed): result for result in results(root, plan)}
    failed = tuple(key for key, result in found.items() if result.diverged)
    whole = tuple(
        seed for seed in plan.seeds if all((arm, seed) in found and (arm, seed) not in failed for arm in plan.arms)
    )
    texts = [name for name, told in plan.sets.items() if told["kind"] == "texts"]
    questions = [name for name, told in plan.sets.items() if told["kind"] == "questions"]
    by_arm = {arm: [found[arm, seed] for seed in whole] for arm in plan.arms}
    lines = {name: _lines(plan, by_arm, name) for name in texts} if whole else {}
    deviations = [
        line.difference.deviation for each in lines.values() for line in each if line.difference and len(whole) > 1
    ]
    return Report(
        plan=plan,
        seeds=whole,
        lines=lines,
        answers={name: _answers(plan, by_arm, name) for name in questions} if whole else {},
        failed=failed,
        detectable=half_width(float(np.median(deviations)), len(whole)) if deviations else math.inf,
        fine_line=FineLine().read({name: _curves(by_arm, name) for name in texts} if whole else {}),
        shown={arm: _shown(runs) for arm, runs in by_arm.items()} if whole else {},
        minutes=sum(result.seconds for result in found.values()) / 60,
        traces=tuple(
            Trace(arm=arm, seed=seed, data=one.digest, model=one.weights) for (arm, seed), one in found.items()
        ),
        steered={arm: _steered(root, arm, whole) for arm in plan.arms if whole and plan.arms[arm]["kind"] == "online"},
        interplay={name: _interplay(plan, by_arm, name) for name in texts} if whole and plan.interplay else {},
        merge=_orderings(root, plan, texts),
        texts={name: _extremes(root, plan, by_arm, name) for name in texts if whole and has_texts(root, name)},
    )


def _lines(plan: Plan, by_arm: Mapping[str, Sequence[Result]], name: str) -> tuple[Line, ...]:
    lengths = np.asarray(plan.sets[name]["lengths"], dtype=np.int64)
    losses = {arm: np.stack([run.losses[name] for run in runs]) for arm, runs in by_arm.items()}
    control = losses[plan.control]
    differences = compare({arm: values for arm, values in losses.items() if arm != plan.control}, control, lengths)
    level = float(np.mean([run.points[-1].evaluations[name] for run in by_arm[plan.control]]))
    made = []
    for arm, values in losses.items():
        nats = values.sum(axis=1) / lengths.sum()
        spread = float(nats.std(ddof=1)) if len(nats) > 1 else math.nan
        made.append(
            Line(
                arm=arm,
                nats=float(nats.mean()),
                bits=float(nats.mean() / math.log(2)),
                half=half_width(spread, len(nats)) / math.log(2),
                deviation=spread,
                difference=differences.get(arm),
                faster=_faster(by_arm[arm], name, level) if arm != plan.control else None,
            )
        )
    return tuple(made)


def _faster(runs: Sequence[Result], name: str, level: float) -> tuple[float, float, float] | None:
    reached = [
        tokens_to_reach([p.tokens for p in run.points], [p.evaluations[name] for p in run.points], level)
        for run in runs
    ]
    if not all(map(math.isfinite, reached)):
        return None
    times = runs[0].points[-1].tokens / np.array(reached)
    return float(np.median(times)), float(times.min()), float(times.max())


def _answers(plan: Plan, by_arm: Mapping[str, Sequence[Result]], name: str) -> tuple[Answers, ...]:
    shares: dict[str, NDArray[np.float64]] = {
        arm: np.array([run.correct[name].mean() for run in runs]) for arm, runs in by_arm.items()
    }
    made = []
    for arm, values in shares.items():
        difference = values - shares[plan.control]
        spread = float(np.std(difference, ddof=1)) if len(values) > 1 else math.nan
        deviation = float(values.std(ddof=1)) if len(values) > 1 else math.nan
        other = arm != plan.control
        made.append(
            Answers(
                arm=arm,
                accuracy=float(values.mean()),
                accuracy_half=half_width(deviation, len(values)),
                deviation=deviation,
                difference=float(difference.mean()) if other else None,
                half=half_width(spread, len(values)) if other else None,
            )
        )
    return tuple(made)


def _curves(by_arm: Mapping[str, Sequence[Result]], name: str) -> Curves:
    runs = {arm: [[point.evaluations[name] for point in run.points] for run in each] for arm, each in by_arm.items()}
    tokens = [point.tokens for point in next(iter(by_arm.values()))[0].points]
    return Curves(np.array(tokens, dtype=np.int64), {arm: np.array(losses) for arm, losses in runs.items()})


def _shown(runs: Sequence[Result]) -> dict[str, float]:
    return {
        "documents": float(np.mean([run.documents for run in runs])),
        "unique tokens": float(np.mean([run.unique for run in runs])),
        "epochs": float(np.mean([run.epochs for run in runs])),
    }


def _interplay(plan: Plan, by_arm: Mapping[str, Sequence[Result]], name: str) -> Interplay:
    total = sum(plan.sets[name]["lengths"])

    def nats(arm: str) -> NDArray[np.float64]:
        return np.array([run.losses[name].sum() / total for run in by_arm[arm]])

    told = plan.interplay
    return interplay(nats(plan.control), {arm: nats(arm) for arm in told["alone"]}, nats(told["together"]))


def _orderings(root: Path, plan: Plan, texts: Sequence[str]) -> dict[str, Ordering]:
    if not plan.merge:
        return {}
    found = [told for seed in plan.seeds if (told := read_estimates(root, seed)) is not None]
    estimated, real = [told["estimated"] for told in found], [told["real"] for told in found]
    return {name: ordering(estimated, real, name) for name in texts} if found else {}


def _extremes(root: Path, plan: Plan, by_arm: Mapping[str, Sequence[Result]], name: str) -> dict[str, Extremes]:
    lengths = np.asarray(plan.sets[name]["lengths"], dtype=np.int64)
    told = read_texts(root, name).to_pylist()
    others = {arm: runs for arm, runs in by_arm.items() if arm != plan.control}
    return {arm: extremes(runs, by_arm[plan.control], name, lengths, told) for arm, runs in others.items()}


def _steered(root: Path, arm: str, seeds: Sequence[int]) -> tuple[Steered, ...]:
    groups = [read_steered(root, arm, seed)["groups"] for seed in seeds]
    made = []
    for name in sorted(set().union(*groups)):
        offered, read = np.array([told.get(name, (0.0, 0.0)) for told in groups]).T
        spread = float(np.std(read, ddof=1)) if len(read) > 1 else math.nan
        made.append(
            Steered(
                group=name,
                offered=float(offered.mean()),
                read=float(read.mean()),
                half=half_width(spread, len(read)),
                seeds=len(read),
            )
        )
    return tuple(sorted(made, key=lambda one: -one.read))


def in_words(line: Line, seeds: int) -> str:
    """Say what one line shows, with its interval, never a bare mean."""
    if line.difference is None:
        return f"{line.arm} is the control: {line.level} bits per byte, n = {seeds} seeds"
    told = line.difference
    if told.seeds < 2:
        return f"{line.arm}: {told.mean:+.3f} nats per byte against the control in one seed; an interval needs two"
    span = f"{told.mean:+.3f} ± {told.half:.3f} nats per byte, n = {told.seeds} seeds"
    if told.verdict == "not distinguishable":
        alone = f"; p = {told.adjusted:.3f} after Holm's correction for all arms" if abs(told.mean) > told.half else ""
        return f"{line.arm} is not distinguishable from the control ({span}{alone})"
    less = f"; it stands where the control ends with {line.less} less data" if line.faster else ""
    return f"{line.arm} is {told.verdict} than the control ({span}){less if told.verdict == 'better' else ''}"


def within(mean: float, half: float, sign: str = "") -> str:
    """Return a mean with its interval, never without."""
    return f"{mean:{sign}.3f} ± {half:.3f}" if math.isfinite(half) else f"{mean:{sign}.3f}, one seed: no interval"


def _finite(value: Any) -> Any:
    """Return the same with null for what JSON has no number for."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _finite(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(inner) for inner in value]
    return value
