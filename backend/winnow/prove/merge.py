"""Unions estimated without training on them: one branch of a common model per shard, and the mean of their weights."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch

from winnow.errors import SettingError
from winnow.lm.decoder import Decoder
from winnow.lm.kept import is_kept, keep, load, weights_sha
from winnow.lm.likelihood import nats_per_byte, text_losses
from winnow.lm.tokenizer import Tokenizer
from winnow.lm.windows import Windows
from winnow.pool import Rows, TextSource
from winnow.prove.arms import Arm, Shown, fixed, joined, show
from winnow.prove.results import Plan, read_json, write_json
from winnow.prove.runs import has_texts, read_set, read_tokenizer
from winnow.prove.tiers import Tier
from winnow.prove.train import CHECKPOINT, train

FOLDER, START = "merge", "start"
BRANCH_RATE = 1 / 3
"""A branch learns at this share of the tier's rate: at the full rate it would leave the valley that the others are in."""


def unions(shards: Sequence[str]) -> list[tuple[str, ...]]:
    """Return every union of shards, the single ones first."""
    return [union for size in range(1, len(shards) + 1) for union in combinations(shards, size)]


def title(union: Sequence[str]) -> str:
    return " + ".join(union)


def merged(branches: Sequence[Decoder], starts: Sequence[str]) -> Decoder:
    """Return the decoder whose weights are the mean of the branches' (arXiv 2410.15661); raises SettingError.

    `starts` names the model that each branch began with: the mean of networks that were trained from different beginnings
    is no network.
    """
    if len(set(starts)) > 1:
        found = f"{len(set(starts))} different beginnings"
        raise SettingError("only branches of one model can be averaged", found, "train them from the same start")
    mean: Decoder = Decoder(branches[0].shape).to(branches[0].embedding.weight.device)
    states = [branch.state_dict() for branch in branches]
    mean.load_state_dict(
        {
            name: torch.stack([state[name] for state in states]).mean(0) if value.is_floating_point() else value
            for name, value in states[0].items()
        }
    )
    mean.eval()
    return mean


@dataclass(frozen=True, eq=False)
class Merging:
    """One seed's start, branches and real runs; each is kept as soon as it is trained, so that what was killed goes on.

    `shards` are the documents of each shard, `tokens` what a branch reads; a real run of a union reads as much, from its
    shards in equal parts, as the mean of their branches has it.
    """

    root: Path
    seed: int
    tier: Tier
    tokenizer: Tokenizer
    texts: TextSource
    shards: Mapping[str, Arm]
    sets: Mapping[str, Windows]

    @property
    def folder(self) -> Path:
        return self.root / FOLDER / f"seed-{self.seed}"

    def estimate(self, tokens: int, real: Sequence[tuple[str, ...]]) -> None:
        """Write the nats per byte of every union by the mean of its branches, and of some by a real run."""
        path = self.folder / "estimates.json"
        if path.is_file():
            return
        branch = replace(self.tier, tokens=tokens, rate=self.tier.rate * BRANCH_RATE)
        start = self._trained(START, self.tier, (START,), None)
        begun = weights_sha(start)
        branches = {name: self._trained(name, branch, (name,), start) for name in self.shards if name != START}
        told = {
            title(union): self._read(merged([branches[name] for name in union], [begun] * len(union)))
            for union in unions(list(branches))
        }
        trained = {title(union): self._read(self._trained(title(union), branch, union, start)) for union in real}
        write_json(path, {"estimated": told, "real": trained, "start": self._read(start)})

    def _trained(self, name: str, tier: Tier, union: Sequence[str], start: Decoder | None) -> Decoder:
        folder = self.folder / hashlib.sha256(name.encode()).hexdigest()[:12]
        if not is_kept(folder):
            folder.mkdir(parents=True, exist_ok=True)
            decoder, _ = train(
                tier,
                self.tokenizer.vocabulary,
                self._shown(tier, union),
                {},
                seed=self.seed,
                folder=folder,
                start=start,
            )
            keep(decoder, self.tokenizer, folder)
            (folder / CHECKPOINT).unlink(missing_ok=True)
        return load(folder, "cuda" if torch.cuda.is_available() else "cpu")[0]

    def _shown(self, tier: Tier, union: Sequence[str]) -> Shown:
        count = tier.steps * tier.batch
        parts = [
            show(
                self.shards[name], self.seed, self.texts, self.tokenizer,
                windows=-(-count // len(union)), context=tier.context,
            )
            for name in union
        ]  # fmt: skip
        whole, _ = joined(parts, tier.context)
        return replace(whole, order=np.random.default_rng([self.seed, count]).permutation(whole.order)[:count])

    def _read(self, decoder: Decoder) -> dict[str, float]:
        return {name: nats_per_byte(text_losses(decoder, windows), windows) for name, windows in self.sets.items()}


def do_merge(root: Path, seed: int, texts: TextSource) -> int:
    """Make the estimates of one seed of a proof unless they are there; what was killed goes on."""
    plan = Plan.read(root)
    torch.set_num_threads(1)
    tier, tokenizer = Tier(**plan.tier), read_tokenizer(root)
    names = {START: START, **{name: str(told["file"]) for name, told in plan.merge["shards"].items()}}
    shards = {name: _shard(root / FOLDER / f"{file}.parquet", name) for name, file in names.items()}
    sets = {name: read_set(root, name, tokenizer, tier.context) for name in plan.sets if has_texts(root, name)}
    making = Merging(root, seed, tier, tokenizer, texts, shards, sets)
    making.estimate(int(plan.merge["tokens"]), [tuple(union) for union in plan.merge["real"]])
    return seed


def write_shard(root: Path, file: str, doc_ids: Rows) -> None:
    (root / FOLDER).mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"doc_id": doc_ids}), root / FOLDER / f"{file}.parquet", compression="zstd")


def _shard(path: Path, name: str) -> Arm:
    ids = pq.read_table(path).column("doc_id").to_numpy()
    return fixed(name, ids, np.ones(len(ids)))


def read_estimates(root: Path, seed: int) -> dict[str, dict[str, dict[str, float]]] | None:
    """Return what a seed's branches say: {"estimated": {union: {set: nats per byte}}, "real": …}, or None so far."""
    path = root / FOLDER / f"seed-{seed}" / "estimates.json"
    told: dict[str, dict[str, dict[str, float]]] | None = read_json(path) if path.is_file() else None
    return told
