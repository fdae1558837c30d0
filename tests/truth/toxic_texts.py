"""The texts that the weights of the toxicity scorer are fitted on: labelled sets, ordinary text, written sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import text_sets
from identity_sentences import identity_sentences
from numpy.typing import NDArray
from obfuscation import WAYS, obfuscated
from toxic_sets import FITTED, HEADS, UNKNOWN, Labelled
from written_sentences import FRAMES, written

SHARES = {
    "surge-toxicity": 1.0, "dynahate": 25, "measuring-hate": 8, "gab-hate": 11, "cad-reddit": 6, "implicit-hate": 9,
    "toxigen-rated": 4, "toxigen-seeds": 0.5, "hatemoji-build": 4, "xstest": 0.4, "moderation-categories": 1.5,
    "civil-spans": 5, "wiki-context": 7, "mlma": 1.5, "fox-comments": 0.8, "germeval-german": 2, "told-portuguese": 1.2,
    "multilingual-hate": 1.2, "harmless": 8, "identity": 2.5, "rude": 1.2, "threat": 1, "self_harm": 0.5, "sexual": 0.5,
    "insult": 0.5, "quoted": 1,
}  # fmt: skip
"""How often the network sees each kind of text, in percent."""

SHARES_OF_NGRAMS = SHARES | {
    "germeval-german": 5, "cold-chinese": 7, "told-portuguese": 3, "multilingual-hate": 7, "harmless": 14, "dynahate": 14,
}  # fmt: skip
"""The n-grams alone read other scripts, so other languages weigh more."""

MEANT = {"hate": "dynahate", "forum": "gab-hate"}
"""The set whose own head says what "toxic" means in one sense."""

LEAST_TOXIC, MOST_TOXIC = 0.22, 0.65
OBFUSCATED = 0.08


@dataclass(frozen=True)
class Rows:
    """Texts with the kind each belongs to, labels (1 toxic), categories int8 [n, HEADS] and weights that sum to 1."""

    texts: list[str]
    kinds: NDArray[np.str_]
    labels: NDArray[np.float64]
    categories: NDArray[np.int8]
    weights: NDArray[np.float64]


@dataclass
class _Gathered:
    shares: Mapping[str, float]
    texts: list[str]
    kinds: list[str]
    labels: list[float]
    categories: list[NDArray[np.int8]]
    weights: list[float]

    def add(self, kind: str, texts: Sequence[str], labels: NDArray[np.int64], told: NDArray[np.int8]) -> None:
        share = labels.mean()
        weights = np.ones(len(texts))
        if 0 < share < 1:
            wanted = np.clip(share, LEAST_TOXIC, MOST_TOXIC)
            weights = np.where(labels == 1, wanted / share, (1 - wanted) / (1 - share))
        self.texts += texts
        self.kinds += [kind] * len(texts)
        self.labels += labels.tolist()
        self.categories += list(told)
        self.weights += (weights / weights.sum() * self.shares[kind]).tolist()

    def toxic(self) -> list[str]:
        return [text for text, label in zip(self.texts, self.labels, strict=True) if label == 1]


def fit_rows(data: Path, sets: Mapping[str, Labelled], rng: np.random.Generator, *, network: bool) -> Rows:
    """Gather what the network, or the n-grams, are fitted on; a share of it once more in obfuscated spelling."""
    found = _Gathered(SHARES if network else SHARES_OF_NGRAMS, [], [], [], [], [])
    for name in FITTED:
        here = sets[name].part("fit")
        if network:
            here = here.take(~np.isin(here.languages, ["zh", "hi"]))
        if len(here.texts):
            found.add(name, list(here.texts), here.labels, here.categories)
    none = np.zeros((1, len(HEADS)), dtype=np.int8)
    for kind, texts in (("harmless", harmless(data, "fit", rng, 4000)), ("identity", named(data))):
        found.add(kind, texts, np.zeros(len(texts), np.int64), none.repeat(len(texts), 0))
    rude = rude_sentences(data, found, rng)
    told = np.array([UNKNOWN, 0, 1, UNKNOWN, UNKNOWN, 0], dtype=np.int8)
    found.add("rude", rude, np.ones(len(rude), np.int64), told[None].repeat(len(rude), 0))
    for head, (bad, good) in written().items():
        labels = np.repeat([1, 0], [len(bad), len(good)])
        found.add(head, bad + good, labels, _told(head)[None] * labels[:, None].astype(np.int8))
    quoted = [text for text in found.toxic() if 15 < len(text) < 110 and '"' not in text]
    framed = [str(rng.choice(FRAMES)).format(quoted[i]) for i in rng.choice(len(quoted), 4000, replace=False)]
    found.add("quoted", framed, np.zeros(len(framed), np.int64), none.repeat(len(framed), 0))
    return _with_obfuscated(found, rng)


def _told(head: str) -> NDArray[np.int8]:
    """Return the categories of a sentence written for one of them; a threat may insult too, and so on."""
    told = np.zeros(len(HEADS), dtype=np.int8)
    open_ones = {"threat": (0, 2), "self_harm": (0, 1, 2), "sexual": (2,), "insult": (2, 3)}
    told[list(open_ones[head])] = UNKNOWN
    told[HEADS.index(head)] = 1
    return told


def _with_obfuscated(found: _Gathered, rng: np.random.Generator) -> Rows:
    ways, count = list(WAYS), len(found.texts)
    chosen = rng.choice(count, int(OBFUSCATED * count), replace=False)
    hidden = [obfuscated(found.texts[i], ways[rng.integers(len(ways))], rng) for i in chosen]
    every = np.concatenate([np.arange(count), chosen])
    weights = np.array(found.weights)[every]
    return Rows(
        found.texts + hidden,
        np.array(found.kinds)[every],
        np.array(found.labels)[every],
        np.stack(found.categories)[every],
        weights / weights.sum(),
    )


def named(data: Path) -> list[str]:
    """Return harmless sentences about groups of people: written ones, and encyclopedia sentences of the "fit" part."""
    return [*identity_sentences(), *text_sets.harmless(data, "bold-identity").part("fit").texts]


def harmless(data: Path, part: str, rng: np.random.Generator, most: int) -> list[str]:
    """Return passages of ordinary documents of every set taken as harmless."""
    return [text for name in text_sets.FITTED_HARMLESS for text in ordinary_passages(data, name, part, rng, most=most)]


def ordinary_passages(data: Path, name: str, part: str, rng: np.random.Generator, *, most: int = 6000) -> list[str]:
    """Cut ordinary documents into passages of 25, 60 or 150 words, at most 40 a document."""
    kept: list[str] = []
    for text in text_sets.harmless(data, name).part(part).texts:
        cut = list(text_sets.passages(text, int(rng.choice([25, 60, 150])))) or [text]
        kept += cut if len(cut) <= 40 else [cut[i] for i in rng.choice(len(cut), 40, replace=False)]
    return kept if len(kept) <= most else [kept[i] for i in rng.choice(len(kept), most, replace=False)]


def rude_sentences(data: Path, found: _Gathered, rng: np.random.Generator, times: int = 6) -> list[str]:
    """Put each entry of the English list of rude words into harmless sentences, and keep it alone too."""
    entries = (data / "ldnoobw-wordlists" / "en.txt").read_text(encoding="utf-8").split("\n")
    rude = [entry.strip() for entry in entries if entry.strip()]
    pairs = zip(found.texts, found.labels, strict=True)
    calm = [text for text, label in pairs if label == 0 and len(text) < 250 and text.isascii()]
    made = list(rude)
    for entry in rude * times:
        words = calm[rng.integers(len(calm))].split()
        words.insert(int(rng.integers(len(words) + 1)), entry)
        made.append(" ".join(words))
    return made


def long_pages(
    data: Path, sets: Mapping[str, Labelled], part: str, rng: np.random.Generator, count: int
) -> tuple[list[str], NDArray[np.float64]]:
    """Make pages of 200–1,500 words: a third as they are, a third with a harmless comment in them, a third with a toxic one."""
    pages = [
        text
        for name in ("c4-web", "movie-reviews", "fineweb-edu-scored", "presidential-speeches")
        for text in text_sets.harmless(data, name).part(part).texts
        if len(text.split()) >= 200
    ]
    told = [sets[name].part(part) for name in ("surge-toxicity", "civil-spans", "gab-hate", "fox-comments", "dynahate")]
    comments = {
        label: [text for found in told for text in found.texts[found.labels == label] if len(text) < 1500]
        for label in (0, 1)
    }
    texts, labels = [], []
    for turn in range(count):
        words = pages[rng.integers(len(pages))].split(" ")
        lines = list(text_sets.passages(" ".join(words[: int(rng.integers(200, 1500))]), 40))
        if turn % 3:
            choice = comments[turn % 3 - 1]
            lines.insert(int(rng.integers(len(lines) + 1)), choice[rng.integers(len(choice))])
        texts.append("\n\n".join(lines))
        labels.append(float(turn % 3 == 2))
    return texts, np.array(labels)
