"""Every page in a real browser, on a corpus that tries to be markup: no serious violation of accessibility."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from app.browsing import ARTIFACTS, served, settled
from app.conftest import OpenTab
from app.hostile_corpus import build
from winnow_app.shell import PAGES

axe = pytest.importorskip("axe_playwright_python.sync_playwright")
pytestmark = [pytest.mark.browser, pytest.mark.slow]
GRAVE = ("serious", "critical")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("hostile")
    with served(build(folder).folder, ARTIFACTS / "accessibility-server.log") as found:
        yield found


def look_at(page: Page, url: str) -> None:
    page.goto(url)
    settled(page)
    page.wait_for_timeout(500)
    settled(page)


PLACES = [
    *(name if name != "home" else "" for name in PAGES),
    "explore?doc=38",
    "explore?search=soup&doc=0",
    "map?doc=3",
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_serious_violation(open_tab: OpenTab, address: str, scheme: str) -> None:
    page = open_tab(scheme=scheme)
    grave = []
    for place in PLACES:
        look_at(page, f"{address}/{place}")
        found = axe.Axe().run(page).response["violations"]
        grave += [
            f"/{place}: {one['id']} ({one['help']}) at {node['target']}: {node['html'][:200]}"
            for one in found if one["impact"] in GRAVE for node in one["nodes"]
        ]  # fmt: skip
    assert not grave, "\n".join(grave)
