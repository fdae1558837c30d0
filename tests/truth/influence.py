"""Do influences find a hidden domain? Reviews among other documents, scored by what a small model would learn from them.

python tests/truth/influence.py CORPUS.parquet FOLDER: CORPUS.parquet has columns text and source, with a source "reviews".
400 reviews hide among 11,000 other documents, and 600 other reviews are the target.
Prints, for each way to measure, how surely a hidden review stands above another document, the minutes that were said before
and taken, and the scorer's own card.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from scipy.stats import rankdata

from winnow.workspace import Workspace

TAKEN = {
    "tweets": 3000, "news": 2000, "math": 2000, "newswire": 1000, "web": 600, "lessons": 300, "comments": 600,
    "enterprise": 1500, "reviews": 400,
}  # fmt: skip

WAYS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("influence", {"called": "probed", "probes": 300, "tokens": 256, "reference_tokens": 4096}),
    ("influence", {"called": "large_steps", "probes": 300, "tokens": 256, "reference_tokens": 4096, "rate": 1e-3}),
    ("ekfac_influence", {"called": "feed_forward", "sample": 200, "tokens": 128, "reference_tokens": 16_384}),
    ("ekfac_influence", {"called": "all", "sample": 200, "tokens": 128, "reference_tokens": 16_384, "attention": True}),
    ("ekfac_influence", {"called": "plain", "tokens": 128, "reference_tokens": 16_384, "curvature": "none"}),
)


def split(corpus: str, folder: Path) -> None:
    """Write pool.parquet and guide.jsonl: rows by the hash of their text, so that none is in two."""
    connection = duckdb.connect()
    ranked = "row_number() OVER (PARTITION BY source ORDER BY md5(text)) AS place"
    connection.execute(f"CREATE TABLE mixed AS SELECT DISTINCT ON (text) text, source FROM '{corpus}'")
    connection.execute(f"CREATE TABLE placed AS SELECT *, {ranked} FROM mixed")
    pool = " OR ".join(f"(source = '{source}' AND place <= {count})" for source, count in TAKEN.items())
    parts = {
        "pool.parquet": f"SELECT text, source FROM placed WHERE {pool} ORDER BY source, place",
        "guide.jsonl": "SELECT text FROM placed WHERE source = 'reviews' AND place > 400 AND place <= 1000 ORDER BY place",
    }
    for name, query in parts.items():
        connection.execute(f"COPY ({query}) TO '{folder / name}'")


def auroc(values: np.ndarray, positive: np.ndarray) -> tuple[float, int, int]:
    """Return the chance that a positive stands above a negative, and how many there are of each; NaN values are left out."""
    known = np.isfinite(values)
    values, positive = values[known], positive[known]
    count, other = int(positive.sum()), int((~positive).sum())
    above = rankdata(values)[positive].sum() - count * (count + 1) / 2
    return float(above / (count * other)), count, other


def measure(workspace: Workspace, scorer: str, settings: dict[str, Any]) -> None:
    documents = workspace.catalog.manifest.documents()
    ahead = workspace.scorers([scorer], {scorer: settings})[0].minutes(documents) or 0.0
    began = time.monotonic()
    [run] = workspace.score([scorer], settings={scorer: settings})
    print(f"\n{run.name}: {ahead:.1f} minutes said, {(time.monotonic() - began) / 60:.1f} taken")
    columns = ", ".join(run.columns)
    table = workspace.sql(f"SELECT source, {columns} FROM docs", limit=1_000_000).to_pandas()
    reviews = (table["source"] == "reviews").to_numpy()
    for column in run.columns:
        value, hidden, others = auroc(table[column].to_numpy(dtype=np.float64), reviews)
        print(f"- {column}: AUROC {value:.3f}, {hidden:,} reviews against {others:,} others")
    for row in workspace.catalog.manifest.tables(run.name)["card"].to_pylist():
        print("  ", {name: round(told, 4) if isinstance(told, float) else told for name, told in row.items()})


def main() -> None:
    corpus, folder = sys.argv[1], Path(sys.argv[2])
    folder.mkdir(parents=True)
    split(corpus, folder)
    workspace = Workspace.create(folder / "corpus")
    workspace.ingest([folder / "pool.parquet"])
    workspace.score(["tokens"])
    workspace.embed("static")
    workspace.teach("prior", {"on": "random", "share": 0.3})
    for scorer, settings in WAYS:
        measure(workspace, scorer, {**settings, "model": "prior", "target": str(folder / "guide.jsonl")})


if __name__ == "__main__":
    main()
