"""Fit the shipped weights of the quality scorer.

    python tests/truth/fit_quality.py DATA [--out FILE]

Documents of the "fit" part are cut into passages of 20, 60 and 200 words, and kept whole too, so that length tells
nothing. Edited prose is 1, raw text 0; both sides weigh the same. The ridge is chosen on the "stack" part.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import text_sets
from numpy.typing import NDArray
from scipy.optimize import minimize

from winnow.embed.static import StaticEncoder
from winnow.score.linear import FOLDER, sigmoid
from winnow.score.quality import shape

EDITED = {
    "wikitext2-valid": 1.0,
    "minhash-neardup": 0.8,
    "fineweb-edu-scored": 0.5,
    "onestop-english": 1.0,
    "presidential-speeches": 0.5,
    "arxiv-stackexchange": 0.5,
}
RAW = {
    "c4-web": 1.5,
    "spamassassin-email": 1.5,
    "davidson-tweets": 0.5,
    "civil-spans": 0.4,
    "wiki-context": 0.4,
    "surge-toxicity": 0.2,
    "clinc150": 0.3,
    "enterprise-pii": 0.3,
}
"""How much each set weighs within its side."""

LENGTHS = (20, 60, 200)
MOST = 2500
RIDGES = (0.3, 1.0, 3.0)


@dataclass(frozen=True)
class Sample:
    """Passages with labels (1 edited), weights and the features the head reads."""

    labels: NDArray[np.float64]
    weights: NDArray[np.float64]
    features: NDArray[np.float64]


def documents(data: Path, name: str, part: str) -> tuple[str, ...]:
    if name == "fineweb-edu-scored":
        rows = text_sets.table(data / name / "fineweb_edu_scored_150.csv")
        return text_sets.text_set(name, ((r["text"], 1, "en") for r in rows if float(r["score"]) >= 4)).part(part).texts
    chatter = name in ("davidson-tweets", "civil-spans", "wiki-context", "surge-toxicity")
    found = text_sets.labelled(data, name) if chatter else text_sets.harmless(data, name)
    return found.part(part).texts


def cut(texts: tuple[str, ...], rng: np.random.Generator) -> Iterator[str]:
    """Yield each text whole (up to 20,000 characters) and, if it is long, up to six passages of each length."""
    for text in texts:
        yield text[:20_000]
        for words in LENGTHS if len(text) > 400 else ():
            found = list(text_sets.passages(text[:40_000], words))
            yield from (found[i] for i in rng.permutation(len(found))[:6])


def features(texts: list[str]) -> NDArray[np.float64]:
    vectors = StaticEncoder().embed(texts)
    return np.hstack([vectors.astype(np.float64), shape(pa.array(texts, pa.large_string()))])


def sample(data: Path, part: str, rng: np.random.Generator) -> Sample:
    texts: list[str] = []
    labels, weights = [], []
    for label, sets in ((1, EDITED), (0, RAW)):
        total = sum(sets.values())
        for name, share in sets.items():
            found = list(cut(documents(data, name, part), rng))
            found = [found[i] for i in rng.permutation(len(found))[:MOST]]
            texts += found
            labels.append(np.full(len(found), float(label)))
            weights.append(np.full(len(found), share / total / len(found)))
    flat = np.concatenate(weights)
    return Sample(np.concatenate(labels), flat / flat.mean(), features(texts))


def fit(found: Sample, ridge: float) -> NDArray[np.float64]:
    """Minimise the weighted logistic loss plus ridge/2 ‖w‖²; the last weight is the intercept."""
    sign = 2 * found.labels - 1

    def loss(point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margin = sign * (found.features @ point[:-1] + point[-1])
        slope = -found.weights * sign * sigmoid(-margin)
        held = ridge * np.append(point[:-1], 0.0)
        value = float((found.weights * np.logaddexp(0, -margin)).sum() + 0.5 * held @ point)
        return value, np.append(found.features.T @ slope, slope.sum()) + held

    start = np.zeros(found.features.shape[1] + 1)
    return minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 150}).x


def log_loss(found: Sample, point: NDArray[np.float64]) -> float:
    margin = (2 * found.labels - 1) * (found.features @ point[:-1] + point[-1])
    return float((found.weights * np.logaddexp(0, -margin)).sum() / found.weights.sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=FOLDER / "quality.npz")
    asked = parser.parse_args()
    began, rng = time.perf_counter(), np.random.default_rng(0)
    fitted, choosing = sample(asked.data, "fit", rng), sample(asked.data, "stack", rng)
    print(f"{len(fitted.labels)} passages, {int(fitted.labels.sum())} edited, {time.perf_counter() - began:.0f} s")
    points = {ridge: fit(fitted, ridge) for ridge in RIDGES}
    losses = {ridge: log_loss(choosing, point) for ridge, point in points.items()}
    ridge = min(losses, key=lambda each: losses[each])
    point, dimensions = points[ridge], StaticEncoder().dimensions
    np.savez_compressed(
        asked.out,
        output=point[:dimensions].astype(np.float32),
        shape=point[dimensions:-1].astype(np.float32),
        bias=np.float32(point[-1]),
    )
    print(f"losses {losses}, ridge {ridge}, shape {point[dimensions:-1].round(2)}, {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
