"""The page that sets selections side by side."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from streamlit.testing.v1 import AppTest

from winnow.catalog.filters import Filter
from winnow.workspace import Workspace

Opener = Callable[..., AppTest]


def test_without_a_selection_it_says_where_they_are_made(open_page: Opener, corpus: Path) -> None:
    app = open_page("compare", corpus)
    assert not app.exception
    assert "No selection is kept yet" in app.info[0].value


def test_two_selections_beside_chance(open_page: Opener, own_corpus: Path) -> None:
    workspace = Workspace(own_corpus)
    workspace.select("random", docs=5, name="few", filter=Filter(where="source = 'garden'"))
    workspace.select("random", docs=9, name="more", target="few")
    app = open_page("compare", own_corpus, {"names": "more"})
    assert not app.exception
    assert not app.error
    figures = app.dataframe[0].value.set_index("measure")
    assert list(figures.columns) == ["corpus", "more", "random", "balanced random"]
    assert list(figures.loc["documents"])[:2] == ["39", "9"]
    assert "KL to target, n-grams" in figures.index
    app.multiselect[0].select("few").run()
    assert not app.exception
    assert list(app.dataframe[0].value.columns) == ["measure", "corpus", "more", "few", "random", "balanced random"]
    assert app.query_params["names"] in ("more,few", ["more,few"])
    assert any("compare more few" in code.value for code in app.code)
