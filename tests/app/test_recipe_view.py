"""The recipe on the page that exports."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from streamlit.testing.v1 import AppTest

from winnow.jobs.recipe import read_recipe
from winnow.workspace import Workspace

Opener = Callable[..., AppTest]


def test_a_recipe_can_be_read_and_taken_away(open_page: Opener, own_corpus: Path) -> None:
    made = Workspace(own_corpus).select("random", docs=3, name="few")
    app = open_page("export", own_corpus)
    assert not app.exception
    [text] = [code.value for code in app.code if "winnow_recipe" in code.value]
    assert read_recipe(text).selection == made.recipe


def test_a_selection_without_a_recipe_says_so(open_page: Opener, own_corpus: Path) -> None:
    summary = {
        "documents": 1,
        "tokens": 9,
        "pool": {"documents": 39, "tokens": 99, "fingerprint": ""},
        "asked": {},
        "by": {},
    }
    recipe = {"method": {"method": "random"}}
    workspace = Workspace(own_corpus)
    workspace.catalog.selections.save("hand", np.array([1]), np.ones(1), recipe=recipe, summary=summary)
    assert not open_page("export", own_corpus).exception
