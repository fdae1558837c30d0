"""Judged pairs that a rater learns from: a file of them, or the answers to a question of the kind pair."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from winnow.catalog.catalog import Catalog
from winnow.catalog.label_schemas import KINDS
from winnow.errors import InputError, MissingNeed, SettingError, nearest
from winnow.rate.pair_files import SIDES, PairLine, read_pairs


@dataclass(frozen=True, eq=False)
class JudgedPairs:
    """Pairs, whose documents are named by what `numbers` does not know as their doc_ids, and what the card tells of them."""

    lines: Sequence[PairLine]
    numbers: dict[str, int]
    told: dict[str, Any]


def judged_pairs(catalog: Catalog, named: str) -> JudgedPairs:
    """Return the pairs of a question, or of a file where no question has this name.

    Raises InputError for a file that holds none, MissingNeed for a question without answers, SettingError for a name
    that is neither.
    """
    schemas = catalog.labels.schemas()
    if named in schemas:
        return _of_question(catalog, named)
    if not Path(named).exists():
        asked = [name for name, schema in schemas.items() if schema.kind == "pair"]
        fix = nearest(named, asked) if asked else "label ask NAME --kind pair, or name a file"
        raise SettingError(f"'{named}' is neither a file of pairs nor a question that asks for them", "", fix)
    lines = list(read_pairs(Path(named)))
    if not lines:
        raise InputError(f"{named} holds no pair", "0 lines were read", "one JSON object a line")
    ids = [name for line in lines if not line.by_text for name in (line.first, line.second)]
    with open(named, "rb") as file:
        told = {"file": named, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}
    return JudgedPairs(lines, catalog.browse.ids_of(ids), told)


def _of_question(catalog: Catalog, question: str) -> JudgedPairs:
    """Return what people said, one line a pair: a deciding answer alone, else the mean over people, a tie being ½."""
    schema = catalog.labels.schema(question)
    if schema.kind != "pair":
        raise SettingError(
            "pairs are learnt from a question of the kind pair", f"'{question}' asks for {KINDS[schema.kind]}",
            f"--labels {question}, or another question",
        )  # fmt: skip
    said: dict[tuple[int, int], list[float]] = {}
    people: set[str] = set()
    for label in catalog.labels.settled(question):
        if label.value in schema.values and label.other is not None:
            said.setdefault((label.doc_id, label.other), []).append(SIDES[str(label.value)])
            people.add(label.who)
    if not said:
        raise MissingNeed(f"'{question}' has no answer yet", "nobody judged a pair", "judge some on the Label page")
    shares = {pair: float(np.mean(answers)) for pair, answers in sorted(said.items())}
    lines = [
        PairLine(number, str(first), str(second), by_text=False, share=share, criterion="", group="")
        for number, ((first, second), share) in enumerate(shares.items(), start=1)
    ]
    told = {
        "schemas": [question], "people": len(people), "ties": sum(share == 0.5 for share in shares.values()),
        "last_label": catalog.labels.last, "sha256": hashlib.sha256(repr(lines).encode()).hexdigest(),
    }  # fmt: skip
    return JudgedPairs(lines, {}, told)
