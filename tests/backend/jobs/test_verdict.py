"""Why a document is in or out: each step's word on it, counted by hand on six documents."""

from __future__ import annotations

import numpy as np
import pytest

from conftest import write_lines
from winnow.catalog.filters import Filter
from winnow.errors import QueryError, SettingError
from winnow.jobs.verdict import why
from winnow.workspace import Workspace


def told(workspace: Workspace, name: str, doc_id: int) -> list[tuple[str, bool]]:
    return [(reason.step, reason.kept) for reason in why(workspace.catalog, name, doc_id)]


def test_every_step_has_its_word(scored: Workspace) -> None:
    rules = {"method": {"method": "rules", "keep": "stars>=2, source=wiki|forum"}}
    scored.select(
        "top", docs=2, name="best", before=[rules], settings={"column": "stars"}, filter=Filter(where="doc_id <> 3")
    )
    assert told(scored, "best", 3) == [("start", False)]
    assert told(scored, "best", 0) == [("start", True), ("rules", False)]
    assert told(scored, "best", 2) == [("start", True), ("rules", True), ("top", True)]
    assert why(scored.catalog, "best", 0)[-1].words == "it breaks stars>=2"
    assert why(scored.catalog, "best", 5)[-1].words == "it breaks source=wiki|forum"
    assert why(scored.catalog, "best", 2)[-1].words == "its stars is 3; it ranks 1, and 2 of 2 were taken"


def test_a_rank_says_how_far_it_fell_short(scored: Workspace) -> None:
    scored.select("top", docs=2, name="best", settings={"column": "stars"})
    assert why(scored.catalog, "best", 1)[-1].words == "its stars is 2; it ranks 4, and 2 of 6 were taken"
    assert "no value" in why(scored.catalog, "best", 4)[-1].words


def test_every_verdict_agrees_with_the_selection(scored: Workspace) -> None:
    scored.select("random", docs=3, name="some", seed=2)
    scored.select("balanced_random", docs=2, name="mixed", within="some")
    scored.combine("union", ["some", "mixed"], name="both", docs=2, by="stars")
    scored.combine("subtract", ["some", "mixed"], name="rest")
    for kept in scored.catalog.selections.all():
        ids = set(kept.read()[0].tolist())
        for doc_id in range(6):
            assert all(kept for _, kept in told(scored, kept.name, doc_id)) == (doc_id in ids)


def test_a_corpus_that_changed_is_told(scored: Workspace, tmp_path: object) -> None:
    scored.select("top", docs=1, name="best", settings={"column": "stars"})
    scored.ingest([write_lines(scored.folder.parent / "more.jsonl", [{"text": "newer", "stars": 9}])])
    scored.score(["shape", "tokens"])
    assert told(scored, "best", 5) == [("top", False), ("when it was made", True)]


def test_what_is_not_there_is_told(scored: Workspace) -> None:
    scored.catalog.selections.save("hand", np.array([1]), np.ones(1), recipe={}, summary={})
    assert [reason.words for reason in why(scored.catalog, "hand", 1)] == ["its documents were named by hand"]
    with pytest.raises(QueryError, match="no document 6"):
        why(scored.catalog, "hand", 6)
    with pytest.raises(SettingError, match="did you mean 'hand'"):
        why(scored.catalog, "hands", 1)
