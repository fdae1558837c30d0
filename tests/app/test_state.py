"""The view in the session and in the URL, with Streamlit's two dictionaries replaced by plain ones."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from winnow.catalog.filters import Filter
from winnow.errors import QueryError
from winnow_app import state


class Address(dict[str, str]):
    def from_dict(self, wanted: dict[str, str]) -> None:
        self.clear()
        self.update(wanted)


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    made = SimpleNamespace(session_state={}, query_params=Address())
    monkeypatch.setattr(state, "st", made)
    return made


SOUP, FERRY = Filter(search="soup"), Filter(search="ferry").with_values("source", "harbour")


def run(page: str, change: Filter | None = None) -> Filter:
    """Run a page once, as Streamlit does, and return what it showed."""
    state.begin(page)
    if change is not None:
        state.put(change)
    state.end()
    return state.current()


def test_a_shared_address_gives_its_view(browser: SimpleNamespace) -> None:
    browser.query_params.update({**FERRY.to_query(), "doc": "7"})
    assert run("explore") == FERRY
    assert state.get("doc") == "7"
    assert browser.query_params == {**FERRY.to_query(), "doc": "7"}


def test_a_change_is_written_to_the_address(browser: SimpleNamespace) -> None:
    run("explore", SOUP)
    assert browser.query_params == {"search": "soup"}
    run("explore", Filter())
    assert browser.query_params == {}


def test_a_page_is_come_back_to_as_it_was_left(browser: SimpleNamespace) -> None:
    browser.query_params.update({"schema": "genre", "queue": "uncertain", "column": "quality", "doc": "7", "page": "3"})
    run("label")
    browser.query_params.clear()
    run("explore", SOUP)
    assert state.get("queue") == "", "another page has parameters of its own"
    browser.query_params.clear()
    assert run("label") == SOUP
    assert browser.query_params == {"search": "soup", "schema": "genre", "queue": "uncertain", "column": "quality"}
    browser.query_params.clear()
    run("explore")
    browser.query_params.from_dict({"queue": "random"})
    run("label")
    assert browser.query_params == {"queue": "random"}, "a link has the last word"


def test_the_filter_goes_with_a_person_to_another_page_and_the_open_document_stays(browser: SimpleNamespace) -> None:
    run("explore", SOUP)
    state.keep("doc", 3)
    run("explore")
    browser.query_params.clear()  # what Streamlit does on the way to another page
    assert run("map") == SOUP
    assert browser.query_params == {"search": "soup"}


def test_the_back_button_returns_to_the_view_before(browser: SimpleNamespace) -> None:
    run("explore", SOUP)
    run("explore", FERRY)
    browser.query_params.from_dict(SOUP.to_query())  # what the browser does on "back"
    assert run("explore") == SOUP
    browser.query_params.clear()
    assert run("explore") == Filter()


def test_back_to_another_page_takes_its_view_too(browser: SimpleNamespace) -> None:
    run("explore", SOUP)
    browser.query_params.clear()
    run("map", FERRY)
    browser.query_params.from_dict({**SOUP.to_query(), "doc": "2"})
    assert run("explore") == SOUP
    assert state.get("doc") == "2"


def test_a_new_filter_closes_the_document_and_starts_at_the_first_page(browser: SimpleNamespace) -> None:
    browser.query_params.update({"doc": "7", "page": "3", "color": "source"})
    run("explore")
    state.put(SOUP)
    assert (state.get("doc"), state.get("page"), state.get("color")) == ("", "", "source")
    state.keep("doc", 5)
    state.put(SOUP)
    assert state.get("doc") == "5", "nothing changed, so the document stays open"


def test_undo_returns_step_by_step(browser: SimpleNamespace) -> None:
    assert not state.can_undo()
    run("explore", SOUP)
    run("explore", FERRY)
    state.undo()
    assert state.current() == SOUP
    state.undo()
    assert state.current() == Filter()
    assert not state.can_undo()
    state.undo()
    assert state.current() == Filter()


def test_redo_takes_an_undo_back_until_something_new_is_asked(browser: SimpleNamespace) -> None:
    run("explore", SOUP)
    run("explore", FERRY)
    assert not state.can_redo()
    state.undo()
    state.undo()
    assert state.can_redo()
    state.redo()
    assert state.current() == SOUP
    assert browser.query_params == SOUP.to_query()
    state.redo()
    assert state.current() == FERRY
    state.undo()
    run("explore", Filter(search="bread"))
    assert not state.can_redo()
    state.undo()
    assert state.current() == SOUP


def test_an_alternative_is_set_aside(browser: SimpleNamespace) -> None:
    run("explore", SOUP)
    state.alternate()
    assert state.current() == Filter(also=(SOUP,))
    run("explore", Filter(search="ferry", also=(SOUP,)))
    state.alternate()
    assert state.current().also == (SOUP, Filter(search="ferry"))


def test_a_document_is_picked_for_or_against_and_taken_back(browser: SimpleNamespace) -> None:
    run("explore")
    state.pick(3, example=True)
    state.pick(5, example=True)
    state.pick(3, example=False)
    assert (state.current().examples, state.current().against) == ((5,), (3,))
    assert browser.query_params == {"examples": "5", "against": "3"}
    state.pick(3, example=False)
    state.pick(5, example=True)
    assert state.current() == Filter()


def test_clear_shows_everything_and_closes_the_document(browser: SimpleNamespace) -> None:
    browser.query_params.update({"doc": "99999"})
    run("explore")
    state.clear()
    assert state.get("doc") == ""
    run("explore", SOUP)
    state.clear()
    assert state.current() == Filter()


def test_an_address_that_cannot_be_read_is_refused_and_then_forgotten(browser: SimpleNamespace) -> None:
    browser.query_params.update({"range.quality": "not json"})
    with pytest.raises(QueryError):
        state.begin("explore")
    state.end()
    assert browser.query_params == {}
    assert run("explore") == Filter()


def test_parameters_of_others_are_not_kept(browser: SimpleNamespace) -> None:
    browser.query_params.update({"utm_source": "somewhere", "search": "soup"})
    run("explore")
    assert browser.query_params == {"search": "soup"}
