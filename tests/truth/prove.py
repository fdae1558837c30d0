"""Do the published selectors help a small model read a hidden domain? A proof on a corpus of mixed sources.

python tests/truth/prove.py CORPUS.parquet FOLDER: CORPUS.parquet has columns text and source, with a source "reviews".
400 reviews hide among 11,000 other documents; 600 others guide the selectors, 1,000 further ones are read in the end.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import duckdb

from winnow.compute.local import available_cores
from winnow.jobs.proof_plan import Asked
from winnow.prove.report import in_words
from winnow.workspace import Workspace

TAKEN = {
    "tweets": 3000, "news": 2000, "math": 2000, "newswire": 1000, "web": 600, "lessons": 300, "comments": 600,
    "enterprise": 1500, "reviews": 400,
}  # fmt: skip
SHARE = 0.1


def split(corpus: str, folder: Path) -> None:
    """Write pool.parquet, guide.jsonl and heldout.jsonl: rows by the hash of their text, so that none is in two."""
    connection = duckdb.connect()
    ranked = "row_number() OVER (PARTITION BY source ORDER BY md5(text)) AS place"
    connection.execute(f"CREATE TABLE mixed AS SELECT DISTINCT ON (text) text, source FROM '{corpus}'")
    connection.execute(f"CREATE TABLE placed AS SELECT *, {ranked} FROM mixed")
    pool = " OR ".join(f"(source = '{source}' AND place <= {count})" for source, count in TAKEN.items())
    parts = {
        "pool.parquet": f"SELECT text, source FROM placed WHERE {pool} ORDER BY source, place",
        "guide.jsonl": "SELECT text FROM placed WHERE source = 'reviews' AND place > 400 AND place <= 1000 ORDER BY place",
        "heldout.jsonl": "SELECT text FROM placed WHERE source = 'reviews' AND place > 1000 ORDER BY place",
    }
    for name, query in parts.items():
        connection.execute(f"COPY ({query}) TO '{folder / name}'")


def prepare(folder: Path) -> Workspace:
    """Take the pool in, teach a prior and its copy fine-tuned on the guide, and select in four ways."""
    workspace = Workspace.create(folder / "corpus")
    workspace.ingest([folder / "pool.parquet"])
    workspace.score(["tokens", "duplicates", "near_duplicates"])
    guide = str(folder / "guide.jsonl")
    workspace.teach("prior", {"on": "random", "share": 0.3})
    workspace.teach("conditional", {"on": guide, "start": "prior", "passes": 0.15})
    for name in ("prior", "conditional"):
        model = str(workspace.folder / "models" / name)
        workspace.score(["loss"], settings={"loss": {"model": model, "called": name, "tokens": 1024}})
    workspace.select("color_filter", share=SHARE, name="color_filter")
    workspace.select("dsir", share=SHARE, target=guide, name="dsir")
    workspace.select("perplexity", share=SHARE, settings={"column": "loss_prior", "band": "low"}, name="low_perplexity")
    return workspace


def main() -> None:
    corpus, folder = sys.argv[1], Path(sys.argv[2])
    folder.mkdir(parents=True)
    began = time.monotonic()
    split(corpus, folder)
    workspace = prepare(folder)
    ready = time.monotonic()
    asked = Asked(
        selections=("color_filter", "dsir", "low_perplexity"), target=str(folder / "heldout.jsonl"), repeated=True
    )
    ahead = workspace.proofs.predict(asked, available_cores())
    made = workspace.prove("hidden-reviews", asked.recipe)
    took = (time.monotonic() - ready) / 60
    print(f"prepared in {(ready - began) / 60:.1f} minutes; predicted {ahead.minutes:.1f}, took {took:.1f} minutes")
    for name, lines in made.lines.items():
        print(f"\n{name}: {made.plan.sets[name]['count']} texts, {made.plan.sets[name]['bytes']:,} bytes")
        for line in lines:
            print("-", in_words(line, len(made.seeds)))
    for arm, told in made.plan.arms.items():
        print(arm, told["documents"], told["tokens"], made.shown[arm], told.get("mix"))


if __name__ == "__main__":
    main()
