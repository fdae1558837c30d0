"""Who looks at a page: roles close pages and buttons, names on the list are not typed, and the change holds at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.conftest import Opener
from winnow.api.visitors import Door
from winnow.catalog.access import Actor
from winnow.workspace import Workspace
from winnow_app import identity


def said(page: AppTest) -> str:
    return " ".join(block.value for block in [*page.info, *page.caption, *page.markdown, *page.warning])


@pytest.mark.parametrize("name", ["label", "learn", "select", "export"])
def test_readers_are_told_which_role_a_page_is_for(own_corpus: Path, open_page: Opener, name: str) -> None:
    Workspace(own_corpus).catalog.people.set_role("others", "reader")
    page = open_page(name, own_corpus)
    assert not page.exception
    assert "you are a reader" in said(page)
    assert "winnow users role others" in said(page)
    assert not page.selectbox


@pytest.mark.parametrize("name", ["home", "explore", "map", "duplicates", "compare", "jobs"])
def test_readers_see_what_only_shows(own_corpus: Path, open_page: Opener, name: str) -> None:
    Workspace(own_corpus).catalog.people.set_role("others", "reader")
    page = open_page(name, own_corpus)
    assert not page.exception
    assert "you are a reader" not in said(page)


ACTING = (
    "Run ", "Keep", "Drop", "Save", "Look again", "Look for them", "Rename", "Merge", "Split", "Undo", "Cancel", "Go on", "Prove it",
)  # fmt: skip


@pytest.mark.parametrize("name", ["home", "explore", "map", "duplicates", "prove", "compare", "jobs"])
def test_readers_are_offered_nothing_that_would_be_refused(own_corpus: Path, open_page: Opener, name: str) -> None:
    workspace = Workspace(own_corpus)
    workspace.select("random", share=0.5, name="half")
    log = workspace.catalog.jobs
    log.start(log.add("score", {}))
    log.finish(log.add("embed", {}), "failed", error="no room")
    offered = acting(open_page(name, own_corpus))
    workspace.catalog.people.set_role("others", "reader")
    assert acting(open_page(name, own_corpus)) == []
    assert offered or name in ("map", "compare", "prove"), "a curator is offered some"


def acting(page: AppTest) -> list[str]:
    assert not page.exception
    return [button.label for button in page.button if button.label.startswith(ACTING) and not button.disabled]


def test_an_annotator_labels_and_changes_no_question(own_corpus: Path, open_page: Opener) -> None:
    people = Workspace(own_corpus).catalog.people
    people.set_role("others", "annotator")
    page = open_page("duplicates", own_corpus, {"copies": "exact"})
    page.text_input("copies.who").input("ana").run()
    assert {label for label in acting(page) if label in ("Keep", "Drop", "Save selection")} == {"Keep", "Drop"}


def test_a_reader_starts_no_job_and_is_told_why(own_corpus: Path, open_page: Opener) -> None:
    workspace = Workspace(own_corpus)
    page = open_page("home", own_corpus)
    buttons = [button for button in page.button if button.label.startswith("Run score")]
    workspace.catalog.people.set_role("others", "reader")
    before = len(workspace.catalog.jobs.all())
    buttons[0].click().run()
    assert not page.exception
    assert len(workspace.catalog.jobs.all()) == before
    assert any("needs the role curator" in toast.value for toast in page.toast)


def test_curators_see_the_trail_and_others_do_not(own_corpus: Path, open_page: Opener) -> None:
    people = Workspace(own_corpus).catalog.people
    people.add("ana", "reader")
    shown = open_page("jobs", own_corpus)
    assert "Exports, deletions and roles" in [box.label for box in shown.expander]
    people.set_role("others", "annotator")
    assert "Exports, deletions and roles" not in [box.label for box in open_page("jobs", own_corpus).expander]


def test_a_name_on_the_list_is_not_typed(own_corpus: Path, open_page: Opener) -> None:
    Workspace(own_corpus).catalog.people.add("ana", "curator")
    page = open_page("label", own_corpus)
    page.text_input[-1].set_value("ana")
    next(button for button in page.button if button.label == "Start labelling").click().run()
    assert not page.exception
    assert any("on the list" in warning.value for warning in page.warning)
    assert "who" not in page.session_state


def test_a_chosen_name_is_told_and_can_be_left(own_corpus: Path, open_page: Opener) -> None:
    page = open_page("label", own_corpus)
    assert "who.other" not in [button.key for button in page.button]
    page.text_input(key="who.typed").set_value(" ana ")
    next(button for button in page.button if button.label == "Start labelling").click().run()
    assert page.session_state["who"] == "ana"
    next(button for button in page.button if button.label == "Another name").click().run()
    assert not page.exception
    assert "who" not in page.session_state
    assert page.text_input(key="who.typed")


def test_behind_st_login_strangers_see_the_button_alone(
    own_corpus: Path, open_page: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Workspace(own_corpus)
    monkeypatch.setenv("WINNOW_WORKSPACE", str(own_corpus))
    visitors = identity.Visitors(opened.catalog.people, Door(oidc=True))
    monkeypatch.setitem(identity._made, opened.folder, visitors)
    page = open_page("explore", own_corpus)
    assert not page.exception
    assert [button.label for button in page.button] == ["Log in"]
    assert "listed" not in page.session_state


def test_who_comes_in_through_st_login_has_the_role_of_the_list(own_corpus: Path) -> None:
    people = Workspace(own_corpus).catalog.people
    people.add("ana@lab.example", "annotator")
    people.set_role("others", "reader")
    visitors = identity.Visitors(people, Door(oidc=True))
    assert visitors.of_login("ana@lab.example") == Actor("ana@lab.example", "annotator")
    assert visitors.of_login("eve@lab.example") == Actor("eve@lab.example", "reader")
