"""ladder: models from weak to strong, taught on one part of the corpus and put in order by how well they read a target."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from winnow.catalog.catalog import Catalog
from winnow.catalog.filters import Filter
from winnow.errors import ConflictError, InputError, SettingError, nearest
from winnow.jobs.lab_models import TAUGHT
from winnow.jobs.progress import Progress
from winnow.jobs.proof_plan import FEWEST_TEXTS, clipped
from winnow.jobs.select import build_pool
from winnow.jobs.target import read_target
from winnow.jobs.teach import Lesson, learn_from
from winnow.lm.kept import is_kept, load
from winnow.lm.likelihood import text_losses
from winnow.lm.tokenizer import Bytes
from winnow.lm.windows import windows
from winnow.pool import Budget, Floats, Pool, Rows
from winnow.prove.guards import holding
from winnow.prove.predict import predict
from winnow.prove.results import read_note, write_json
from winnow.prove.statistics import paired
from winnow.prove.tiers import Tier, tier_of
from winnow.score.loss import Loss
from winnow.select.random import Random

FOLDER = "ladders"
FEWEST, MOST = 3, 12
AT_ONCE = 256
"""Documents that the models read at once."""


@dataclass(frozen=True, kw_only=True)
class Rungs:
    """What a ladder is made of: a model for every tier and share of its tokens, put in order by the texts of `target`."""

    target: str
    tiers: tuple[str, ...] = ("ci", "cpu")
    shares: tuple[float, ...] = (0.05, 0.2, 0.5)
    seed: int = 0

    def __post_init__(self) -> None:
        # A job's log knows lists alone.
        object.__setattr__(self, "tiers", tuple(self.tiers))
        object.__setattr__(self, "shares", tuple(self.shares))

    def sizes(self) -> list[Tier]:
        """Return the tier of every rung with its tokens; raises SettingError."""
        if not FEWEST <= len(self.tiers) * len(self.shares) <= MOST:
            raise SettingError(
                f"a ladder has {FEWEST} to {MOST} rungs", f"{len(self.tiers)} tiers times {len(self.shares)} shares",
                "--tier ci --tier cpu --share 0.05 --share 0.2 --share 0.5",
            )  # fmt: skip
        if not all(0 < share <= 10 for share in self.shares):
            raise SettingError(
                "a rung reads a share of its tier's tokens", "one is not above 0 and at most 10", "--share 0.2"
            )
        return [
            _sized(tier_of(tier), share) for tier in dict.fromkeys(self.tiers) for share in sorted(set(self.shares))
        ]


@dataclass(frozen=True, kw_only=True)
class Rung:
    """One model: its name, size, tokens, and how it reads the target in bits per byte.

    `half` is half the 95 % t interval over texts of the gap to the rung before it, `sure` whether that gap is above 0.
    """

    model: str
    tier: str
    tokens: int
    bits: float
    half: float | None = None
    sure: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """The rungs of a ladder, the weakest first, and the documents that its models have read."""

    name: str
    target: str
    texts: int
    rungs: tuple[Rung, ...]
    learnt_from: Rows

    def losses(self, catalog: Catalog, doc_ids: Rows, progress: Progress) -> dict[str, Floats]:
        """Return each model's bits per byte on documents, the weakest model first, float64 [n]; NaN for an empty text."""
        found = {}
        for rung in self.rungs:
            scorer = Loss(model=str(catalog.folder / TAUGHT / rung.model))
            progress.stage(f"read with {rung.model}", len(doc_ids), "documents")
            column = []
            for start in range(0, len(doc_ids), AT_ONCE):
                ids = doc_ids[start : start + AT_ONCE]
                texts = pa.array(catalog.texts.texts(ids), pa.large_string())
                read = scorer.score(pa.record_batch({"doc_id": pa.array(ids), "text": texts}), None)
                column.append(pa.array(read[f"{scorer.run_name}_bits"]).to_numpy(zero_copy_only=False))
                progress.advance(len(ids))
            found[rung.model] = np.concatenate(column).astype(np.float64) if column else np.empty(0)
        return found


def build(catalog: Catalog, name: str, rungs: Rungs, *, replace_it: bool, progress: Progress) -> Ladder:
    """Teach every model of a ladder that is not there yet and put them in order; one that was stopped goes on.

    All read the same random documents, none of which holds a text of the target. Raises SettingError, InputError,
    ConflictError for another ladder of the name.
    """
    catalog.selections.check_name(name, replace=True)
    sizes, texts = rungs.sizes(), _texts(catalog, rungs)
    root = catalog.folder / FOLDER / name
    asked = json.loads(json.dumps(dataclasses.asdict(rungs)))
    before = read_note(root / "asked.json")
    if before is not None and before != asked and not replace_it:
        raise ConflictError(f"another ladder is called '{name}'", str(root), "choose another name, or add --replace")
    again = replace_it or before is None
    material = _material(catalog, sizes, texts, rungs.seed)
    root.mkdir(parents=True, exist_ok=True)
    write_json(root / "asked.json", asked)
    models = [f"{name}_{place}" for place in range(1, len(sizes) + 1)]
    for model, size in zip(models, sizes, strict=True):
        if again or not is_kept(catalog.folder / TAUGHT / model):
            lesson = Lesson(tier=size.name, tokens=size.tokens, seed=rungs.seed)
            learn_from(catalog, model, lesson, material, replace_it=again, progress=progress)
    np.save(root / "learnt_from.npy", np.sort(material.doc_ids))
    write_json(root / "ladder.json", _ordered(catalog, models, sizes, texts, rungs))
    return ladder(catalog, name)


def ladder(catalog: Catalog, name: str) -> Ladder:
    """Return a ladder that was built; raises SettingError."""
    root = catalog.folder / FOLDER / name
    told = read_note(root / "ladder.json")
    if told is None:
        known = [path.parent.name for path in (catalog.folder / FOLDER).glob("*/ladder.json")]
        raise SettingError(f"no ladder is called '{name}'", nearest(name, known), f"winnow ladder {name} --target FILE")
    learnt = np.load(root / "learnt_from.npy", allow_pickle=False)
    rungs = tuple(Rung(**rung) for rung in told["rungs"])
    return Ladder(name=name, target=told["target"], texts=told["texts"], rungs=rungs, learnt_from=learnt)


def minutes(rungs: Rungs) -> float:
    """Return about how many minutes a ladder takes on this machine, from a few steps of each tier."""
    sizes = rungs.sizes()
    speed = {size.name: predict(size, size.vocabulary or Bytes.vocabulary, 1, 1, 1).tokens_per_second for size in sizes}
    return sum(size.tokens / speed[size.name] for size in sizes) / 60


def _sized(tier: Tier, share: float) -> Tier:
    return replace(tier, tokens=max(round(share * tier.tokens), 10 * tier.batch * tier.context))


def _texts(catalog: Catalog, rungs: Rungs) -> list[str]:
    found = read_target(catalog, rungs.target, frozenset(), force=True).target.texts
    texts = clipped([text for text in dict.fromkeys(found) if text.strip()], max(rungs.sizes(), key=_bytes))
    if len(texts) < FEWEST_TEXTS:
        raise InputError(
            f"a ladder is put in order by {FEWEST_TEXTS} texts", f"{rungs.target} has {len(texts)}", "name more"
        )
    return texts


def _bytes(tier: Tier) -> int:
    return tier.evaluation_bytes


def _material(catalog: Catalog, sizes: Sequence[Tier], texts: Sequence[str], seed: int) -> Pool:
    """Return the documents that all models read: as many as the longest run needs, half of the pool at most."""
    pool = build_pool(catalog, frozenset({"text"}), Filter())
    pool = pool.take(np.flatnonzero(~holding(pool.text_batches(), texts)))
    # A token of the corpus is two bytes or more.
    wanted = min(max(size.tokens for size in sizes) // 2, int(pool.tokens.sum()) // 2)
    if wanted < 1:
        raise InputError(
            "a ladder needs documents to learn from", f"the pool has {len(pool):,}", "winnow ingest PATH..."
        )
    return pool.take(Random().select(pool, Budget(tokens=wanted), seed=seed).rows)


def _ordered(
    catalog: Catalog, models: Sequence[str], sizes: Sequence[Tier], texts: Sequence[str], rungs: Rungs
) -> dict[str, Any]:
    """Put the models in order by their bits per byte of the target, the worst first."""
    column = pa.array(texts, pa.large_string())
    measured = []
    for model, size in zip(models, sizes, strict=True):
        decoder, tokenizer = load(catalog.folder / TAUGHT / model)
        cut = windows(column, tokenizer, decoder.shape.context)
        measured.append((text_losses(decoder, cut) / np.log(2), cut.bytes, model, size))
    measured.sort(key=lambda one: -one[0].sum())
    made: list[Rung] = []
    for place, (bits, lengths, model, size) in enumerate(measured):
        half = sure = None
        if place:
            gap, half, *_ = paired((measured[place - 1][0] - bits) / np.maximum(lengths, 1))
            sure = bool(gap - half > 0)
        told = float(bits.sum() / lengths.sum())
        made.append(Rung(model=model, tier=size.name, tokens=size.tokens, bits=told, half=half, sure=sure))
    return {"target": rungs.target, "texts": len(texts), "rungs": [dataclasses.asdict(rung) for rung in made]}
