"""What a method inside the training made of the corpus, kept as a selection: how often each document should be seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from winnow.catalog.catalog import Catalog
from winnow.catalog.filters import Filter
from winnow.catalog.selections import NamedSelection
from winnow.errors import MissingNeed, SettingError, nearest
from winnow.jobs.lineage import Chosen, keep
from winnow.jobs.select import build_pool, summary
from winnow.online.base import Mixture
from winnow.pool import Floats, Pool, Rows, Selection
from winnow.prove.results import Plan, read_result, read_steered, run_folder
from winnow.prove.runs import ARMS, SETS
from winnow.prove.steered import DOCUMENTS, GUIDE, online


def keep_weights(
    catalog: Catalog, root: Path, arm: str, name: str, *, last: bool = False, replace: bool = False
) -> NamedSelection:
    """Keep the weights that an arm of a proof gave to documents as a selection; 1 is as often as the corpus has them.

    A mixture of groups gives each of their documents share / (share of the corpus's tokens), with the mean of the shares
    over the checkpoints or, with `last`, those at the end; others give a document the mean of what its tokens weighed, and
    none to documents that no run read. Means are over the finished seeds, and all are scaled to a mean of 1 over tokens.
    Raises SettingError for an arm without a method inside the training, MissingNeed without a finished run.
    """
    plan = Plan.read(root)
    seeds = _finished(root, plan, arm)
    recipe = plan.arms[arm]["recipe"]
    read = pq.read_table(root / ARMS / f"{arm}.parquet")
    ids, groups = read.column("doc_id").to_numpy(), read.column("group").to_pylist()
    pool = build_pool(catalog, frozenset(), Filter())
    pool = pool.take(np.flatnonzero(np.isin(pool.doc_ids, ids)))
    if isinstance(online(recipe), Mixture):
        by_id = dict(zip(ids.tolist(), groups, strict=True))
        shares = mean_shares([read_steered(root, arm, seed)["trajectory"] for seed in seeds], last=last)
        weights = of_groups(pool, [by_id[one] for one in pool.doc_ids.tolist()], shares)
    else:
        tables = [pq.read_table(run_folder(root, arm, seed) / DOCUMENTS) for seed in seeds]
        parts = [(table.column("doc_id").to_numpy(), table.column("weight").to_numpy()) for table in tables]
        weights = of_documents(pool, parts)
    rows = np.flatnonzero(weights > 0)
    scaled = weights[rows] * pool.tokens[rows].sum() / max(1e-12, float(pool.tokens[rows] @ weights[rows]))
    guide = root / SETS / f"{GUIDE}.parquet"
    told = {
        "proof": plan.name, "arm": arm, "seeds": seeds, "last": last, "online": {**recipe, "reference": ""},
        "model": recipe.get("reference", ""), "target": str(guide) if guide.is_file() else None,
    }  # fmt: skip
    counts = summary(pool, Selection(rows, scaled), {"share": 1.0})
    return keep(catalog, name, Chosen(pool.doc_ids[rows], scaled, told, counts), replace=replace)


def _finished(root: Path, plan: Plan, arm: str) -> list[int]:
    """Return the seeds of an arm whose runs are finished; raises SettingError, MissingNeed."""
    steered = [one for one, told in plan.arms.items() if told["kind"] == "online"]
    if arm not in steered:
        found = f"'{arm}' has none" if arm in plan.arms else f"no arm is called '{arm}'"
        raise SettingError("weights come from an arm with a method inside the training", found, nearest(arm, steered))
    runs = {seed: read_result(root, arm, seed) for seed in plan.seeds}
    seeds = [seed for seed, run in runs.items() if run is not None and not run.diverged]
    if not seeds:
        raise MissingNeed(f"the weights of {arm} need a finished run", "there is none", "prove it to the end")
    return seeds


def mean_shares(trajectories: Sequence[Sequence[tuple[int, Mapping[str, float]]]], *, last: bool) -> dict[str, float]:
    """Return each group's share, the mean over checkpoints (or the last one of each run) and over runs."""
    points = [told for run in trajectories for _, told in (run[-1:] if last else run)]
    return {name: float(np.mean([told[name] for told in points])) for name in points[0]}


def of_groups(pool: Pool, groups: Sequence[str], shares: Mapping[str, float]) -> Floats:
    """Return share / (share of the tokens) of each document's group; 0 for a group without a share."""
    names, codes = np.unique(np.array(groups, dtype=object), return_inverse=True)
    tokens = np.bincount(codes, pool.tokens, len(names))
    each = np.array([shares.get(str(name), 0.0) for name in names]) / np.maximum(tokens / max(1, tokens.sum()), 1e-12)
    weights: Floats = each[codes]
    return weights


def of_documents(pool: Pool, parts: Sequence[tuple[Rows, Floats]]) -> Floats:
    """Return the mean weight of each document over the runs that read it; 0 where none did."""
    order = np.argsort(pool.doc_ids, kind="stable")
    sums, times = np.zeros(len(pool)), np.zeros(len(pool))
    for ids, weights in parts:
        inside = np.isin(ids, pool.doc_ids)
        rows = order[np.searchsorted(pool.doc_ids, ids[inside], sorter=order)]
        sums[rows] += weights[inside]
        times[rows] += 1
    found: Floats = sums / np.maximum(times, 1)
    return found
