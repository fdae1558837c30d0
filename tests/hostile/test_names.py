"""Names that people give: nothing leaves the corpus's folder, and nobody passes for somebody else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import write_lines
from winnow.api.visitors import Door, Visitors
from winnow.catalog.label_schemas import LabelSchema
from winnow.catalog.people import is_name
from winnow.errors import WinnowError
from winnow.workspace import Workspace

NAMES = (
    "../x", "a/../../x", "/tmp/x", "..", ".", "", " ", "a/b", "a\\b", "a\x00b", "a\nb", "a\u202eb", "a\u200bb", "x" * 300,
    "<script>alert(1)</script>", "'; DROP TABLE docs --", "~/x", "$(touch x)", "-rf",
)  # fmt: skip
Verb = Callable[[Workspace, str, Path], object]
VERBS: dict[str, Verb] = {
    "select": lambda corpus, name, files: corpus.select("random", docs=2, name=name),
    "combine": lambda corpus, name, files: corpus.combine("union", ["some"], name=name),
    "import-column": lambda corpus, name, files: corpus.bring("column", files / "values.jsonl", name=name),
    "import-vectors": lambda corpus, name, files: corpus.bring("vectors", files / "v.jsonl", model=name, ids=None),
    "learn": lambda corpus, name, files: corpus.learn(name, "yes_no", plan={"labels": ["label"]}),
    "teach": lambda corpus, name, files: corpus.teach(name, {}),
    "prove": lambda corpus, name, files: corpus.prove(name, {"selections": ["some"], "target": str(files / "v.jsonl")}),
    "ladder": lambda corpus, name, files: corpus.ladder(name, {"target": str(files / "v.jsonl")}),
    "skills": lambda corpus, name, files: corpus.skills(name, {}),
    "rounds": lambda corpus, name, files: corpus.rounds(name, {"target": str(files / "v.jsonl")}),
    "ask": lambda corpus, name, files: corpus.labels.define(LabelSchema(name, "?", ("a", "b"))),
    "recipe": lambda corpus, name, files: corpus.run_recipe(_recipe(files, name)),
}


def _recipe(files: Path, name: str) -> Path:
    told = {"winnow_recipe": 1, "name": name, "select": [{"method": "random", "budget": {"docs": 2}}]}
    (files / "recipe.yaml").write_text(json.dumps(told))
    return files / "recipe.yaml"


def outside(tmp_path: Path) -> set[Path]:
    """Return everything beside the corpus."""
    return {path for path in tmp_path.rglob("*") if tmp_path / "corpus" not in (path, *path.parents)}


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_a_name_is_refused_before_anything_is_written(verb: str, scored: Workspace, tmp_path: Path) -> None:
    scored.select("random", docs=3, name="some")
    write_lines(tmp_path / "values.jsonl", [{"id": "a", "value": 1}])
    write_lines(tmp_path / "v.jsonl", [{"id": "a", "text": "a text", "vector": [1.0, 0.0]}])
    _recipe(tmp_path, "")
    before, inside = outside(tmp_path), {path for path in scored.folder.rglob("*") if path.is_dir()}
    # A question is a row of a table: its name may be long.
    for name in NAMES if verb != "ask" else (name for name in NAMES if len(name) < 100):
        with pytest.raises(WinnowError) as caught:
            VERBS[verb](scored, name, tmp_path)
        assert "\n" not in str(caught.value)
        assert "\u202e" not in str(caught.value), "what is told back cannot turn a line around"
    assert outside(tmp_path) == before
    assert {path for path in scored.folder.rglob("*") if path.is_dir()} <= inside | {scored.folder / "tmp"}


@pytest.mark.parametrize(
    "name", ["\u0430na", "ana\u200b", "an\u202ea", "\uff41na", "a\u0000na", "ana\u2028", "an\u03b1", "others"]
)
def test_nobody_passes_for_somebody_else(name: str, scored: Workspace) -> None:
    """A Cyrillic a, nothing, a turned line, a wide a, a control character, an alpha: each looks like ana."""
    people = scored.catalog.people
    people.add("ana", "curator")
    visitors = Visitors(people, Door("a long password"))
    with pytest.raises(WinnowError):
        people.add(name, "reader")
    with pytest.raises(WinnowError):
        visitors.log_in(name, "a long password", "address")
    with pytest.raises(WinnowError):
        visitors.check_free(name)


@pytest.mark.parametrize(
    "name",
    ["ana@lab.example", "Jos\u00e9", "\u0410\u043d\u043d\u0430", "\u05d3\u05e0\u05d4", "\u674e \u660e", "O\u2019Neil"],
)
def test_names_of_people_are_names(name: str) -> None:
    assert is_name(name)
