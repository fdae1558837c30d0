"""The manifest of an export: what was chosen, how to choose it again, and the sum of each file."""

from __future__ import annotations

import hashlib
import json
import platform
import re
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa

from winnow.errors import InputError
from winnow.export.base import Exporter, write_text
from winnow.export.shards import plain_schema

NAME = "manifest.json"
CARD = "README.md"
RECIPE = "recipe.yaml"
PROOF, PROOF_PAGE = "proof.json", "proof.html"
VERSION = 1
PACKAGES = {"winnow": "winnow-workbench", "duckdb": "duckdb", "pyarrow": "pyarrow", "numpy": "numpy"}


def manifest(
    files: Sequence[Path],
    *,
    exporter: Exporter,
    schema: pa.Schema,
    selection: str,
    recipe: Mapping[str, Any],
    summary: Mapping[str, Any],
    exported: str = "",
    arranged: Mapping[str, Any] | None = None,
    folder: Path | None = None,
    splits: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Describe the files of an export; equal exports give equal manifests.

    `recipe` replays the selection; `summary` holds what it gave: {"pool": {"fingerprint", "documents", "tokens"}, "asked",
    "documents", "tokens", "by": {column: {name: count}}}. `exported` is a time, left out unless given: it makes two exports
    differ. `arranged`: {"seed", "steps": [{"recipe", "what", "counts"}]}. Files are named below `folder`; `splits` says how
    documents were parted. `held_out_targets` stands there only when a forced target is a benchmark's test split.
    """
    entries = [_entry(path, exporter, folder or path.parent) for path in files]
    return {
        "manifest_version": VERSION,
        "selection": selection,
        "recipe": dict(recipe),
        "seed": recipe.get("seed"),
        "budget": {"asked": dict(summary["asked"]), "spent": {unit: summary[unit] for unit in ("documents", "tokens")}},
        "pool": dict(summary["pool"]),
        **({"steps": list(summary["steps"])} if "steps" in summary else {}),
        "counts": {column: dict(counts) for column, counts in summary.get("by", {}).items()},
        "format": dict(exporter.recipe),
        **_reading(exporter, entries),
        "columns": {field.name: str(field.type) for field in plain_schema(schema)},
        "documents": sum(entry["documents"] for entry in entries),
        "files": entries,
        "versions": versions(),
        **_where_any(
            {"held_out_targets": held_out_targets(recipe), "exported": exported, "arranged": arranged, "splits": splits}
        ),
    }


def _reading(exporter: Exporter, entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return how the files are read, and whether the Hub can do so."""
    data = next((entry["name"] for entry in entries), f"part-00000{exporter.suffix}")
    return {"how_to_load": exporter.usage(re.sub(r"\d{5}", "*", data)), "hub_loads": exporter.hub_loads}


def _where_any(parts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in parts.items() if part}


def held_out_targets(recipe: Mapping[str, Any]) -> list[str]:
    """Return which targets of a recipe, of its earlier steps and its parents are a benchmark's test split, a sentence each."""
    steps = [recipe, *recipe.get("before", ())]
    found = [told for step in steps for told in step.get("held_out_target", ())]
    found += [told for parent in recipe.get("parents", {}).values() for told in held_out_targets(parent)]
    return list(dict.fromkeys(found))


def write_manifest(folder: Path, content: Mapping[str, Any]) -> Path:
    """Write manifest.json; written last, it says that the export is whole."""
    text = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    write_text(folder / NAME, text + "\n")
    return folder / NAME


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of an export; raises InputError when there is none or it cannot be read."""
    path = folder / NAME
    if not path.is_file():
        raise InputError(f"{folder} is not a whole export", f"it has no {NAME}", "winnow export NAME OUT")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as reason:
        raise InputError(f"{path} cannot be read", str(reason), "export it again") from reason
    if not isinstance(content, dict) or not isinstance(content.get("files"), list):
        raise InputError(f"{path} is no manifest", "it lists no files", "export it again")
    if content.get("manifest_version") != VERSION:
        found = f"found version {content.get('manifest_version')!r}"
        raise InputError(f"{path} is not of version {VERSION}", found, "check it with the Winnow that wrote it")
    return content


def verify(folder: Path) -> list[str]:
    """Compare an export with its manifest and return what is wrong, a sentence each; an empty list means it is whole.

    The data card, the recipe and the proof may be edited and hidden files may be added; any other file belongs to the manifest
    or is extra.
    """
    try:
        listed = read_manifest(folder)["files"]
    except InputError as reason:
        return [str(reason)]
    names = {str(entry.get("name")) if isinstance(entry, dict) else str(entry) for entry in listed}
    problems = [problem for entry in listed if (problem := _problem(folder, entry))]
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    extra = {name for name in present - names - {NAME, CARD, RECIPE, PROOF, PROOF_PAGE} if not name.startswith(".")}
    return problems + [f"{name} is not in the manifest" for name in sorted(extra)]


def versions() -> dict[str, str]:
    """Return the versions of what can change the bytes of an export."""
    found = {"python": platform.python_version()}
    for label, package in PACKAGES.items():
        try:
            found[label] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[label] = "not installed"
    return found


def _entry(path: Path, exporter: Exporter, folder: Path) -> dict[str, Any]:
    return {
        "name": path.relative_to(folder).as_posix(),
        "documents": exporter.count(path),
        "bytes": path.stat().st_size,
        "sha256": _sha256(path),
    }


def _problem(folder: Path, entry: Any) -> str:
    try:
        name, size, digest = str(entry["name"]), int(entry["bytes"]), str(entry["sha256"])
    except (TypeError, KeyError, ValueError):
        return f"the manifest has an entry that is none: {entry!r}"
    path = folder / name
    if not name or PurePosixPath(name).is_absolute() or set(PurePosixPath(name).parts) & {".", ".."}:
        return f"{name} is not the name of a file in this folder"
    if not path.is_file():
        return f"{name} is missing"
    if path.stat().st_size != size:
        return f"{name} has {path.stat().st_size} bytes, not {size}"
    return "" if _sha256(path) == digest else f"{name} was changed: its sha256 is another"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
