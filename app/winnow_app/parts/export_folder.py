"""The folder of an export: what it may be, what it will come to, and what lies in it when it is written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from winnow.api.scope import allowed
from winnow.catalog.joblog import OPEN, Job
from winnow.catalog.selections import NamedSelection
from winnow.errors import AccessError, SettingError, WinnowError
from winnow.jobs.export import Writing
from winnow.jobs.export_plan import free_bytes
from winnow.jobs.sending import check_address
from winnow.storage import is_remote
from winnow_app import data, identity
from winnow_app.parts.export_download import download
from winnow_app.parts.failures import failures_as_words
from winnow_app.parts.highlight import plain
from winnow_app.parts.table_height import table_height

REFUSED = "export.refused"


def first_folder(name: str) -> str:
    """Return where an export goes unless somebody says otherwise: beside the corpus, or where people may write."""
    folders = identity.visitors().door.folders
    beside = data.workspace().folder.parent
    usable = [folder for folder in folders or (beside,) if os.access(folder, os.W_OK)]
    return str((usable or [data.workspace().folder])[0] / f"{name}-export")


def refused(folder: str) -> str:
    """Return why a folder or an address cannot be written to, as far as that is known without asking; "" when it can."""
    if not folder:
        return "Name a folder."
    if being_written(folder):
        return "A job is writing there."
    try:
        place = allowed(folder, identity.visitors().door.folders)
        path = Path(place)
        if not is_remote(place) and path.exists() and (not path.is_dir() or any(path.iterdir())):
            return "It exists and is not an empty folder; choose another one."
        above = next((one for one in (path, *path.parents) if one.exists()), path)
        if not is_remote(place) and not (above.is_dir() and os.access(above, os.W_OK)):
            return f"Nothing can be written in {above}; choose another folder."
    except (AccessError, SettingError) as reason:
        return str(reason)
    except (OSError, ValueError):
        return "This is no folder that can be written; choose another one."
    return ""


def being_written(folder: str) -> bool:
    """Whether a job is at work on a folder."""
    return any(job.state in OPEN for job in exports_with("folder", folder))


def written_by(folder: str) -> int | None:
    """Return the last job that wrote its files to a folder, and wrote them whole."""
    return next((job.job for job in exports_with("folder", folder) if job.state == "done"), None)


def exports_with(setting: str, value: str) -> list[Job]:
    """Return the exports among the newest jobs whose recipe says so ("folder", "name"), newest first."""
    jobs = data.workspace().catalog.jobs.all(50)
    return [job for job in jobs if job.verb == "export" and job.recipe.get(setting) == value]


def start_export(chosen: NamedSelection, writing: Writing, folder: str) -> None:
    """Start the job; an address is asked first whether it would take the files, and says in words when not."""
    st.session_state.pop(REFUSED, None)
    try:
        if is_remote(folder):
            check_address(data.workspace().catalog, chosen, folder, writing)
    except WinnowError as reason:
        st.session_state[REFUSED] = folder, reason
        return
    data.start("export", name=chosen.name, folder=folder, **writing.recipe)


def refusal(folder: str) -> None:
    """Draw why an address did not take the files when it was last asked."""
    asked, reason = st.session_state.get(REFUSED, ("", None))
    if reason is not None and asked == folder:
        with failures_as_words("address"):
            raise reason


def outlook_line(chosen: NamedSelection, writing: Writing, folder: str) -> None:
    """Say about how many rows and bytes each split will have, and warn when the disk is smaller."""
    try:
        made = data.forecasts(chosen, writing)
    except WinnowError as reason:
        st.caption(plain(str(reason)))
        return
    # What goes to an address waits in the corpus until it has arrived.
    remote = is_remote(folder) if folder else False
    room = free_bytes(data.workspace().folder if remote else Path(folder))
    for part in made:
        files = f"{'' if part.exact else 'about '}{part.files:,} file{'s' * (part.files != 1)}"
        split = f"**{part.split}**: " if part.split else ""
        st.caption(f"{split}{part.documents:,} documents in {files}, about {size_words(part.bytes)}")
    if room is not None:
        where = "here, where the files wait to be sent" if remote else "there"
        st.caption(f"{size_words(room)} are free {where}.")
        if sum(part.bytes for part in made) > room:
            st.warning("The disk has less room than that.", icon=":material/disc_full:")


def size_words(size: float) -> str:
    """Say a number of bytes.

    >>> size_words(900), size_words(5_200_000), size_words(31e9)
    ('1 kB', '5.2 MB', '31.0 GB')
    """
    for unit, name in ((1e9, "GB"), (1e6, "MB")):
        if size >= unit:
            return f"{size / unit:,.1f} {name}"
    return f"{max(size / 1e3, 1):,.0f} kB"


def written_folder(folder: str, key: str) -> None:
    """Show where an export lies, its files, and the command that checks it."""
    st.code(folder, language=None, wrap_lines=True)
    if is_remote(folder):
        st.caption("All files have arrived there; the manifest came last.")
        return
    try:
        content = json.loads((Path(folder) / "manifest.json").read_text("utf-8"))
        files = [
            {"file": file["name"], "documents": file["documents"], "size": size_words(file["bytes"])}
            for file in content["files"]
        ]
    except (OSError, ValueError, KeyError, TypeError):
        st.caption("It has been moved or removed.")
        return
    st.dataframe(files, hide_index=True, height=table_height(len(files), 220))
    command = opener()
    with st.container(horizontal=True, gap="small"):
        if command:
            st.button("Open the folder", key=key, icon=":material/folder_open:", on_click=_open, args=(command, folder))
        names = [str(file["name"]) for file in content["files"]]
        download(Path(folder), names, sum(int(file["bytes"]) for file in content["files"]), f"{key}.zip")
    st.code(f"winnow export --verify {folder}", language=None, wrap_lines=True)


def opener() -> list[str]:
    """Return the command that opens a folder, when the browser runs on the desktop that the server runs on."""
    if st.context.ip_address not in (None, "127.0.0.1", "::1") or not identity.visitors().door.is_open:
        return []
    if sys.platform == "darwin":
        return ["open"]
    return ["xdg-open"] if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") else []


def _open(command: Sequence[str], folder: str) -> None:
    try:
        subprocess.Popen(
            [*command, folder], start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    except OSError as reason:
        st.toast(f"{command[0]}: {reason.strerror}", icon=":material/folder_off:")
