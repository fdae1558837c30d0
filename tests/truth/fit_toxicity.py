"""Fit the shipped weights of the toxicity scorer.

    python tests/truth/fit_toxicity.py DATA [--out FILE]

DATA is the folder of text sets. Three steps, each on its own part of the texts (see text_sets.py):
"fit" makes the linear model on hashed n-grams and the perceptron on static vectors; "stack" makes the blend of both with
the window maximum, its calibration and the default threshold; "test" is left for measure_heads.py.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import scipy.sparse as sp
import text_sets
import torch
from identity_sentences import identity_sentences
from numpy.typing import NDArray
from scipy.optimize import minimize

from winnow.embed.static import StaticEncoder
from winnow.score.linear import FOLDER, Head, sigmoid
from winnow.score.ngrams import BITS, grams
from winnow.score.passages import blocks, windows
from winnow.score.toxicity import Blend, Found, Hashed, read

KINDS = ("words", "letters")
HARMLESS_SHARE, SET_POWER, BALANCE = 0.5, 0.5, 0.5
SET_SHARE = {"hatemoji-build": 0.05}
WORD_SHARE, IDENTITY_SHARE = 0.06, 0.02
RIDGE, STEPS = 1.0, 60
HIDDEN, EPOCHS, DECAY, DROP, SCALE = 128, 5, 0.05, 0.3, 10.0
PRECISION = 0.90


@dataclass(frozen=True)
class Sample:
    """Texts with labels and weights: each set weighs the square root of its size, each label in it more evenly."""

    texts: list[str]
    labels: NDArray[np.float32]
    weights: NDArray[np.float32]


def sample(data: Path, part: str, rng: np.random.Generator) -> Sample:
    texts: list[str] = []
    labels, weights = [], []
    for name in text_sets.FITTED_LABELLED:
        found = clean(data, text_sets.labelled(data, name)).part(part)
        share = max(found.labels.mean(), 1e-3), max(1 - found.labels.mean(), 1e-3)
        weight = np.where(found.labels == 1, (0.5 / share[0]) ** BALANCE, (0.5 / share[1]) ** BALANCE)
        texts += found.texts
        labels.append(found.labels)
        weights.append(weight * SET_SHARE.get(name, 1.0) * len(weight) ** SET_POWER / weight.sum())
    total = sum(weight.sum() for weight in weights)
    ordinary = [ordinary_passages(data, name, part, rng) for name in text_sets.FITTED_HARMLESS]
    scale = HARMLESS_SHARE * total / sum(len(found) ** SET_POWER for found in ordinary)
    for found in ordinary:
        texts += found
        labels.append(np.zeros(len(found)))
        weights.append(np.full(len(found), scale * len(found) ** SET_POWER / len(found)))
    if part == "fit":
        written = {0: (identity_sentences(), IDENTITY_SHARE), 1: (rude_sentences(data, texts, labels, rng), WORD_SHARE)}
        for label, (found, share) in written.items():
            texts += found
            labels.append(np.full(len(found), label))
            weights.append(np.full(len(found), share * total / len(found)))
    flat = np.concatenate(weights)
    return Sample(texts, np.concatenate(labels).astype(np.float32), (flat / flat.mean()).astype(np.float32))


def rude_sentences(
    data: Path, texts: list[str], labels: list[NDArray[np.float64]], rng: np.random.Generator, times: int = 6
) -> list[str]:
    """Put each entry of the English list of rude words into harmless sentences, and keep it alone too."""
    rude = (data / "ldnoobw-wordlists" / "en.txt").read_text(encoding="utf-8").split("\n")
    rude = [entry.strip() for entry in rude if entry.strip()]
    flat = np.concatenate(labels)
    calm = [text for text, label in zip(texts, flat, strict=True) if label == 0 and len(text) < 250 and text.isascii()]
    made = list(rude)
    for entry in rude * times:
        words = calm[rng.integers(len(calm))].split()
        words.insert(int(rng.integers(len(words) + 1)), entry)
        made.append(" ".join(words))
    return made


def clean(data: Path, found: text_sets.TextSet) -> text_sets.TextSet:
    """Drop the civil-spans rows called harmless by fewer than nine in ten: nearly all of them are rude."""
    if found.name != "civil-spans":
        return found
    rows = text_sets.json_lines(data / found.name / f"{found.name}.jsonl")
    share = {text_sets.fingerprint(str(r["text"])): float(str(r["source_split"]).rpartition("-")[2]) for r in rows}
    calm = np.array([share[text_sets.fingerprint(text)] > 0.9 for text in found.texts])
    return found.take((found.labels == 1) | calm)


def ordinary_passages(data: Path, name: str, part: str, rng: np.random.Generator, most: int = 6000) -> list[str]:
    """Cut ordinary documents into passages of 25, 60 or 150 words, at most 40 a document."""
    kept: list[str] = []
    for text in text_sets.harmless(data, name).part(part).texts:
        cut = list(text_sets.passages(text, int(rng.choice([25, 60, 150])))) or [text]
        kept += cut if len(cut) <= 40 else [cut[i] for i in rng.choice(len(cut), 40, replace=False)]
    return kept if len(kept) <= most else [kept[i] for i in rng.choice(len(kept), most, replace=False)]


def hashed_features(texts: Sequence[str]) -> sp.csr_matrix:
    """Return float32 [n, 2 * 2**BITS] whose product with the weights is the windows' mean logit, as `read` gives it."""
    rows, columns, values = [], [], []
    lengths = np.zeros(len(texts))
    for block in blocks(pa.array(list(texts), pa.large_string())):
        cut = windows(block)
        found = grams(block, cut)
        row, size = block.rows[cut.pieces], cut.ends - cut.starts
        counts = {kind: sum(part.counts() for part in found[kind]) for kind in KINDS}
        np.add.at(lengths, row, size * ((counts["words"] > 0) | (counts["letters"] > 0)))
        for shift, kind in enumerate(KINDS):
            value = size / np.sqrt(np.maximum(counts[kind], 1))
            for part in found[kind]:
                count = part.counts()
                place = np.repeat(part.lows - np.cumsum(count) + count, count) + np.arange(count.sum())
                rows.append(np.repeat(row, count).astype(np.int32))
                columns.append((part.buckets[place] + shift * (1 << BITS)).astype(np.int32))
                values.append(np.repeat(value, count).astype(np.float32))
    all_rows = np.concatenate(rows)
    scaled = np.concatenate(values) / lengths[all_rows].astype(np.float32)
    shape = (len(texts), len(KINDS) << BITS)
    return sp.coo_matrix((scaled, (all_rows, np.concatenate(columns))), shape=shape).tocsr()


def fit_hashed(found: Sample) -> Hashed:
    """Minimise the weighted logistic loss plus RIDGE/2 ‖w‖² by L-BFGS, then store the weights as int8."""
    features = hashed_features(found.texts)
    turned, sign = features.T.tocsr(), 2 * found.labels - 1

    def loss(point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        w = point[:-1].astype(np.float32)
        margin = sign * (features @ w + np.float32(point[-1]))
        slope = -(found.weights * sign * sigmoid(-margin)).astype(np.float32)
        value = float((found.weights * np.logaddexp(0, -margin)).sum() + 0.5 * RIDGE * (w @ w))
        return value, np.append(turned @ slope + RIDGE * w, slope.sum()).astype(np.float64)

    point = minimize(
        loss, np.zeros(features.shape[1] + 1), jac=True, method="L-BFGS-B", options={"maxiter": STEPS, "maxcor": 8}
    ).x
    parts = dict(zip(KINDS, np.split(point[:-1], len(KINDS)), strict=True))
    scales = {kind: float(np.abs(weights).max() / 127) for kind, weights in parts.items()}
    tables = {kind: np.round(weights / scales[kind]).astype(np.int8) for kind, weights in parts.items()}
    return Hashed(tables, scales, float(point[-1]))


def fit_head(vectors: NDArray[np.float32], found: Sample) -> Head:
    """Fit the perceptron on static vectors with AdamW, cosine steps and drop-out; float16 as shipped."""
    torch.manual_seed(0)
    inputs, labels, weights = (torch.from_numpy(part) for part in (vectors * SCALE, found.labels, found.weights))
    layers = torch.nn.Linear(vectors.shape[1], HIDDEN), torch.nn.Linear(HIDDEN, 1)
    net = torch.nn.Sequential(layers[0], torch.nn.ReLU(), torch.nn.Dropout(DROP), layers[1])
    optimiser = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=DECAY)
    batches = len(labels) // 512
    pace = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, EPOCHS * batches)
    for _ in range(EPOCHS):
        for chosen in torch.randperm(len(labels))[: batches * 512].split(512):
            logits = net(inputs[chosen]).squeeze(1)
            loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, labels[chosen], weight=weights[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            pace.step()
    first, last = (layer.weight.detach().numpy() for layer in layers)
    biases = [layer.bias.detach().numpy() for layer in layers]
    half = [(part).astype(np.float16).astype(np.float32) for part in (last[0], first.T * SCALE, biases[0])]
    return Head(half[0], float(biases[1][0]), half[1], half[2])


def long_pages(data: Path, part: str, rng: np.random.Generator, count: int) -> Sample:
    """Build pages of 200 to 1,500 words, a third each plain, with a harmless comment and with a toxic comment inside."""
    pages = [
        text
        for name in ("c4-web", "movie-reviews", "fineweb-edu-scored", "spamassassin-email", "presidential-speeches")
        for text in text_sets.harmless(data, name).part(part).texts
        if len(text.split()) >= 200
    ]
    names = ("surge-toxicity", "civil-spans", "wiki-context", "fox-comments", "moderation-categories", "toxigen-rated")
    sets = [clean(data, text_sets.labelled(data, name)).part(part) for name in names]
    comments = {
        label: [text for found in sets for text in found.take(found.labels == label).texts if len(text) < 1500]
        for label in (0, 1)
    }
    texts, labels = [], []
    for turn in range(count):
        words = pages[rng.integers(len(pages))].split(" ")
        lines = list(text_sets.passages(" ".join(words[: int(rng.integers(200, 1500))]), 40))
        if turn % 3:
            told = comments[turn % 3 - 1]
            lines.insert(int(rng.integers(len(lines) + 1)), told[rng.integers(len(told))])
        texts.append("\n\n".join(lines))
        labels.append(float(turn % 3 == 2))
    return Sample(texts, np.array(labels, np.float32), np.full(count, 1.0, np.float32))


def parts_of(found: Found, head: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what the blend sums, float64 [n, 4]: mean, peak, head, ln(windows)."""
    unit = np.eye(4)
    columns = []
    for row in unit:
        chance = Blend(*row, 0.0, 1.0, 0.0).documents(found, head)
        columns.append(np.log(np.clip(chance, 1e-12, 1)) - np.log(np.clip(1 - chance, 1e-12, 1)))
    return np.stack(columns, axis=1)


def logistic(
    features: NDArray[np.float64], found: Sample, bounds: list[tuple[float | None, float | None]]
) -> NDArray[np.float64]:
    """Fit weights and a last intercept by the weighted logistic loss, within bounds."""
    padded, sign = np.hstack([features, np.ones((len(features), 1))]), 2.0 * found.labels - 1

    def loss(point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margin = sign * (padded @ point)
        slope = -found.weights * sign * sigmoid(-margin)
        return float((found.weights * np.logaddexp(0, -margin)).sum()), padded.T @ slope

    start = np.zeros(padded.shape[1])
    return minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[*bounds, (None, None)]).x


def fit_blend(data: Path, hashed: Hashed, head: Head, rng: np.random.Generator) -> tuple[Blend, float]:
    """Fit the blend and the sentences' calibration on the "stack" part; returns the threshold of the precision too."""
    short, long = sample(data, "stack", rng), long_pages(data, "stack", rng, 1500)
    share = np.float32(0.15 * short.weights.sum() / long.weights.sum())
    both = Sample(
        short.texts + long.texts,
        np.concatenate([short.labels, long.labels]),
        np.concatenate([short.weights, long.weights * share]),
    )
    vectors = StaticEncoder().embed(both.texts)
    found = read(pa.array(both.texts, pa.large_string()), hashed)
    features = parts_of(found, head.logits(vectors))
    weights = logistic(features, both, [(0, None), (0.05, None), (0, None), (None, 0)])
    alone = np.flatnonzero((features[:, 3] == 0) & (np.bincount(found.rows, minlength=len(vectors)) == 1))
    single = Sample([], both.labels[alone], both.weights[alone])
    slope, bias = logistic(features[alone, :1], single, [(0, None)])
    blend = Blend(*(float(weight) for weight in weights), float(slope), float(bias))
    chance = blend.documents(found, head.logits(vectors))
    return blend, precise(chance, both)


def precise(chance: NDArray[np.float64], found: Sample) -> float:
    """Return the lowest threshold, in hundredths, above which weighted precision stays at PRECISION."""
    steps = np.arange(0.5, 1.0, 0.01)
    hit = found.weights * found.labels
    values = [float(hit[chance >= step].sum() / max(found.weights[chance >= step].sum(), 1e-9)) for step in steps]
    good = [step for step, value in zip(steps, values, strict=True) if value >= PRECISION]
    return round(float(good[0]), 2) if good else 0.99


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=FOLDER / "toxicity.npz")
    asked = parser.parse_args()
    began, rng = time.perf_counter(), np.random.default_rng(0)
    found = sample(asked.data, "fit", rng)
    print(f"{len(found.texts)} texts, {int(found.labels.sum())} toxic, read in {time.perf_counter() - began:.0f} s")
    hashed = fit_hashed(found)
    print(f"n-grams fitted after {time.perf_counter() - began:.0f} s")
    head = fit_head(StaticEncoder().embed(found.texts), found)
    print(f"perceptron fitted after {time.perf_counter() - began:.0f} s")
    blend, threshold = fit_blend(asked.data, hashed, head, rng)
    assert head.hidden is not None
    assert head.hidden_bias is not None
    np.savez_compressed(
        asked.out,
        **{kind: hashed.tables[kind] for kind in KINDS},
        **{f"{kind}_scale": np.float32(hashed.scales[kind]) for kind in KINDS},
        hashed_bias=np.float32(hashed.bias),
        output=head.output.astype(np.float16),
        bias=np.float32(head.bias),
        hidden=head.hidden.astype(np.float16),
        hidden_bias=head.hidden_bias.astype(np.float16),
        blend=np.array(list(vars(blend).values()), dtype=np.float32),
        threshold=np.float32(threshold),
    )
    print(f"{blend}\nthreshold {threshold}, {asked.out.stat().st_size:,} bytes, {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
