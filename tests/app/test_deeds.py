"""What a button did is done once, however often the page is drawn meanwhile, and said until the page is left."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

from app.conftest import Opener
from winnow.workspace import Workspace


def _asked_between_two_drawings() -> None:
    import streamlit as st

    from winnow_app.parts.deeds import ask, do_asked

    def deed() -> str:
        st.session_state["done"] = [*st.session_state.get("done", []), st.session_state["form"]]
        return "It is done."

    st.text_input("Form", "old", key="form")
    st.button("Do it", on_click=ask, args=("place",))
    if st.session_state.pop("drawn anew", False):
        st.rerun()
    do_asked("place", deed, "Doing it …")


def test_a_click_is_kept_when_its_page_is_drawn_anew_and_done_once_with_what_the_form_says_now() -> None:
    app = AppTest.from_function(_asked_between_two_drawings).run()
    app.text_input[0].set_value("new")
    app.session_state["drawn anew"] = True
    app.button[0].click().run()
    assert app.session_state["done"] == ["new"]
    assert [said.value for said in app.success] == ["It is done."]
    app.run()
    assert app.session_state["done"] == ["new"]
    assert [said.value for said in app.success] == ["It is done."]


def _asked_in_vain() -> None:
    import streamlit as st

    from winnow.errors import MissingNeed
    from winnow_app.parts.deeds import ask, do_asked, unsaid

    def deed() -> str:
        raise MissingNeed("A name", "there is none", "Write one")

    st.button("Do it", on_click=ask, args=("place",))
    st.button("Open anew", on_click=unsaid, args=("place",))
    st.session_state["went well"] = do_asked("place", deed, "Doing it …")


def test_what_fails_says_so_until_its_dialog_is_opened_anew() -> None:
    app = AppTest.from_function(_asked_in_vain).run()
    app.button[0].click().run()
    assert not app.session_state["went well"]
    assert "there is none" in app.error[0].value
    app.run()
    assert app.error
    app.button[1].click().run()
    assert not app.error


def test_a_view_is_saved_under_a_name(own_corpus: Path, open_page: Opener) -> None:
    app = open_page("explore", own_corpus, {"in.source": '["kitchen"]'})
    save = next(button for button in app.button if button.label == "Save")
    save.click().run()
    assert Workspace(own_corpus).catalog.views.all() == {}
    app.text_input(key="views.name").set_value("recipes ")
    next(button for button in app.button if button.label == "Save").click().run()
    assert not app.exception
    views = Workspace(own_corpus).catalog.views.all()
    assert {name: filter.to_query() for name, filter in views.items()} == {"recipes": {"in.source": '["kitchen"]'}}
    assert "recipes is saved." in [said.value for said in app.success]


def test_a_kind_is_kept_as_a_rater(own_corpus: Path, open_page: Opener) -> None:
    rows = Workspace(own_corpus).sql("SELECT doc_id, source FROM docs").to_pylist()
    kind = [row["doc_id"] for row in rows if row["source"] == "kitchen"][:6]
    other = [row["doc_id"] for row in rows if row["source"] != "kitchen"][:6]
    app = open_page("explore", own_corpus, {"examples": words(kind), "against": words(other)})
    next(button for button in app.button if button.label == "Fit and rate the corpus").click().run()
    assert app.error, "a rater needs a name"
    app.text_input(key="concept.name").set_value("recipes")
    next(button for button in app.button if button.label == "Fit and rate the corpus").click().run()
    assert not app.exception
    assert any("recipes is a column now" in said.value for said in app.success)
    assert "recipes" in Workspace(own_corpus).browse.columns()
    assert set(app.query_params) == {"range.recipes"}


def words(doc_ids: list[int]) -> str:
    return ",".join(map(str, doc_ids))
