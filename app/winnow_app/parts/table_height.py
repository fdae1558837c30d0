"""How high a table is drawn."""

from __future__ import annotations

from typing import Literal

ROW = 33
"""The height of a row, in pixels."""


def table_height(rows: int, most: int) -> int | Literal["content"]:
    """Return the height of a table that shows all of its rows where they fit, and else scrolls."""
    return "content" if ROW * (rows + 1) <= most else most
