"""What tests of several folders stand on."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.jobs.labelled_corpus import build


@pytest.fixture(scope="session")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty documents for labels; tests take a copy."""
    return build(tmp_path_factory.mktemp("labelled"))
