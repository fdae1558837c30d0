"""The tab that says in which selections a document is, and why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from streamlit.testing.v1 import AppTest

from winnow.workspace import Workspace

Opener = Callable[..., AppTest]


def test_a_document_says_why_it_is_out(open_page: Opener, own_corpus: Path) -> None:
    Workspace(own_corpus).select("rules", share=1, name="garden", settings={"keep": "source=garden"})
    app = open_page("explore", own_corpus, {"doc": "0"})
    assert not app.exception
    assert "Selections" in [tab.label for tab in app.tabs]
    app.session_state["doc.view"] = "Selections"
    app.run()
    [asked] = [button for button in app.button if button.label == "Why?"]
    asked.click().run()
    assert not app.exception
    assert any("it breaks source=garden" in str(line.value) for line in app.markdown)
