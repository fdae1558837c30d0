"""A small corpus of invented documents, and pages run on it with and without a browser."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from streamlit.testing.v1 import AppTest

from app.browsing import browser_path, opened_browser, unbroken, watched
from app.invented import documents
from winnow.workspace import Workspace


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tell a story in a real browser a second time when it fails: a busy machine may lose a click. The summary counts it."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that went through the whole line; tests that write take a copy."""
    folder = tmp_path_factory.mktemp("corpus")
    file = folder / "documents.jsonl"
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in documents()), encoding="utf-8")
    workspace = Workspace.create(folder / "corpus")
    workspace.ingest([file])
    workspace.score(["shape", "tokens", "duplicates"])
    workspace.embed("static")
    workspace.cluster(3)
    return folder / "corpus"


@pytest.fixture(scope="session")
def bare_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder whose documents were taken in and nothing more."""
    folder = tmp_path_factory.mktemp("bare")
    file = folder / "documents.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in documents()[:5]), encoding="utf-8")
    Workspace.create(folder / "corpus").ingest([file])
    return folder / "corpus"


@pytest.fixture
def own_corpus(corpus: Path, tmp_path: Path) -> Path:
    """Return a copy of the corpus that the test may write to."""
    return Path(shutil.copytree(corpus, tmp_path / "corpus"))


def _shell(page: str) -> None:
    from winnow_app.shell import open_workbench

    open_workbench(page)


Opener = Callable[..., AppTest]


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> Opener:
    """Open a page of the whole workbench on a corpus, at an address."""

    def opened(page: str, folder: Path, address: Mapping[str, str] | None = None) -> AppTest:
        monkeypatch.setenv("WINNOW_WORKSPACE", str(folder))
        app = AppTest.from_function(_shell, default_timeout=60, args=(page,))
        for name, value in (address or {}).items():
            app.query_params[name] = value
        return app.run()

    return opened


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return headless Chromium; where there is none, CI fails and other machines skip."""
    if not browser_path():
        reason = "there is no Chromium: apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with opened_browser() as opened:
        yield opened


OpenTab = Callable[..., Page]


@pytest.fixture
def open_tab(browser: Browser) -> Iterator[OpenTab]:
    """Open pages of their own; whatever goes wrong on one of them fails the test.

    Whoever serves them does so in a fixture of the module: a page that loses its server has errors to tell.
    """
    trouble: list[str] = []
    tabs: list[Page] = []

    def opened(**wanted: Any) -> Page:
        tabs.append(watched(browser, trouble, **wanted))
        return tabs[-1]

    yield opened
    for tab in tabs:
        unbroken(tab)
        tab.context.close()
    assert not trouble, "\n".join(trouble)
