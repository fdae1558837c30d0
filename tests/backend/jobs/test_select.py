"""select: pools from columns and vectors, targets from files and selections, what is kept of a choice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from conftest import write_lines
from winnow.catalog.filters import Filter
from winnow.errors import InputError, MissingNeed, SettingError
from winnow.jobs.select import build_pool
from winnow.jobs.target import read_target
from winnow.pool import Groups, Stored
from winnow.workspace import Workspace


def test_a_pool_holds_what_is_needed_and_what_describes_it(scored: Workspace) -> None:
    pool = build_pool(scored.catalog, frozenset({"stars", "duplicate_keep"}), Filter(where="doc_id <> 2"))
    assert pool.doc_ids.tolist() == [0, 1, 3, 4, 5]
    assert np.array_equal(pool.number("stars"), [1, 2, 4, np.nan, 5], equal_nan=True)
    assert set(pool.number("duplicate_keep")) <= {0.0, 1.0}
    source = pool.columns["source"]
    assert isinstance(source, Groups)
    assert [source.names[code] if code >= 0 else None for code in source.codes] == [
        "wiki",
        "wiki",
        "forum",
        "spam",
        None,
    ]
    assert pool.tokens.sum() > 0


def test_a_pool_brings_vectors(scored: Workspace) -> None:
    needs = frozenset({"vectors:hashed"})
    assert build_pool(scored.catalog, needs, Filter()).vectors == {}
    scored.embed("hashed")
    pool = build_pool(scored.catalog, needs, Filter(where="doc_id IN (1, 3)"))
    assert np.array_equal(pool.vectors["hashed"], scored.catalog.vectors.take("hashed", [1, 3]))


def test_a_pool_leaves_many_vectors_where_they_are_stored(scored: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    scored.embed("hashed")
    monkeypatch.setattr("winnow.jobs.select.HELD", 0)
    vectors = build_pool(scored.catalog, frozenset({"vectors:hashed"}), Filter(where="doc_id IN (1, 3)")).vectors[
        "hashed"
    ]
    assert isinstance(vectors, Stored)
    assert np.array_equal(vectors[:], scored.catalog.vectors.take("hashed", [1, 3]))


def test_a_choice_is_kept_with_all_it_takes_to_make_it_again(scored: Workspace) -> None:
    filter = Filter().with_range("stars", 2, None)
    made = scored.select("top", docs=2, name="best", filter=filter, settings={"column": "stars"}, seed=3)
    assert sorted(made.read()[0].tolist()) == [3, 5]
    assert made.recipe == {
        "method": made.recipe["method"], "budget": {"docs": 2}, "seed": 3, "filter": filter.to_query(), "target": None,
    }  # fmt: skip
    assert made.recipe["method"]["column"] == "stars"
    assert made.summary["pool"]["documents"] == 4
    assert made.summary["by"]["source"] == {"forum": 1, "(none)": 1}
    again = scored.select("top", docs=2, name="again", filter=filter, settings={"column": "stars"}, seed=3)
    assert again.summary == made.summary


def test_a_budget_is_one_of_three(scored: Workspace) -> None:
    with pytest.raises(SettingError, match="none was given"):
        scored.select("random", name="x")
    with pytest.raises(SettingError):
        scored.select("random", name="x", docs=1, share=0.5)
    with pytest.raises(MissingNeed, match="quality"):
        scored.select("top", name="x", docs=1)
    assert scored.catalog.selections.all() == []


def test_a_target_is_a_file_or_a_selection(scored: Workspace, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "target.jsonl", [{"text": "one"}, {"text": "two"}])
    scored.embed("hashed")
    found = read_target(scored.catalog, str(path), frozenset({"vectors:hashed"})).target
    assert found.texts == ("one", "two")
    assert found.vectors["hashed"].shape[0] == 2
    scored.select("top", docs=1, name="best", settings={"column": "stars"})
    assert read_target(scored.catalog, "best", frozenset()).target.texts == ("A vector has a length and a direction.",)
    (tmp_path / "bad.jsonl").write_text("{no\n")
    for wrong in ("bad.jsonl", "none.jsonl"):
        with pytest.raises(InputError):
            read_target(scored.catalog, str(tmp_path / wrong), frozenset())
