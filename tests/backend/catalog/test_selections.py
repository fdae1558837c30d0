"""Named selections: kept whole, under names that are taken once."""

from __future__ import annotations

import numpy as np
import pytest

from winnow.catalog.filters import Filter
from winnow.catalog.selections import NamedSelection
from winnow.errors import ConflictError, SettingError
from winnow.workspace import Workspace


def save(corpus: Workspace, name: str, ids: list[int], *, replace: bool = False) -> NamedSelection:
    recipe, summary = {"method": {"method": "top"}}, {"documents": len(ids)}
    weights = np.arange(1.0, len(ids) + 1)
    return corpus.catalog.selections.save(name, np.array(ids), weights, recipe=recipe, summary=summary, replace=replace)


def test_a_selection_is_kept_with_order_and_weights(corpus: Workspace) -> None:
    save(corpus, "best", [4, 0, 2])
    found = Workspace(corpus.folder).catalog.selections.get("best")
    ids, weights = found.read()
    assert (ids.tolist(), weights.tolist()) == ([4, 0, 2], [1.0, 2.0, 3.0])
    assert (found.recipe, found.summary) == ({"method": {"method": "top"}}, {"documents": 3})
    assert not list((corpus.folder / "tmp").iterdir())


def test_a_name_is_taken_until_it_is_given_up(corpus: Workspace) -> None:
    selections = corpus.catalog.selections
    save(corpus, "best", [1])
    with pytest.raises(ConflictError, match="--replace"):
        save(corpus, "best", [2])
    save(corpus, "best", [2, 3], replace=True)
    assert corpus.browse.doc_ids(Filter(selection="best")).tolist() == [2, 3]
    selections.remove("best")
    assert selections.all() == []
    with pytest.raises(SettingError, match="no selection"):
        corpus.browse.count(Filter(selection="best"))


def test_two_that_check_at_once_do_not_both_save(corpus: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus.catalog.selections, "check_name", lambda name, replace: None)
    save(corpus, "best", [1])
    with pytest.raises(ConflictError):
        save(corpus, "best", [2])
    assert corpus.catalog.selections.get("best").read()[0].tolist() == [1]


@pytest.mark.parametrize("name", ["", "-x", ".x", "a/b", "a b", "ü", "x" * 81, "a\n"])
def test_a_name_is_one_of_a_file(corpus: Workspace, name: str) -> None:
    with pytest.raises(SettingError):
        save(corpus, name, [1])


def test_an_empty_selection_is_one(corpus: Workspace) -> None:
    save(corpus, "none", [])
    assert corpus.browse.count(Filter(selection="none")).documents == 0
    assert corpus.browse.count(Filter(selection="-none")).documents == 6
