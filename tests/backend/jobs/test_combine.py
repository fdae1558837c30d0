"""Combining kept selections: what comes out, what is written down, and cuts to a budget."""

from __future__ import annotations

import pytest

from winnow.catalog.filters import Filter
from winnow.catalog.selections import NamedSelection
from winnow.errors import ConflictError, SettingError
from winnow.workspace import Workspace


@pytest.fixture
def three(scored: Workspace) -> Workspace:
    """Give the selections low (0, 1, 2), high (2, 3, 5) and wiki (0 and 1, each seen twice)."""
    for name, where in (("low", "stars <= 3"), ("high", "stars >= 3")):
        scored.select("random", share=1, name=name, filter=Filter(where=where))
    wiki = {"weights": {"wiki": 1.0}, "max_epochs": 2}
    scored.select("manual", tokens=10_000, name="wiki", settings=wiki, filter=Filter(where="source = 'wiki'"))
    return scored


def kept(made: NamedSelection) -> dict[int, float]:
    ids, weights = made.read()
    return dict(zip(ids.tolist(), weights.tolist(), strict=True))


def test_operations_on_kept_selections(three: Workspace) -> None:
    assert kept(three.combine("union", ["low", "high"], name="u")) == dict.fromkeys([0, 1, 2, 3, 5], 1.0)
    assert kept(three.combine("intersect", ["low", "high"], name="i")) == {2: 1.0}
    assert kept(three.combine("subtract", ["low", "high"], name="s")) == {0: 1.0, 1: 1.0}
    assert kept(three.combine("union", ["low", "wiki"], name="max")) == {0: 2.0, 1: 2.0, 2: 1.0}
    made = three.combine("union", ["low", "wiki"], name="sum", weights="sum")
    assert kept(made) == {0: 3.0, 1: 3.0, 2: 1.0}
    tokens = three.browse.arrow(Filter(), ["tokens"]).column(0).to_pylist()
    assert made.summary["tokens"] == 3 * (tokens[0] + tokens[1]) + tokens[2]
    assert made.summary["by"]["source"] == {"wiki": 6, "forum": 1}
    assert [step["documents"] for step in made.summary["steps"]] == [3, 2, 3]


def test_a_cut_and_what_is_written_down(three: Workspace) -> None:
    made = three.combine("union", ["low", "high"], name="cut", docs=2, by="stars")
    assert list(kept(made)) == [5, 3]
    assert made.recipe["method"] == {
        "method": "union", "of": ["low", "high"], "weights": "max", "by": "stars", "lowest": False,
    }  # fmt: skip
    assert made.recipe["parents"]["low"]["filter"] == {"where": "stars <= 3"}
    assert made.recipe["budget"] == made.summary["asked"] == {"docs": 2}
    chance = three.combine("union", ["low", "high"], name="chance", docs=2, seed=4)
    assert kept(three.combine("union", ["high", "low"], name="turned", docs=2, seed=4)) == kept(chance)
    [job] = [job for job in three.catalog.jobs.all() if job.recipe.get("name") == "cut"]
    assert (job.verb, job.state) == ("combine", "done")


def test_what_cannot_be_combined_is_told(three: Workspace) -> None:
    with pytest.raises(SettingError, match="did you mean 'high'"):
        three.combine("union", ["low", "hig"], name="x")
    with pytest.raises(ConflictError):
        three.combine("union", ["low", "high"], name="low")
    with pytest.raises(SettingError, match="a cut by a column needs a budget"):
        three.combine("union", ["low", "high"], name="x", by="stars")
    with pytest.raises(SettingError, match="two selections"):
        three.combine("subtract", ["low"], name="x")
    assert len(three.catalog.selections.all()) == 3
