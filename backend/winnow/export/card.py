"""The data card of an export: README.md with the front matter that the Hugging Face Hub reads."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from winnow.export.base import write_text
from winnow.export.manifest import CARD

MOST_ROWS = 50
"""Groups in one table at most; the manifest holds them all."""

_BOUNDS = ["1K", "10K", "100K", "1M", "10M", "100M", "1B", "10B", "100B", "1T"]
_SIZES = ["n<1K", *(f"{low}<n<{high}" for low, high in pairwise(_BOUNDS)), "n>1T"]
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_TITLES = {"source": "Sources", "cluster_name": "Clusters", "cluster": "Clusters", "language": "Languages"}


def card(manifest: Mapping[str, Any]) -> str:
    """Return the data card of an export from its manifest alone, so that equal manifests give equal cards."""
    counts = manifest["counts"]
    tables = [_table(column, counts[column], manifest["documents"]) for column in counts if counts[column]]
    parts = [
        _front_matter(manifest),
        _summary(manifest),
        *_steps(manifest),
        *_held_out(manifest),
        *_split(manifest),
        *tables,
        *_arranged(manifest),
        _columns(manifest),
        _recipe(manifest),
        _use(manifest),
    ]
    return "\n\n".join(parts) + "\n"


def write_card(folder: Path, manifest: Mapping[str, Any]) -> Path:
    """Write README.md beside the files of an export."""
    write_text(folder / CARD, card(manifest))
    return folder / CARD


def size_category(documents: int) -> str:
    """Return the Hub's name for a number of documents.

    >>> size_category(999), size_category(1000)
    ('n<1K', '1K<n<10K')
    """
    return _SIZES[min(max(len(str(documents)) - 3, 0), len(_SIZES) - 1)]


def _front_matter(manifest: Mapping[str, Any]) -> str:
    languages = sorted(name for name in manifest["counts"].get("language", {}) if _LANGUAGE.fullmatch(name))
    matter = {
        "pretty_name": _line(manifest["selection"]),
        **({"language": languages} if languages else {}),
        "license": "other",
        "size_categories": [size_category(manifest["documents"])],
        "task_categories": ["text-generation"],
        "tags": ["winnow", "data-selection", str(manifest["recipe"].get("method", {}).get("method", "selection"))],
        **_configs(manifest),
    }
    return "---\n" + yaml.safe_dump(matter, sort_keys=False, allow_unicode=True) + "---"


def _summary(manifest: Mapping[str, Any]) -> str:
    pool, spent = manifest["pool"], manifest["budget"]["spent"]
    share = spent["tokens"] / pool["tokens"] if pool["tokens"] else 0.0
    asked = ", ".join(f"{unit} {amount:,}" for unit, amount in manifest["budget"]["asked"].items())
    rows = f" The files hold {manifest['documents']:,} rows (see below)." if manifest.get("arranged") else ""
    documents = spent["documents"] if rows else manifest["documents"]
    return (
        f"# {_plain(manifest['selection'])}\n\n"
        f"{documents:,} documents with {spent['tokens']:,} tokens, chosen from {pool['documents']:,} "
        f"documents with {pool['tokens']:,} tokens ({share:.1%} of the tokens). Budget asked: {asked}.{rows}\n\n"
        "The documents keep the licences of their sources; find them out before you publish this data."
    )


def _steps(manifest: Mapping[str, Any]) -> list[str]:
    """Return what each step of a chain left, when there were several."""
    steps = manifest.get("steps", [])
    if len(steps) < 3:
        return []
    rows = [f"| {_plain(step['step'])} | {step['documents']:,} | {step['tokens']:,} |" for step in steps]
    return ["\n".join(["## Steps", "", "| step | documents left | tokens left |", "|---|---:|---:|", *rows])]


def _held_out(manifest: Mapping[str, Any]) -> list[str]:
    found = manifest.get("held_out_targets", [])
    if not found:
        return []
    lines = [f"- {_plain(told)}" for told in found]
    warning = (
        "This selection was made to resemble a benchmark's held-out data, so that benchmark says little of its worth:"
    )
    return ["\n".join(["## Held-out target", "", warning, "", *lines])]


def _split(manifest: Mapping[str, Any]) -> list[str]:
    splits = manifest.get("splits", {})
    if not splits:
        return []
    rows = [f"| {_plain(name)} | {count:,} |" for name, count in splits["documents"].items()]
    why = "Documents that are copies or near copies of each other are all in one split."
    return ["\n".join(["## Splits", "", why, "", "| split | documents |", "|---|---:|", *rows])]


def _table(column: str, counts: Mapping[str, int], documents: int) -> str:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    rows = [f"| {_plain(name)} | {count:,} | {count / max(documents, 1):.1%} |" for name, count in ordered[:MOST_ROWS]]
    more = [f"\n{len(ordered) - MOST_ROWS:,} more are in manifest.json."] if len(ordered) > MOST_ROWS else []
    head = [
        f"## {_TITLES.get(column, _plain(column))}",
        "",
        f"| {_plain(column)} | documents | share |",
        "|---|---:|---:|",
    ]
    return "\n".join([*head, *rows, *more])


def _arranged(manifest: Mapping[str, Any]) -> list[str]:
    """Say what was done to the documents between the selection and the files, a numbered line each."""
    arranged = manifest.get("arranged")
    if not arranged:
        return []
    lines = [f"{number}. {_step(step)}" for number, step in enumerate(arranged["steps"], 1)]
    return [
        "\n".join(["## How it was arranged", "", *lines, "", f"Seed {arranged['seed']}; recipes are in manifest.json."])
    ]


def _step(step: Mapping[str, Any]) -> str:
    counts = dict(step["counts"])
    before, after = counts.pop("tokens_before", None), counts.pop("tokens_after", None)
    told = [f"{_plain(name)} {value:,}" for name, value in counts.items()]
    told += [f"tokens {before:,} before and {after:,} after"] if before is not None else []
    settings = {key: value for key, value in step["recipe"].items() if key != "method" and value != ""}
    shown = ", ".join(f"{_plain(key)} {_plain(value)}" for key, value in settings.items())
    return f"**{_plain(step['recipe']['method'])}** ({shown}): {_plain(step['what'])} {'; '.join(told).capitalize()}."


def _columns(manifest: Mapping[str, Any]) -> str:
    rows = [f"| {_plain(name)} | {_plain(kind)} |" for name, kind in manifest["columns"].items()]
    return "\n".join(["## Columns", "", "| column | type |", "|---|---|", *rows])


def _recipe(manifest: Mapping[str, Any]) -> str:
    text = json.dumps(manifest["recipe"], indent=2, sort_keys=True, ensure_ascii=False)
    versions = ", ".join(f"{name} {version}" for name, version in sorted(manifest["versions"].items()))
    indented = "\n".join("    " + line for line in text.split("\n"))
    return (
        f"## How it was chosen\n\n{indented}\n\n"
        f"Pool fingerprint {manifest['pool']['fingerprint']}; written with {versions}."
    )


def _configs(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the Hub needs to load the files, where it can."""
    if not manifest.get("hub_loads", True):
        return {}
    patterns = _patterns(manifest)
    files = [{"split": split, "path": path} for split, path in patterns.items()]
    return {"configs": [{"config_name": "default", "data_files": files}]}


def _use(manifest: Mapping[str, Any]) -> str:
    return (
        "## How to load it\n\n"
        f"```python\n{manifest['how_to_load']}\n```\n\n"
        "The sums of the files are in manifest.json; `winnow export --verify FOLDER` checks them."
    )


def _patterns(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return a glob for the files of each split."""
    found: dict[str, str] = {}
    for entry in manifest["files"]:
        split = "validation" if re.search(r"(^|/)validation[-/]", entry["name"]) else "train"
        found.setdefault(split, re.sub(r"\d{5}", "*", entry["name"]))
    return found or {"train": "part-*"}


def _plain(text: object) -> str:
    """Return a name as one line in which no character means anything to Markdown or HTML."""
    return re.sub(r"([\\`*_{}\[\]()<>#+!|&~$])", r"\\\1", _line(text))


def _line(text: object) -> str:
    return " ".join(str(text).split())
