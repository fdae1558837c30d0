"""Read the labelled and ordinary text sets that the toxicity and quality heads are fitted and measured on.

Every set is a folder of the data folder given to a script, with a SOURCE.txt that tells its origin and licence. A text
belongs to one part for ever, by a hash of its letters: "fit" (70 %), "stack" (15 %: stacking, calibration, choices) or
"test" (15 %: figures only). Equal texts therefore never stand on two sides.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

csv.field_size_limit(sys.maxsize)

FITTED_LABELLED = [
    "surge-toxicity",
    "hatemoji-build",
    "implicit-hate",
    "toxigen-rated",
    "toxigen-seeds",
    "xstest",
    "moderation-categories",
    "civil-spans",
    "wiki-context",
    "fox-comments",
    "germeval-german",
    "cold-chinese",
]
"""Labelled sets under MIT, Apache-2.0, CC0 or CC BY: their "fit" and "stack" parts make the toxicity weights."""

KEPT_OUT = [
    "davidson-tweets",
    "mlma",
    "hateval",
    "olid",
    "edos-sexism",
    "dynahate",
    "cad-reddit",
    "gab-hate",
    "measuring-hate",
    "told-portuguese",
    "multilingual-hate",
]
"""Labelled sets that no weight has seen: other licences, or kept for measuring (of mlma nine in ten rows are toxic)."""

FITTED_HARMLESS = [
    "c4-web",
    "movie-reviews",
    "presidential-speeches",
    "arxiv-stackexchange",
    "clinc150",
    "gsm8k",
    "udhr-multilingual",
    "spamassassin-email",
    "enterprise-pii",
    "ukp-convarg-pairs",
    "fineweb-edu-scored",
]
"""Ordinary text taken as harmless in the fit."""


@dataclass(frozen=True)
class TextSet:
    """Texts of one set with labels (1 toxic), languages and parts."""

    name: str
    texts: tuple[str, ...]
    labels: NDArray[np.int64]
    languages: tuple[str, ...]
    parts: NDArray[np.str_]

    def take(self, chosen: NDArray[np.bool_]) -> TextSet:
        places = np.flatnonzero(chosen)
        return TextSet(
            self.name,
            tuple(self.texts[i] for i in places),
            self.labels[places],
            tuple(self.languages[i] for i in places),
            self.parts[places],
        )

    def part(self, *names: str) -> TextSet:
        return self.take(np.isin(self.parts, names))


def fingerprint(text: str) -> bytes:
    """Hash a text without its case, spaces and punctuation, so that those alone make no new text."""
    return hashlib.blake2b(re.sub(r"[\s!-/:-@\[-`{-~]+", "", text.lower()).encode(), digest_size=8).digest()


def part_of(key: bytes) -> str:
    share = int.from_bytes(key, "little") / 2**64
    return "fit" if share < 0.70 else "stack" if share < 0.85 else "test"


def text_set(name: str, rows: Iterable[tuple[str, int, str]]) -> TextSet:
    kept: dict[bytes, tuple[str, int, str]] = {}
    for text, label, language in rows:
        if text.strip():
            kept.setdefault(fingerprint(text), (text.strip(), label, language))
    texts, labels, languages = zip(*kept.values(), strict=True)
    parts = np.array([part_of(key) for key in kept])
    return TextSet(name, texts, np.array(labels, dtype=np.int64), languages, parts)


def json_lines(path: Path) -> Iterator[dict[str, object]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def table(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def labelled(data: Path, name: str) -> TextSet:
    """Read one labelled set; of mlma only the English part, whose other languages hold hardly any harmless text."""
    if name == "davidson-tweets":
        rows = table(data / name / "labeled_data.csv")
        return text_set(name, ((row["tweet"], int(row["class"] != "2"), "en") for row in rows))
    if name == "surge-toxicity":
        rows = table(data / name / "toxicity_en.csv")
        return text_set(name, ((r["text"], int(r["is_toxic"].strip().lower() == "toxic"), "en") for r in rows))
    read = json_lines(data / name / f"{name}.jsonl")
    found = ((str(r["text"]), int(str(r["toxic"])), str(r["lang"])) for r in read)
    return text_set(name, (row for row in found if name != "mlma" or row[2] == "en"))


def harmless(data: Path, name: str) -> TextSet:
    """Read one ordinary set, whole documents."""
    return text_set(name, ((text, 0, "en") for text in _ORDINARY[name](data / name)))


def _column(file: str, key: str) -> Callable[[Path], Iterator[str]]:
    def read(folder: Path) -> Iterator[str]:
        for path in sorted(folder.glob(file)):
            for row in json_lines(path):
                yield str(row[key]).lstrip("\ufeff")

    return read


def _clinc(folder: Path) -> Iterator[str]:
    splits = json.loads((folder / "clinc150_data_full.json").read_text(encoding="utf-8"))
    for rows in splits.values():
        for text, _ in rows:
            yield text


def _gsm8k(folder: Path) -> Iterator[str]:
    for row in json_lines(folder / "gsm8k_train.jsonl"):
        yield f"{row['question']}\n{row['answer']}"


def _enterprise(folder: Path) -> Iterator[str]:
    for row in json_lines(folder / "enterprise_pii_classification.jsonl"):
        text = str(row["query"])
        yield text.split("'''")[1] if text.count("'''") > 1 else text


def _encyclopedia(folder: Path) -> Iterator[str]:
    """Yield articles with the spaces of their tokenised form taken out."""
    pages = re.split(r"\n = (?!= )", (folder / "wikitext2_valid.txt").read_text(encoding="utf-8"))
    for page in pages:
        yield untokenised(page)


def untokenised(text: str) -> str:
    """Take out the spaces and marks that a tokenised corpus has around punctuation."""
    text = re.sub(r" ?@([-,.])@ ?", r"\1", text.replace("<unk>", "").replace(" n't", "n't"))
    text = re.sub(r'" ([^"\n]*?) "', r'"\1"', text)
    text = re.sub(r" ([,.;:!?%)\]'’])", r"\1", text)
    text = re.sub(r"([(\[$£]) ", r"\1", text)
    text = re.sub(r"^ *((?:= )+)(.*?)(?: =)+ *$", r"\2", text, flags=re.MULTILINE)
    return re.sub(r"[ \t]+", " ", text).strip()


def _reviews(folder: Path) -> Iterator[str]:
    for row in json_lines(folder / "movie_reviews.jsonl"):
        yield untokenised(str(row["text"]))


def _fineweb(folder: Path) -> Iterator[str]:
    for row in table(folder / "fineweb_edu_scored_150.csv"):
        yield row["text"]


def _news(folder: Path) -> Iterator[str]:
    with (folder / "ag_news_test.csv").open(encoding="utf-8", newline="") as lines:
        for _, title, body in csv.reader(lines):
            yield f"{title}\n\n{body}"


def _newswire(folder: Path) -> Iterator[str]:
    with (folder / "articles_2500.train").open(encoding="utf-8") as lines:
        for line in lines:
            yield line.partition(" ")[2].strip()


_ORDINARY: dict[str, Callable[[Path], Iterator[str]]] = {
    "c4-web": _column("*.jsonl", "text"),
    "movie-reviews": _reviews,
    "presidential-speeches": _column("speeches.jsonl", "text"),
    "arxiv-stackexchange": _column("*.jsonl", "text"),
    "clinc150": _clinc,
    "gsm8k": _gsm8k,
    "udhr-multilingual": _column("udhr2.jsonl", "text"),
    "spamassassin-email": _column("*.jsonl", "text"),
    "enterprise-pii": _enterprise,
    "ukp-convarg-pairs": _column("ranking.jsonl", "argument"),
    "fineweb-edu-scored": _fineweb,
    "wikitext2-valid": _encyclopedia,
    "onestop-english": _column("onestop.jsonl", "text"),
    "ag-news": _news,
    "minhash-neardup": _newswire,
    "bold-identity": _column("bold-identity.jsonl", "text"),
}


def passages(text: str, words: int) -> Iterator[str]:
    """Cut a text into passages of about so many words, each at a place where a line or a sentence ends if one is near."""
    pieces = re.split(r"(?<=[.!?])\s+|\n\s*\n", text)
    held: list[str] = []
    count = 0
    for piece in pieces:
        size = len(piece.split())
        if held and count + size > words * 1.25:
            yield " ".join(held)
            held, count = [], 0
        held.append(piece)
        count += size
        if count >= words:
            yield " ".join(held)
            held, count = [], 0
    if count >= words // 3 or (held and count >= 5):
        yield " ".join(held)
