"""A small corpus of invented documents, some of which try to be markup, and pages run on it without a browser."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from winnow.workspace import Workspace

ATTACK = "<script>alert(1)</script><img src=x onerror=alert(2)>"
MARKDOWN = "![picture](https://example.invalid/x.png) **bold** [link](javascript:alert(3)) :red[x] $x^2$"
TOPICS = {
    "kitchen": "Stir the soup until the onions are soft, then add salt, pepper and two cups of water to the pot.",
    "garden": "Plant the bulbs in autumn, water the beds every evening and cut the roses back before the frost.",
    "harbour": "The ferry leaves the harbour at noon, passes the lighthouse and reaches the island before evening.",
}


def documents() -> list[dict[str, str]]:
    """Return 39 documents: twelve a topic, one copy, one that runs right to left, one that tries to be markup."""
    rows = [
        {
            "id": f"{topic}-{n}",
            "text": f"{words} Note {n} of the {topic}.",
            "source": topic,
            "date": f"2024-0{n % 9 + 1}-15",
        }
        for topic, words in TOPICS.items()
        for n in range(12)
    ]
    rows.append({**rows[0], "id": "copy-0"})
    rows.append({"id": "arabic-0", "text": "السفينة تغادر الميناء عند الظهر وتصل قبل المساء", "source": "harbour"})
    rows.append(
        {"id": ATTACK, "text": f"Words before {ATTACK} and {MARKDOWN} words after", "source": ATTACK, "url": MARKDOWN}
    )
    return rows


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
