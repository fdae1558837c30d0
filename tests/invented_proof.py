"""A proof of two arms and two seeds whose figures are made up."""

from __future__ import annotations

import numpy as np

from winnow.prove.results import Plan, Result
from winnow.prove.train import Point


def plan(**told: object) -> Plan:
    sets = {"target": {"kind": "texts", "count": 2, "bytes": 30, "lengths": [10, 20], "sha256": "x"}}
    arms = {name: {"kind": "selection", "documents": 3, "tokens": 9} for name in ("best", "random")}
    known = {
        "name": "p", "tier": {"name": "ci", "tokens": 100}, "tokenizer": "t", "seeds": (0, 1), "control": "random", "sets": sets,
        "arms": arms, "guards": {}, "versions": {},
    }  # fmt: skip
    return Plan(**{**known, **told})


def result(arm: str, seed: int, nats: list[float], **told: object) -> Result:
    points = tuple(Point(tokens, 3.0, {"target": sum(nats) / 30 + late}) for tokens, late in [(50, 0.5), (100, 0.0)])
    known = {
        "points": points, "losses": {"target": np.array(nats)}, "correct": {}, "documents": 3, "unique": 90,
        "epochs": 1.1, "digest": "d", "seconds": 6.0, "diverged": False,
    }  # fmt: skip
    return Result(arm=arm, seed=seed, **{**known, **told})
