"""Replaying recipes: the same corpus gives the same bytes, whatever became of the names in between."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from chat_server import completion, serve
from conftest import one_process, write_lines
from winnow.catalog.filters import Filter
from winnow.errors import ConflictError, InputError, MissingNeed, SettingError
from winnow.export.manifest import verify
from winnow.workspace import Workspace

EXPORT = "export: {format: jsonl, columns: [stars], shard_docs: 2}\n"


@pytest.fixture
def clone(scored: Workspace, tmp_path: Path) -> Workspace:
    """Return the same corpus as it was before anything was selected."""
    shutil.copytree(scored.folder, tmp_path / "clone")
    return one_process(tmp_path / "clone")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def make_everything(workspace: Workspace, target: Path) -> None:
    """Keep "last", which stands on a chain, a filter, a parent, a target file, a target selection and set algebra."""
    rules = {"method": {"method": "rules", "keep": "stars>=1"}}
    workspace.select("random", share=0.9, name="most", before=[rules], filter=Filter(where="doc_id < 5"), seed=3)
    aim = {"target": str(target), "settings": {"min_words": 0}}
    workspace.select("dsir", docs=2, name="like", within="most", **aim)
    workspace.select("dsir", docs=3, name="liked", target="like", settings={"min_words": 0, "sample": False})
    workspace.combine("union", ["like", "liked"], name="both", weights="sum", docs=4, by="stars")
    weights = {"max_epochs": 2, "by": "source"}
    workspace.select("proportional", tokens=60, name="last", within="both", settings=weights, seed=5)


def test_a_recipe_gives_the_same_bytes_in_another_copy(scored: Workspace, clone: Workspace, tmp_path: Path) -> None:
    target = write_lines(tmp_path / "aim.jsonl", [{"text": "bread and trains"}, {"text": "a direction"}])
    make_everything(scored, target)
    recipe = tmp_path / "last.yaml"
    recipe.write_text(scored.recipe("last") + EXPORT)
    written = scored.run_recipe(recipe, out=tmp_path / "one")
    assert written.created == scored.catalog.selections.get("last").created  # the same is not kept twice
    clone.run_recipe(recipe, out=tmp_path / "two")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert verify(tmp_path / "one") == []
    assert [kept.name for kept in clone.catalog.selections.all()] == ["last"]  # parents are kept nowhere
    assert clone.recipe("last") == scored.recipe("last")
    # What others make of the names later changes nothing.
    clone.select("random", docs=1, name="most")
    clone.select("random", docs=1, name="both")
    clone.run_recipe(recipe, out=tmp_path / "three")
    assert contents(tmp_path / "one") == contents(tmp_path / "three")


def test_an_export_carries_the_recipe_that_makes_it_again(scored: Workspace, clone: Workspace, tmp_path: Path) -> None:
    scored.select("top", docs=3, name="best", settings={"column": "stars"})
    scored.export("best", tmp_path / "one", format="jsonl", columns=["stars"], settings={"shard_docs": 2})
    assert verify(tmp_path / "one") == []
    clone.run_recipe(tmp_path / "one" / "recipe.yaml", out=tmp_path / "two")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert len(contents(tmp_path / "two")) == 5  # two parts, manifest, card, recipe


def test_a_judged_recipe_asks_with_consent_and_no_question_twice(scored: Workspace, tmp_path: Path) -> None:
    scored.select("top", docs=3, name="best", settings={"column": "stars"})
    with serve() as listening:
        listening.reply = lambda number, body: (200, completion(f"said otherwise, {len(str(body))} letters"))
        judge = {"method": "endpoint", "url": listening.url, "model": "m", "private": True, "key_env": "MY_KEY"}
        scored.export("best", tmp_path / "one", format="jsonl", arrange=[{"method": "rephrase"}], judge=judge)
        asked = len(listening.asked)
        recipe = tmp_path / "one" / "recipe.yaml"
        assert asked > 0
        assert listening.url in recipe.read_text()
        # Which secret is sent is never a file's to say.
        assert "MY_KEY" not in recipe.read_text()
        with pytest.raises(SettingError, match=rf"sends texts to {listening.url}; add --ask-judge"):
            scored.run_recipe(recipe, out=tmp_path / "two", replace=True)
        scored.run_recipe(recipe, out=tmp_path / "two", replace=True, ask_judge=True)
        assert len(listening.asked) == asked
    parts = [sorted(path.read_bytes() for path in (tmp_path / name).glob("part-*")) for name in ("one", "two")]
    assert parts[0] == parts[1]


def test_a_recipe_that_names_a_key_is_refused(scored: Workspace, tmp_path: Path) -> None:
    scored.select("top", docs=3, name="best", settings={"column": "stars"})
    recipe = tmp_path / "best.yaml"
    recipe.write_text(
        scored.recipe("best") + "judge: {method: endpoint, url: https://example.org/v1, key_env: SECRET}\n"
    )
    with pytest.raises(SettingError, match="a recipe names no key"):
        scored.run_recipe(recipe, replace=True)


def test_a_name_that_stands_for_others_is_not_overwritten(scored: Workspace, tmp_path: Path) -> None:
    recipe = tmp_path / "best.yaml"
    recipe.write_text("winnow_recipe: 1\nname: best\nselect: [{method: top, column: stars, budget: {docs: 2}}]\n")
    first = scored.run_recipe(recipe)
    assert scored.run_recipe(recipe).created == first.created
    recipe.write_text(recipe.read_text().replace("docs: 2", "docs: 3"))
    with pytest.raises(ConflictError, match="--replace"):
        scored.run_recipe(recipe)
    assert len(scored.run_recipe(recipe, replace=True).read()[0]) == 3


def test_parents_see_those_before_them_and_the_kept(scored: Workspace, tmp_path: Path) -> None:
    scored.select("rules", share=1, name="starred", settings={"keep": "stars>=1"})
    recipe = tmp_path / "x.yaml"
    recipe.write_text(
        "winnow_recipe: 1\nname: x\ncombine: {operation: subtract, of: [b, a]}\nparents:\n"
        "  a: {select: [{method: top, column: stars, budget: {docs: 2}}], within: starred}\n"
        "  b: {select: [{method: random}], filter: {where: doc_id <> 1}}\n"
    )
    made = scored.run_recipe(recipe)
    assert sorted(made.read()[0].tolist()) == [0, 2, 4]  # all but 1, less 5 and 3
    assert set(made.recipe["parents"]["a"]["parents"]) == {"starred"}


def test_what_a_recipe_lacks_is_told_before_anything_is_made(scored: Workspace, tmp_path: Path) -> None:
    head, select = "winnow_recipe: 1\nname: x\n", "select: [{method: random}]\n"
    recipe = tmp_path / "x.yaml"
    for text, error, words in (
        ("select: [{method: top}]\n", MissingNeed, r"top needs column 'quality'.*winnow score quality"),
        (
            select + "export: {columns: [quality]}\n",
            MissingNeed,
            r"export needs column 'quality'.*winnow score quality",
        ),
        (select + "export: {columns: [star]}\n", MissingNeed, r"export needs column 'star'.*did you mean 'stars'"),
        (select + "within: best\n", SettingError, "no selection is called 'best'"),
        ("select: [{method: dsir, target: none.jsonl}]\n", InputError, "none.jsonl"),
    ):
        recipe.write_text(head + text)
        with pytest.raises(error, match=words):
            scored.run_recipe(recipe)
    assert scored.catalog.selections.all() == []
    with pytest.raises(InputError, match="winnow recipe NAME"):
        scored.run_recipe(tmp_path / "absent.yaml")
    recipe.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="UTF-8"):
        scored.run_recipe(recipe)


def test_an_arrangement_is_replayed_too(scored: Workspace, clone: Workspace, tmp_path: Path) -> None:
    scored.select("random", share=1, name="all")
    arrange = [{"method": "control_tokens", "column": "stars", "threshold": 2.5}, {"method": "shuffle"}]
    scored.export("all", tmp_path / "one", format="jsonl", arrange=arrange)
    text = (tmp_path / "one" / "recipe.yaml").read_text()
    assert "method: shuffle" in text
    clone.run_recipe(tmp_path / "one" / "recipe.yaml", out=tmp_path / "two")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    broken = tmp_path / "broken.yaml"
    broken.write_text(text.replace("method: shuffle", "method: shufle"))
    with pytest.raises(
        SettingError, match=r"broken.yaml, line \d+: no arrangement is called 'shufle'; did you mean 'shuffle'"
    ):
        clone.run_recipe(broken)
