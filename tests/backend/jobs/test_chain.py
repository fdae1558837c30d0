"""Chains of methods: what each step leaves, what is written down of it, and selections within selections."""

from __future__ import annotations

import pytest

from winnow.catalog.filters import Filter
from winnow.catalog.selections import NamedSelection
from winnow.errors import MissingNeed, SettingError
from winnow.jobs.chain import Step
from winnow.workspace import Workspace

CLEAN = {"method": {"method": "rules", "keep": "stars>=2"}}
"""Documents 1, 2, 3 and 5; 4 has no stars."""


def ids(made: NamedSelection) -> list[int]:
    return sorted(made.read()[0].tolist())


def test_each_step_chooses_from_what_the_one_before_left(scored: Workspace) -> None:
    made = scored.select(
        "top", docs=2, name="few", before=[CLEAN], settings={"column": "stars", "lowest": True}, seed=1
    )
    assert ids(made) == [1, 2]  # without the first step 0 and 1
    tokens = scored.browse.arrow(Filter(), ["tokens"]).column(0).to_pylist()
    assert made.summary["steps"] == [
        {"step": "corpus", "documents": 6, "tokens": sum(tokens)},
        {"step": "rules", "documents": 4, "tokens": sum(tokens[n] for n in (1, 2, 3, 5))},
        {"step": "top", "documents": 2, "tokens": tokens[1] + tokens[2]},
    ]
    assert made.summary["pool"]["documents"] == 4
    [before] = made.recipe["before"]
    assert before == {
        "method": {"method": "rules", "preset": "", "keep": "stars>=2"}, "budget": {"share": 1.0}, "seed": 0, "target": None,
    }  # fmt: skip
    assert "parents" not in made.recipe
    assert Step.of(before).recipe == before


def test_within_a_selection_and_a_filter(scored: Workspace) -> None:
    scored.select("rules", share=1, name="clean", settings=CLEAN["method"] | {}, filter=Filter(where="stars < 5"))
    assert ids(scored.catalog.selections.get("clean")) == [1, 2, 3]
    made = scored.select(
        "top", docs=5, name="of", within="clean", filter=Filter(where="stars > 2"), settings={"column": "stars"}
    )
    assert ids(made) == [2, 3]
    assert [step["step"] for step in made.summary["steps"]] == ["corpus", "filter and within clean", "top"]
    assert made.recipe["within"] == "clean"
    # The parent's recipe comes along: the name may mean something else by the time it is replayed.
    assert made.recipe["parents"]["clean"]["filter"] == {"where": "stars < 5"}
    deeper = scored.select("random", docs=1, name="deeper", within="of")
    assert deeper.recipe["parents"]["of"]["parents"]["clean"]["method"]["keep"] == "stars>=2"
    dropped = scored.select("random", share=1, name="rest", filter=Filter(selection="-clean"))
    assert ids(dropped) == [0, 4, 5]
    assert set(dropped.recipe["parents"]) == {"clean"}
    with pytest.raises(SettingError, match="did you mean 'clean'"):
        scored.select("random", share=1, name="x", within="cleam")


def test_a_step_without_what_it_needs_stops_the_chain_before_it_begins(scored: Workspace) -> None:
    late = {"method": {"method": "top", "column": "quality"}}
    with pytest.raises(MissingNeed, match=r"top needs column 'quality'.*winnow score quality"):
        scored.select("random", docs=1, name="x", before=[CLEAN, late])
    with pytest.raises(MissingNeed, match="dsir needs a target"):
        scored.select("dsir", docs=1, name="x")
    with pytest.raises(SettingError, match="did you mean 'keep'"):
        scored.select("random", docs=1, name="x", before=[{"method": {"method": "rules", "kep": "stars>1"}}])


def test_weights_of_the_last_step_count(scored: Workspace) -> None:
    twice = {"weights": {"wiki": 1.0}, "max_epochs": 3}
    made = scored.select("manual", tokens=10_000, name="twice", settings=twice, filter=Filter(where="source = 'wiki'"))
    assert made.read()[1].tolist() == [3.0, 3.0]
    within = scored.select("random", share=1, name="once", within="twice")
    assert within.read()[1].tolist() == [1.0, 1.0]
    spent = made.summary["steps"][-1]["tokens"]
    assert made.summary["tokens"] == 3 * spent  # the waterfall counts documents once


def test_a_preview_shows_the_chain(scored: Workspace) -> None:
    selector = scored.selector("top", {"column": "stars"})
    found = scored.preview(selector, docs=1, before=[CLEAN], filter=Filter(where="stars < 5"))
    assert found.doc_ids.tolist() == [3]
    assert [step["documents"] for step in found.summary["steps"]] == [6, 4, 3, 1]
    assert found.kept.tolist() == [False, False, True]


def test_a_preview_reads_its_pool_once_until_something_changes(scored: Workspace) -> None:
    top = scored.selector("top", {"column": "stars"})

    def pool(filter: Filter | None = None) -> object:
        return scored.preview(top, docs=2, filter=filter).pool

    first = pool()
    assert pool() is first
    scored.labels.add(1, "drop", who="ana")
    assert pool() is first
    assert pool(Filter(where="doc_id < 3")) is not first
    labelled = Filter(where="label = 'keep'")
    assert scored.preview(top, docs=2, filter=labelled).doc_ids.tolist() == []
    scored.labels.add(2, "keep", who="ana")
    assert scored.preview(top, docs=2, filter=labelled).doc_ids.tolist() == [2]
    kept = scored.selector("rules", {"keep": "label=keep"})
    assert scored.preview(kept, share=1.0).doc_ids.tolist() == [2]
    scored.labels.add(3, "keep", who="ana")
    assert sorted(scored.preview(kept, share=1.0).doc_ids) == [2, 3]
    before = pool()
    scored.score(["tokens"], settings={"tokens": {"exact": True}})
    assert pool() is not before
