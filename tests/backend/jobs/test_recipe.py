"""Recipes as files: what is written is read, and what is wrong is said with its line and the nearest right name."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from winnow.arrange.base import Arrangement
from winnow.catalog.filters import Filter
from winnow.errors import SettingError, WinnowError
from winnow.export.base import Exporter
from winnow.jobs.recipe import STEP, Recipe, read_recipe, write_recipe
from winnow.method import methods
from winnow.select.base import Selector

FULL = """\
winnow_recipe: 1
name: best
filter:
  where: language = 'en'
  in: {source: [wiki, forum]}
  range: {quality: [0.4, null]}
select:
- {method: rules, preset: gopher}
- method: dsir
  budget: {docs: 500}
  target: /data/train.jsonl
  seed: 3
mixture: {method: temperature, by: source, temperature: 2.0, budget: {tokens: 1000000}}
export: {format: jsonl, columns: [quality], shard_docs: 50}
"""


def test_a_recipe_is_read_into_what_is_stored() -> None:
    found = read_recipe(FULL)
    stored = found.selection
    assert stored["method"]["method"] == "temperature"
    assert stored["method"]["temperature"] == 2.0
    assert (stored["budget"], stored["seed"], stored["target"]) == ({"tokens": 1_000_000}, 0, None)
    assert stored["filter"] == {
        "where": "language = 'en'", "in.source": '["wiki", "forum"]', "range.quality": "[0.4, null]",
    }  # fmt: skip
    rules, dsir = stored["before"]
    assert (rules["method"]["preset"], rules["budget"]) == ("gopher", {"share": 1.0})
    assert (dsir["target"], dsir["seed"], dsir["budget"]) == ("/data/train.jsonl", 3, {"docs": 500})
    assert found.writing["format"] == "jsonl"
    assert (found.writing["columns"], found.writing["settings"]["shard_docs"]) == (["quality"], 50)


def test_what_is_written_is_read() -> None:
    found = read_recipe(FULL)
    again = read_recipe(write_recipe(found))
    assert again == found
    assert write_recipe(again) == write_recipe(found)


@pytest.mark.parametrize(
    "filter",
    [
        Filter(regex="(?i)a: b|#c", examples=(3, 5), against=(12,)),
        Filter(lasso=((0, 0), (1, 0), (1, 1.5))),
        Filter(lasso=((0, 0), (1, 0), (1, 1)), added=(((5, 5), (6, 5), (6, 6)),)),
        Filter(
            search="a", also=(Filter(like=3).with_values("source", "x"), Filter(regex="b").with_range("n", 1, None))
        ),
    ],
)
def test_every_condition_goes_through_a_file(filter: Filter) -> None:
    read = read_recipe(FULL)
    told = replace(read, selection={**read.selection, "filter": filter.to_query()})
    assert read_recipe(write_recipe(told)).selection["filter"] == filter.to_query()


def test_every_selector_goes_through_a_file() -> None:
    for name, kind in methods(Selector).items():
        step = {"method": kind(**kind.example).recipe, "budget": {"share": 0.1}, "seed": 1, "target": None}
        stored = json.loads(json.dumps({**step, "filter": {}}))
        read = read_recipe(write_recipe(Recipe("x", stored))).selection
        assert json.loads(json.dumps(read)) == stored, name


def test_no_method_has_a_setting_that_a_step_uses() -> None:
    kinds: list[tuple[Any, set[str]]] = [
        (Selector, {*STEP, "method"}), (Exporter, {"format", "columns", "method"}), (Arrangement, {"method"}),
    ]  # fmt: skip
    for kind, taken in kinds:
        for method in methods(kind).values():
            assert not taken & {setting.name for setting in method.settings()}, method


COMBINED = """\
winnow_recipe: 1
name: both
combine: {operation: union, of: [a, b], weights: sum, by: quality, lowest: true, budget: {docs: 3}, seed: 2}
parents:
  a:
    select: [{method: random, budget: {share: 0.5}}]
  b:
    within: a
    mixture: {method: proportional}
"""


def test_combined_selections_bring_their_parents() -> None:
    stored = read_recipe(COMBINED).selection
    assert stored["method"] == {"method": "union", "of": ["a", "b"], "weights": "sum", "by": "quality", "lowest": True}
    assert (stored["budget"], stored["seed"]) == ({"docs": 3}, 2)
    assert stored["parents"]["b"]["within"] == "a"
    assert read_recipe(write_recipe(read_recipe(COMBINED))) == read_recipe(COMBINED)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("select:", "selct:", "line 7: a recipe has no key 'selct'; did you mean 'select'"),
        ("preset: gopher", "preset: goffer", r"line 8: rules: preset is one of .*did you mean 'gopher'"),
        ("preset: gopher", "prest: gopher", "line 8: select has no key 'prest'; did you mean 'preset'"),
        ("method: dsir", "method: dsire", "line 9: no selector is called 'dsire'; did you mean 'dsir'"),
        ("docs: 500", "docs: many", "line 10: a budget is a number"),
        ("docs: 500", "docs: 500, share: 0.1", "line 10: a budget is one of docs, tokens or share"),
        ("docs: 500", "shares: 0.5", "line 10: budget has no key 'shares'; did you mean 'share'"),
        ("docs: 500", "share: 1.5", r"line 10: the budget is in \(0, 1\]"),
        ("seed: 3", "seed: three", "line 12: seed is a whole number"),
        ("temperature: 2.0", "temperature: -1", "line 13: temperature: temperature is at least 0.01"),
        ("method: temperature", "method: top", "line 13: .*"),
        ("mixture: {method: temperature, by: source, temperature: 2.0,", "mixture: {method: top,", "put it under select"),
        ("format: jsonl", "format: json", "line 14: no exporter is called 'json'; did you mean 'jsonl'"),
        ("shard_docs: 50", "shards: 50", "line 14: export has no key 'shards'; did you mean 'shard_docs'"),
        ("columns: [quality]", "columns: quality", "line 14: columns is a list"),
        ("winnow_recipe: 1", "winnow_recipe: 2", "no recipe of version 1; found 2"),
        ("winnow_recipe: 1\n", "", "no recipe of version 1; it has no key"),
        ("name: best", "name: a/b", "line 2: name is letters"),
        ("range: {quality: [0.4, null]}", "ranges: {quality: [0.4, null]}", "line 6: filter has no key 'ranges'"),
        ("range: {quality: [0.4, null]}", "range: {quality: 4}", "line 3: this filter cannot be read; 4 is no list"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(old: str, new: str, words: str) -> None:
    assert old in FULL
    with pytest.raises(SettingError, match=words):
        read_recipe(FULL.replace(old, new), "best.yaml")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("operation: union", "operation: unite", "line 3: operation is one of"),
        ("of: [a, b]", "of: [a]", "line 3: of is a list of two"),
        ("weights: sum", "weights: mean", "line 3: weights is one of"),
        ("lowest: true", "lowest: 1", "line 3: lowest is true or false"),
        ("parents:", "within: a\nparents:", "line 4: combine stands alone"),
        ("    mixture: {method: proportional}", "", "line 7: a recipe chooses by"),
        ("    mixture:", "    mixtur:", "line 9: b has no key 'mixtur'"),
    ],
)
def test_what_is_wrong_with_combining(old: str, new: str, words: str) -> None:
    assert old in COMBINED
    with pytest.raises(SettingError, match=words):
        read_recipe(COMBINED.replace(old, new), "both.yaml")


@pytest.mark.parametrize("text", ["", "- 1\n", "3", "winnow_recipe: 1\n", "winnow_recipe: 1\nname: x\n", "\ufeff"])
def test_anything_else_is_no_recipe(text: str) -> None:
    with pytest.raises(WinnowError):
        read_recipe(text)
