"""A chat server on this machine for the tests of judges."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chat_server import Server, serve


@pytest.fixture
def server() -> Iterator[Server]:
    with serve() as listening:
        yield listening
