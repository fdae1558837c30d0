"""compare: selections side by side, both random baselines always among them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.stats import rankdata

from winnow.catalog.catalog import Catalog
from winnow.catalog.filters import Filter
from winnow.catalog.selections import NamedSelection
from winnow.catalog.tallies import QUANTILES, Tallies
from winnow.compare.measures import (
    chance_higher,
    divergence,
    effective_size,
    nearest_distance,
    overlaps,
    rank_correlation,
    vendi_score,
)  # fmt: skip
from winnow.errors import MissingNeed, SettingError
from winnow.jobs.chain import Step, run_chain
from winnow.jobs.lineage import Lineage
from winnow.jobs.target import read_target
from winnow.method import method
from winnow.pool import Budget, Floats, Rows, Target
from winnow.select.base import Selector
from winnow.select.ngrams import fast_ngrams

GROUPS = ("source", "cluster_name", "language")
NUMBERS = ("tokens", "quality", "toxicity", "date")
COPIES = {
    "duplicate_group": "exact duplicates",
    "near_group": "near duplicates",
    "semantic_group": "semantic duplicates",
}
BASELINES = ("random", "balanced_random")
SAMPLE = 2000
"""Documents read of each selection for n-grams and vectors; the same number of each, since both measures grow with it."""
BUCKETS, NGRAM = 10_000, 2
POOL_SAMPLE = 20_000
"""Documents of the corpus among which a target text's nearest one is looked for, to name its cluster."""


@dataclass(frozen=True)
class Side:
    """One set in a comparison: a kept selection, a random baseline ("baseline"), or the whole corpus ("corpus")."""

    name: str
    kind: str
    doc_ids: Rows
    weights: Floats
    recipe: Mapping[str, Any] = field(default_factory=dict)


def compare(
    catalog: Catalog, names: Sequence[str], *, target: str = "", seed: int = 0, present: NamedSelection | None = None
) -> dict[str, Any]:
    """Compare selections with the corpus, each other, and both random baselines at the first one's tokens.

    `present` is a choice that is not kept yet; where there is one, it is the first.
    Baselines draw from what the first selection, or the one it started from, was filtered to. Returns what JSON can
    hold: "sides" (a table row each), "overlap", "shares" of tokens seen per group, "spreads" of numbers and dates, and
    "notes" on how it was measured. The target, by default that of the first selection that has one, may be held out:
    measuring is not choosing. Raises SettingError, MissingNeed.
    """
    sides = _sides(catalog, [*([present] if present else []), *map(catalog.selections.get, dict.fromkeys(names))], seed)
    known = catalog.browse.columns()
    tallies = Tallies(catalog.table, [(side.doc_ids, side.weights) for side in sides])
    rows, masks = _counted(catalog, sides)
    _add(rows, _length_bias(catalog, sides))
    _add(rows, _left(catalog, tallies, len(sides)))
    both, jaccard = overlaps(masks)
    samples = _samples(sides, seed)
    notes = [f"baselines draw with seed {seed} as many tokens as {sides[1].name} sees"]
    notes += _diversity(catalog, samples, rows)
    notes += _towards(catalog, sides, samples, rows, target, seed=seed)
    return {
        "sides": rows,
        "overlap": {"documents": both.tolist(), "jaccard": jaccard.tolist()},
        "shares": {name: _shares(tallies.groups(name)) for name in GROUPS if name in known},
        "spreads": {name: vars(tallies.spread(name, known[name].type)) for name in NUMBERS if name in known},
        "quantiles": list(QUANTILES),
        "notes": notes,
    }


def _sides(catalog: Catalog, kept: Sequence[NamedSelection], seed: int) -> list[Side]:
    """Return the corpus, the selections and the baselines; raises SettingError."""
    if not kept:
        raise SettingError("compare takes selections", "none was named", "winnow compare NAME...")
    if "tokens" not in catalog.browse.columns():
        raise MissingNeed("a comparison needs column 'tokens'", "the corpus lacks it", "winnow score tokens")
    everything = np.arange(catalog.manifest.documents(), dtype=np.int64)
    sides = [Side("corpus", "corpus", everything, np.ones(len(everything)))]
    sides += [Side(one.name, "selection", *one.read(), one.recipe) for one in kept]
    tokens = int(kept[0].summary.get("tokens", 0))
    budget = Budget(tokens=tokens) if tokens > 0 else Budget(share=1.0)
    beginning = _beginning(kept[0].recipe)
    for name in BASELINES:
        step = Step(method(Selector, name)(), budget, seed)
        found = run_chain(catalog, [step], filter=beginning).chosen
        sides.append(Side(name.replace("_", " "), "baseline", found.doc_ids, found.weights))
    return sides


def _beginning(recipe: Mapping[str, Any]) -> Filter:
    """Return the filter of the selection that a chain of selections began with; set algebra begins with everything."""
    while recipe.get("within"):
        recipe = recipe.get("parents", {}).get(recipe["within"], {})
    filter = Filter.from_query(recipe.get("filter", {}))
    return Filter() if filter.selection else filter


def _lengths(catalog: Catalog) -> Floats:
    """Return every document's tokens, float64 [n]."""
    return np.asarray(catalog.browse.arrow(Filter(), ["tokens"]).column(0).to_numpy(), dtype=np.float64)


def _counted(catalog: Catalog, sides: Sequence[Side]) -> tuple[list[dict[str, Any]], NDArray[np.bool_]]:
    """Return the counts of each side, and which documents of the corpus it holds, bool [sides, n]."""
    lengths = _lengths(catalog)
    ranks = np.asarray(rankdata(lengths), dtype=np.float64)
    masks = np.zeros((len(sides), len(lengths)), dtype=bool)
    rows = []
    for side, mask in zip(sides, masks, strict=True):
        mask[side.doc_ids] = True
        tokens = lengths[side.doc_ids]
        rows.append({
            "name": side.name, "kind": side.kind, "documents": len(side.doc_ids), "tokens": int(tokens.sum()),
            "tokens_seen": round(float(side.weights @ tokens)), "effective_documents": effective_size(side.weights),
            "most_often": float(side.weights.max(initial=0.0)), "longer": _plain(chance_higher(ranks, mask)),
        })  # fmt: skip
    return rows, masks


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _add(rows: Sequence[dict[str, Any]], more: Sequence[Mapping[str, Any]]) -> None:
    for row, told in zip(rows, more, strict=True):
        row |= told


def _length_bias(catalog: Catalog, sides: Sequence[Side]) -> list[dict[str, Any]]:
    """Return the column each selection was ranked by, and its Spearman correlation with length over the corpus."""
    known, lengths = catalog.browse.columns(), _lengths(catalog)
    found: list[dict[str, Any]] = []
    for side in sides:
        column = side.recipe.get("method", {}).get("column", "")
        if column not in known or known[column].kind not in ("number", "flag"):
            found.append({"ranked_by": None, "score_length": None})
            continue
        values = catalog.browse.arrow(Filter(), [column]).column(0).cast(pa.float64(), safe=False).to_numpy()
        rho = rank_correlation(np.asarray(values, dtype=np.float64), lengths)
        found.append({"ranked_by": column, "score_length": _plain(rho)})
    return found


def _left(catalog: Catalog, tallies: Tallies, sides: int) -> list[dict[str, Any]]:
    """Count the copies and the contaminated documents that each side still holds, where they were looked for."""
    known = catalog.browse.columns()
    counts = {words: tallies.copies(column) for column, words in COPIES.items() if column in known}
    counts |= {"contaminated": tallies.flagged("contaminated")} if "contaminated" in known else {}
    return [{"left": {words: found[place] for words, found in counts.items()}} for place in range(sides)]


def _samples(sides: Sequence[Side], seed: int) -> list[tuple[Rows, Floats]]:
    """Draw as many documents of each side: at most SAMPLE, and no more than the smallest has."""
    size = min([SAMPLE, *(len(side.doc_ids) for side in sides if len(side.doc_ids))])
    chance = np.random.default_rng(seed)
    found = []
    for side in sides:
        places = np.sort(chance.permutation(len(side.doc_ids))[:size])
        found.append((side.doc_ids[places], side.weights[places]))
    return found


def _diversity(catalog: Catalog, samples: Sequence[tuple[Rows, Floats]], rows: Sequence[dict[str, Any]]) -> list[str]:
    models = catalog.vectors.models()
    if not models:
        return ["diversity needs vectors: winnow embed"]
    for row, (ids, _) in zip(rows, samples, strict=True):
        vectors = catalog.vectors.take(models[-1], ids)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors = np.where(lengths > 0, vectors / np.maximum(lengths, 1e-12), 0).astype(np.float32)
        row |= {"nearest_distance": _plain(nearest_distance(vectors)), "vendi": vendi_score(vectors)}
    size = max(len(ids) for ids, _ in samples)
    return [f"diversity: {size:,} documents of each, vectors of {models[-1]}"]


def _towards(
    catalog: Catalog, sides: Sequence[Side], samples: Sequence[tuple[Rows, Floats]], rows: Sequence[dict[str, Any]],
    target: str, *, seed: int,
) -> list[str]:  # fmt: skip
    """Measure how far each side is from the target, and return how that was done."""
    named = [target, *(str(side.recipe.get("target") or "") for side in sides)]
    aimed = next((name for name in named if name), "")
    if not aimed:
        return ["distance to a target: name one with --target"]
    clustered = catalog.manifest.run("columns", "cluster")
    model = str(clustered.recipe.get("model", "")) if clustered else ""
    models = frozenset({f"vectors:{model}"} if model in catalog.vectors.models() else ())
    aim = read_target(catalog, aimed, models, lineage=Lineage(catalog), force=True)
    wanted = _ngrams(aim.target.texts, np.ones(len(aim.target.texts)))
    for row, (ids, weights) in zip(rows, samples, strict=True):
        row["target_ngrams"] = divergence(wanted, _ngrams(catalog.texts.texts(ids), weights))
    size = max(len(ids) for ids, _ in samples)
    notes = [
        f"KL to {aimed} on hashed {NGRAM}-grams: {size:,} documents of each, {len(aim.target.texts):,} of the target"
    ]
    notes += [f"{told}: measured against, not chosen by" for told in aim.held_out]
    return notes + (_towards_clusters(catalog, sides, rows, aim.target, model, seed=seed) if models else [])


def _ngrams(texts: Sequence[str], weights: Floats) -> Floats:
    """Count hashed n-grams as dsir does, a document's as often as it is seen."""
    grams, owners = fast_ngrams(pa.array(texts, pa.large_string()), BUCKETS, NGRAM)
    return np.bincount(grams, weights[owners], minlength=BUCKETS).astype(np.float64)


def _towards_clusters(
    catalog: Catalog, sides: Sequence[Side], rows: Sequence[dict[str, Any]], target: Target, model: str, *, seed: int
) -> list[str]:
    """Compare clusters of documents seen with those of the target's texts.

    A selection's texts have clusters of their own; a file's are put in the cluster of the nearest of a sample.
    """
    found = catalog.browse.arrow(Filter(), ["cluster_leaf"]).column(0)
    leaves = found.fill_null(-1).to_numpy().astype(np.int64) + 1
    lineage = Lineage(catalog)
    if target.name in lineage.names():
        own, how = leaves[lineage.read(target.name)[0]], "each text's own"
    else:
        near = np.sort(np.random.default_rng(seed).permutation(len(leaves))[:POOL_SAMPLE])
        vectors, aimed = catalog.vectors.take(model, near), np.asarray(target.vectors[model])
        blocks = [aimed[start : start + 512] for start in range(0, len(aimed), 512)]
        own = leaves[near[np.concatenate([(block @ vectors.T).argmax(axis=1) for block in blocks])]]
        how = f"each text in that of its nearest of {len(near):,} documents"
    size = int(leaves.max()) + 1
    wanted = np.bincount(own, minlength=size).astype(np.float64)
    for row, side in zip(rows, sides, strict=True):
        seen = np.bincount(leaves[side.doc_ids], side.weights, minlength=size)
        # On the scale of the target, so that what is smoothed counts as much in both.
        row["target_clusters"] = divergence(wanted, seen * wanted.sum() / max(float(seen.sum()), 1.0))
    return [f"KL to {target.name} on clusters: {how}"]


def _shares(groups: Mapping[str, Sequence[float]]) -> dict[str, list[float]]:
    """Return each side's share of the tokens it sees, per group."""
    totals = np.maximum(np.array(list(groups.values()), dtype=np.float64).sum(axis=0), 1e-12) if groups else 1.0
    return {name: (np.array(tokens) / totals).tolist() for name, tokens in groups.items()}


FIGURES = {
    "documents": "documents",
    "tokens_seen": "tokens seen",
    "effective_documents": "effective documents",
    "most_often": "one document seen at most",
    "longer": "chance of being the longer",
    "score_length": "score against length (rho)",
    "nearest_distance": "distance to the nearest",
    "vendi": "Vendi score",
    "target_ngrams": "KL to target, n-grams",
    "target_clusters": "KL to target, clusters",
}
"""What each figure of a side is called."""


def side_table(found: Mapping[str, Any]) -> list[tuple[str, list[float | None]]]:
    """Return a comparison's figures as rows: what is measured, and its value for each side; None where there is none."""
    sides = found["sides"]
    rows = [(words, [side.get(key) for side in sides]) for key, words in FIGURES.items()]
    rows += [(f"{words} left", [side["left"][words] for side in sides]) for words in sides[0]["left"]]
    for column in ("tokens", "quality", "toxicity"):
        if column in found["spreads"]:
            rows.append((f"mean {column}", found["spreads"][column]["means"]))
    return [(words, values) for words, values in rows if any(value is not None for value in values)]
