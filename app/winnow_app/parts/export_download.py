"""An export as one file for people whose browser runs on another machine than the server."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import streamlit as st

MOST = 200_000_000
"""Bytes that are held in memory for a download; what is larger is fetched from the folder."""
BESIDE = ("manifest.json", "recipe.yaml", "README.md", "proof.html", "proof.json")


def download(folder: Path, files: Sequence[str], size: int, key: str) -> None:
    """Offer the files of an export, and what stands beside them, as a zip archive, unless they are too large for that."""
    if size > MOST:
        return
    st.download_button(
        "Download as a zip", partial(zipped, folder, files), f"{folder.name}.zip", "application/zip", key=key,
        icon=":material/folder_zip:", on_click="ignore",
    )  # fmt: skip


def zipped(folder: Path, files: Sequence[str]) -> io.BytesIO:
    """Return an archive of the named files that lie in the folder itself; a link to elsewhere is left out."""
    packed, inside = io.BytesIO(), folder.resolve()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in (*BESIDE, *files):
            path = inside / name
            if path.is_file() and path.resolve() == path and path.is_relative_to(inside):
                archive.write(path, f"{folder.name}/{name}")
    packed.seek(0)
    return packed
