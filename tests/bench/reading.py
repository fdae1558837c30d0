"""How fast scorers read with a lab model, beside the model's own forward pass over the same windows.

    python tests/bench/reading.py [--tier ci] [--documents 256]

One thread. Prints tokens per second and the share of the plain forward pass's speed, the best of five turns by CPU time.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch

from winnow.lm.decoder import Decoder
from winnow.lm.kept import keep
from winnow.lm.models import open_model, places
from winnow.lm.tokenizer import Bytes
from winnow.lm.windows import windows
from winnow.prove.tiers import tier_of
from winnow.score.information_gain import InformationGain
from winnow.score.loss import Loss
from winnow.score.membership import DcPdd, MinK

TURNS = 5


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--tier", default="ci")
    asked.add_argument("--documents", type=int, default=256)
    told = asked.parse_args()
    torch.set_num_threads(1)
    tier, rng = tier_of(told.tier), np.random.default_rng(0)
    texts = ["".join(rng.choice(list("etaoin shrdlu"), rng.integers(100, 4000))) for _ in range(told.documents)]
    with tempfile.TemporaryDirectory() as folder:
        keep(Decoder(tier.shape(257)), Bytes(), Path(folder) / "model")
        measure(str(Path(folder) / "model"), texts)


def measure(place: str, texts: list[str]) -> None:
    model = open_model(place)
    cut = windows(pa.array(texts, pa.large_string()), model.tokenizer, model.context)
    tokens = int((cut.targets >= 0).sum())

    def fresh() -> pa.RecordBatch:
        # A batch of its own: scorers share what they read of one.
        return pa.record_batch({"doc_id": pa.array(range(len(texts))), "text": pa.array(texts, pa.large_string())})

    def plain() -> None:
        for rows, length in cut.batches(32):
            with torch.no_grad():
                model.logits(torch.from_numpy(cut.inputs[rows, :length]))

    def together() -> None:
        batch = fresh()
        for scorer in (Loss(model=place), MinK(model=place), DcPdd(model=place)):
            scorer.score(batch, np.ones(257))

    work: dict[str, Callable[[], object]] = {
        "plain forward": plain,
        "places": lambda: places(model, cut, batch=32, top=10),
        "places with moments": lambda: places(model, cut, batch=32, top=10, moments=True),
        "loss": lambda: Loss(model=place).score(fresh(), None),
        "loss, min_k and dc_pdd": together,
        "min_k with plus": lambda: MinK(model=place, plus=True).score(fresh(), None),
        "information_gain (two readings)": lambda: InformationGain(model=place).score(fresh(), None),
    }
    seconds = {name: [] for name in work}
    for _ in range(TURNS):  # turn by turn, so that a busy machine is busy for all
        for name, do in work.items():
            began = time.process_time()
            do()
            seconds[name].append(time.process_time() - began)
    base = min(seconds["plain forward"])
    print(f"{len(texts)} documents, {tokens:,} tokens, torch {torch.__version__}, one thread")
    for name, found in seconds.items():
        print(f"{name:<32} {tokens / min(found):>10,.0f} tokens/s  {base / min(found):.2f} of plain forward")


if __name__ == "__main__":
    main()
