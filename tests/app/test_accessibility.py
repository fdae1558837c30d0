"""Every page in a real browser, on a corpus that tries to be markup: no serious violation of accessibility."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from app.browsing import served, settled
from app.conftest import OpenTab
from app.invented import ATTACK, MARKDOWN, documents
from conftest import write_lines
from winnow.catalog.filters import Filter
from winnow.workspace import Workspace
from winnow_app.shell import PAGES

axe = pytest.importorskip("axe_playwright_python.sync_playwright")
pytestmark = [pytest.mark.browser, pytest.mark.slow]
GRAVE = ("serious", "critical")
HOSTILE = f"{ATTACK} {MARKDOWN}"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A corpus whose texts, ids, sources, addresses, views, clusters and labels try to be markup."""
    folder = tmp_path_factory.mktemp("hostile")
    workspace = Workspace.create(folder / "corpus")
    rows = [*documents(), {"id": "long", "text": f"{HOSTILE}\n" * 200, "source": HOSTILE, "extra": HOSTILE}]
    rows += [
        {"id": f"chat-{n}", "text": f"User: {HOSTILE} {n}\nAssistant: # {HOSTILE}\n**b** [a](b)"} for n in range(2)
    ]
    workspace.ingest([write_lines(folder / "pages.jsonl", rows)])
    workspace.score(["shape", "tokens", "language", "duplicates", "near_duplicates", "quality", "toxicity", "pii"])
    workspace.cluster(3)
    workspace.catalog.views.save(ATTACK, Filter(search="soup"))
    workspace.catalog.clusters.rename(0, ATTACK, who=ATTACK)
    workspace.labels.add(0, "keep", who=ATTACK)
    workspace.select("top", name="best", share=0.5)
    with served(folder / "corpus", folder / "server.log") as found:
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
