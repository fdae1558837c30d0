"""From what a person typed to files and their readers."""

from __future__ import annotations

import glob
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from winnow.errors import InputError, nearest
from winnow.ingest.arrow import INFO, SPLITS, STATE, is_dataset
from winnow.ingest.base import Reader
from winnow.ingest.dolma import companions
from winnow.ingest.streams import COMPRESSED, open_file
from winnow.ingest.whole import WholeFiles, text_files
from winnow.method import method, methods

_OTHER_NAMES = {"tsv": "csv", "ndjson": "jsonl", "json": "jsonl", "feather": "arrow", "huggingface": "arrow"} | {
    "rpv2": "redpajama",
    "mediawiki": "wikipedia",
    "htm": "html",
}
_NO_DATA = {STATE, INFO, SPLITS, "dataset_infos.json", "config.json", "manifest.json", "package.json"}
_MAGIC = ((b"PAR1", "parquet"), (b"ARROW1", "arrow"), (b"WARC/", "warc"), (b"%PDF-", "pdf"))
_SAMPLE_BYTES = 64 << 10
_SAMPLES = 16


@dataclass(frozen=True)
class Source:
    """One thing to read: a file, a folder of text files or a saved dataset."""

    path: Path
    format: str
    """Name of the reader."""
    left_out: tuple[Path, ...] = ()
    """Files of the same folder that no reader takes here, to be told to people."""


def expand(paths: Sequence[str | Path], format: str | None = None) -> list[Source]:
    """Turn files, globs and folders into sources, in order and each once.

    A folder written by `save_to_disk` is one source; in any other folder each Parquet, Arrow, CSV or JSON Lines file
    is one, as is each web archive, mailbox and dump; if there is none each .json file; if there is none all text files, web
    pages, PDF files and books together. Raises InputError when a path
    matches nothing or its format is unknown, and SettingError when `format` is no reader.
    """
    told = None if format is None else method(Reader, _OTHER_NAMES.get(format, format)).name
    found: dict[Path, Source] = {}
    for path in paths:
        for match in _matches(path):
            for source in _in_folder(match, told) if match.is_dir() else [_one(match, told)]:
                found.setdefault(source.path.resolve(), source)
    return list(found.values())


def reader_for(path: Path, format: str | None = None, settings: Mapping[str, Any] | None = None) -> Reader:
    """Build the reader of a path; settings that are None are left at their default, and text is read as their values.

    Raises InputError when the format is unknown and SettingError when a setting is not one of the reader's.
    """
    told = _OTHER_NAMES.get(format, format) if format is not None else _format_of(path)
    kind = method(Reader, told)
    recipe = {key: value for key, value in (settings or {}).items() if value is not None}
    known = {setting.name: setting for setting in kind.settings()}
    for key, value in kind.check_names(recipe).items():
        recipe[key] = known[key].parse(value) if isinstance(value, str) else value
    if format == "text" and path.is_dir():
        recipe.setdefault("every_file", True)
    return kind.from_recipe(recipe)


def fingerprint(path: Path) -> str:
    """Return a name for the content of a file or folder, to tell whether it was taken in before.

    SHA-256 over the size and 16 evenly spaced blocks of 64 KB with the first and the last (over all bytes up to 1 MB);
    of a folder, over the relative paths and sizes of its files.
    """
    digest = hashlib.sha256()
    if path.is_dir():
        for member in text_files(path):
            name = member.relative_to(path).as_posix()
            digest.update(f"{name}\0{_size(member)}\n".encode(errors="surrogateescape"))
        return "folder:" + digest.hexdigest()
    with open_file(path) as file:
        size = file.seek(0, os.SEEK_END)
        digest.update(f"{size}\n".encode())
        last = max(0, size - _SAMPLE_BYTES)
        for place in range(_SAMPLES):
            file.seek(place * last // (_SAMPLES - 1))
            digest.update(file.read(_SAMPLE_BYTES))
    return "file:" + digest.hexdigest()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _matches(path: str | Path) -> list[Path]:
    here = Path(path).expanduser()
    if here.exists():
        return [here]
    pattern = str(here)
    if glob.has_magic(pattern):
        matches = [Path(match) for match in sorted(glob.glob(pattern, recursive=True))]
        files = [match for match in matches if match.is_file()]
        if matches:
            return files if "**" in pattern and files else matches
        raise InputError("files to read are needed", f"nothing matches {pattern}", "check the pattern, and quote it")
    beside = [entry.name for entry in here.parent.iterdir()] if here.parent.is_dir() else []
    guess = nearest(here.name, beside) if beside else ""
    fix = guess if guess.startswith("did") else "check the path"
    raise InputError("a file or folder to read is needed", f"there is no {here}", fix)


def _one(path: Path, told: str | None) -> Source:
    return Source(path, told or _format_of(path))


def _format_of(path: Path) -> str:
    """Choose by suffix, then by the first bytes; raises InputError naming the formats."""
    by_suffix = _by_suffix(path)
    if by_suffix is not None:
        return by_suffix
    if path.is_dir():
        return "text"
    with open_file(path) as file:
        head = file.read(4096)
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    if head.lstrip().startswith(b"{"):
        return "jsonl"
    raise _unknown(f"'{path.suffix}' says nothing of it" if path.suffix else "it has no suffix", path)


def _by_suffix(path: Path) -> str | None:
    found = sorted(methods(Reader).items(), key=lambda item: not item[1].looks_inside)
    return next((name for name, kind in found if kind.accepts(path)), None)


def _whole() -> set[str]:
    """Name the readers that take a folder of files as one source."""
    return {name for name, kind in methods(Reader).items() if issubclass(kind, WholeFiles)}


def _unknown(found: str, path: Path) -> InputError:
    readers = methods(Reader)
    known = "; ".join(
        f"{name} ({' '.join(suffix for suffix in kind.suffixes if not suffix.endswith(COMPRESSED[1:]))})"
        for name, kind in readers.items()
    )
    return InputError(
        f"the format of {path} is needed", f"{found}; formats: {known}", f"say --format {'|'.join(readers)}"
    )


def _in_folder(folder: Path, told: str | None) -> list[Source]:
    if is_dataset(folder) and told in (None, "arrow"):
        return [Source(folder, "arrow")]
    if told in _whole():
        return [Source(folder, str(told))]
    datasets, files = _walk(folder)
    beside = companions(files)
    files = [file for file in files if file not in beside]
    if told is not None:
        kind = method(Reader, told)
        fitting = [file for file in files if kind.accepts(file) and file.name not in _NO_DATA]
        chosen = [Source(file, told) for file in fitting or [file for file in files if not file.name.startswith("_")]]
        return _with_rest([*(datasets if told == "arrow" else []), *chosen], files, folder)
    formats = {file: _by_suffix(file) for file in files if file.name not in _NO_DATA}
    pages = _whole()
    tables = [Source(file, name) for file, name in formats.items() if name and name not in pages and not _plain(file)]
    whole = [Source(file, "jsonl") for file in formats if _plain(file)]
    if tables or datasets:
        return _with_rest([*datasets, *tables], files, folder)
    if whole:
        return _with_rest(whole, files, folder)
    if found := pages & set(formats.values()):
        return [Source(folder, str(found.pop() if len(found) == 1 else "text"))]
    raise _unknown("no file in it has a known suffix" if files else "it is empty", folder)


def _plain(file: Path) -> bool:
    """A .json file is data only where nothing else is: beside tables it is most often a description of them."""
    return file.suffix.lower() == ".json"


def _walk(folder: Path) -> tuple[list[Source], list[Path]]:
    """Return the saved datasets below a folder, and the files outside of them."""
    datasets: list[Source] = []
    files: list[Path] = []
    for file in text_files(folder):
        inside = next((source.path for source in datasets if source.path in file.parents), None)
        if inside is None and file.name in (STATE, SPLITS) and is_dataset(file.parent):
            datasets.append(Source(file.parent, "arrow"))
        elif inside is None:
            files.append(file)
    return datasets, [file for file in files if not any(source.path in file.parents for source in datasets)]


def _with_rest(sources: list[Source], files: list[Path], folder: Path) -> list[Source]:
    if not sources:
        raise _unknown("no file in it has a known suffix" if files else "it is empty", folder)
    taken = {source.path for source in sources}
    rest = tuple(file for file in files if file not in taken)
    return [replace(sources[0], left_out=rest), *sources[1:]]


def files_below(source: Source) -> Iterator[Path]:
    """Yield the files behind a source, so that their sizes give the work ahead."""
    return text_files(source.path) if source.path.is_dir() else iter((source.path,))


def named_data(names: Sequence[str], format: str | None = None) -> set[str]:
    """Return which of some names a reader takes: tables and archives, else .json, else text, web pages, PDF, books.

    Raises InputError when there is none.
    """
    kinds = methods(Reader) if format is None else {format: method(Reader, _OTHER_NAMES.get(format, format))}
    whole = _whole()
    groups: tuple[set[str], set[str], set[str]] = (set(), set(), set())
    for name in set(names) - _NO_DATA:
        fitting = [kind for kind, reader in kinds.items() if name.lower().endswith(reader.suffixes)]
        if fitting:
            plain = format is None and name.lower().endswith(".json")
            groups[1 if plain else 2 if whole >= set(fitting) else 0].add(name)
    chosen = next((group for group in groups if group), set())
    if not chosen:
        raise InputError(
            "files of a known format are needed", f"found {', '.join(sorted(names)[:5])}", "--format FORMAT"
        )
    return chosen
