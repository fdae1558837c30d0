"""export elsewhere: the files are written here first and sent one by one, the manifest last."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from winnow.catalog.catalog import Catalog
from winnow.catalog.selections import NamedSelection
from winnow.errors import ConflictError, WinnowError
from winnow.export.base import Exporter
from winnow.export.manifest import NAME, read_manifest
from winnow.jobs.export import Writing, export
from winnow.jobs.progress import Progress
from winnow.judge.base import Judge
from winnow.method import method
from winnow.storage import check_writable, is_remote, listing, send


def writing_of(
    *,
    format: str = "parquet",
    columns: Sequence[str] = (),
    settings: Mapping[str, Any] | None = None,
    arrange: Sequence[Mapping[str, Any]] = (),
    judge: Mapping[str, Any] | None = None,
    validation: float = 0.0,
) -> Writing:
    """Return how a selection is written, from names and recipes; raises SettingError.

    `format` names an exporter and `settings` are its own. `arrange` holds recipes {"method": name, **settings}:
    transforms, then one order, then one packing; `judge` is the recipe of whom some of them ask. `validation` is the
    share of documents set apart, such that copies and near copies are on one side.
    """
    exporter = method(Exporter, format).from_recipe(settings or {})
    asked = method(Judge, str(judge.get("method", ""))).from_recipe(judge) if judge else None
    return Writing(exporter, tuple(columns), tuple(map(dict, arrange)), asked, float(validation))


def export_to(
    catalog: Catalog, selection: NamedSelection, place: str | Path, writing: Writing, progress: Progress
) -> str | Path:
    """Write a selection to a folder or an address and return it; raises what `export` does, and InputError.

    An export to an address that was killed, or that lost its connection, goes on when it is run again: what was written
    waits in the corpus under outgoing/, and files that have arrived are not sent again. Until the manifest is there the
    export does not count as whole.
    """
    if not is_remote(place):
        return export(catalog, selection, Path(place), writing, progress)
    address = str(place).rstrip("/")
    folder, arrived = _arrived(catalog, selection, address, writing)
    if not (folder / NAME).is_file():
        export(catalog, selection, folder, writing, progress)
    try:
        _send_all(folder, address, arrived, progress)
    except WinnowError as reason:
        raise type(reason)(reason.needs, reason.found, f"{reason.fix}: the same command goes on from there") from reason
    shutil.rmtree(folder, ignore_errors=True)
    return address


def check_address(catalog: Catalog, selection: NamedSelection, address: str, writing: Writing) -> None:
    """Raise MissingNeed, InputError or ConflictError when files could not be sent to an address, before any is made."""
    _arrived(catalog, selection, address.rstrip("/"), writing)


def _arrived(
    catalog: Catalog, selection: NamedSelection, address: str, writing: Writing
) -> tuple[Path, dict[str, int]]:
    """Return where files wait that are to be sent, and those that are there already, with their sizes."""
    check_writable(address)
    folder = catalog.folder / "outgoing" / writing.digest(catalog, selection)
    arrived = {one.address: one.size for one in listing(address)}
    if f"{address}/{NAME}" in arrived or (arrived and not folder.exists()):
        raise ConflictError("an export needs a new place", f"{address} holds files", "name another, or remove them")
    return folder, arrived


def _send_all(folder: Path, address: str, arrived: dict[str, int], progress: Progress) -> None:
    data = {entry["name"] for entry in read_manifest(folder)["files"]}
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    # The manifest says that the export is whole, so it comes last.
    files.sort(key=lambda path: (path.name == NAME, path.relative_to(folder).as_posix() not in data))
    progress.stage(f"send to {address}", sum(path.stat().st_size for path in files), "bytes")
    for path in files:
        there = f"{address}/{path.relative_to(folder).as_posix()}"
        if arrived.get(there) != path.stat().st_size or path.relative_to(folder).as_posix() not in data:
            send(path, there)
        progress.advance(path.stat().st_size)
