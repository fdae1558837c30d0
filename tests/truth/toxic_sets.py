"""The labelled sets as the toxicity scorer is fitted and measured on them: parts, categories, partners kept on one side.

A set with its own test split keeps it; the others are parted by a hash of their letters (text_sets.py). A text of a "fit"
part that nearly equals one of a "stack" or "test" part (its partner in a contrast pair, an edited copy) is left out.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from zlib import crc32

import numpy as np
import scipy.sparse as sp
import text_sets
from numpy.typing import NDArray

HEADS = ("insult", "threat", "obscene", "identity_attack", "sexual", "self_harm")
UNKNOWN = -1
"""A category label that its set does not tell."""

OWN = {
    "dynahate": {"train": "fit", "dev": "stack", "test": "test"},
    "cad-reddit": {"train": "fit", "dev": "stack", "test": "test"},
    "measuring-hate": {"train": "fit", "dev": "stack", "test": "test"},
    "gab-hate": {"train": "fit", "test": "test"},
    "hatemoji-build": {"train": "fit", "validation": "stack", "test": "test"},
}
"""Sets with their own splits; what a split is here."""

FITTED = (
    "surge-toxicity", "dynahate", "measuring-hate", "gab-hate", "cad-reddit", "implicit-hate", "toxigen-rated",
    "toxigen-seeds", "hatemoji-build", "xstest", "moderation-categories", "civil-spans", "wiki-context", "mlma",
    "fox-comments", "germeval-german", "cold-chinese", "told-portuguese", "multilingual-hate",
)  # fmt: skip
"""Their "fit" parts make the weights; of wiki-context the "stack" part is measured too, for its toxic texts are few."""

UNSEEN = ("davidson-tweets", "hateval", "olid", "edos-sexism")
"""No weight sees these."""

_HARM = {
    "insult": {
        "insult",
        "abuse",
        "PersonDirectedAbuse",
        "attack-individual",
        "harassment",
        "disrespectful",
        "offensive",
    },
    "threat": {
        "threatening",
        "threateninglanguage",
        "call-for-violence",
        "hate-threatening",
        "1. threats, plans to harm and incitement",
    },
    "obscene": {"vulgar-offensive", "profanity", "obscene"},
    "identity_attack": {
        "hate",
        "hateful",
        "implicit_hate",
        "explicit_hate",
        "implicit-hate",
        "human-degradation",
        "IdentityDirectedAbuse",
        "derogation",
        "dehumanizinglanguage",
        "animosity",
        "hate-threatening",
        "homophobia",
        "misogyny",
        "racism",
        "xenophobia",
    },
    "sexual": {"sexual"},
    "self_harm": {"self-harm"},
}
_SAID = {
    "surge-toxicity": (),
    "dynahate": ("identity_attack",),
    "measuring-hate": ("identity_attack",),
    "gab-hate": ("identity_attack", "obscene", "threat"),
    "cad-reddit": ("identity_attack", "insult"),
    "implicit-hate": ("identity_attack", "threat"),
    "toxigen-rated": ("identity_attack",),
    "toxigen-seeds": ("identity_attack",),
    "hatemoji-build": ("identity_attack", "threat"),
    "moderation-categories": ("identity_attack", "insult", "threat", "sexual", "self_harm"),
    "mlma": ("identity_attack", "insult"),
    "fox-comments": ("identity_attack",),
    "germeval-german": ("insult", "obscene"),
    "told-portuguese": ("insult", "obscene", "identity_attack"),
    "multilingual-hate": ("identity_attack",),
    "cold-chinese": (),
    "civil-spans": ("insult",),
    "wiki-context": ("insult",),
    "xstest": (),
}
"""The categories that a set tells apart; civil-spans and wiki-context hold hardly anything but insults."""


@dataclass(frozen=True)
class Labelled:
    """Texts of one set: labels (1 toxic), categories int8 [n, HEADS] (UNKNOWN where not told), languages, parts, targets."""

    name: str
    texts: NDArray[np.object_]
    labels: NDArray[np.int64]
    categories: NDArray[np.int8]
    languages: NDArray[np.str_]
    parts: NDArray[np.str_]

    def take(self, chosen: NDArray[np.bool_]) -> Labelled:
        return Labelled(self.name, *(values[chosen] for name, values in vars(self).items() if name != "name"))

    def part(self, *names: str) -> Labelled:
        return self.take(np.isin(self.parts, names))


def read(data: Path, name: str) -> Labelled:
    """Read one labelled set, equal texts once; the rude rows that civil-spans calls harmless are left out."""
    if name in ("davidson-tweets", "surge-toxicity"):
        found = text_sets.labelled(data, name)
        rows = [
            {"text": t, "toxic": y, "category": "", "lang": "en", "source_split": ""}
            for t, y in zip(found.texts, found.labels, strict=True)
        ]
    else:
        rows = list(text_sets.json_lines(data / name / f"{name}.jsonl"))
    kept: dict[bytes, tuple[str, int, list[int], str, str]] = {}
    for row in rows:
        text, split = str(row["text"]).strip(), str(row["source_split"])
        if not text or (name == "mlma" and row["lang"] != "en") or _rude(name, row, split):
            continue
        key = text_sets.fingerprint(text)
        kept.setdefault(
            key, (text, int(str(row["toxic"])), categories(name, row), str(row["lang"]), part(name, split, key))
        )
    texts, labels, harms, languages, parts = zip(*kept.values(), strict=True)
    column = np.empty(len(texts), dtype=object)
    column[:] = texts
    return Labelled(
        name, column, np.array(labels), np.array(harms, dtype=np.int8), np.array(languages), np.array(parts)
    )


def part(name: str, split: str, key: bytes) -> str:
    """Return the part of a text: its set's own split where there is one, else by its hash."""
    hashed = text_sets.part_of(key)
    own = OWN.get(name, {}).get(split.partition("/")[0])
    if own is None:
        return hashed
    return "stack" if name == "gab-hate" and own == "fit" and hashed == "test" else own


def categories(name: str, row: dict[str, object]) -> list[int]:
    """Return 1, 0 or UNKNOWN for each of HEADS: 0 where the set tells the category apart or the text is harmless."""
    said, toxic = row["category"], int(str(row["toxic"]))
    names = {said} if isinstance(said, str) else set(said) if isinstance(said, list) else set()
    found = []
    for head in HEADS:
        here = bool(names & _HARM[head]) or (
            head == "insult" and name in ("civil-spans", "wiki-context") and toxic == 1
        )
        told = head in _SAID.get(name, ()) or (toxic == 0 and head in ("threat", "sexual", "self_harm"))
        told = told and not (toxic == 0 and head == "obscene" and name != "gab-hate" and name != "germeval-german")
        found.append((1 if here else 0) if told else UNKNOWN)
    return found


def _rude(name: str, row: dict[str, object], split: str) -> bool:
    return name == "civil-spans" and not int(str(row["toxic"])) and float(split.rpartition("-")[2]) <= 0.9


def words_of(texts: Sequence[str], pairs: bool) -> sp.csr_matrix:
    """Return bool [n, 2**20]: the hashed words of each text, or its pairs of words."""
    rows, columns = [], []
    for row, text in enumerate(texts):
        found = re.findall(r"\w+|[^\w\s]", text.lower())
        found = list(pairwise(found)) if pairs and len(found) > 1 else found
        marks = {crc32(repr(word).encode()) & 0xFFFFF for word in found}
        rows += [row] * len(marks)
        columns += marks
    shape = (len(texts), 1 << 20)
    return sp.csr_matrix((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=shape)


def partners(texts: Sequence[str], kept: Sequence[str], *, common: int = 60, alike: float = 0.5) -> NDArray[np.bool_]:
    """Tell which texts share half of their words or more with one of `kept`.

    Pairs are looked for among the texts that share a pair of words which at most `common` kept texts hold; the measure is
    Jaccard's, on words.
    """
    pairs, pairs_kept = words_of(texts, True), words_of(kept, True)
    rare = np.asarray(pairs_kept.sum(axis=0)).ravel() <= common
    words, words_kept = words_of(texts, False), words_of(kept, False)
    sizes, sizes_kept = (np.asarray(found.sum(axis=1)).ravel() for found in (words, words_kept))
    near = np.zeros(len(texts), dtype=bool)
    turned = pairs_kept[:, rare].T.tocsr()
    for start in range(0, len(texts), 4000):
        met = (pairs[start : start + 4000][:, rare] @ turned).tocoo()
        left, right = met.row + start, met.col
        for cut in range(0, len(left), 200_000):
            a, b = left[cut : cut + 200_000], right[cut : cut + 200_000]
            both = np.asarray(words[a].multiply(words_kept[b]).sum(axis=1)).ravel()
            near[a[both / (sizes[a] + sizes_kept[b] - both) >= alike]] = True
    return near


def parted(data: Path) -> dict[str, Labelled]:
    """Read every set with its final parts; takes minutes.

    A "fit" text near a measured one is "left" out, and a "stack" text near a "fit" one of its own set.
    """
    sets = {name: read(data, name) for name in (*FITTED, *UNSEEN)}
    told = [text for found in sets.values() for text in measured(found).texts]
    for name in FITTED:
        found = sets[name]
        parts = found.parts.astype("<U8")
        fit = np.flatnonzero(parts == "fit")
        parts[fit[partners(list(found.texts[fit]), told)]] = "left"
        stack = np.flatnonzero((parts == "stack") & (name != "wiki-context"))
        if len(stack):
            parts[stack[partners(list(found.texts[stack]), list(found.texts[parts == "fit"]))]] = "left"
        sets[name] = replace(found, parts=parts)
    return sets


def measured(found: Labelled) -> Labelled:
    """Return the texts of a set that no weight may see."""
    if found.name in UNSEEN:
        return found
    return found.part("test", "stack") if found.name == "wiki-context" else found.part("test")


def kept(data: Path, cache: Path | None) -> dict[str, Labelled]:
    """Return `parted`, from a file in the folder `cache` when it is there."""
    if cache is None:
        return parted(data)
    path = cache / "toxic_sets.pickle"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pickle.dumps(parted(data)))
    sets: dict[str, Labelled] = pickle.loads(path.read_bytes())
    return sets
