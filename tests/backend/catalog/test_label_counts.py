"""Counts kept up to date event by event equal counts made from the whole log."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import DOCUMENTS, one_process, write_lines
from winnow.catalog.label_counts import LabelCounts
from winnow.catalog.labels import GOLD
from winnow.workspace import Workspace

steps = st.lists(
    st.tuples(st.sampled_from(["ana", "ben"]), st.integers(0, 3), st.sampled_from(["keep", "drop", "undo", "look", "gold"])),
    max_size=25,
)  # fmt: skip


@given(steps)
def test_a_look_after_every_few_events_counts_what_stands(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, str]]
) -> None:
    workspace = _corpus(tmp_path_factory)
    kept = LabelCounts(workspace.catalog.control)
    for who, doc_id, what in steps:
        if what == "undo":
            workspace.labels.undo(who=who)
        elif what == "look":
            assert kept.of("label") == _from_the_log(workspace)
        else:
            role = GOLD if what == "gold" else ""
            workspace.labels.add(doc_id, "keep" if role else what, who=who, role=role)
    assert kept.of("label") == _from_the_log(workspace)
    assert kept.of("label") == LabelCounts(workspace.catalog.control).of("label")


def test_another_process_s_labels_are_counted(corpus: Workspace) -> None:
    kept = LabelCounts(corpus.catalog.control)
    corpus.labels.add(0, "keep", who="ana")
    assert kept.of("label") == {("ana", "keep"): 1}
    one_process(corpus.folder).labels.add(0, "drop", who="ana")
    assert kept.of("label") == {("ana", "drop"): 1}


def _from_the_log(workspace: Workspace) -> Counter[tuple[str, str]]:
    return Counter((label.who, str(label.value)) for label in workspace.labels.standing("label"))


def _corpus(factory: pytest.TempPathFactory) -> Workspace:
    folder = factory.mktemp("counts")
    workspace = one_process(folder / "corpus")
    workspace.ingest([write_lines(folder / "pages.jsonl", DOCUMENTS[:4])])
    return workspace
