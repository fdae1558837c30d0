"""An arm whose method works inside the training: what it is shown, and what came of the documents and their groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from winnow.errors import InputError
from winnow.lm.decoder import Decoder
from winnow.lm.kept import load
from winnow.lm.tokenizer import Tokenizer
from winnow.lm.windows import training_windows
from winnow.method import method
from winnow.online.base import Chooser, Mixture, Online, Reweighter
from winnow.pool import MISSING, Floats, Rows, TextSource
from winnow.prove.arms import Arm, Shown, fixed, joined, show
from winnow.prove.results import STEERED, write_json
from winnow.prove.steering import Chosen, Mixed, Steering, Weighed
from winnow.prove.tiers import Tier

DOCUMENTS = "documents.parquet"
REFERENCES, GUIDE = "references", "guide"


@dataclass(frozen=True, eq=False)
class Material:
    """What an online arm chooses from: documents with the group of each, as texts and by a tokenizer."""

    doc_ids: Rows
    group: NDArray[np.object_]
    texts: TextSource
    tokenizer: Tokenizer

    @classmethod
    def read(cls, path: Path, texts: TextSource, tokenizer: Tokenizer) -> Material:
        table = pq.read_table(path)
        ids = table.column("doc_id").to_numpy()
        return cls(ids, np.array(table.column("group").to_pylist(), dtype=object), texts, tokenizer)


def online(recipe: Mapping[str, Any]) -> Online:
    """Return the method that a recipe names; raises SettingError."""
    return method(Online, str(recipe["method"])).from_recipe(recipe)


def steer(
    recipe: Mapping[str, Any], material: Material, tier: Tier, seed: int, *, reference: Path, guide: pa.LargeStringArray
) -> tuple[Steering, Shown]:
    """Return a run's steering and what it may show; raises InputError when there is too little text."""
    chosen = online(recipe)
    if isinstance(chosen, Mixture):
        return _mixed(chosen, material, tier, seed, guide)
    each = chosen.offered(tier.batch) if isinstance(chosen, Chooser) else tier.batch
    arm = fixed(chosen.name, material.doc_ids, np.ones(len(material.doc_ids)))
    shown = show(arm, seed, material.texts, material.tokenizer, windows=tier.steps * each, context=tier.context)
    told = training_windows(shown.tokens, tier.context), shown.order, tier.batch, seed
    if isinstance(chosen, Chooser):
        model = _reference(reference, material.tokenizer, tier) if "reference" in chosen.asks else None
        return Chosen(*told, chosen, model), shown
    assert isinstance(chosen, Reweighter)
    return Weighed(*told, chosen), shown


def _mixed(
    chosen: Mixture, material: Material, tier: Tier, seed: int, guide: pa.LargeStringArray
) -> tuple[Steering, Shown]:
    """Lay the groups behind each other, each cut to whole windows; a group without one is left out."""
    most, parts, names = tier.steps * tier.batch, [], []
    for name in sorted(set(material.group.tolist())):
        ids = material.doc_ids[material.group == name]
        arm = _once(fixed(name, ids, np.ones(len(ids))))
        part = show(arm, seed, material.texts, material.tokenizer, windows=most, context=tier.context, once=True)
        if len(part.tokens) > tier.context:
            parts.append(part)
            names.append(name)
    if not parts:
        raise InputError(
            "no group is long enough to be read", f"{tier.context} tokens are a window", "another --set by="
        )
    shown, group = joined(parts, tier.context)
    read, _ = material.tokenizer.encode(guide)
    aim = training_windows(read, tier.context)
    if not len(aim):
        raise InputError("the guide is too short", f"{len(read)} tokens, a window has {tier.context}", "--guide FILE")
    windows = training_windows(shown.tokens, tier.context)
    return Mixed(windows, shown.order, tier.batch, seed, chosen, tuple(names), group, aim), shown


def _once(arm: Arm) -> Arm:
    return Arm(arm.name, lambda seed, number: arm.epoch(seed, 0))


def _reference(folder: Path, tokenizer: Tokenizer, tier: Tier) -> Decoder:
    decoder, its = load(folder, "cpu")
    check_reference(folder, decoder, its, tokenizer, tier)
    return decoder


def check_reference(folder: Path, decoder: Decoder, its: Tokenizer, tokenizer: Tokenizer, tier: Tier) -> None:
    """Raise InputError unless a model can judge windows that were cut for another."""
    if its.to_json() != tokenizer.to_json():
        raise InputError(
            f"reference {folder.name} reads other tokens than the proof", "", "teach one of a tier with the same tokens"
        )
    if decoder.shape.context < tier.context:
        found = f"it sees {decoder.shape.context} tokens, a window has {tier.context}"
        raise InputError(f"reference {folder.name} sees too little", found, f"--tier {tier.name} when it is taught")


def effort(recipe: Mapping[str, Any], batch: int, groups: int) -> float:
    """Return how much longer a run takes than one that nothing steers: gradients asked for, and a third of each reading."""
    chosen = online(recipe)
    if isinstance(chosen, Mixture):
        return 1 + (groups + 1) / chosen.every
    if isinstance(chosen, Chooser):
        return 1 + len(chosen.asks) * chosen.offered(batch) / batch / 3
    return 1.0


def outcome(steering: Steering, shown: Shown, material: Material, context: int) -> tuple[pa.Table, dict[str, Any]]:
    """Return what each document weighed, and the same for groups.

    weight = sum over its tokens of how much they counted / its tokens shown: 1 is once and evenly. `groups` holds the
    share of tokens that each was of what was shown, and of what was read, weighed.
    """
    ids, weight, deviation, lengths = per_document(steering, shown, context)
    order = np.argsort(material.doc_ids, kind="stable")
    group = material.group[order[np.searchsorted(material.doc_ids, ids, sorter=order)]]
    read = weight * lengths
    groups = {
        str(name): [
            float(lengths[group == name].sum() / lengths.sum()),
            float(read[group == name].sum() / max(1e-12, read.sum())),
        ]
        for name in sorted(set(group.tolist()))
    }
    table = pa.table({"doc_id": ids, "weight": weight, "deviation": deviation, "tokens": lengths})
    return table, {"groups": groups, "trajectory": steering.trajectory, "extra": steering.extra}


def per_document(steering: Steering, shown: Shown, context: int) -> tuple[Rows, Floats, Floats, Rows]:
    """Return doc_ids, mean weight, its standard deviation over readings of a token, and tokens shown.

    Windows cut documents anywhere: a document takes from each window by the tokens that it has in it.
    """
    windows = len(steering.windows)
    ends = np.minimum(shown.ends, windows * context)
    starts = np.concatenate([[0], ends[:-1]])
    ids, place = np.unique(shown.showings, return_inverse=True)

    def summed(values: Floats) -> Floats:
        before = np.concatenate([[0.0], np.cumsum(values) * context])
        padded = np.append(values, 0.0)

        def until(tokens: Rows) -> Floats:
            whole: Floats = before[tokens // context] + padded[tokens // context] * (tokens % context)
            return whole

        total: Floats = np.bincount(place, until(ends) - until(starts), len(ids)).astype(np.float64)
        return total

    lengths = np.bincount(place, ends - starts, len(ids)).astype(np.int64)
    shownlong = np.maximum(lengths, 1)
    times = np.maximum(summed(steering.tally.times), 1e-12)
    mean = summed(steering.tally.weight) / times
    spread = np.sqrt(np.maximum(0.0, summed(steering.tally.square) / times - mean**2))
    return ids, summed(steering.tally.weight) / shownlong, spread, lengths


def write_outcome(folder: Path, table: pa.Table, told: Mapping[str, Any]) -> None:
    """Keep what a method made of its documents beside the run's figures."""
    pq.write_table(table, folder / DOCUMENTS, compression="zstd")
    write_json(folder / STEERED, dict(told))


def group_names(values: Any) -> list[str]:
    """Return each document's group as a name, the nameless ones as one group."""
    return [MISSING if code < 0 else values.names[code] for code in values.codes.tolist()]
