"""The tree of clusters, and what is done with them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import TextInput

from app.conftest import Opener
from winnow.catalog.filters import Filter
from winnow.workspace import Workspace
from winnow_app.parts.cluster_tree import FOLDED, OPEN, tree


def test_groups_stand_before_their_clusters_with_weighed_means() -> None:
    """Group land holds 30 and 10 documents of quality 0.2 and 0.6: (30 · 0.2 + 10 · 0.6) / 40 = 0.3."""
    found = pd.DataFrame(
        {
            "cluster": [5, 0, 1], "cluster_name": ["train", "river", "mill"], "cluster_top": ["town", "land", "land"],
            "cluster_keep": [None, True, False], "documents": [35, 30, 10], "quality": [0.5, 0.2, 0.6],
        }
    )  # fmt: skip
    rows = tree(found, ["land", "town"])
    assert [name.strip() for name in rows["name"]] == ["land", "✓ river", "✗ mill", "town", "train"]
    assert rows["fold"].fillna("").tolist() == [OPEN, "", "", OPEN, ""]
    assert rows["cluster"].tolist() == [-1, 0, 1, -1, 5]
    assert rows["documents"].tolist() == [40, 30, 10, 35, 35]
    assert abs(rows["quality"].iloc[0] - 0.3) < 1e-9
    folded = tree(found, ["town"])
    assert folded["name"].str.strip().tolist() == ["land", "town", "train"]
    assert folded["fold"].fillna("").tolist() == [FOLDED, OPEN, ""]
    assert folded["documents"].tolist() == [40, 35, 35]
    assert tree(found.iloc[:0], []).empty


def test_clusters_are_kept_dropped_renamed_merged_split_and_brought_back(
    open_page: Opener, own_corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a person does with chosen rows is in the corpus, and every step can be taken back."""
    chosen: list[str] = []

    def table(shown: pd.DataFrame, **told: object) -> SimpleNamespace:
        names = shown["cluster_name"].tolist()
        return SimpleNamespace(selection=SimpleNamespace(rows=[names.index(name) for name in chosen]))

    monkeypatch.setattr("winnow_app.parts.cluster_tree.st.dataframe", table)

    def found() -> dict[str, object]:
        rows = Workspace(own_corpus).browse.clusters(Filter()).to_dict("records")
        return {row["cluster_name"]: (row["documents"], row["cluster_keep"]) for row in rows}

    before = found()
    first, second, _ = before
    app = open_page("map", own_corpus)
    assert "choose a cluster" in app.caption[-1].value.lower()
    chosen[:] = [first]
    press(app.run(), "Drop")
    assert found()[first][1] is False
    press(app.run(), "Keep")
    assert found()[first][1] is True
    field(app.run(), "Rename it").set_value("brand new")
    press(app, "Rename")
    assert "brand new" in found()
    chosen[:] = ["brand new", second]
    press(app.run(), "Merge 2 into “brand new”")
    assert len(found()) == 2
    assert found()["brand new"][0] == before[first][0] + before[second][0]
    chosen[:] = ["brand new"]
    press(app.run(), "Split")
    assert len(found()) == 3
    chosen[:] = []
    for step in ("split", "merge", "rename", "keep", "drop"):
        press(app.run(), f"Undo the last {step}")
    assert found() == before


def press(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception


def field(app: AppTest, label: str) -> TextInput:
    return next(field for field in app.text_input if field.label == label)
