"""A page that somebody has left: its timers empty no other page."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import WebSocketRoute
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.testing.v1 import AppTest

from app.browsing import ARTIFACTS, count, eventually, served, settled
from app.conftest import OpenTab
from app.invented import documents
from winnow.workspace import Workspace
from winnow_app.left_pages import let_go


def _pages() -> None:
    import streamlit as st
    from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx

    def ring(timers: tuple[frozenset[str], str]) -> None:
        """Ask for fragments of a page, as their timers in the browser do."""
        fragments, page = timers
        for fragment in fragments:
            asked = RerunData(fragment_id=fragment, page_script_hash=page, is_auto_rerun=True)
            get_script_run_ctx().script_requests.request_rerun(asked)

    def first() -> None:
        st.fragment(lambda: st.write("the time"), run_every=60)()
        run = get_script_run_ctx()
        timers = (run.shared.new_fragment_ids.snapshot(), run.page_script_hash)
        if st.button("ring"):
            ring(timers)
        if st.button("turn"):
            st.session_state["timers"] = timers
            st.switch_page(second_page)

    def second() -> None:
        st.write("the second page")
        if "timers" in st.session_state:
            ring(st.session_state.pop("timers"))

    second_page = st.Page(second)
    st.navigation([st.Page(first), second_page]).run()


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setattr(ScriptRunner, "_run_script", ScriptRunner._run_script)
    return AppTest.from_function(_pages).run()


def turned(app: AppTest) -> list[str]:
    """Turn to the second page while the timer of the first rings, and return what is shown when it is drawn again."""
    app.button[1].click().run()
    app.run()
    assert not app.exception
    return [part.value for part in app.markdown]


def test_streamlit_goes_back_to_the_page_that_was_left(app: AppTest) -> None:
    """When this fails, Streamlit has been mended and left_pages.py is no longer needed."""
    assert turned(app) == ["the time"]


def test_the_page_that_was_turned_to_stays(app: AppTest) -> None:
    let_go()
    assert turned(app) == ["the second page"]


def test_a_fragment_of_the_page_that_is_shown_runs(app: AppTest) -> None:
    let_go()
    app.button[0].click().run()
    assert [part.value for part in app.markdown] == ["the time"]


@pytest.fixture(scope="module")
def address(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a corpus on which this process is at work."""
    folder = Path(shutil.copytree(corpus, tmp_path_factory.mktemp("left") / "corpus"))
    jobs = Workspace(folder).catalog.jobs
    jobs.start(jobs.add("score", {"names": ["shape"]}))
    with served(folder, ARTIFACTS / "left-server.log") as found:
        yield found


@pytest.mark.browser
@pytest.mark.slow
def test_a_page_opens_while_a_job_is_watched(open_tab: OpenTab, address: str) -> None:
    """What the timer asks is asked again and again while the page turns: once it comes at the wrong moment."""
    asked: list[str | bytes] = []
    servers: list[WebSocketRoute] = []

    def line(page: WebSocketRoute) -> None:
        server = page.connect_to_server()
        servers.append(server)
        page.on_message(lambda message: (asked.append(message), server.send(message)))

    page = open_tab()
    page.route_web_socket("**/_stcore/stream*", line)
    page.goto(address)
    page.get_by_role("button", name="Cancel").wait_for()
    settled(page)
    before = len(asked)
    eventually(lambda: len(asked) > before, "the timer asks", page)
    ring = asked[-1]
    page.get_by_role("button", name="Look", disabled=False).first.click()
    for _ in range(60):
        servers[-1].send(ring)
        page.wait_for_timeout(20)
    eventually(lambda: "/explore" in page.url, "Explore is open", page)
    settled(page)
    assert 0 < count(page) < len(documents())
