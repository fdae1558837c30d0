"""How fast scorers read with a language model, beside the model's own forward pass over the same windows.

    python tests/bench/reading.py [--tier ci] [--documents 4] [--turns 60] [--only loss]

One thread; tier "gpt2" is a Hugging Face GPT-2 of 124 M random weights. The ways to read take turns, many short ones, so
that a busy machine is busy for all. Prints tokens per second of CPU time at the best turn, its share of the plain forward
pass's, and the median share over turns.
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


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--tier", default="ci")
    asked.add_argument("--documents", type=int, default=4)
    asked.add_argument("--turns", type=int, default=60)
    asked.add_argument("--only", default="", help="Measure this way alone.")
    told = asked.parse_args()
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list("etaoin shrdlu"), rng.integers(100, 4000))) for _ in range(told.documents)]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "model"
        if told.tier == "gpt2":
            gpt2(place)
        else:
            keep(Decoder(tier_of(told.tier).shape(257)), Bytes(), place)
        measure(str(place), texts, told.turns, told.only)


def gpt2(place: Path) -> None:
    """Write a GPT-2 of 124 M random weights, with a tokenizer that has one token for each letter."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    letters = Tokenizer(
        models.WordLevel({"<|end|>": 0, **{chr(code): code for code in range(1, 256)}}, unk_token="<|end|>")
    )
    letters.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    PreTrainedTokenizerFast(tokenizer_object=letters, eos_token="<|end|>").save_pretrained(place)
    GPT2LMHeadModel(GPT2Config()).save_pretrained(place)


def measure(place: str, texts: list[str], turns: int, only: str) -> None:
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
    if only:
        work = {name: work[name] for name in ("plain forward", only)}
    seconds: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(turns):
        for name, do in work.items():
            began = time.process_time()
            do()
            seconds[name].append(time.process_time() - began)
    base = np.array(seconds["plain forward"])
    print(f"{len(texts)} documents, {tokens:,} tokens, torch {torch.__version__}, one thread, {turns} turns")
    for name, found in seconds.items():
        share, middle = base.min() / min(found), float(np.median(base / np.array(found)))
        print(f"{name:<32} {tokens / min(found):>10,.0f} tokens/s  {share:.2f} of plain forward, median {middle:.2f}")


if __name__ == "__main__":
    main()
