"""teach: train a small language model on a part of the corpus, or further on a target, and keep it with the corpus."""

from __future__ import annotations

import os
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from winnow.catalog.catalog import Catalog
from winnow.catalog.filters import Filter
from winnow.errors import ConflictError, InputError, SettingError
from winnow.jobs.guidance import note_lesson
from winnow.jobs.progress import Progress
from winnow.jobs.select import build_pool
from winnow.jobs.target import read_target
from winnow.lm.kept import is_kept, keep, load
from winnow.lm.tokenizer import BytePairs, Bytes, Tokenizer
from winnow.pool import Budget, Pool
from winnow.prove.arms import fixed, show
from winnow.prove.tiers import Tier, tier_of
from winnow.prove.train import train
from winnow.select.random import Random

FOLDER = "models"
SHORTEST = 1000


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """What a model learns from: `on` is "random", a selection or a file; `start` a kept model to begin with.

    Without `passes` a run reads the tier's tokens; with it, the texts so many times. A fine-tuning begins with a fresh
    optimiser and a third of the tier's learning rate.
    """

    on: str = "random"
    start: str = ""
    tier: str = "ci"
    tokens: int | None = None
    passes: float | None = None
    share: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        # A job runs in another folder than the command that asked for it, and a proof later on than both.
        if os.path.isfile(self.on):
            object.__setattr__(self, "on", os.path.abspath(self.on))


def teach(catalog: Catalog, name: str, lesson: Lesson, *, replace_it: bool, progress: Progress) -> Path:
    """Train a model and return its folder, which is there whole or not at all; raises SettingError, ConflictError."""
    catalog.selections.check_name(name, replace=True)
    folder = catalog.folder / FOLDER / name
    if is_kept(folder) and not replace_it:
        raise ConflictError(f"a model is called '{name}'", str(folder), "choose another name, or add --replace")
    return learn_from(catalog, name, lesson, _material(catalog, lesson), replace_it=replace_it, progress=progress)


def learn_from(
    catalog: Catalog, name: str, lesson: Lesson, material: Pool, *, replace_it: bool, progress: Progress
) -> Path:
    """Train a model on a pool with texts, whatever the lesson says of it, and return its folder; raises as `teach` does."""
    folder = catalog.folder / FOLDER / name
    if is_kept(folder) and not replace_it:
        raise ConflictError(f"a model is called '{name}'", str(folder), "choose another name, or add --replace")
    decoder, tokenizer = load(_place(catalog, lesson.start)) if lesson.start else (None, _tokenizer(lesson, material))
    tier = _sized(lesson, tokenizer, material)
    if decoder is not None:
        shape = decoder.shape
        tier = replace(tier, layers=shape.layers, width=shape.width, heads=shape.heads, context=shape.context)
    assert material.texts is not None
    arm = fixed(name, material.doc_ids, np.ones(len(material)))
    shown = show(arm, lesson.seed, material.texts, tokenizer, windows=tier.steps * tier.batch, context=tier.context)
    staged = catalog.folder / "tmp" / f"model-{name}-{os.getpid()}"
    staged.mkdir(parents=True, exist_ok=True)
    progress.stage(f"teach {name}", tier.tokens, "tokens")
    try:
        taught, trained = train(
            tier, tokenizer.vocabulary, shown, {}, seed=lesson.seed, folder=staged, start=decoder,
            on_point=lambda point: progress.advance(tier.tokens / 10),
        )  # fmt: skip
        if trained.diverged:
            raise SettingError("a model learns", "its loss grew without end", "train on more text, or more evenly")
        note_lesson(staged / "model", asdict(lesson))
        keep(taught, tokenizer, staged / "model")
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(exist_ok=True)
        (staged / "model").rename(folder)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return folder


def _material(catalog: Catalog, lesson: Lesson) -> Pool:
    """Return what is read: documents of the corpus, or the texts of a file under numbers of their own."""
    if lesson.on == "random":
        pool = build_pool(catalog, frozenset({"text"}), Filter())
        return pool.take(Random().select(pool, Budget(share=lesson.share), seed=lesson.seed).rows)
    texts = pa.array(read_target(catalog, lesson.on, frozenset()).target.texts, pa.large_string())
    if sum(map(len, texts.to_pylist())) < SHORTEST:
        raise InputError(f"{lesson.on} is too short to learn from", f"under {SHORTEST:,} characters", "name more texts")
    ids = np.arange(len(texts))
    return Pool(ids, np.ones(len(ids), dtype=np.int64), texts=lambda asked: texts.take(pa.array(asked)))


def _place(catalog: Catalog, name: str) -> Path:
    inside = catalog.folder / FOLDER / name
    return inside if is_kept(inside) else Path(name)


def _tokenizer(lesson: Lesson, material: Pool) -> Tokenizer:
    vocabulary = tier_of(lesson.tier).vocabulary
    if not vocabulary:
        return Bytes()
    return BytePairs.learn((text for batch in material.text_batches() for text in batch.to_pylist()), vocabulary)


def _sized(lesson: Lesson, tokenizer: Tokenizer, material: Pool) -> Tier:
    """Return the tier with the tokens of the lesson; a step is taken at least ten times."""
    tier = tier_of(lesson.tier)
    tokens = lesson.tokens or tier.tokens
    if lesson.passes is not None:
        tokens = round(lesson.passes * sum(len(tokenizer.encode(batch)[0]) for batch in material.text_batches()))
    rate = tier.rate / 3 if lesson.start else tier.rate
    return replace(tier, tokens=max(tokens, 10 * tier.batch * tier.context), rate=rate)
