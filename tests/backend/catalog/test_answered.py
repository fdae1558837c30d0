"""Who has answered: the same whether it is read anew or brought up to the log."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from winnow.catalog import answered
from winnow.catalog.label_schemas import SKIP
from winnow.workspace import Workspace


def told(corpus: Workspace) -> list[tuple[int, str]]:
    ids, people = corpus.labels.answered("label")
    return sorted(zip(ids.tolist(), people.tolist(), strict=True))


STEPS = st.lists(
    st.tuples(st.sampled_from(["ana", "ben"]), st.sampled_from(["keep", "drop", "undo", SKIP, "look"]), st.integers(0, 5)),
    max_size=30,
)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_it_follows_the_log(corpus: Workspace, steps: list[tuple[str, str, int]]) -> None:
    for who, what, doc_id in steps:
        if what == "undo":
            corpus.labels.undo(who=who)
        elif what == "look":
            told(corpus)
        else:
            corpus.labels.add(doc_id, what, who=who)
    assert told(corpus) == told(Workspace(corpus.folder))


def test_after_many_changes_all_is_read_again(corpus: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answered, "FEW", 1)
    told(corpus)
    for doc_id in (1, 2, 3):
        corpus.labels.add(doc_id, "keep", who="ana")
    assert told(corpus) == [(1, "ana"), (2, "ana"), (3, "ana")]
    corpus.labels.undo(who="ana")
    assert told(corpus) == [(1, "ana"), (2, "ana")]


def test_some_documents_alone(corpus: Workspace) -> None:
    corpus.labels.add(1, "keep", who="ana")
    corpus.labels.add(2, "keep", who="ben")
    ids, people = corpus.labels.answered("label", [2, 3])
    assert (ids.tolist(), people.tolist()) == ([2], ["ben"])
    assert corpus.labels.answered("label", [])[0].tolist() == []
