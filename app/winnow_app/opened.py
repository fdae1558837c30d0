"""The corpus that this server shows: one opened workspace for pages and API."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from winnow.catalog import access
from winnow.workspace import Workspace

_opened: dict[str, Workspace] = {}
_opening = threading.Lock()


def workspace() -> Workspace:
    """Return the corpus this server shows; raises CorpusError."""
    folder = os.environ.get("WINNOW_WORKSPACE", str(Path("corpus").absolute()))
    with _opening:
        if folder not in _opened:
            with access.acting(access.SERVER):
                _opened[folder] = Workspace(folder)
                _opened[folder].catalog.table.lags = True
        return _opened[folder]
