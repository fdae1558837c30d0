"""Measure commands on what scale.py made: `python tests/bench/verbs.py WORK DOCUMENTS [NAME ...]`; `... WORK table` prints all.

scale.py measures what makes a corpus and what the pages ask; this is the rest, each as somebody types it, `winnow` and its
words, in a process of its own. One that was measured is not measured again. Labels are one of 20,000 documents by two
people, who differ on one in ten; a step of hand labelling is every document of a source.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from scale import cost, measured

from winnow.catalog.filters import Filter
from winnow.workspace import Workspace

LABELS = 20_000
VERBS = {
    "status": "status",
    "sql": "sql SELECT|source,count(*),avg(quality)|FROM|docs|GROUP|BY|ALL",
    "score shape, tokens, duplicates": "score shape tokens duplicates",
    "score rules": "score gopher c4 fineweb refinedweb",
    "score language": "score language",
    "score pii": "score pii",
    "score quality": "score quality",
    "score boilerplate": "score boilerplate",
    "score semantic_duplicates": "score semantic_duplicates",
    "rules": "rules gopher",
    "import-column": "import-column VALUES --name given --by doc_id",
    "select top": "select top --set column=quality --share 0.1 --name top --replace",
    "select random": "select random --share 0.1 --name random --replace",
    "combine": "combine union top random --name both --share 0.1 --replace",
    "recipe": "recipe both",
    "why": "why both 77",
    "compare": "compare top random both",
    "label import": "label import LABELS",
    "label queue, at random": "label queue --who ana",
    "label queue, uncertain": "label queue --who ana --order uncertain --column quality",
    "label queue, diverse": "label queue --who ana --order diverse",
    "label queue, clusters": "label queue --who ana --order clusters",
    "label suspects": "label suspects",
    "label enough": "label enough",
    "label agreement": "label agreement",
    "label all": "label all keep --who all --where source=SOURCE --yes COUNT",
    "label undo": "label undo --who all",
    "learn": "learn liked --rater yes_no --labels label",
    "prove": "prove top --target TARGET --tier ci --seeds 2 --tokens 40000 --replace",
    "teach": "teach small --tier ci --tokens 40000 --replace",
    "doctor": "doctor",
    "backup": "backup BACKUP",
    "sweep": "sweep",
}  # fmt: skip


def given(folder: Path) -> dict[str, str]:
    """Write the files that the commands read, and return what the capital words stand for."""
    workspace = Workspace(folder / "corpus")
    total, chance = workspace.catalog.manifest.documents(), np.random.default_rng(0)
    ids = chance.choice(total, size=min(LABELS, total // 5), replace=False)
    texts = workspace.catalog.texts.texts(np.sort(ids[:300]))
    (folder / "target.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    with open(folder / "labels.jsonl", "w") as file:
        for doc_id, odd in zip(ids.tolist(), chance.random(len(ids)) < 0.1, strict=True):
            value = "keep" if doc_id % 3 else "drop"
            other = ("drop" if value == "keep" else "keep") if odd else value
            file.write(json.dumps({"doc_id": doc_id, "value": value, "who": "ana"}) + "\n")
            file.write(json.dumps({"doc_id": doc_id, "value": other, "who": "ben"}) + "\n")
    with open(folder / "values.csv", "w") as file:
        file.write("doc_id,given\n")
        file.writelines(f"{doc_id},{doc_id % 7}\n" for doc_id in range(0, total, 2))
    counts = workspace.browse.facet("source", Filter(), limit=3).values
    return {
        "TARGET": str(folder / "target.jsonl"), "LABELS": str(folder / "labels.jsonl"),
        "VALUES": str(folder / "values.csv"), "BACKUP": str(folder / "backup"), "SOURCE": f"'{counts[-1][0]}'",
        "COUNT": str(counts[-1][1]),
    }  # fmt: skip


def main() -> None:
    work = Path(sys.argv[1])
    if sys.argv[2:] == ["table"]:
        return table(work)
    folder = work / sys.argv[2]
    (folder / "verbs").mkdir(exist_ok=True)
    words = given(folder)
    for name in sys.argv[3:] or VERBS:
        note = folder / "verbs" / f"{name}.json"
        if note.exists():
            continue
        told = [
            words.get(word, word.replace("SOURCE", words["SOURCE"])).replace("|", " ") for word in VERBS[name].split()
        ]
        command = [sys.executable, "-m", "winnow", "-w", str(folder / "corpus"), *told]
        found = measured(command, folder / "verbs" / f"{name}.txt")
        print(sys.argv[2], name, json.dumps(found), flush=True)
        if not found["failed"]:
            note.write_text(json.dumps(found))
    return None


def table(work: Path) -> None:
    """Print the figures of all sizes beside each other, as Markdown."""
    sizes = sorted(int(folder.name) for folder in work.iterdir() if (folder / "verbs").exists())
    print("| `winnow` | " + " | ".join(f"{size:,}" for size in sizes) + " |\n|---|" + "--:|" * len(sizes))
    for name in VERBS:
        notes = [work / str(size) / "verbs" / f"{name}.json" for size in sizes]
        cells = [
            cost(json.loads(note.read_text()) if note.exists() else None, size)
            for note, size in zip(notes, sizes, strict=True)
        ]
        print(f"| {name} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
