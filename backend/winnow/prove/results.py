"""What a proof leaves on disk: a plan, a folder per run, and the curves while it goes on."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from winnow.errors import InputError
from winnow.prove.train import Point, Trained

PLAN, RESULT, LOSSES, CURVE = "plan.json", "result.json", "losses.npz", "curve.json"
STEERED = "steered.json"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is compared, fixed before the first run: two proofs with the same plan give the same numbers.

    `sets` name the evaluation sets, each with kind ("texts" or "questions"), count, bytes and sha256; `arms` name the
    arms, each with kind, documents, tokens and mix; `control` is the arm that the others are compared with. `interplay`
    names the arms of experiments {"alone": [...], "together"}; `merge` the shards whose unions are estimated, the tokens of
    a branch and the unions that are trained on {"shards", "tokens", "real"}.
    """

    name: str
    tier: Mapping[str, Any]
    tokenizer: str
    seeds: tuple[int, ...]
    control: str
    sets: Mapping[str, Mapping[str, Any]]
    arms: Mapping[str, Mapping[str, Any]]
    guards: Mapping[str, Any]
    versions: Mapping[str, str]
    interplay: Mapping[str, Any] = field(default_factory=dict)
    merge: Mapping[str, Any] = field(default_factory=dict)

    def runs(self) -> list[tuple[str, int]]:
        """Return every (arm, seed), seed by seed, so that a proof that is stopped early has whole pairs."""
        return [(arm, seed) for seed in self.seeds for arm in self.arms]

    def write(self, root: Path) -> None:
        write_json(root / PLAN, dataclasses.asdict(self))

    @classmethod
    def read(cls, root: Path) -> Plan:
        """Read the plan of a proof; raises InputError."""
        try:
            told = json.loads((root / PLAN).read_text(encoding="utf-8"))
            return cls(**{**told, "seeds": tuple(told["seeds"])})
        except (OSError, ValueError, TypeError, KeyError) as reason:
            raise InputError(f"{root} holds no proof", str(reason), "winnow prove NAME... --target FILE") from reason


@dataclass(frozen=True, kw_only=True, eq=False)
class Result:
    """One finished run. `losses`: nats per text of each set of texts; `correct`: right or wrong per question.

    `digest` is the sum of what was read in its order, `weights` that of the model it made.
    """

    arm: str
    seed: int
    points: tuple[Point, ...]
    losses: Mapping[str, NDArray[np.float64]]
    correct: Mapping[str, NDArray[np.bool_]]
    documents: int
    unique: int
    epochs: float
    digest: str
    seconds: float
    diverged: bool
    weights: str = ""


def run_folder(root: Path, arm: str, seed: int) -> Path:
    return root / "runs" / arm / f"seed-{seed}"


def write_result(root: Path, result: Result) -> None:
    """Write a run's figures; `result.json` comes last, so that a run with one is whole."""
    folder = run_folder(root, result.arm, result.seed)
    arrays: dict[str, NDArray[Any]] = {f"losses/{name}": values for name, values in result.losses.items()}
    arrays |= {f"correct/{name}": values for name, values in result.correct.items()}
    with (folder / (LOSSES + ".tmp")).open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
    (folder / (LOSSES + ".tmp")).replace(folder / LOSSES)
    kept = ("documents", "unique", "epochs", "digest", "seconds", "diverged", "weights")
    told = {key: getattr(result, key) for key in kept}
    write_json(folder / RESULT, {**told, "points": [dataclasses.asdict(point) for point in result.points]})


def read_result(root: Path, arm: str, seed: int) -> Result | None:
    """Return a finished run, or None."""
    folder = run_folder(root, arm, seed)
    if not (folder / RESULT).is_file():
        return None
    told = json.loads((folder / RESULT).read_text(encoding="utf-8"))
    with np.load(folder / LOSSES, allow_pickle=False) as arrays:
        losses = {name.removeprefix("losses/"): arrays[name] for name in arrays if name.startswith("losses/")}
        right = {name.removeprefix("correct/"): arrays[name] == 1 for name in arrays if name.startswith("correct/")}
    points = tuple(Point(**point) for point in told.pop("points"))
    return Result(arm=arm, seed=seed, points=points, losses=losses, correct=right, **told)


def results(root: Path, plan: Plan) -> Iterator[Result]:
    """Yield the runs that are finished."""
    yield from (found for arm, seed in plan.runs() if (found := read_result(root, arm, seed)) is not None)


def write_curve(folder: Path, points: list[Point]) -> None:
    """Show how far a run is to whoever watches."""
    write_json(folder / CURVE, [dataclasses.asdict(point) for point in points])


def read_curve(root: Path, arm: str, seed: int) -> list[Point]:
    """Return the points of a run so far, finished or not."""
    folder = run_folder(root, arm, seed)
    if (folder / RESULT).is_file():
        return [Point(**point) for point in read_json(folder / RESULT)["points"]]
    return [Point(**point) for point in read_json(folder / CURVE)] if (folder / CURVE).is_file() else []


def read_steered(root: Path, arm: str, seed: int) -> dict[str, Any]:
    """Return what a method that worked inside a run made of its groups: {"groups", "trajectory", "extra"}."""
    told: dict[str, Any] = read_json(run_folder(root, arm, seed) / STEERED)
    return told


def finished(
    run: tuple[str, int], trained: Trained, shown: Any, correct: Mapping[str, NDArray[np.bool_]], weights: str
) -> Result:
    """Put together what the run of an arm and a seed showed and what came of it."""
    arm, seed = run
    return Result(
        arm=arm, seed=seed, points=trained.points, losses=trained.losses, correct=correct, documents=shown.documents,
        unique=shown.unique, epochs=shown.epochs, digest=shown.digest, seconds=trained.seconds,
        diverged=trained.diverged, weights=weights,
    )  # fmt: skip


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def read_note(path: Path) -> dict[str, Any] | None:
    """Return what stands in a small JSON file; None when there is none or it was not finished."""
    try:
        found: dict[str, Any] = read_json(path)
        return found
    except (OSError, ValueError):
        return None


def write_json(path: Path, value: Any) -> None:
    """Write a small file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(value, indent=1), encoding="utf-8")
    temporary.replace(path)
