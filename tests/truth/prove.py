"""Do the published selectors help a small model read a hidden domain? A proof on a corpus of mixed sources.

python tests/truth/prove.py CORPUS.parquet FOLDER: CORPUS.parquet has columns text and source, with a source "reviews".
Built after the pilot of the method cards: 5,074 pieces of 512 bytes, 54 % Python, 19 % Markdown, 20 % configuration and
6 % of one hidden domain (there paper abstracts, here film reviews); 229 pieces of other reviews guide the selectors, 331 of
yet others are read in the end; 507 pieces are kept and read twice. Python comes from the standard library, Markdown and
configuration from the packages installed beside this one.
"""

from __future__ import annotations

import hashlib
import json
import random
import resource
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from winnow.compute.local import available_cores
from winnow.jobs.proof_plan import Asked
from winnow.prove.report import in_words
from winnow.workspace import Workspace

PIECE, KEPT = 512, 507
POOL = {"python": 2740, "markdown": 964, "configuration": 1079, "reviews": 291}
GUIDE, HELD_OUT = 229, 331
SUFFIXES = {"markdown": {".md", ".rst"}, "configuration": {".json", ".toml", ".yaml", ".yml", ".cfg", ".ini"}}


def pieces(texts: Iterator[str]) -> list[list[str]]:
    """Cut each text into pieces of 512 bytes; the rest of a text is left over."""
    found = []
    for text in texts:
        data = text.encode("utf-8", "replace")
        cut = [
            data[start : start + PIECE].decode("utf-8", "ignore") for start in range(0, len(data) - PIECE + 1, PIECE)
        ]
        found.append([piece for piece in cut if len(piece.split()) > 10])
    return found


def files(kind: str) -> Iterator[str]:
    """Yield the texts of a kind that lie on this machine, in the order of their paths' sums."""
    library, packages = Path(sysconfig.get_path("stdlib")), Path(sysconfig.get_path("purelib"))
    if kind == "python":
        paths = [path for path in library.rglob("*.py") if "site-packages" not in path.parts]
    else:
        paths = [path for path in packages.rglob("*") if path.suffix in SUFFIXES[kind]]
        paths += packages.glob("*.dist-info/METADATA") if kind == "markdown" else []
    for path in sorted(paths, key=lambda one: hashlib.sha256(one.name.encode()).digest()):
        try:
            yield path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue


def drawn(whole: list[list[str]], count: int) -> list[str]:
    """Draw pieces of all texts without a repeated one."""
    flat = sorted({piece for one in whole for piece in one})
    return random.Random(0).sample(flat, count)


def split(corpus: str, folder: Path) -> None:
    """Write pool.parquet, guide.jsonl and heldout.jsonl; the pieces of a review are all in one of them."""
    rows = (
        duckdb.connect()
        .execute(f"SELECT DISTINCT text FROM '{corpus}' WHERE source = 'reviews' ORDER BY md5(text)")
        .fetchall()
    )
    reviews = pieces(text for (text,) in rows)
    parts = {"pool": reviews[:300], "guide": reviews[300:600], "heldout": reviews[600:1000]}
    texts = [(piece, "reviews") for piece in drawn(parts["pool"], POOL["reviews"])]
    for kind, count in POOL.items():
        if kind != "reviews":
            texts += [(piece, kind) for piece in drawn(pieces(files(kind)), count)]
    table = pa.table({"text": [text for text, _ in texts], "source": [source for _, source in texts]})
    pq.write_table(table, folder / "pool.parquet")
    for name, count in (("guide", GUIDE), ("heldout", HELD_OUT)):
        lines = [json.dumps({"text": text}) for text in drawn(parts[name], count)]
        (folder / f"{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")


def prepare(folder: Path) -> Workspace:
    """Take the pool in, teach a prior on a quarter of it and its copy fine-tuned on the guide, and select in three ways."""
    workspace = Workspace.create(folder / "corpus")
    workspace.ingest([folder / "pool.parquet"])
    workspace.score(["tokens", "duplicates", "near_duplicates"])
    guide = str(folder / "guide.jsonl")
    workspace.teach("prior", {"on": "random", "share": 0.25})
    workspace.teach("conditional", {"on": guide, "start": "prior", "passes": 1.0})
    for name in ("prior", "conditional"):
        model = str(workspace.folder / "models" / name)
        workspace.score(["loss"], settings={"loss": {"model": model, "called": name}})
    workspace.select("color_filter", docs=KEPT, name="color_filter")
    workspace.select("dsir", docs=KEPT, target=guide, name="dsir")
    workspace.select("perplexity", docs=KEPT, settings={"column": "loss_prior", "band": "low"}, name="low_perplexity")
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
    took, used = (time.monotonic() - ready) / 60, resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"prepared in {(ready - began) / 60:.1f} minutes; predicted {ahead.minutes:.1f}, took {took:.1f} minutes")
    workers = available_cores()
    print(f"{(used.ru_utime + used.ru_stime) / 60:.1f} minutes of a core in all of {workers} workers")
    print(f"memory of a worker: predicted {ahead.bytes / workers / 1e6:.0f} MB, at most {used.ru_maxrss / 1e3:.0f} MB")
    for name, lines in made.lines.items():
        print(f"\n{name}: {made.plan.sets[name]['count']} texts, {made.plan.sets[name]['bytes']:,} bytes")
        for line in lines:
            print("-", in_words(line, len(made.seeds)))
    for arm, told in made.plan.arms.items():
        print(arm, told["documents"], told["tokens"], made.shown[arm], told.get("mix"))


if __name__ == "__main__":
    main()
