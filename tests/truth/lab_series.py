"""Do ladder → preselect and skills → skill_it find what is there? Corpora in which the truth is known.

python tests/truth/lab_series.py CORPUS.parquet FOLDER [--write]: CORPUS.parquet has columns text and source, with sources
"reviews" and "math".

Ladder: 600 pieces of reviews, 600 of them with their words in an order of chance, 600 with their letters so, and 600 of
random letters; six models of tier ci, from 2 % to all of its tokens, put in order by other reviews. Text that ranks models
as reviews do should be text, not noise. AUROC of preselect's column for whole reviews against each other kind.

Skills: "few", 120 pieces of reviews; "many", 1,500 pieces of other reviews; "math", 1,500 pieces. A run reads "few" alone
seven times over, so that only "many" can help it; nothing else should help anything. Prints each edge with its interval,
the mixture that follows, and what it gains on each skill beside equal shares. --write puts both tables into README.md.
"""

from __future__ import annotations

import json
import random
import string
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import duckdb
import numpy as np
from figures import auroc, write_part
from prove import pieces

from winnow.workspace import Workspace

EACH, FEW, MANY = 600, 120, 1500
SHARES = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
SEEDS, TOKENS = 3, 419_430


def pieces_of(corpus: str, source: str) -> list[str]:
    """Return pieces of 512 bytes of a source, short texts laid behind each other, in the order of a hash."""
    query = f"SELECT DISTINCT text FROM '{corpus}' WHERE source = ? ORDER BY md5(text)"
    texts = [text for (text,) in duckdb.connect().execute(query, [source]).fetchall()]
    return [piece for whole in pieces(iter(["\n".join(texts)])) for piece in whole]


def ingested(folder: Path, kinds: dict[str, Sequence[str]]) -> Workspace:
    """Make a corpus whose sources are the kinds."""
    folder.mkdir(parents=True)
    rows = [json.dumps({"text": text, "source": kind}) for kind, texts in kinds.items() for text in texts]
    (folder / "rows.jsonl").write_text("\n".join(rows), encoding="utf-8")
    workspace = Workspace.create(folder / "corpus")
    workspace.ingest([folder / "rows.jsonl"])
    workspace.score(["tokens"])
    workspace.embed("static")
    return workspace


def mixed_up(text: str, by: str, chance: random.Random) -> str:
    parts = text.split() if by == "words" else list(text)
    return (" " if by == "words" else "").join(chance.sample(parts, len(parts)))


def ladder(corpus: str, folder: Path) -> str:
    reviews, chance, began = pieces_of(corpus, "reviews"), random.Random(0), time.monotonic()
    target = folder / "target.jsonl"
    letters = string.ascii_lowercase + "     "
    kinds: dict[str, Sequence[str]] = {
        "whole": reviews[:EACH],
        "words mixed up": [mixed_up(text, "words", chance) for text in reviews[EACH : 2 * EACH]],
        "letters mixed up": [mixed_up(text, "letters", chance) for text in reviews[2 * EACH : 3 * EACH]],
        "random letters": ["".join(chance.choices(letters, k=512)) for _ in range(EACH)],
    }
    workspace = ingested(folder, kinds)
    target.write_text("\n".join(json.dumps({"text": text}) for text in reviews[3 * EACH : 3 * EACH + 300]), "utf-8")
    made = workspace.ladder("steps", {"target": str(target), "tiers": ("ci",), "shares": SHARES})
    card = workspace.learn("ranked", "preselect", plan={}, settings={"ladder": "steps", "documents": 1000})
    table = workspace.sql("SELECT source, ranked FROM docs", limit=100_000).to_pandas()
    lines = [
        f"{(time.monotonic() - began) / 60:.1f} minutes. Rungs, bits per byte of {made.texts} reviews: "
        + ", ".join(f"{rung.bits:.2f}{'' if rung.sure in (None, True) else ' (not sure)'}" for rung in made.rungs)
        + f". {card.told['fitted_on']['strength']['ranked as the target']} of "
        f"{card.told['fitted_on']['strength']['of']} documents rank the models so, by chance "
        f"{card.told['fitted_on']['strength']['by chance']:.1f}.",
        "", "| whole reviews against | n | AUROC of `preselect` |", "|---|--:|--:|",
    ]  # fmt: skip
    for kind in list(kinds)[1:]:
        part = table[table["source"].isin(["whole", kind])]
        area, half = auroc(part["ranked"].to_numpy(np.float64), (part["source"] == "whole").to_numpy().astype(np.int64))
        lines.append(f"| {kind} | {len(part):,} | {area:.3f} ± {half:.3f} |")
    return "\n".join(lines)


def skills(corpus: str, folder: Path) -> str:
    reviews, began = pieces_of(corpus, "reviews"), time.monotonic()
    kinds = {"few": reviews[:FEW], "many": reviews[FEW : FEW + MANY]}
    kinds |= {"math": pieces_of(corpus, "math")[:MANY]}
    workspace = ingested(folder, kinds)
    told = {"by": "source", "most": len(kinds), "seeds": SEEDS, "tokens": TOKENS, "sure": True}
    made = workspace.skills("graph", told)
    lines = [
        f"{SEEDS} seeds, runs of {TOKENS:,} bytes in tier ci, {(time.monotonic() - began) / 60:.1f} minutes. Loss of the second "
        "with the first and without, nats per byte; an edge is sure when its interval lies below zero.",
        "", "| from | to | with minus without | sure |", "|---|---|--:|---|",
    ]  # fmt: skip
    lines += [
        f"| {edge.source} | {edge.to} | {edge.mean:+.3f} ± {edge.half:.3f} | {'yes' if edge.sure else 'no'} |"
        for edge in made.edges
    ]
    last = made.shares[-1][1]
    lines += ["", "| skill | share of the last round | Skill-It minus equal shares |", "|---|--:|--:|"]
    lines += [f"| {name} | {last[name]:.2f} | {mean:+.3f} ± {half:.3f} |" for name, (mean, half) in made.gains.items()]
    return "\n".join(lines)


def main() -> None:
    corpus, folder = sys.argv[1], Path(sys.argv[2])
    text = "### Ladder and preselect\n" + ladder(corpus, folder / "ladder")
    print(text, flush=True)
    other = "### Skills and skill_it\n" + skills(corpus, folder / "skills")
    print(other)
    if "--write" in sys.argv:
        write_part("series", f"{text}\n\n{other}")


if __name__ == "__main__":
    main()
