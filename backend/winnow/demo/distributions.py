"""Long descriptions, licences and changelogs that packages carry beside their code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from winnow.demo.docstrings import source_of
from winnow.demo.document import Document, of_package
from winnow.demo.installed import Installed, listed

_LICENCE = re.compile(r"(?i)licen[cs]e|copying")
_CHANGES = re.compile(r"(?i)^(?:change(?:s|log)?|history|news|release[-_]notes)(?:\.(?:md|rst|txt))?$")
_HEADERS_END = re.compile(r"\r?\n\r?\n")


def documents(installed: Installed) -> Iterator[Document]:
    """Yield the documents of each distribution in order of name; what cannot be read is passed over."""
    for folder in installed.descriptions():
        name = folder.name.removesuffix(".dist-info")
        source = source_of(name.partition("-")[0])
        found = [_readme(folder, name, source)]
        found += [
            _whole(file, f"{name}/{file.relative_to(folder).as_posix()}", source, "licence")
            for file in _licences(folder)
        ]
        yield from (document for document in found if document)
    for top in installed.tops():
        for file in listed(top):
            if _CHANGES.match(file.name) and (
                document := _whole(file, f"{top.name}/{file.name}", source_of(top.name), "changelog")
            ):
                yield document


def _licences(folder: Path) -> list[Path]:
    found = [file for file in folder.rglob("*") if _LICENCE.search(file.name) and file.is_file()]
    return sorted(found)


def _readme(folder: Path, name: str, source: str) -> Document | None:
    text = _read(folder / "METADATA")
    parts = _HEADERS_END.split(text, maxsplit=1)
    return of_package(f"{name}/README", parts[1], source, "readme") if len(parts) == 2 else None


def _whole(file: Path, name: str, source: str, kind: str) -> Document | None:
    return of_package(name, _read(file), source, kind)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""
