"""The documents written for this project: in a source checkout under assets/demo, in a wheel as package data."""

from __future__ import annotations

from pathlib import Path

from winnow.errors import InputError

BROKEN = "broken.jsonl"
"""Half of its rows are damaged on purpose, so that the demo has a quarantine to show."""

_PACKAGE = Path(__file__).resolve().parent.parent


def folder() -> Path:
    """Return the folder that holds the documents; raises InputError when this installation lacks it."""
    places = (_PACKAGE / "demo_documents", _PACKAGE.parent.parent / "assets" / "demo")
    for place in places:
        if (place / BROKEN).is_file():
            return place
    raise InputError(
        "the demo corpus needs the documents of assets/demo",
        f"none in {places[0]} or {places[1]}",
        "pip install --force-reinstall winnow-workbench",
    )


def files() -> list[Path]:
    """List the JSONL files, in order of name."""
    return sorted(folder().glob("*.jsonl"))
