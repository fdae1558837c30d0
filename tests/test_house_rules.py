"""The rules of the house: small files, plain names, described settings, and imports that flow one way."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from winnow.arrange.base import Arrangement
from winnow.embed.base import Embedder
from winnow.export.base import Exporter
from winnow.ingest.base import Reader
from winnow.judge.base import Judge
from winnow.method import Method, methods
from winnow.online.base import Online
from winnow.prove.diagnoses.base import Diagnosis
from winnow.rate.base import Rater
from winnow.score.base import Scorer
from winnow.select.base import Selector

ROOT = Path(__file__).parents[1]
BACKEND, APP, PAGES = ROOT / "backend", ROOT / "app" / "winnow_app", ROOT / "app" / "winnow_app" / "pages"
SOURCES = sorted([*BACKEND.rglob("*.py"), *APP.rglob("*.py")])
TESTS = sorted((ROOT / "tests").rglob("*.py"))
KINDS = (Reader, Scorer, Rater, Judge, Embedder, Selector, Arrangement, Online, Exporter, Diagnosis)

LONGEST_FILE, LONGEST_PAGE, LONGEST_FUNCTION, MOST_POSITIONAL = 400, 120, 40, 5
VAGUE_NAMES = {"utils", "util", "common", "helpers", "helper", "core", "manager", "misc"}
UNFINISHED = re.compile(rf"\b({'TO' + 'DO'}|{'FIX' + 'ME'})\b")

Function = ast.FunctionDef | ast.AsyncFunctionDef
every_source = pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def functions(path: Path) -> Iterator[Function]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, Function))


def positional(function: Function) -> list[str]:
    names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
    return [name for name in names if name not in ("self", "cls")]


def is_command(function: Function, path: Path) -> bool:
    """Return whether it is a command: its arguments are a person's options, passed by name."""
    return path.parent == BACKEND / "winnow" / "cli" and bool(function.decorator_list)


def places(path: Path, found: list[tuple[int, str]]) -> str:
    """Return one line per fault, as an editor can open it."""
    return "\n".join(f"{path.relative_to(ROOT)}:{line}: {what}" for line, what in found)


def all_methods() -> list[type[Method]]:
    return [method for kind in KINDS for method in methods(kind).values()]


@every_source
def test_files_are_short(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= (LONGEST_PAGE if path.parent == PAGES else LONGEST_FILE)


@every_source
def test_functions_are_short_and_take_few_positional_arguments(path: Path) -> None:
    found = []
    for function in functions(path):
        lines = (function.end_lineno or function.lineno) - function.lineno + 1
        if lines > LONGEST_FUNCTION:
            found.append((function.lineno, f"{function.name} has {lines} lines"))
        if len(positional(function)) > MOST_POSITIONAL and not is_command(function, path):
            found.append((function.lineno, f"{function.name} takes {len(positional(function))} positional arguments"))
    assert not found, places(path, found)


@every_source
def test_names_say_what_a_thing_is(path: Path) -> None:
    named = {part.removesuffix(".py") for part in path.relative_to(ROOT).parts}
    assert not named & VAGUE_NAMES
    found = [
        (node.lineno, node.name)
        for node in ast.walk(tree(path))
        if isinstance(node, (*Function.__args__, ast.ClassDef)) and node.name.strip("_").lower() in VAGUE_NAMES
    ]
    assert not found, places(path, found)


@every_source
def test_every_module_says_what_it_is(path: Path) -> None:
    module = tree(path)
    if module.body:
        assert ast.get_docstring(module)


@pytest.mark.parametrize("path", [*SOURCES, *TESTS], ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_left_unfinished(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    found = [(number, line.strip()) for number, line in enumerate(lines, 1) if UNFINISHED.search(line)]
    assert not found, places(path, found)


@pytest.mark.parametrize(
    "path", [path for path in SOURCES if path.is_relative_to(BACKEND)], ids=lambda path: str(path.relative_to(ROOT))
)
def test_the_backend_does_not_print(path: Path) -> None:
    found = [
        (node.lineno, "print")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert not found, places(path, found)


@pytest.mark.parametrize("method", all_methods(), ids=lambda method: f"{method.__module__}.{method.name}")
def test_methods_and_their_settings_are_described(method: type[Method]) -> None:
    assert not (method.__doc__ or "").startswith(f"{method.__name__}("), "write a docstring"
    assert method.summary().endswith(".")
    for setting in method.settings():
        assert re.fullmatch(r"\w.*\.", setting.help, re.DOTALL), f"{setting.name}: a sentence, not {setting.help!r}"
    method()


def test_no_two_methods_share_a_name_within_their_kind_or_across() -> None:
    names = [method.name for method in all_methods() if not issubclass(method, Reader | Exporter)]
    assert len(names) == len(set(names))


def test_imports_flow_one_way() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    done = subprocess.run([*command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
