"""The API of a small corpus, asked without a network."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from winnow.api.scope import Served
from winnow.api.server import alone
from winnow.api.visitors import Door, Visitors
from winnow.workspace import Workspace

HERE = "http://localhost"
PASSWORD = "correct horse"

Asker = Callable[..., TestClient]


@pytest.fixture
def ask() -> Asker:
    """Return a client of a corpus behind a door, with a token or without."""

    def client(workspace: Workspace, door: Door | None = None, token: str = "") -> TestClient:
        served = Served(lambda: workspace, Visitors(workspace.catalog.people, door or Door()))
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return TestClient(
            alone(served), base_url=HERE, headers=headers, raise_server_exceptions=False, follow_redirects=False
        )

    return client


@pytest.fixture
def client(scored: Workspace, ask: Asker) -> TestClient:
    """Return a client of six scored documents, open to everybody."""
    return ask(scored)
