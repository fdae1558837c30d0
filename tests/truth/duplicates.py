"""Measure near-duplicates on known pairs: python tests/truth/duplicates.py DATA_FOLDER [--write]

DATA_FOLDER holds minhash-neardup: news articles with a list of pairs that say the same. Besides those, a variant of each
article is made, as two extractors of one page would: a share of its sentences dropped, others put in. For every number of
bands and rows and every threshold the pairs that end up in one group are compared with the known ones. --write keeps the
figures in the package, where the app draws them. Where datasketch can be imported, its time and its pairs stand beside
ours.
"""

from __future__ import annotations

import importlib.util
import json
import re
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.score.jaccard import similarities
from winnow.score.minhash import Shingles, band_keys, probability, shingles
from winnow.score.near_duplicates import candidates, components

THRESHOLDS = (0.0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
SETTINGS = ((14, 8), (9, 13), (20, 13), (14, 9), (24, 10), (25, 5), (50, 4), (40, 3))
SHINGLE_WORDS = 5
EDGES = np.linspace(0, 1, 51)
CURVES = Path(__file__).parents[2] / "backend" / "winnow" / "score" / "weights" / "near_duplicates.json"
Pairs = set[tuple[int, int]]


def read(folder: Path, size: int) -> tuple[list[str], Pairs]:
    """Return the articles and the pairs of places among them that are near-duplicates."""
    lines = (folder / f"articles_{size}.train").read_text(encoding="utf-8").splitlines()
    names, texts = zip(*(line.split(" ", 1) for line in lines if line), strict=True)
    place = {name: number for number, name in enumerate(names)}
    truth = (folder / f"articles_{size}.truth").read_text(encoding="utf-8").splitlines()
    return list(texts), {ordered(*(place[name] for name in line.split())) for line in truth if line}


def ordered(one: int, other: int) -> tuple[int, int]:
    return min(one, other), max(one, other)


def batch_of(texts: Sequence[str]) -> pa.RecordBatch:
    ids = pa.array(range(len(texts)), pa.int64())
    return pa.record_batch({"doc_id": ids, "text": pa.array(texts, pa.large_string())})


def pairs_of(groups: Iterable[int | None]) -> Pairs:
    """Return every pair of members of one group."""
    members: dict[int, list[int]] = {}
    for place, group in enumerate(groups):
        if group is not None:
            members.setdefault(group, []).append(place)
    return {(one, other) for mine in members.values() for one in mine for other in mine if one < other}


def share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "–"


@dataclass(frozen=True)
class Set:
    """Texts, the pairs of places among them that say the same, and how alike each pair is."""

    name: str
    texts: Sequence[str]
    truth: Pairs

    def signed(self) -> Shingles:
        return shingles(pa.array(self.texts, pa.large_string()), SHINGLE_WORDS)

    def alike(self) -> list[float]:
        return [float(one) for one in similarities(np.array(sorted(self.truth)), [self.signed()])]


def sweep(given: Set) -> list[dict[str, object]]:
    """Return recall and precision of the groups for every setting and threshold."""
    print(f"\n## {given.name}: {len(given.texts)} documents, {len(given.truth)} pairs\n")
    print("| bands x rows | verify | pairs | recall | precision |\n|---|--:|--:|--:|--:|")
    signed, rows = given.signed(), []
    for bands, per_band in SETTINGS:
        pairs = candidates(band_keys(signed, bands, per_band), every=True)
        alike = similarities(pairs, [signed]) if len(pairs) else np.zeros(0)
        for threshold in THRESHOLDS:
            labels = components(pairs[alike >= threshold], len(given.texts))
            flagged = np.bincount(labels)[labels] > 1
            mine = pairs_of(int(label) if twin else None for label, twin in zip(labels, flagged, strict=True))
            right = len(mine & given.truth)
            print(f"| {bands} x {per_band} | {threshold or 'off'} | {len(mine)} | {share(right, len(given.truth))} | "
                  f"{share(right, len(mine))} |", flush=True)  # fmt: skip
            rows.append({"set": given.name, "bands": bands, "rows": per_band, "verify": threshold, "found": len(mine),
                         "right": right, "pairs": len(given.truth)})  # fmt: skip
    return rows


def kept(given: Set) -> dict[str, object]:
    """Return what the app needs of a set: its size, and how many pairs there are by similarity."""
    counts = np.histogram(given.alike(), EDGES)[0].tolist()
    return {"name": given.name, "documents": len(given.texts), "pairs": len(given.truth), "by_similarity": counts}


def variants(texts: Sequence[str], seed: int) -> list[str]:
    """Return one variant of each text: a share of its sentences, even from 0 to .4, dropped, as many others put in."""
    rng = np.random.default_rng(seed)
    sentences = [re.split(r"(?<=[.!?]) +", text) for text in texts]
    others = [sentence for mine in sentences[:200] for sentence in mine]
    made = []
    for mine in sentences:
        rate = rng.uniform(0, 0.4)
        kept = [sentence for sentence in mine if rng.random() >= rate] or mine[:1]
        for _ in range(rng.binomial(len(mine), rate / 2)):
            kept.insert(rng.integers(0, len(kept) + 1), str(rng.choice(others)))
        made.append(" ".join(kept))
    return made


def by_similarity(originals: Sequence[str], made: Sequence[str]) -> None:
    """Print how many variants share a band with their original, by their Jaccard similarity, beside the formula."""
    both = shingles(pa.array([*originals, *made], pa.large_string()), 5)
    pairs = np.column_stack((np.arange(len(made)), np.arange(len(made)) + len(originals)))
    alike = similarities(pairs, [both])
    print("\n## Variants by their Jaccard similarity: share that meets its original in a band (by the formula)\n")
    print(f"| Jaccard | n | {' | '.join(f'{bands} x {rows}' for bands, rows in SETTINGS)} |")
    print(f"|---|--:|{'--:|' * len(SETTINGS)}")
    meets = {}
    for bands, rows in SETTINGS:
        keys = band_keys(both, bands, rows)
        meets[bands, rows] = (keys[pairs[:, 0]] == keys[pairs[:, 1]]).any(axis=1)
    for low in np.arange(0.3, 1.0, 0.1):
        mine = (alike >= low) & (alike < low + 0.1 + 1e-9 * (low > 0.85))
        if mine.any():
            cells = [
                f"{meets[setting][mine].mean():.3f} ({np.mean([probability(s, *setting) for s in alike[mine]]):.3f})"
                for setting in SETTINGS
            ]
            print(f"| {low:.1f}–{low + 0.1:.1f} | {mine.sum()} | {' | '.join(cells)} |")


def peer(texts: Sequence[str], pairs: Pairs) -> None:
    """Compare time and flags with datasketch, given the same shingles, bands and rows."""
    from datasketch import MinHash, MinHashLSH

    start = time.process_time()
    column = pa.array(texts, pa.large_string())
    ours = [band_keys(shingles(column.slice(at, 512), 5), 14, 8) for at in range(0, len(texts), 512)]
    signed = time.process_time()
    my_labels = components(candidates(np.concatenate(ours)), len(texts))
    done = time.process_time()
    words = [re.sub(r"\W+", " ", re.sub(r"\d", "0", text.lower())).split() for text in texts]
    sets = [{" ".join(mine[i : i + 5]).encode() for i in range(len(mine) - 4)} for mine in words]
    shingled = time.process_time()
    marks = MinHash.bulk(sets, num_perm=112, seed=1)
    hashed = time.process_time()
    lsh = MinHashLSH(num_perm=112, params=(14, 8))
    for place, mark in enumerate(marks):
        lsh.insert(place, mark)
    joined = [(place, other) for place, mark in enumerate(marks) for other in lsh.query(mark) if other > place]
    queried = time.process_time()
    its_labels = components(np.array(joined, dtype=np.int64).reshape(-1, 2), len(texts))
    mine, other = groups(my_labels), groups(its_labels)
    size = np.mean([len(text.encode()) for text in texts])
    print(f"\n## Beside datasketch: {len(texts)} documents of {size:.0f} bytes, 14 x 8, one thread, CPU time\n")
    print("| | shingles and MinHash, docs/s | bands and groups, s |\n|---|--:|--:|")
    print(f"| winnow | {len(texts) / (signed - start):.0f} | {done - signed:.2f} |")
    print(f"| datasketch | {len(texts) / (hashed - done):.0f} | {queried - hashed:.2f} |")
    print(f"\ndatasketch alone, from ready sets: {len(texts) / (hashed - shingled):.0f} docs/s. ", end="")
    print(
        f"Documents in a group: {mine.sum()} and {other.sum()}; {np.mean(mine != other):.2%} are flagged by one only."
    )
    alike = similarities(np.array(sorted(pairs)), [shingles(column, 5)])
    chances = np.array([probability(float(similarity), 14, 8) for similarity in alike])
    print(
        f"Two draws of hash functions differ on {np.mean(2 * chances * (1 - chances)):.2%} of the pairs, by the formula."
    )


def groups(labels: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Say which rows share their label with another."""
    flagged: NDArray[np.bool_] = np.bincount(labels)[labels] > 1
    return flagged


def main(folder: Path, write: bool) -> None:
    sets = [Set(f"{size:,} news articles", *read(folder / "minhash-neardup", size)) for size in (1000, 2500)]
    again = {other for _, other in sets[-1].truth}
    originals = [text for place, text in enumerate(sets[-1].texts) if place not in again]
    made = variants(originals, seed=0)
    pairs = {(place, place + len(originals)) for place in range(len(originals))}
    sets.append(Set("Made variants of them", [*originals, *made], pairs))
    rows = [row for given in sets for row in sweep(given)]
    if write:
        figures = {
            "shingle_words": SHINGLE_WORDS,
            "edges": EDGES.tolist(),
            "sets": [kept(given) for given in sets],
            "rows": rows,
        }
        CURVES.write_text(json.dumps(figures, ensure_ascii=False) + "\n", encoding="utf-8")
    by_similarity(originals, made)
    if importlib.util.find_spec("datasketch"):
        peer([*originals, *made], pairs)


if __name__ == "__main__":
    main(Path(sys.argv[1]), "--write" in sys.argv[2:])
