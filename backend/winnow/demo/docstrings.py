"""Documentation strings of Python files, read without importing anything."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from pathlib import Path

from winnow.demo.document import Document, draw_key, of_package
from winnow.demo.installed import Installed, listed, modules

SHORTEST = 200
"""Characters."""
PER_FILE = 50
LARGEST_FILE = 250_000
"""Bytes; larger files are generated tables more often than prose, and cost seconds to parse."""

LIBRARY = "python standard library"
OTHER = "other packages"
SOURCES = {
    LIBRARY: 0.26,
    "numpy": 0.13,
    "scipy": 0.15,
    "pandas": 0.14,
    "scikit-learn": 0.12,
    "torch": 0.12,
    OTHER: 0.08,
}
"""Share of the drawn documentation strings per source."""
_NAMED = {"numpy": "numpy", "scipy": "scipy", "pandas": "pandas", "sklearn": "scikit-learn", "torch": "torch"}


def source_of(package: str) -> str:
    """Name the source that a package or distribution counts under."""
    known = {**_NAMED, "scikit_learn": "scikit-learn"}
    return known.get(package.lower().replace("-", "_"), OTHER)


def by_source(installed: Installed) -> dict[str, Iterator[Document]]:
    """Return one endless-looking tap per source: its documentation strings, in an order drawn by hash."""
    tops: dict[str, list[Path]] = {source: [] for source in SOURCES}
    for entry in listed(installed.library):
        if entry.suffix == ".py" or (entry / "__init__.py").is_file():
            tops[LIBRARY].append(entry)
    for entry in installed.tops():
        tops[source_of(entry.stem)].append(entry)
    return {source: _documents(found, source) for source, found in tops.items()}


def _documents(tops: list[Path], source: str) -> Iterator[Document]:
    found = dict(pair for top in tops if top.stem not in {"test", "idlelib"} for pair in modules(top))
    for module in sorted(found, key=draw_key):
        drawn = sorted(strings(found[module], module), key=lambda pair: draw_key(pair[0]))
        for name, text in drawn[:PER_FILE]:
            document = of_package(name, text, source, "docstring")
            if document and len(document.text) >= SHORTEST:
                yield document


def strings(file: Path, module: str) -> list[tuple[str, str]]:
    """Return (dotted name, documentation string) of a file; a file that cannot be read or parsed has none."""
    try:
        content = file.read_bytes()
        if len(content) > LARGEST_FILE:
            return []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(content)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    found: dict[str, str] = {}
    _collect(tree, module, found)
    return list(found.items())


def _collect(node: ast.Module | ast.ClassDef, name: str, found: dict[str, str]) -> None:
    _keep(node, name, found)
    for child in node.body:
        if isinstance(child, ast.ClassDef):
            _collect(child, f"{name}.{child.name}", found)
        elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            _keep(child, f"{name}.{child.name}", found)


def _keep(
    node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, name: str, found: dict[str, str]
) -> None:
    text = ast.get_docstring(node)
    if text and len(text) >= SHORTEST:
        found.setdefault(name, text)
