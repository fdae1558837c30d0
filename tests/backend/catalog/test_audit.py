"""The audit trail: exports, deletions and roles, by whom; it only grows."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from winnow.catalog.access import Actor, acting
from winnow.catalog.filters import Filter
from winnow.catalog.sweeping import sweep_corpus
from winnow.errors import AccessError
from winnow.workspace import Workspace


def test_what_leaves_and_what_goes_is_written_down(scored: Workspace, tmp_path: Path) -> None:
    scored.select("random", docs=2, name="two")
    with acting(Actor("ana", "curator")):
        scored.export("two", tmp_path / "out")
        scored.select("random", docs=3, name="two", replace=True)
        scored.catalog.views.save("mine", Filter())
        scored.catalog.views.remove("mine")
        scored.catalog.selections.remove("two")
    sweep_corpus(scored.catalog, settled=0)
    told = [(deed.who, deed.what, deed.subject) for deed in reversed(scored.catalog.audit.all())]
    assert told[:-1] == [
        ("ana", "export", "two"), ("ana", "replace selection", "two"), ("ana", "delete view", "mine"),
        ("ana", "delete selection", "two"),
    ]  # fmt: skip
    who, what, _ = told[-1]
    assert who.endswith("(shell)")
    assert what == "sweep"


def test_nothing_in_it_can_be_changed_or_removed(corpus: Workspace) -> None:
    corpus.catalog.people.set_role("others", "reader")
    for statement in ("UPDATE audit SET who = 'x'", "DELETE FROM audit"):
        with pytest.raises(sqlite3.IntegrityError, match="only grows"), corpus.catalog.control.write() as connection:
            connection.execute(statement)
    assert len(corpus.catalog.audit.all()) == 1


def test_a_deed_that_fails_leaves_no_line(scored: Workspace) -> None:
    scored.select("random", docs=2, name="two")
    with acting(Actor("ana", "reader")), pytest.raises(AccessError):
        scored.catalog.selections.remove("two")
    assert scored.catalog.audit.all() == []


def test_the_trail_is_read_in_pieces(corpus: Workspace) -> None:
    for role in ("reader", "annotator", "curator"):
        corpus.catalog.people.set_role("others", role)
    first = corpus.catalog.audit.all(2)
    assert [deed.detail["role"] for deed in first] == ["curator", "annotator"]
    assert [deed.detail["role"] for deed in corpus.catalog.audit.all(2, first[-1].seq)] == ["reader"]
