"""Measures raters on labelled sets: `python tests/truth/raters.py DATA [--write]`; the figures go to the README beside it.

Nothing is shipped: heads are fitted here on one part of a set and measured on the other, as the workbench does it.
"""

from __future__ import annotations

import csv
import json
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from winnow.embed.sentence import SentenceEncoder
from winnow.embed.static import StaticEncoder
from winnow.rate.base import Documents, Rater
from winnow.rate.evidence import Pairs, Values
from winnow.rate.pairwise import QuRating
from winnow.rate.pointwise import Edu, YesOrNo
from winnow.rate.reference import Cqf, DclmNgram

README = Path(__file__).parent / "README.md"
START, END = "<!-- rater figures -->\n", "<!-- rater figures end -->"
STATIC = StaticEncoder()
REFERENCE = 1500


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    task: str
    rater: str
    card: dict[str, Any]
    seconds: float

    def __str__(self) -> str:
        card = self.card
        verdict = "yes" if card["beats_trivial"] else "**no**"
        return (
            f"| {self.task} | {self.rater} | {card['figure']} | {card['labels']:,} | {interval(card['quality'])} "
            f"| {interval(card['trivial'])} ({card['trivial']['says']}) | {interval(card['gain'], '+')} | {verdict} |"
        )


def lines_of(path: Path) -> list[dict[str, Any]]:
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def interval(figure: dict[str, float], sign: str = "") -> str:
    return f"{figure['value']:{sign}.3f} [{figure['low']:{sign}.3f}, {figure['high']:{sign}.3f}]"


def measured(task: str, name: str, rater: Rater, documents: Documents, evidence: Values | Pairs) -> Row:
    begun = time.perf_counter()
    card = rater.fit(documents, {"": evidence}, seed=0).outputs[0]
    return Row(task, name, card, time.perf_counter() - begun)


def arguments(data: Path) -> list[Row]:
    """Which of two arguments convinces more; whole debates are held out."""
    lines = lines_of(data / "ukp-convarg-pairs" / "pairs_strict.jsonl")
    debate = {line[side]: line["debate"].rsplit("_", 1)[0] for line in lines for side in ("a1", "a2")}
    texts = sorted(debate)
    place = {text: row for row, text in enumerate(texts)}
    pairs = Pairs(
        np.array([place[line["a1"]] for line in lines]),
        np.array([place[line["a2"]] for line in lines]),
        np.array([float(line["label"] == "a2") for line in lines]),
        len(texts),
    )
    rows = []
    for encoder, vectors in (("static", STATIC.embed(texts)), ("minilm", SentenceEncoder().embed(texts))):
        documents = Documents(texts, vectors, [debate[text] for text in texts])
        for length in (True, False):
            name = f"`qurating`, {encoder}, {'with' if length else 'without'} length"
            task = f"more convincing of two arguments, unseen debates ({len(set(debate.values()))})"
            rows.append(measured(task, name, QuRating(length=length), documents, pairs))
    return rows


def educational(data: Path) -> list[Row]:
    """How educational a web page is, as a language model of 70 B parameters rated it."""
    with open(data / "fineweb-edu-scored" / "fineweb_edu_scored_150.csv", encoding="utf-8", newline="") as file:
        found = [(row["text"], float(row["score"])) for row in csv.DictReader(file) if row["score"].strip()]
    texts = [text for text, _ in found]
    values = Values(np.array([score for _, score in found]))
    return [
        measured("educational ratings of web pages, 2 to 5", f"`edu`, {name}", Edu(), Documents(texts, vectors), values)
        for name, vectors in (("static", STATIC.embed(texts)), ("minilm", SentenceEncoder().embed(texts)))
    ]


def levels(data: Path) -> list[Row]:
    """Which reading level an article was written for; its three versions are held out together."""
    rows = lines_of(data / "onestop-english" / "onestop.jsonl")
    texts = [row["text"].lstrip("\ufeff") for row in rows]
    article = [row["file"].rsplit("-", 1)[0] for row in rows]
    order = np.array([("ele", "int", "adv").index(row["level"]) for row in rows], dtype=np.float64)
    documents = Documents(texts, STATIC.embed(texts), article)
    pairs = [
        (a, b) for a in range(len(rows)) for b in range(len(rows)) if article[a] == article[b] and order[a] < order[b]
    ]
    flip = np.random.default_rng(0).random(len(pairs)) < 0.5
    first = np.array([b if turned else a for (a, b), turned in zip(pairs, flip, strict=True)])
    second = np.array([a if turned else b for (a, b), turned in zip(pairs, flip, strict=True)])
    judged = Pairs(first, second, (~flip).astype(np.float64), len(texts))
    extremes = Values(np.where(order == 1, np.nan, order / 2))
    return [
        measured(
            "harder of two versions of an article", "`qurating`, static, with length", QuRating(), documents, judged
        ),
        measured(
            "harder of two versions of an article",
            "`qurating`, static, without length",
            QuRating(length=False),
            documents,
            judged,
        ),
        measured("advanced against elementary", "`yes_no`, static", YesOrNo(), documents, extremes),
    ]


def reference(data: Path) -> list[Row]:
    """Encyclopedia paragraphs against paragraphs of web pages, of the same lengths."""
    lines = (data / "wikitext2-valid" / "wikitext2_valid.txt").read_text("utf-8").splitlines()
    wiki = [plain(line) for line in lines if len(line) > 300][:REFERENCE]
    pages = [row["text"] for row in lines_of(data / "c4-web" / "c4_sample_0001-0600.jsonl")]
    web = [line for page in pages for line in page.splitlines() if len(line) > 300]
    random.Random(0).shuffle(web)
    web = same_lengths(web, [len(text) for text in wiki])
    texts = [*wiki, *web]
    values = Values(np.r_[np.ones(len(wiki)), np.zeros(len(web))])
    documents = Documents(texts, STATIC.embed(texts))
    task = "encyclopedia against web paragraphs of like length"
    return [
        measured(task, "`cqf`, static", Cqf(), documents, values),
        measured(task, "`dclm_ngram`", DclmNgram(), documents, values),
    ]


def plain(line: str) -> str:
    """Undo the blanks and marks of the set's tokens, by which anything could tell it."""
    for token, letter in ((" @-@ ", "-"), (" @,@ ", ","), (" @.@ ", "."), (" <unk>", ""), (" n't", "n't")):
        line = line.replace(token, letter)
    for sign in ",.;:!?)'%":
        line = line.replace(f" {sign}", sign)
    return line.replace("( ", "(").replace('" ', '"').strip()


def same_lengths(texts: Sequence[str], wanted: Sequence[int]) -> list[str]:
    """Take texts so that each tenth of the wanted lengths is met as often as there are texts for it."""
    edges = np.quantile(wanted, np.linspace(0, 1, 11)[1:-1])
    part = np.searchsorted(edges, [len(text) for text in texts])
    each = int(min(np.bincount(part, minlength=10).min(), len(wanted) // 10))
    return [texts[row] for group in range(10) for row in np.flatnonzero(part == group)[:each]]


def main() -> None:
    data = Path(sys.argv[1])
    rows = [*arguments(data), *educational(data), *levels(data), *reference(data)]
    table = [
        "| what is judged | rater | figure | held-out labels | held out | trivial rater | gain | beats it |",
        "|---|---|---|--:|--:|--:|--:|---|",
        *map(str, rows),
    ]
    text = "\n".join(table) + "\n"
    print(text)
    for row in rows:
        print(
            f"{row.seconds:6.2f} s  {row.task}: {row.rater}; curve {[(n, round(v, 3)) for n, v in row.card['curve']]}"
        )
    if "--write" in sys.argv:
        before, _, rest = README.read_text("utf-8").partition(START)
        README.write_text(before + START + text + END + rest.partition(END)[2], "utf-8")


if __name__ == "__main__":
    main()
