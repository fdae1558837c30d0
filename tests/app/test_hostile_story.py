"""Whatever comes with a corpus, is typed by somebody or stands in an address: in a real browser it stays text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page

from app.browsing import ARTIFACTS, eventually, served, settled
from app.conftest import OpenTab
from app.hostile_corpus import ATTACK, FILE, HOSTILE, build, made_of_text, unfold
from app.invented import ODD_NAME
from app.test_prove_story import invented
from winnow.errors import SettingError
from winnow.workspace import Workspace
from winnow_app.shell import PAGES

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ASKED = [
    "&".join(f"{name}={quote(HOSTILE)}" for name in ("doc", "search", "page", "color")),
    *(f"{name}={quote(HOSTILE)}" for name in ("regex", "where", "near", "sort", "schema", "lasso", "like", "or")),
    f"in.{quote(HOSTILE)}={quote('[1]')}&range.{quote(HOSTILE)}={quote('[0,1]')}",
    f"in.source={quote('[' + chr(34) + '<img src=x onerror=alert(5)>' + chr(34) + ']')}",
]
PLACES = [
    *(name for name in PAGES if name not in ("home", "label")), "",
    *(f"duplicates?copies={kind}" for kind in ("exact", "near", "lines", "benchmarks")),
    "explore?search=words&doc=38", "compare?names=best,other",
]  # fmt: skip


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = build(tmp_path_factory.mktemp("hostile"))
    invented(made.folder / "proofs" / "done", "done", 12, texts=("target", "general", FILE))
    return made


@pytest.fixture(scope="module")
def address(workspace: Workspace) -> Iterator[str]:
    with served(workspace.folder, ARTIFACTS / "hostile-server.log") as found:
        yield found


def look(page: Page, url: str) -> None:
    page.goto(url)
    settled(page)
    assert not made_of_text(page), url


def test_a_page_that_makes_markup_is_seen(open_tab: OpenTab) -> None:
    page = open_tab()
    page.set_content(f"<body>{HOSTILE.replace('alert', 'Number')}<strong>bold</strong></body>")
    assert set(made_of_text(page)) == {"images", "bold"}


def test_names_that_commands_take_hold_no_markup(workspace: Workspace, tmp_path: Path) -> None:
    for attempt in (
        lambda: workspace.select("random", name=ATTACK, docs=1),
        lambda: workspace.learn(ATTACK, "yes_no", plan={"labels": ["label"]}),
        lambda: workspace.prove(ATTACK, {"selections": ["best"], "target": "x"}),
    ):
        with pytest.raises(SettingError, match="letters"):
            attempt()


def test_pages_keep_text_what_is_text(open_tab: OpenTab, address: str) -> None:
    page = open_tab()
    for place in PLACES:
        look(page, f"{address}/{place}")
        unfold(page)
        assert not made_of_text(page), place
    page.goto(f"{address}/explore?doc=39")
    settled(page)
    for way in page.locator('[class*="st-key-doc-way"] button').all():
        way.click()
        settled(page)
        assert {"bold", "formulas"} >= set(made_of_text(page)), "a text shown as Markdown may be bold, and no more"


def test_labels_stay_text_wherever_they_are_shown(open_tab: OpenTab, address: str) -> None:
    page = open_tab()
    look(page, f"{address}/label?schema=odd")
    page.get_by_label("Your name").fill(ATTACK)
    page.get_by_role("button", name="Start labelling").click()
    page.get_by_text("a name has up to 79 letters").wait_for()
    assert not made_of_text(page), "a name that is refused"
    page.get_by_label("Your name").fill(ODD_NAME)
    page.get_by_role("button", name="Start labelling").click()
    page.locator(".st-key-desk").wait_for()
    settled(page)
    for view in ("Review", "Figures", "Files"):
        page.get_by_role("radio", name=view).or_(page.get_by_role("button", name=view, exact=True)).first.click()
        settled(page)
        assert not made_of_text(page), view
    for question in ("marks", "nicer", "tags"):
        page.goto(f"{address}/label?schema={question}")
        page.get_by_label("Your name").fill(ODD_NAME)
        page.get_by_role("button", name="Start labelling").click()
        page.locator(".desk .text").first.wait_for()
        settled(page)
        assert not made_of_text(page), question


def test_an_address_is_no_markup(open_tab: OpenTab, address: str) -> None:
    page = open_tab()
    for asked in ASKED:
        look(page, f"{address}/explore?{asked}")
    look(page, f"{address}/home?search={quote(HOSTILE)}")
    eventually(lambda: page.get_by_text("What is in this corpus").count() > 0, "Home is open", page)
