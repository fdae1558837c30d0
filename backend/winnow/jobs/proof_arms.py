"""The arms of a proof, laid down: selections, random controls of their size, and methods that work inside the training."""

from __future__ import annotations

import hashlib
import random
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from winnow.catalog.catalog import Catalog
from winnow.errors import InputError, MissingNeed, SettingError
from winnow.lm.kept import is_kept, load
from winnow.lm.tokenizer import Tokenizer
from winnow.online.base import Mixture
from winnow.pool import Budget, Groups, Pool, Rows
from winnow.prove.merge import START, unions, write_shard
from winnow.prove.runs import write_arm
from winnow.prove.steered import REFERENCES, check_reference, group_names, online
from winnow.prove.tiers import Tier
from winnow.select.random import BalancedRandom, Random

REPEATED, SOURCE, MODELS, TOGETHER, SELECTIONS = "rs2", "source", "models", "together", "selections"
MOST_SHARDS, MOST_REAL = 6, 6
"""Unions double with every shard, and each is read once; so many of them are trained on, to see whether the order holds."""
MOST_GROUPS = 64
"""A mixture asks for a gradient of each group: more of them cost more than the training."""

Chosen = Mapping[str, tuple[Rows, NDArray[np.float64]]]


def lay_arms(root: Path, chosen: Chosen, pool: Pool, *, seeds: int, repeated: bool) -> dict[str, dict[str, Any]]:
    """Write the documents of every selection and of its controls and return what each arm is; raises InputError.

    Without a selection the control reads the pool as it comes.
    """
    arms: dict[str, dict[str, Any]] = {}
    order = np.argsort(pool.doc_ids, kind="stable")
    for name, (ids, weights) in chosen.items():
        inside = np.isin(ids, pool.doc_ids)
        rows = order[np.searchsorted(pool.doc_ids, ids[inside], sorter=order)]
        if not len(rows):
            raise InputError(f"selection {name} has nothing to show", "none of its documents is in the pool", "--where")
        write_arm(root, name, pool.doc_ids[rows], weight=weights[inside])
        told = {"left out": int((~inside).sum()), "sha256": chosen_sha(ids, weights)}
        arms[name] = {"kind": "selection", **mix(pool, rows), **told}
    size = next(iter(arms.values()))["tokens"] if arms else int(pool.tokens.sum())
    for control in controls(pool) if chosen else [Random()]:
        rows = np.arange(0)
        for seed in range(seeds):
            drawn = control.select(pool, Budget(tokens=size), seed=seed)
            write_arm(root, f"{control.name}-{seed}", pool.doc_ids[drawn.rows], weight=drawn.weights)
            rows = drawn.rows
        arms[control.name] = {"kind": "redrawn", **mix(pool, rows)}
    if repeated:
        write_arm(root, REPEATED, pool.doc_ids, tokens=pool.tokens)
        arms[REPEATED] = {"kind": "repeated random", **mix(pool, np.arange(len(pool))), "tokens": size}
    return arms


def controls(pool: Pool) -> list[Random | BalancedRandom]:
    """Return what selections are compared with: random draws, and even ones where documents have a source."""
    return [Random(), *([BalancedRandom()] if BalancedRandom().by in pool.columns else [])]


def lay_slots(arms: dict[str, dict[str, Any]], names: Sequence[str], share: float) -> dict[str, dict[str, Any]]:
    """Turn selections into experiments of one run: each fills its share of the control's places, alone and together.

    Raises SettingError.
    """
    if len(names) < 2 or TOGETHER in names:
        raise SettingError(
            "experiments run together when there are two or more", f"found {len(names)}", "prove A B --together 0.1"
        )
    if not 0 < share * len(names) <= 1:
        found = f"{len(names)} times {share:g}"
        raise SettingError(
            "the shares of all experiments are at most the whole", found, f"--together {1 / len(names):.2g}"
        )
    slots = {name: {**arms[name], "kind": "slots", "slots": [name], "share": share} for name in names}
    whole = {"kind": "slots", "slots": list(names), "share": share}
    sums = {key: sum(arms[name][key] for name in names) for key in ("documents", "tokens")}
    return {**slots, TOGETHER: {**whole, **sums}, **{name: told for name, told in arms.items() if name not in names}}


def lay_merge(root: Path, by: str, chosen: Chosen, pool: Pool, tier: Tier) -> dict[str, Any]:
    """Write the documents of each shard, selections or the groups of a column, and of the model that they branch from.

    Raises SettingError.
    """
    if by == SELECTIONS:
        shards = {name: np.intersect1d(ids, pool.doc_ids) for name, (ids, _) in chosen.items()}
    else:
        shards = {name: pool.doc_ids[rows] for name, rows in pool.group(by).members()}
    if not 2 <= len(shards) <= MOST_SHARDS:
        found = f"found {len(shards)}"
        raise SettingError(
            f"unions are of 2 to {MOST_SHARDS} shards", found, "--merge selections, or a column with few groups"
        )
    write_shard(root, START, pool.doc_ids)
    for number, ids in enumerate(shards.values()):
        write_shard(root, str(number), ids)
    several = [list(union) for union in unions(list(shards)) if len(union) > 1]
    real = several if len(several) <= MOST_REAL else random.Random(0).sample(several, MOST_REAL)
    told = {name: {"file": number, "documents": len(ids)} for number, (name, ids) in enumerate(shards.items())}
    return {"shards": told, "tokens": max(tier.tokens // 4, 10 * tier.batch * tier.context), "real": real}


def lay_online(
    catalog: Catalog, root: Path, recipes: Sequence[Mapping[str, Any]], pool: Pool, *, tier: Tier, tokenizer: Tokenizer
) -> dict[str, dict[str, Any]]:
    """Write the documents that each method chooses from, with their groups, and keep its reference model beside them.

    Raises SettingError, MissingNeed, InputError.
    """
    arms: dict[str, dict[str, Any]] = {}
    for recipe in recipes:
        chosen = online(recipe)
        taken = sum(told["recipe"]["method"] == chosen.name for told in arms.values())
        name = chosen.name + (f"-{taken + 1}" if taken else "")
        by = chosen.by if isinstance(chosen, Mixture) else SOURCE
        groups = pool.group(by) if by in pool.columns else Groups(np.zeros(len(pool), dtype=np.int32), ("all",))
        if isinstance(chosen, Mixture) and not 2 <= len(set(groups.codes.tolist())) <= MOST_GROUPS:
            found = f"column '{by}' has {len(set(groups.codes.tolist())):,}"
            raise SettingError(
                f"{chosen.name} mixes 2 to {MOST_GROUPS} groups", found, f"--set {chosen.name}.by=COLUMN"
            )
        write_arm(root, name, pool.doc_ids, group=np.array(group_names(groups), dtype=object))
        for need in chosen.needs():
            if need.startswith("model:"):
                _keep_reference(catalog, need.partition(":")[2], root / REFERENCES / name, tier, tokenizer)
        everything = mix(pool, np.arange(len(pool)))
        arms[name] = {"kind": "online", **everything, "recipe": chosen.recipe, "by": by}
    return arms


def _keep_reference(catalog: Catalog, name: str, folder: Path, tier: Tier, tokenizer: Tokenizer) -> None:
    place = next((path for path in (catalog.folder / MODELS / name, Path(name)) if is_kept(path)), None)
    if place is None:
        raise MissingNeed(f"a reference model '{name}' is needed", "none was kept", f"winnow teach {name} --on FILE")
    check_reference(place, *load(place), tokenizer, tier)
    shutil.copytree(place, folder)


def chosen_sha(ids: Rows, weights: NDArray[np.float64]) -> str:
    """Return the sum of a selection's documents and weights: whether what was proved is what is there now."""
    order = np.argsort(ids, kind="stable")
    digest = hashlib.sha256(np.ascontiguousarray(ids[order], dtype=np.int64).tobytes())
    digest.update(np.ascontiguousarray(weights[order], dtype=np.float64).tobytes())
    return digest.hexdigest()


def mix(pool: Pool, rows: Rows) -> dict[str, Any]:
    """Return documents, tokens and the share of tokens per source of an arm."""
    told: dict[str, Any] = {"documents": len(rows), "tokens": int(pool.tokens[rows].sum())}
    source = pool.columns.get(SOURCE)
    if isinstance(source, Groups):
        counts = np.bincount(source.codes[rows] + 1, pool.tokens[rows], len(source.names) + 1)
        names = ["(none)", *source.names]
        order = np.argsort(-counts, kind="stable")[:8]
        told["mix"] = {names[code]: round(counts[code] / counts.sum(), 4) for code in order if counts[code]}
    return told
