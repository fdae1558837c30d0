"""Which texts guided a selection: its target, and what the columns and models that it went by were made to match."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.catalog.catalog import Catalog
from winnow.jobs.lab_models import TAUGHT
from winnow.jobs.target import read_target
from winnow.prove.guards import covered
from winnow.prove.results import read_json, write_json
from winnow.score.minhash import band_keys, shingles

LESSON, LADDERS = "lesson.json", "ladders"
BANDS, ROWS, WORDS = 14, 8, 5
"""As the scorer near_duplicates has it."""


def note_lesson(folder: Path, lesson: Mapping[str, Any]) -> None:
    """Write beside a model what it learnt from, and from which model it went on."""
    write_json(folder / LESSON, dict(lesson))


def guiding_targets(catalog: Catalog, recipes: Sequence[Mapping[str, Any]]) -> set[str]:
    """Return the targets, files or selections, that recipes name, and those of their parents and steps, of the columns
    that they read, of the raters and models that made those, and of the models and selections these were taught on.
    """
    makers = {column: run.recipe for run in catalog.manifest.runs("columns") for column in run.columns}
    selections = {one.name: one.recipe for one in catalog.selections.all()}
    found, seen = set(), set()
    waiting: list[Any] = list(recipes)
    while waiting:
        for key, value in _strings(waiting.pop()):
            if (key, value) in seen:
                continue
            seen.add((key, value))
            behind = _behind(catalog, key, value)
            if behind is not None:
                waiting.append(behind)
            elif key in ("target", "reference"):
                found.add(value)
            waiting += [told[value] for told in (makers, selections) if value in told]
    return found


def guiding_texts(catalog: Catalog, targets: set[str]) -> list[str]:
    """Return the texts of targets, each once; raises InputError for one that is gone."""
    read = [read_target(catalog, target, frozenset(), force=True).target.texts for target in sorted(targets)]
    return list(dict.fromkeys(text for texts in read for text in texts if text.strip()))


def overlapping(texts: Sequence[str], guides: Sequence[str]) -> dict[str, NDArray[np.bool_]]:
    """Return which texts guided something: the same but for spaces and case, nearly the same by MinHash, or more than half
    covered by runs of 8 words of one that did.
    """
    keys = set(map(letters, guides))
    return {
        "that guided a selection": np.array([letters(text) in keys for text in texts], dtype=bool),
        "nearly the same as one that did": _near(texts, guides),
        "covered by one that did": covered([pa.array(guides, pa.large_string())], texts),
    }


def letters(text: str) -> str:
    """Return a hash of a text's letters and digits: the same text with other spaces or case is the same."""
    return hashlib.sha256("".join(filter(str.isalnum, text.lower())).encode()).hexdigest()


def _near(texts: Sequence[str], guides: Sequence[str]) -> NDArray[np.bool_]:
    own, other = (shingles(pa.array(part, pa.large_string()), WORDS, WORDS) for part in (texts, guides))
    found, known = np.zeros(len(texts), dtype=bool), np.diff(other.bounds) > 0
    for ours, theirs in zip(band_keys(own, BANDS, ROWS).T, band_keys(other, BANDS, ROWS).T, strict=True):
        found |= np.isin(ours, theirs[known])
    return found & (np.diff(own.bounds) > 0)


def _behind(catalog: Catalog, key: str, value: str) -> Mapping[str, Any] | None:
    """Return what a ladder was built for or a model taught on, as a recipe; None for anything else."""
    if key == "ladder":
        asked = catalog.folder / LADDERS / value / "asked.json"
        return read_json(asked) if asked.is_file() else None
    if key not in ("model", "start"):
        return None
    for folder in (catalog.folder / TAUGHT / value, Path(value)):
        if (folder / LESSON).is_file():
            told = read_json(folder / LESSON)
            known = {one.name for one in catalog.selections.all()} | {"random", folder.name}
            aim = {"target": told["on"]} if told["on"] not in known else {"on": told["on"]}
            return {"start": told["start"], **aim}
    return None


def _strings(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield every string of nested plain values that says something, with the key that it stands under."""
    if isinstance(value, str):
        if value:
            yield key, value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _strings(inner, str(name))
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _strings(inner, key)
