"""Benchmark sets as people have them: files and folders, one item a row, read into texts to look for."""

from __future__ import annotations

import bz2
import csv
import gzip
import hashlib
import io
import lzma
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from winnow.errors import InputError, nearest
from winnow.score.splits import held_out, split_of

PROMPTS = (
    "question", "query", "prompt", "problem", "instruction", "goal", "ctx", "sentence_good", "context", "input", "premise",
    "sentence", "text", "passage", "content",
)  # fmt: skip
"""Names under which benchmarks keep what a model is asked; the first that a file has is compared."""

SUFFIXES = (".jsonl", ".ndjson", ".json", ".parquet", ".pq", ".csv", ".tsv", ".txt", ".md")
_PACKED: dict[str, Callable[..., Any]] = {
    ".gz": gzip.open,
    ".bz2": bz2.open,
    ".xz": lzma.open,
    ".zst": zstandard.open,
    ".zstd": zstandard.open,
}
_LONGEST_FIELD = 1 << 24


@dataclass(frozen=True)
class Benchmarks:
    """Items in the order of their files: `names` of the benchmarks, which one each item is of, its row and its text."""

    names: tuple[str, ...]
    splits: tuple[str, ...]
    of: tuple[int, ...]
    rows: tuple[int, ...]
    texts: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.texts)

    def table(self) -> pa.Table:
        """Return benchmark, split, row and text of each item."""
        return pa.table(
            {
                "benchmark": pa.array([self.names[place] for place in self.of], pa.string()),
                "split": pa.array([self.splits[place] for place in self.of], pa.string()),
                "row": pa.array(self.rows, pa.int64()),
                "text": pa.array(self.texts, pa.large_string()),
            }
        )


def files_of(paths: Sequence[str]) -> list[Path]:
    """Return the benchmark files that the paths name, folders searched; raises InputError for one that is not there."""
    found: list[Path] = []
    for path in map(Path, paths):
        if not path.exists():
            raise InputError("a benchmark is a file or a folder", f"{path} does not exist", "name one that does")
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        mine = [file for file in inside if file.is_file() and _kind(file) in SUFFIXES and file.name != "SOURCE.txt"]
        if not mine:
            known = ", ".join(SUFFIXES)
            raise InputError(
                f"benchmark {path} holds nothing that can be read", "no file of a known kind", f"known: {known}"
            )
        found += mine
    return list(dict.fromkeys(found))


def state_of(paths: Sequence[str]) -> str:
    """Return what changes when one of the files does."""
    facts = [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files_of(paths)]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def read_benchmarks(paths: Sequence[str], fields: Sequence[str] = ()) -> Benchmarks:
    """Read every item of the files; `fields` names what is compared (joined by newlines), none for the prompt alone.

    A file is a benchmark under its own name. Raises InputError for a file that cannot be read or has no such field.
    """
    names: list[str] = []
    splits: list[str] = []
    of: list[int] = []
    rows: list[int] = []
    texts: list[str] = []
    for place, file in enumerate(files_of(paths)):
        table = _rows(file)
        columns = list(dict.fromkeys(key for row in table for key in row))
        values = [str(row.get("split") or "") for row in table[:10_000]] if "split" in columns else []
        found = held_out(file, columns, set(values) - {""})
        names.append(_name(file, names))
        splits.append(found.split if found else split_of(file))
        for number, text in enumerate(_texts(table, columns, fields, file), start=1):
            if text.strip():
                of.append(place)
                rows.append(number)
                texts.append(text)
    return Benchmarks(tuple(names), tuple(splits), tuple(of), tuple(rows), tuple(texts))


def _kind(file: Path) -> str:
    packed = file.suffix.lower() in _PACKED
    return Path(file.stem).suffix.lower() if packed else file.suffix.lower()


def _name(file: Path, taken: Sequence[str]) -> str:
    """Return the file's name without suffixes, with its folder where another file has the same."""
    stem = file.name
    while Path(stem).suffix.lower() in (*_PACKED, *SUFFIXES):
        stem = Path(stem).stem
    return stem if stem not in taken else next(
        name for n in range(1, len(taken) + 2) if (name := f"{file.parent.name}/{stem}" + f" {n}" * (n > 1)) not in taken
    )  # fmt: skip


def _rows(file: Path) -> list[dict[str, Any]]:
    kind = _kind(file)
    try:
        if kind in (".parquet", ".pq"):
            return [dict(row) for row in pq.read_table(file).to_pylist()]
        with _open(file) as stream:
            if kind in (".jsonl", ".ndjson"):
                return [_row(orjson.loads(line)) for line in stream if line.strip()]
            body = stream.read()
        if kind == ".json":
            return [_row(row) for row in _listed(orjson.loads(body))]
        text = body.decode("utf-8-sig", errors="replace").replace("\r\n", "\n")
        if kind in (".csv", ".tsv"):
            csv.field_size_limit(_LONGEST_FIELD)
            return list(csv.DictReader(io.StringIO(text), delimiter="\t" if kind == ".tsv" else ",", restkey="more"))
        return [{"text": part.strip()} for part in text.split("\n\n") if part.strip()]
    except (OSError, EOFError, ValueError, pa.ArrowException, csv.Error, lzma.LZMAError, zstandard.ZstdError) as reason:
        cause = str(reason).splitlines()[0] if str(reason) else type(reason).__name__
        raise InputError(f"benchmark {file} cannot be read", cause, "mend it, or leave it out") from reason


def _open(file: Path) -> IO[bytes]:
    stream: IO[bytes] = _PACKED.get(file.suffix.lower(), open)(file, "rb")
    return stream


def _row(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {"text": value}


def _listed(value: Any) -> list[Any]:
    """Return the rows of a JSON document: a list, a list under some key, or columns of lists."""
    if isinstance(value, dict):
        inside = next((part for part in value.values() if isinstance(part, list)), None)
        return inside if inside is not None else [value]
    return value if isinstance(value, list) else [value]


def _texts(
    table: Sequence[Mapping[str, Any]], columns: Sequence[str], fields: Sequence[str], file: Path
) -> Iterator[str]:
    lower = {column.lower(): column for column in columns if isinstance(column, str)}
    unknown = [field for field in fields if field.lower() not in lower]
    if unknown and table:
        raise InputError(f"benchmark {file} has no field '{unknown[0]}'", "", nearest(unknown[0], map(str, columns)))
    if {"context_options", "continuation"} <= set(lower) and not fields:
        yield from (_chosen_option(row) for row in table)
        return
    chosen = [lower[field.lower()] for field in fields] or [lower[name] for name in PROMPTS if name in lower][:1]
    chosen = chosen or _longest(table, columns)
    yield from ("\n".join(part for field in chosen for part in _strings(row.get(field))) for row in table)


def _chosen_option(row: Mapping[str, Any]) -> str:
    """Return the sentence with the right option in it: all options together would halve every share."""
    options, gold = list(_strings(row.get("context_options"))), row.get("gold")
    right = gold if isinstance(gold, int) and 0 <= gold < len(options) else 0
    return " ".join([*options[right : right + 1], *_strings(row.get("continuation"))])


def _longest(table: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> list[str]:
    sizes = {column: sum(len(part) for row in table[:200] for part in _strings(row.get(column))) for column in columns}
    return [max(sizes, key=lambda column: sizes[column])] if any(sizes.values()) else []


def _strings(value: Any) -> Iterator[str]:
    """Yield the texts in a value: of a chat turn its content, of anything else all there are."""
    if isinstance(value, str):
        # JSON may hold half a character pair, which is no text.
        yield value.encode("utf-8", "replace").decode()
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _strings(part)
    elif isinstance(value, Mapping):
        told = next((value[key] for key in ("content", "text", "stem", "value") if key in value), None)
        for part in [told] if told is not None else value.values():
            yield from _strings(part)
