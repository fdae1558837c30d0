"""The part of a page that is shown is in the address."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.conftest import Opener
from app.test_select import press
from winnow.catalog.filters import Filter
from winnow.catalog.labels import LabelSchema
from winnow.workspace import Workspace
from winnow_app.parts.labelling.task import Task

PARTS = {
    "explore": ("explore.shown", "groups", "documents"),
    "prove": ("prove.way", "rounds", "proof"),
    "select": ("select.way", "algebra", "methods"),
}


@pytest.mark.parametrize("page", PARTS)
def test_an_address_opens_its_part_and_a_click_is_written_to_it(page: str, corpus: Path, open_page: Opener) -> None:
    key, other, first = PARTS[page]
    app = open_page(page, corpus, {"tab": other, "search": "soup"})
    assert app.segmented_control(key=key).value == other
    app.segmented_control(key=key).set_value(first).run()
    assert "tab" not in app.query_params
    app.segmented_control(key=key).set_value(other).run()
    assert app.query_params["tab"] == other
    del app.query_params["tab"]  # what the browser does on "back"
    app.run()
    assert app.segmented_control(key=key).value == first
    assert app.query_params["search"] == "soup"
    assert not app.exception


def test_an_address_with_a_part_that_is_not_there_shows_the_first(corpus: Path, open_page: Opener) -> None:
    app = open_page("prove", corpus, {"tab": "<script>"})
    assert app.segmented_control(key="prove.way").value == "proof"
    assert not app.exception


def test_labels_are_opened_at_their_figures(own_corpus: Path, open_page: Opener) -> None:
    app = open_page("label", own_corpus, {"tab": "figures"})
    app.text_input[0].set_value("ada")
    next(button for button in app.button if button.label == "Start labelling").click().run()
    assert app.segmented_control(key="label.view").value == "figures"
    assert not app.exception


def test_a_link_opens_the_same_desk(own_corpus: Path, open_page: Opener) -> None:
    Workspace(own_corpus).labels.define(LabelSchema("tone", "How does it sound?", ("calm", "loud")))
    desk = {"schema": "tone", "queue": "highest", "column": "words", "search": "water"}
    app = open_page("label", own_corpus, desk)
    app.text_input[0].set_value("ada")
    press(app, "Start labelling")
    assert app.session_state["desk"].task == Task("ada", "tone", "highest", "words", Filter(search="water"))
    app.selectbox(key="label.queue").set_value("diverse").run()
    assert {name: app.query_params[name] for name in app.query_params} == {
        "schema": "tone", "queue": "diverse", "column": "words", "search": "water",
    }  # fmt: skip
    app.selectbox(key="label.queue").set_value("random").run()
    assert "queue" not in app.query_params
    app.query_params["queue"] = "lowest"  # what the browser does on "back"
    assert app.run().session_state["desk"].task.order == "lowest"
    app.query_params.clear()
    app.query_params.update({"queue": "<script>", "column": "<b>", "schema": "none"})
    assert app.run().session_state["desk"].task == Task("ada", "label", "random", "", Filter())
    assert not app.exception
    assert not app.error


def test_the_order_of_a_list_is_in_the_address(corpus: Path, open_page: Opener) -> None:
    app = open_page("explore", corpus, {"sort": "words", "descending": "false", "page": "2"})
    assert (app.selectbox(key="sort").value, app.toggle(key="descending").value) == ("words", False)
    rows = app.session_state["listed"]
    app.toggle(key="descending").set_value(True).run()
    assert {name: app.query_params[name] for name in app.query_params} == {"sort": "words"}, "it begins anew"
    assert app.session_state["listed"] != rows
    app.selectbox(key="sort").set_value("").run()
    assert not list(app.query_params)


def test_groups_are_in_the_address(corpus: Path, open_page: Opener) -> None:
    view = {"tab": "groups", "by": "cluster_name", "across": "source", "mean": "words"}
    app = open_page("explore", corpus, view)
    assert not app.exception
    keys = ("groups.by", "groups.across", "groups.mean.True")
    assert [app.selectbox(key=key).value for key in keys] == ["cluster_name", "source", "words"]
    app.selectbox(key="groups.across").set_value("nothing").run()
    assert "across" not in app.query_params
    assert app.selectbox(key="groups.mean.False").value == "words"
