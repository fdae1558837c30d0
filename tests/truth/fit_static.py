"""Fit the static encoder's table to all-MiniLM-L6-v2.

    python tests/truth/static_texts.py DATA texts.jsonl
    python tests/truth/fit_static.py teach texts.jsonl FOLDER [--minutes 17]
    python tests/truth/fit_static.py fit texts.jsonl FOLDER backend/winnow/embed/weights/static.safetensors

`teach` writes the vectors of MiniLM (first 128 word pieces), 5,000 texts a file, and stops when its minutes are over;
`fit` uses as many texts as were taught. It lies here and not beside the weights because it needs the data and training
code, which the package does without.

Model: v(text) = Σ exp(a_p) e_p / ‖·‖. Start: e_p = MiniLM's vector of the piece alone less the mean of all pieces, scaled
to length 1; exp(a_p) = 10⁻³ / (10⁻³ + frequency of p). Loss in a batch of 512, V and Y the pupil's and teacher's rows:
mean(1 − v·y) + 20 mean((VVᵀ − YYᵀ)²) + 0.1 KL(softmax(YYᵀ/τ) ‖ softmax(VVᵀ/τ)), τ = .05, a text's own column left out.
A tenth of the pieces is dropped. Adam, three epochs, cosine schedule from 1.2·10⁻³ (weights a: five times that).

Tried on 75,000 texts: a rate of 3·10⁻³ without dropping gives the same agreement with people (STS-B .826) but blurs short
requests (share of 10 nearest with the same intent .714 against .737); one epoch at 5·10⁻⁴ the reverse (.802 and .748); a
layer of 512 units after the sum changes neither.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save_file
from torch.nn import functional

from winnow.embed.sentence import load
from winnow.embed.static import load_pieces

CHUNK = 5_000
READ_PIECES = 128
BATCH, EPOCHS, RATE = 512, 3, 1.2e-3
# A text of more than three pieces loses each with this chance: rare pieces then do not learn their few texts by heart.
DROPPED = 0.1
SIMILARITY, NEIGHBOURS, TEMPERATURE = 20.0, 0.1, 0.05
FREQUENT = 1e-3

Floats32 = NDArray[np.float32]


def teach(texts: list[str], folder: Path, minutes: float) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    model = load("minilm")
    model.max_seq_length = READ_PIECES
    end = time.monotonic() + 60 * minutes
    for start in range(0, len(texts), CHUNK):
        if time.monotonic() > end:
            break
        vectors = model.encode(texts[start : start + CHUNK], batch_size=64, normalize_embeddings=True)
        np.save(folder / f"{start // CHUNK:04d}.npy", vectors.astype(np.float16))
        print(f"{start + len(vectors)} of {len(texts)} texts taught", flush=True)


def alone() -> Floats32:
    """Return MiniLM's unit vector of every word piece passed alone between its two special pieces, less their mean."""
    model = load("minilm")
    count = len(model.tokenizer)
    parts = []
    for start in range(0, count, 512):
        ids = torch.tensor([[101, piece, 102] for piece in range(start, min(start + 512, count))])
        with torch.inference_mode():
            parts.append(model({"input_ids": ids, "attention_mask": torch.ones_like(ids)})["sentence_embedding"])
    vectors = functional.normalize(torch.cat(parts).float(), dim=1)
    return functional.normalize(vectors - vectors.mean(dim=0), dim=1).numpy()


def lessons(texts: list[str], folder: Path) -> tuple[list[NDArray[np.int32]], torch.Tensor]:
    """Return the word pieces of every taught text that has some, and its unit vector."""
    taught = np.concatenate([np.load(path) for path in sorted(folder.glob("[0-9]*.npy"))]).astype(np.float32)
    ids, bounds = load_pieces().split(texts[: len(taught)])
    parts = [ids[at : min(at + READ_PIECES - 2, end)] for at, end in pairwise(bounds)]
    kept = [row for row, part in enumerate(parts) if len(part)]
    return [parts[row] for row in kept], functional.normalize(torch.from_numpy(taught[kept]), dim=1)


def fit(texts: list[str], folder: Path) -> Floats32:
    """Return the fitted table, weights folded in, float32 [v, 384]."""
    draw = np.random.default_rng(0)
    parts, targets = lessons(texts, folder)
    start = alone()
    seen = np.bincount(np.concatenate(parts), minlength=len(start))
    vectors = torch.nn.Parameter(torch.from_numpy(start))
    logs = torch.nn.Parameter(torch.from_numpy(np.log(FREQUENT / (FREQUENT + seen / seen.sum())).astype(np.float32)))
    groups: list[dict[str, Any]] = [{"params": [vectors], "lr": RATE}, {"params": [logs], "lr": 5 * RATE}]
    optimizer = torch.optim.Adam(groups, betas=(0.9, 0.99), fused=True)
    batches = len(parts) // BATCH
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, partial(pace, steps=batches * EPOCHS))
    for epoch in range(EPOCHS):
        order, total = draw.permutation(len(parts)), 0.0
        for at in range(0, batches * BATCH, BATCH):
            rows = order[at : at + BATCH]
            value = loss(pooled(vectors, logs, [thinned(parts[row], draw) for row in rows]), targets[rows])
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            schedule.step()
            total += float(value.detach())
        print(f"epoch {epoch + 1} of {EPOCHS}: loss {total / batches:.4f}", flush=True)
    table: Floats32 = (logs.exp()[:, None] * vectors).detach().numpy()
    return table


def thinned(part: NDArray[np.int32], draw: np.random.Generator) -> NDArray[np.int32]:
    if len(part) <= 3:
        return part
    left = part[draw.random(len(part)) > DROPPED]
    return left if len(left) else part[:1]


def pace(step: int, steps: int) -> float:
    """Return the share of the full rate: 50 steps up, then down along a cosine to 3 %."""
    return min(1.0, (step + 1) / 50) * (0.03 + 0.97 * (1 + math.cos(math.pi * step / steps)) / 2)


def pooled(vectors: torch.Tensor, logs: torch.Tensor, parts: list[NDArray[np.int32]]) -> torch.Tensor:
    flat = torch.from_numpy(np.concatenate(parts).astype(np.int64))
    starts = torch.from_numpy(np.cumsum([0] + [len(part) for part in parts[:-1]]))
    sums = functional.embedding_bag(flat, vectors, starts, mode="sum", per_sample_weights=logs.exp()[flat])
    return functional.normalize(sums, dim=1)


def loss(pupil: torch.Tensor, teacher: torch.Tensor) -> torch.Tensor:
    near, truth = pupil @ pupil.T, teacher @ teacher.T
    # A text is always its own neighbour: 2 off its own column leaves e⁻⁴⁰ of it at temperature .05.
    own = 2 * torch.eye(len(pupil))
    return (
        (1 - (pupil * teacher).sum(dim=1)).mean()
        + SIMILARITY * ((near - truth) ** 2).mean()
        + NEIGHBOURS
        * functional.kl_div(
            functional.log_softmax((near - own) / TEMPERATURE, dim=1),
            functional.softmax((truth - own) / TEMPERATURE, dim=1),
            reduction="batchmean",
        )
    )


def store(table: Floats32, out: Path) -> None:
    """Write int8 rows, each with a float16 scale; the common factor makes the largest scale 1, far from underflow."""
    scales = np.abs(table).max(axis=1) / 127
    table, scales = table / scales.max(), (scales / scales.max()).astype(np.float16)
    scales = np.maximum(scales, np.float16(1e-4))
    steps = np.rint(table / scales.astype(np.float32)[:, None])
    save_file({"vectors": np.clip(steps, -127, 127).astype(np.int8), "scales": scales}, out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=["teach", "fit"])
    parser.add_argument("texts", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path, nargs="?")
    parser.add_argument("--minutes", type=float, default=1e6)
    given = parser.parse_args()
    texts = [json.loads(line)["text"] for line in given.texts.read_text("utf8").splitlines()]
    if given.step == "teach":
        teach(texts, given.folder, given.minutes)
    elif given.out is None:
        parser.error("fit needs the file to write")
    else:
        store(fit(texts, given.folder), given.out)


if __name__ == "__main__":
    main()
