"""Arrow files and streams, and folders written by Hugging Face's `save_to_disk`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import orjson
import pyarrow as pa

from winnow.errors import InputError
from winnow.ingest.base import Batch, Reader, Rejected
from winnow.ingest.streams import open_file
from winnow.ingest.tables import TableDocuments

_BROKEN = (pa.ArrowException, OSError, EOFError, ValueError)
_MAGIC = b"ARROW1"
_STREAM_STARTS_AT = 8
STATE, INFO, SPLITS = "state.json", "dataset_info.json", "dataset_dict.json"


class _UnreadableFile(InputError):
    """Nothing in one Arrow file can be read; the other files of its dataset still can."""


@dataclass(frozen=True, kw_only=True)
class Arrow(Reader):
    """Arrow streams and files (.arrow, .feather, .ipc) and folders of Hugging Face `save_to_disk`.

    The splits of a dataset dictionary are read one after another, and `meta` names the split. Of a file that is cut
    short every whole record batch is read.
    """

    name: ClassVar[str] = "arrow"
    suffixes: ClassVar[tuple[str, ...]] = (".arrow", ".feather", ".ipc", ".arrows")

    def read(self, path: Path) -> Iterator[Batch]:
        if not path.is_dir():
            yield from self._file(path, TableDocuments(self, path), 0)
            return
        done = 0
        for file, split in shards(path):
            if not file.is_file():
                yield _rejected(TableDocuments(self, file), "the dataset lists this file, but it is missing", done)
                continue
            constants = (("split", split),) if split else ()
            try:
                yield from self._file(file, TableDocuments(self, file, constants=constants), done)
            except _UnreadableFile as reason:
                yield _rejected(TableDocuments(self, file), reason.found, done)
            done += file.stat().st_size

    @classmethod
    def accepts(cls, path: Path) -> bool:
        return is_dataset(path) if path.is_dir() else super().accepts(path)

    def _file(self, path: Path, documents: TableDocuments, before: int) -> Iterator[Batch]:
        open_file(path).close()
        if path.stat().st_size == 0:
            return
        with pa.memory_map(str(path)) as mapped:
            for table, position, damage in _tables(mapped, path):
                if table is None:
                    yield _rejected(documents, damage, before + position)
                    continue
                for batch in documents.batches(table):
                    yield replace(batch, bytes_read=before + position)


def is_dataset(folder: Path) -> bool:
    """Say whether a folder was written by `save_to_disk`."""
    return (folder / SPLITS).is_file() or ((folder / STATE).is_file() and (folder / INFO).is_file())


def shards(folder: Path) -> list[tuple[Path, str]]:
    """Return the files of a saved dataset in order, each with the name of its split, or "" when there are none."""
    if not is_dataset(folder):
        raise InputError(
            f"a folder written by save_to_disk is needed: {folder}", f"it has neither {STATE} nor {SPLITS}", "--format"
        )
    if (folder / SPLITS).is_file():
        names = _json(folder / SPLITS).get("splits", [])
        return [(file, str(name)) for name in names for file, _ in shards(folder / str(name))]
    listed = _json(folder / STATE).get("_data_files") or []
    files = [folder / str(entry["filename"]) for entry in listed if isinstance(entry, dict) and "filename" in entry]
    return [(file, "") for file in files or sorted(folder.glob("*.arrow"))]


def _json(path: Path) -> dict[str, Any]:
    try:
        value = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as reason:
        raise InputError(f"a readable {path.name} is needed: {path}", str(reason), "save the dataset again") from reason
    return value if isinstance(value, dict) else {}


_Found = tuple[pa.RecordBatch | None, int, str]
"""A record batch or None, about how many bytes were read, and what is damaged when there is no batch."""


def _tables(mapped: Any, path: Path) -> Iterator[_Found]:
    """Read a file by its footer, a stream from front to back; a file whose footer is lost is still a stream."""
    head = mapped.read(_STREAM_STARTS_AT)
    mapped.seek(0)
    if head.startswith(_MAGIC):
        try:
            file = pa.ipc.open_file(mapped)
        except _BROKEN:
            mapped.seek(_STREAM_STARTS_AT)
        else:
            yield from _from_file(file, mapped.size())
            return
    try:
        stream = pa.ipc.open_stream(mapped)
    except _BROKEN as reason:
        raise _UnreadableFile(
            f"an Arrow file or stream is needed: {path}",
            f"its schema cannot be read ({_short(reason)})",
            "fetch it again, or write it with pyarrow's feather version 2",
        ) from reason
    yield from _from_stream(stream, mapped)


def _from_file(file: Any, size: int) -> Iterator[_Found]:
    """Yield each record batch; a damaged one costs only itself, but its rows are not counted."""
    count = file.num_record_batches
    for place in range(count):
        position = size * (place + 1) // count
        try:
            found: _Found = (file.get_batch(place), position, "")
        except _BROKEN as reason:
            found = (None, position, f"record batch {place + 1} of {count} cannot be read: {_short(reason)}")
        yield found


def _from_stream(stream: Any, mapped: Any) -> Iterator[_Found]:
    while True:
        try:
            table = stream.read_next_batch()
        except StopIteration:
            return
        except _BROKEN as reason:
            yield None, mapped.size(), f"the file cannot be read from here on: {_short(reason)}"
            return
        yield table, mapped.tell(), ""


def _short(reason: BaseException) -> str:
    return (str(reason).splitlines() or [type(reason).__name__])[0][:200]


def _rejected(documents: TableDocuments, reason: str, bytes_read: int) -> Batch:
    rejected = Rejected(str(documents.file), documents.row + 1, reason, b"")
    return replace(documents.nothing(), rejected=[rejected], bytes_read=bytes_read)
