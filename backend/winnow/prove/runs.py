"""One run of a proof as work that any process can do: read the arm, train, measure, write down."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch

from winnow.lm.kept import keep, weights_sha
from winnow.lm.tokenizer import Tokenizer, tokenizer_of
from winnow.lm.windows import Windows, windows
from winnow.pool import Pool, TextSource
from winnow.prove.arms import Arm, Shown, fixed, ordered, repeated_random, show, slotted
from winnow.prove.evaluation import read_choices
from winnow.prove.results import Plan, finished, read_curve, read_result, run_folder, write_curve, write_result
from winnow.prove.steered import GUIDE, REFERENCES, Material, outcome, steer, write_outcome
from winnow.prove.steering import Steering
from winnow.prove.tiers import Tier
from winnow.prove.train import CHECKPOINT, Point, train

TOKENIZER, ARMS, SETS, MODELS = "tokenizer.json", "arms", "sets", "models"


@dataclass(frozen=True)
class Run:
    """Which run of which proof; `root` is the proof's folder."""

    root: Path
    arm: str
    seed: int


def do_run(run: Run, texts: TextSource, on_point: Callable[[Point], None] = lambda point: None) -> Run:
    """Make a run's figures unless they are there; what was killed goes on from its last checkpoint to the same numbers.

    On a processor each run has one thread: sums of floats depend on how many threads make them.
    """
    if read_result(run.root, run.arm, run.seed) is not None:
        return run
    torch.set_num_threads(1)
    plan = Plan.read(run.root)
    tier, tokenizer = Tier(**plan.tier), read_tokenizer(run.root)
    folder = run_folder(run.root, run.arm, run.seed)
    folder.mkdir(parents=True, exist_ok=True)
    steering, shown, material = _data(run, plan, tier, tokenizer, texts)
    points = read_curve(run.root, run.arm, run.seed)

    def tell(point: Point) -> None:
        # A run that goes on from a checkpoint tells anew what came after it.
        points[:] = [*(earlier for earlier in points if earlier.tokens < point.tokens), point]
        write_curve(folder, points)
        on_point(point)

    sets = {name: read_set(run.root, name, tokenizer, tier.context) for name in plan.sets if _is_texts(plan, name)}
    decoder, trained = train(
        tier, tokenizer.vocabulary, shown, sets, seed=run.seed, folder=folder, on_point=tell, steering=steering
    )
    if steering is not None and material is not None:
        write_outcome(folder, *outcome(steering, shown, material, tier.context))
    questions = {
        name: read_choices(run.root / SETS / f"{name}.jsonl", tokenizer, tier.context)
        for name in plan.sets
        if not _is_texts(plan, name)
    }
    correct = {} if trained.diverged else {name: asked.correct(decoder) for name, asked in questions.items()}
    if run.seed == plan.seeds[0] and not trained.diverged:
        keep(decoder, tokenizer, run.root / MODELS / run.arm)
    write_result(run.root, finished((run.arm, run.seed), trained, shown, correct, weights_sha(decoder)))
    (folder / CHECKPOINT).unlink(missing_ok=True)
    return run


def _data(
    run: Run, plan: Plan, tier: Tier, tokenizer: Tokenizer, texts: TextSource
) -> tuple[Steering | None, Shown, Material | None]:
    """Return what a run shows and, for a method that works inside the training, how it steers and by which documents."""
    told = plan.arms[run.arm]
    if told["kind"] == "slots":
        return None, _slots(run, plan, tier, tokenizer, texts), None
    if told["kind"] != "online":
        arm = read_arm(run.root, run.arm, run.seed, plan)
        windows = tier.steps * tier.batch
        return None, show(arm, run.seed, texts, tokenizer, windows=windows, context=tier.context), None
    material = Material.read(run.root / ARMS / f"{run.arm}.parquet", texts, tokenizer)
    guided = (run.root / SETS / f"{GUIDE}.parquet").is_file()
    guide = read_texts(run.root, GUIDE) if guided else pa.array([], pa.large_string())
    reference = run.root / REFERENCES / run.arm
    steering, shown = steer(told["recipe"], material, tier, run.seed, reference=reference, guide=guide)
    return steering, shown, material


def _slots(run: Run, plan: Plan, tier: Tier, tokenizer: Tokenizer, texts: TextSource) -> Shown:
    """Show what the control shows, with some of the slots filled by selections."""
    told, windows = plan.arms[run.arm], tier.steps * tier.batch
    share, names = float(told["share"]), list(plan.interplay["alone"])

    def read(name: str, count: int) -> Shown:
        arm = read_arm(run.root, name, run.seed, plan)
        return show(arm, run.seed, texts, tokenizer, windows=count, context=tier.context)

    parts = {names.index(name): read(name, math.ceil(share * windows)) for name in told["slots"]}
    return slotted(read(plan.control, windows), parts, [share] * len(names), run.seed, tier.context)


def shown_by(run: Run, texts: TextSource) -> Shown:
    """Make again what a run showed its model."""
    plan = Plan.read(run.root)
    return _data(run, plan, Tier(**plan.tier), read_tokenizer(run.root), texts)[1]


def write_arm(root: Path, name: str, doc_ids: np.ndarray, **columns: np.ndarray) -> None:
    """Keep an arm's documents: weight, or tokens of a pool to draw from."""
    (root / ARMS).mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"doc_id": doc_ids, **columns}), root / ARMS / f"{name}.parquet", compression="zstd")


def read_arm(root: Path, name: str, seed: int, plan: Plan) -> Arm:
    """Return an arm as its kind has it: a selection, an order, a control redrawn per seed, or subsets per pass."""
    told = plan.arms[name]
    file = f"{name}-{seed}" if told["kind"] == "redrawn" else name
    table = pq.read_table(root / ARMS / f"{file}.parquet")
    ids = table.column("doc_id").to_numpy()
    if told["kind"] == "repeated random":
        return repeated_random(name, Pool(ids, table.column("tokens").to_numpy()), int(told["tokens"]))
    if told["kind"] == "ordered":
        return ordered(name, ids)
    return fixed(name, ids, table.column("weight").to_numpy())


def write_tokenizer(root: Path, tokenizer: Tokenizer) -> None:
    (root / TOKENIZER).write_text(json.dumps({"tokenizer": tokenizer.to_json()}), encoding="utf-8")


def read_tokenizer(root: Path) -> Tokenizer:
    return tokenizer_of(json.loads((root / TOKENIZER).read_text(encoding="utf-8"))["tokenizer"])


def write_set(root: Path, name: str, texts: list[str]) -> None:
    """Keep the texts of an evaluation set."""
    (root / SETS).mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"text": pa.array(texts, pa.large_string())}), root / SETS / f"{name}.parquet")


def read_texts(root: Path, name: str) -> pa.LargeStringArray:
    """Return the texts of an evaluation set."""
    column = pq.read_table(root / SETS / f"{name}.parquet").column("text").cast(pa.large_string())
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def has_texts(root: Path, name: str) -> bool:
    """Return whether the texts of an evaluation set are still there: a report may be read without them."""
    return (root / SETS / f"{name}.parquet").is_file()


def read_set(root: Path, name: str, tokenizer: Tokenizer, context: int) -> Windows:
    return windows(read_texts(root, name), tokenizer, context)


def _is_texts(plan: Plan, name: str) -> bool:
    return bool(plan.sets[name]["kind"] == "texts")
