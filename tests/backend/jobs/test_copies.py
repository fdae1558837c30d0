"""Groups of copies, and what policies and hands do to them."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import one_process, write_lines
from winnow.catalog.filters import Filter
from winnow.errors import MissingNeed, SettingError
from winnow.jobs.copies import Members, kept_condition, members
from winnow.workspace import Workspace

ROWS = [
    {"text": "The same words.", "source": "web", "date": "0102-09-01", "stars": 0.2},
    {"text": "the same   words", "source": "books", "date": "2022-01-01", "stars": 0.9},
    {"text": "Another text", "source": "web"},
    {"text": "THE SAME WORDS!!!", "source": "mail", "stars": 0.5},
    {"text": "a pair", "source": "web"},
    {"text": "A pair…", "source": "books", "date": "2021-01-01", "stars": 0.1},
]


@pytest.fixture
def copied(tmp_path: Path) -> Workspace:
    workspace = one_process(tmp_path / "copies")
    workspace.ingest([write_lines(tmp_path / "rows.jsonl", ROWS)])
    workspace.score(["shape", "tokens", "duplicates"])
    return workspace


@pytest.fixture
def found(copied: Workspace) -> Members:
    return members(copied.catalog, "exact", rating="stars")


def kept(found: Members, policy: str, *sources: str) -> list[int]:
    ids: list[int] = found.doc_ids[found.choose(policy, sources)].tolist()
    return ids


def test_groups_come_largest_first(found: Members) -> None:
    groups = found.listed()
    assert groups.groups.tolist() == [0, 4]
    assert groups.documents.tolist() == [3, 2]
    assert found.of(0).tolist() == [0, 1, 3]
    assert (groups.tokens - groups.dropped_tokens).tolist() == found.tokens[[0, 3]].tolist()


def test_policies(found: Members) -> None:
    # Lengths 15, 16, 17 and 6, 7; dates 2020, 2022, none and none, 2021; ratings .2, .9, .5 and none, .1.
    assert kept(found, "first") == [0, 4]
    assert kept(found, "longest") == [3, 5]
    assert kept(found, "newest") == [1, 5]
    assert kept(found, "best") == [1, 5]
    assert kept(found, "source", "mail", "web") == [3, 4]
    assert kept(found, "source", "books") == [1, 5]
    with pytest.raises(SettingError, match="did you mean 'longest'"):
        found.choose("longes")


def test_the_effect_counts_what_is_dropped_and_what_changes(found: Members) -> None:
    effect = found.effect("best")
    assert (effect.documents, effect.changed) == (3, 2)
    assert effect.rating == pytest.approx((0.9 + 0.1) / 2)
    assert effect.tokens == int(found.tokens.sum() - found.tokens[[1, 4]].sum())
    assert found.effect("first").changed == 0


def test_a_policy_of_the_scorer_keeps_the_same(copied: Workspace) -> None:
    """What the page foretells is what the scorer then does."""
    found = members(copied.catalog, "exact", rating="chars")
    for policy in ("longest", "newest", "best", "first", "source"):
        told = {"policy": policy, "rank_by": "chars", "sources": ("mail", "web")}
        copied.score(["duplicates"], settings={"duplicates": told})
        again = members(copied.catalog, "exact")
        assert again.doc_ids[again.kept].tolist() == kept(found, policy, "mail", "web"), policy


def test_a_hand_outranks_the_policy(copied: Workspace) -> None:
    count = Filter(where=kept_condition("exact"))
    assert copied.browse.doc_ids(count).tolist() == [0, 2, 4]
    copied.labels.add(0, "drop", who="ana")
    copied.labels.add(3, "keep", who="ana")
    assert copied.browse.doc_ids(count).tolist() == [2, 3, 4]


def test_before_the_scorer_has_run_its_command_is_named(copied: Workspace) -> None:
    with pytest.raises(MissingNeed, match="winnow score near_duplicates"):
        members(copied.catalog, "near")


def test_a_corpus_without_copies_has_no_groups(tmp_path: Path) -> None:
    workspace = one_process(tmp_path / "none")
    workspace.ingest([write_lines(tmp_path / "one.jsonl", [{"text": "alone"}])])
    workspace.score(["duplicates"])
    found = members(workspace.catalog, "exact")
    assert (len(found), len(found.listed())) == (0, 0)
    assert found.effect("longest").documents == 0
