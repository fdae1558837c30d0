"""Do selections by measured influence help a small model read a hidden domain? A proof on the corpus of prove.py.

python tests/truth/prove_influence.py CORPUS.parquet FOLDER [--write]: the pool, guide and held-out reviews are those of
prove.py. A prior (tier ci, taught on a random quarter) is probed with 400 documents, and its curvature measured; the same
number of pieces is kept by each way, and a model is taught on each beside random draws of its size. --write puts the table
into README.md.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from figures import write_part
from prove import KEPT, split

from winnow.jobs.proof_plan import Asked
from winnow.workspace import Workspace

PROBES = {"probes": 400, "tokens": 256, "reference_tokens": 4096}
CURVED = {"sample": 300, "tokens": 256, "reference_tokens": 16_384}
WAYS: dict[str, tuple[str, dict[str, Any]]] = {
    "mates": ("mates", {"column": "influence"}),
    "influence_top": ("top", {"column": "influence"}),
    "group_mates": ("group_mates", {"column": "influence"}),
    "ekfac_top": ("top", {"column": "ekfac_influence"}),
    "quad": ("quad", {"column": "ekfac_influence_cosine", "standardise": True}),
}


def prepare(folder: Path) -> tuple[Workspace, list[str]]:
    """Return the corpus with its selections, and what the cards say of the measured influences."""
    workspace, guide = Workspace.create(folder / "corpus"), str(folder / "guide.jsonl")
    workspace.ingest([folder / "pool.parquet"])
    workspace.score(["tokens", "duplicates", "near_duplicates"])
    workspace.embed("static")
    workspace.cluster()
    workspace.teach("prior", {"on": "random", "share": 0.25})
    model = str(workspace.folder / "models" / "prior")
    for name, told in (("influence", PROBES), ("ekfac_influence", CURVED)):
        workspace.score([name], settings={name: {**told, "model": model, "target": guide}})
    for name, (method, settings) in WAYS.items():
        workspace.select(method, docs=KEPT, name=name, settings=settings)
    card = {row["what"]: row for row in workspace.catalog.manifest.tables("influence")["card"].to_pylist()}
    told = [
        f"{what} {row['value']:.2f} [{row['low']:.2f}, {row['high']:.2f}] (n = {row['n']})"
        for what, row in card.items() if what.startswith("rank correlation")
    ]  # fmt: skip
    return workspace, told


def main() -> None:
    corpus, folder = sys.argv[1], Path(sys.argv[2])
    folder.mkdir(parents=True)
    began = time.monotonic()
    split(corpus, folder)
    workspace, card = prepare(folder)
    ready = time.monotonic()
    asked = Asked(selections=tuple(WAYS), target=str(folder / "heldout.jsonl"))
    made = workspace.prove("by-influence", asked.recipe)
    took = (time.monotonic() - ready) / 60
    lines = [
        "| arm | reviews among its tokens | held-out reviews | p after Holm | documents of the pool | p after Holm |"
    ]
    lines.append("|---|--:|--:|--:|--:|--:|")
    for target, general in zip(made.lines["target"], made.lines["general"], strict=True):
        if target.difference and general.difference:
            share = made.plan.arms[target.arm].get("mix", {}).get("reviews", 0.0)
            words = [
                f"{one.mean:+.3f} ± {one.half:.3f}, {one.verdict} | {one.adjusted:.3f}"
                for one in (target.difference, general.difference)
            ]
            lines.append(f"| {target.arm} | {share:.2f} | {words[0]} | {words[1]} |")
    told = (
        f"Nats per byte against `random`, n = {len(made.seeds)} seeds, {made.plan.sets['target']['count']} reviews of "
        f"{made.plan.sets['target']['bytes']:,} bytes, {KEPT} pieces kept, {made.plan.tier['tokens']:,} tokens a run in tier ci. "
        f"{(ready - began) / 60:.1f} minutes to prepare and {took:.1f} of training, with other work on the machine. "
        f"The card of `influence`: {'; '.join(card)}."
    )
    text = "\n".join([told, "", *lines])
    print(text)
    if "--write" in sys.argv:
        write_part("proof by influence", text)


if __name__ == "__main__":
    main()
