"""Do min_k and dc_pdd tell what a model was taught from what it was not? A model of known training data says.

python tests/truth/membership.py CORPUS.parquet FOLDER [--write]: CORPUS.parquet has columns text and source, with a source
"reviews". 160 pieces of 512 bytes, each of another review; by a draw for every seed 80 are members, on which a model is
taught for so many passes, and 80 are not. All are one kind and one length, so that only having been read tells them apart.
AUROC of members against the others, above .5 when members have the higher value; --write puts the table into README.md.
"""

from __future__ import annotations

import json
import random
import sys
import time
from pathlib import Path

import duckdb
import numpy as np
from figures import auroc, write_part
from prove import pieces

from winnow.compute.local import LocalExecutor
from winnow.prove.statistics import paired
from winnow.workspace import Workspace

MEMBERS, PIECE = 80, 512
RUNS = (("ci", 1.0, 3), ("ci", 8.0, 3), ("ci", 64.0, 2), ("cpu", 16.0, 2))
COLUMNS = {
    "min_k_m": "min_k, lowest 20 %",
    "min_k_m_plus": "min_k, `plus`",
    "min_k_m_zlib": "min_k, zlib",
    "dc_pdd_cut": "dc_pdd, cap .01",
    "dc_pdd_m": "dc_pdd, cap 1",
    "-loss_m": "loss, turned",
    "length": "length alone",
}


def texts(corpus: str) -> list[str]:
    """Return the first piece of 512 bytes of as many reviews as are needed, in the order of a hash."""
    query = f"SELECT DISTINCT text FROM '{corpus}' WHERE source = 'reviews' ORDER BY md5(text)"
    cut = pieces(text for (text,) in duckdb.connect().execute(query).fetchall())
    return [whole[0] for whole in cut if whole][: 2 * MEMBERS]


def measured(folder: Path, found: list[str], tier: str, passes: float, seed: int) -> dict[str, tuple[float, float]]:
    """Teach a model on the members of a seed and return each column's AUROC with half its interval over texts."""
    order = random.Random(seed).sample(range(len(found)), len(found))
    members = set(order[:MEMBERS])
    folder.mkdir(parents=True)
    rows = [{"text": text, "source": "in" if place in members else "out"} for place, text in enumerate(found)]
    for name, part in (("all", rows), ("in", [row for row in rows if row["source"] == "in"])):
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, part)), encoding="utf-8")
    workspace = Workspace.create(folder / "corpus", executor=LocalExecutor(1))
    workspace.ingest([folder / "all.jsonl"])
    workspace.teach("m", {"on": str(folder / "in.jsonl"), "tier": tier, "passes": passes, "seed": seed})
    model = {"model": str(workspace.folder / "models" / "m")}
    workspace.score(
        ["loss", "min_k", "dc_pdd"],
        settings={"loss": model, "min_k": {**model, "plus": True}, "dc_pdd": {**model, "cap": 1.0}},
    )
    workspace.score(["dc_pdd"], settings={"dc_pdd": {**model, "called": "cut"}})
    names = ", ".join(name.lstrip("-") for name in COLUMNS if name != "length")
    table = workspace.sql(f"SELECT source, len(text) AS length, {names} FROM docs", limit=1000).to_pandas()
    labels = (table["source"] == "in").to_numpy().astype(np.int64)
    return {
        name: auroc((-1 if name[0] == "-" else 1) * table[name.lstrip("-")].to_numpy(dtype=np.float64), labels)
        for name in COLUMNS
    }


def main() -> None:
    corpus, folder = sys.argv[1], Path(sys.argv[2])
    found = texts(corpus)
    began, used = time.monotonic(), time.process_time()
    rows = {}
    for tier, passes, seeds in RUNS:
        made = [measured(folder / f"{tier}-{passes:g}-{seed}", found, tier, passes, seed) for seed in range(seeds)]
        cells = []
        for name in COLUMNS:
            mean, half, *_ = paired(np.array([one[name][0] for one in made]))
            cells.append(f"{mean:.3f} ± {half:.3f}")
        rows[f"{tier}, {passes:g}, n = {seeds}"] = cells
        print(tier, passes, dict(zip(COLUMNS, cells, strict=True)), flush=True)
    within = made[0]["min_k_m"][1]
    lines = ["| tier, passes, seeds | " + " | ".join(COLUMNS.values()) + " |", "|---|" + "--:|" * len(COLUMNS)]
    lines += [f"| {name} | " + " | ".join(cells) + " |" for name, cells in rows.items()]
    told = (
        f"{MEMBERS} members and {len(found) - MEMBERS} others of {PIECE} bytes, drawn anew for every seed; mean AUROC ± half the "
        f"t interval over seeds (one draw alone is sure to ± {within:.3f}). {(time.process_time() - used) / 60:.1f} minutes of a "
        f"core, {(time.monotonic() - began) / 60:.1f} on the clock."
    )
    text = "\n".join([told, "", *lines])
    print(text)
    if "--write" in sys.argv:
        write_part("membership", text)


if __name__ == "__main__":
    main()
