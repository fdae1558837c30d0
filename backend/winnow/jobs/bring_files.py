"""Files of values and vectors with the ids they belong to: Parquet, CSV, JSON lines, NumPy, FAISS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.csv as pc_csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from winnow.errors import InputError, SettingError, nearest
from winnow.ingest.base import ID_NAMES
from winnow.ingest.packing import python_values
from winnow.ingest.pieces import cut, lines
from winnow.ingest.streams import ByteStream

BATCH = 8192
LONGEST_LINE = 64 << 20
_VECTOR_NAMES = ("vector", "embedding", "embeddings", "vectors", "emb", "values")
_BROKEN = (pa.ArrowException, OSError, EOFError, ValueError, UnicodeDecodeError)


@dataclass(frozen=True)
class Vectors:
    """Vectors with ids, batch by batch."""

    dimensions: int
    batches: Iterator[tuple[list[Any], NDArray[np.float32]]]


def values_of(path: Path, by: str, value: str) -> Iterator[tuple[list[Any], list[Any]]]:
    """Yield ids and values of a Parquet, CSV or JSON lines file; raises InputError, SettingError."""
    for table in _tables(path):
        identity = _id_column(table, by, path)
        others = [name for name in table.schema.names if name != identity]
        if not value and len(others) != 1:
            found = f"beside '{identity}' it has {', '.join(others[:10]) or 'nothing'}"
            raise SettingError(f"which column of {path.name} is it", found, "--value COLUMN")
        wanted = value or others[0]
        if wanted not in table.schema.names:
            raise SettingError(f"{path.name} has no column '{wanted}'", "", nearest(wanted, table.schema.names))
        kind = table.column(wanted).type
        if pa.types.is_nested(kind) or pa.types.is_binary(kind):
            raise InputError("values are numbers, texts or truth values", f"'{wanted}' is {kind}", "--value COLUMN")
        yield python_values(table.column(identity)), [_plain(one) for one in python_values(table.column(wanted))]


def _plain(value: Any) -> Any:
    """Return a value as one that a column may hold; NaN means that there is none."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    number = float(value) if isinstance(value, float) else None
    return str(value) if number is None else (number if np.isfinite(number) else None)


def _id_column(table: pa.RecordBatch, by: str, path: Path) -> str:
    usual = ("doc_id",) if by == "doc_id" else ID_NAMES
    known = {name.lower(): name for name in reversed(table.schema.names)}
    found = next((known[name] for name in usual if name in known), None)
    if found is None:
        listed = ", ".join(table.schema.names[:10])
        raise InputError(f"{path} needs a column '{by}'", f"its columns are: {listed}", "rename the one with the ids")
    return str(found)


def _tables(path: Path) -> Iterator[pa.RecordBatch]:
    name = path.name.lower()
    if not path.is_file():
        raise InputError("a file to import is needed", f"there is no {path}", "check the path")
    reader: Callable[[Path], Iterator[pa.RecordBatch]]
    if name.endswith((".parquet", ".pq")):
        reader = _parquet
    elif ".json" in name or ".ndjson" in name:
        reader = _json_lines
    elif name.endswith((".csv", ".tsv")):
        reader = _separated
    else:
        raise InputError("a file of values is .parquet, .csv, .tsv or .jsonl", f"found {path.name}", "convert it")
    empty = True
    try:
        for batch in reader(path):
            empty = False
            yield batch
    except _BROKEN as reason:
        if isinstance(reason, SettingError):
            raise
        raise InputError(
            f"a whole file is needed: {path}", str(reason).splitlines()[0][:200], "write it again"
        ) from reason
    if empty:
        raise InputError(f"a file of values is needed: {path}", "it holds no rows", "check the path")


def _parquet(path: Path) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(path) as file:
        yield from file.iter_batches(batch_size=BATCH)


def _separated(path: Path) -> Iterator[pa.RecordBatch]:
    parse = pc_csv.ParseOptions(delimiter="\t" if path.name.lower().endswith(".tsv") else ",", newlines_in_values=True)
    yield from pc_csv.read_csv(path, parse_options=parse).to_batches(BATCH)


def _json_lines(path: Path) -> Iterator[pa.RecordBatch]:
    rows: list[dict[str, Any]] = []
    for pieces in cut(ByteStream(path), lines, LONGEST_LINE):
        for number, line in enumerate(pieces.parts, pieces.first):
            if not line.strip():
                continue
            try:
                row = orjson.loads(line)
            except orjson.JSONDecodeError as reason:
                raise InputError(
                    f"line {number} of {path} is no JSON", pieces.fault or str(reason), "mend it"
                ) from reason
            if not isinstance(row, dict):
                raise InputError(f"line {number} of {path} is no JSON object", "", 'write {"id": ..., "value": ...}')
            rows.append(row)
        while len(rows) >= BATCH:
            yield pa.RecordBatch.from_pylist(rows[:BATCH])
            rows = rows[BATCH:]
    if rows:
        yield pa.RecordBatch.from_pylist(rows)


def vectors_of(path: Path, ids: Path | None, by: str) -> Vectors:
    """Open a .npy matrix, a Parquet file of lists, a FAISS index, or a folder of them; raises InputError."""
    if not path.exists():
        raise InputError("a file of vectors is needed", f"there is no {path}", "check the path")
    files = [file for file in sorted(path.iterdir()) if _is_vectors(file)] if path.is_dir() else [path]
    if not files:
        raise InputError(f"{path} holds no vectors", "a file is .npy, .parquet, .faiss or .index", "check the folder")
    opened = [_opened(file, ids, by) for file in files]
    if len({one.dimensions for one in opened}) > 1:
        raise InputError(
            "all vectors have one size", f"found {[one.dimensions for one in opened][:5]}", "import one model"
        )
    return Vectors(opened[0].dimensions, (batch for one in opened for batch in one.batches))


def _is_vectors(file: Path) -> bool:
    beside = (".ids", "ids", "_ids", "-ids")
    return file.suffix in (".npy", ".parquet", ".faiss", ".index") and not file.stem.endswith(beside)


def _opened(file: Path, ids: Path | None, by: str) -> Vectors:
    if file.suffix == ".parquet":
        return _lists(file, by)
    matrix = _mapped(file) if file.suffix == ".npy" else _flat_index(file)
    names = _names(ids or _ids_beside(file), len(matrix), by, file)

    def batches() -> Iterator[tuple[list[Any], NDArray[np.float32]]]:
        for start in range(0, len(matrix), BATCH):
            yield names[start : start + BATCH], np.asarray(matrix[start : start + BATCH], dtype=np.float32)

    return Vectors(int(matrix.shape[1]), batches())


def _mapped(file: Path) -> NDArray[Any]:
    try:
        matrix = np.load(file, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as reason:
        raise InputError(f"a NumPy matrix is needed: {file}", str(reason)[:200], "np.save(FILE, vectors)") from reason
    if matrix.ndim != 2 or matrix.dtype.kind != "f" or not matrix.shape[1]:
        found = f"found {matrix.dtype} of shape {matrix.shape}"
        raise InputError(f"a matrix of numbers, a row a document, is needed: {file}", found, "np.save(FILE, vectors)")
    return np.asarray(matrix)


def _flat_index(file: Path) -> NDArray[Any]:
    import faiss

    try:
        index = faiss.read_index(str(file))
        inner = faiss.downcast_index(index.index) if isinstance(index, (faiss.IndexIDMap, faiss.IndexIDMap2)) else index
        vectors: NDArray[Any] = inner.reconstruct_n(0, inner.ntotal)
    except (RuntimeError, AttributeError) as reason:
        found = str(reason).splitlines()[-1][:200]
        raise InputError(f"a flat FAISS index is needed: {file}", found, "save the vectors with np.save") from reason
    return vectors


def _lists(file: Path, by: str) -> Vectors:
    try:
        parquet = pq.ParquetFile(file)
    except _BROKEN as reason:
        raise InputError(f"a whole Parquet file is needed: {file}", str(reason)[:200], "write it again") from reason
    named = [field.name for field in parquet.schema_arrow if pa.types.is_nested(field.type)]
    chosen = next((name for name in _VECTOR_NAMES if name in named), named[0] if len(named) == 1 else None)
    if chosen is None:
        found = f"its columns of lists are: {', '.join(named) or 'none'}"
        raise InputError(f"a column 'vector' is needed: {file}", found, "call it vector")
    first = next(parquet.iter_batches(batch_size=1, columns=[chosen]), None)
    dimensions = len(first.column(0)[0].as_py() or ()) if first is not None and len(first) else 0
    if not dimensions:
        raise InputError(f"vectors are needed: {file}", "the first row has none", "leave rows without vectors out")

    def batches() -> Iterator[tuple[list[Any], NDArray[np.float32]]]:
        for batch in parquet.iter_batches(batch_size=BATCH):
            batch = batch.filter(batch.column(chosen).is_valid())
            flat = batch.column(chosen).flatten().to_numpy(zero_copy_only=False).astype(np.float32)
            if len(flat) != len(batch) * dimensions:
                raise InputError(
                    f"all vectors have one size: {file}", f"the first has {dimensions}", "import one model"
                )
            yield python_values(batch.column(_id_column(batch, by, file))), flat.reshape(len(batch), dimensions)

    return Vectors(dimensions, batches())


def _ids_beside(file: Path) -> Path | None:
    endings = [f"{mark}{suffix}" for mark in (".ids", "_ids", "-ids") for suffix in (".npy", ".txt", ".json")]
    names = [file.stem + ending for ending in endings] + ["ids.npy", "ids.txt", "ids.json"]
    return next((file.with_name(name) for name in names if file.with_name(name).is_file()), None)


def _names(ids: Path | None, rows: int, by: str, file: Path) -> list[Any]:
    """Return the id of each row; without a file of ids, rows are documents in their order."""
    if ids is None:
        if by == "doc_id":
            return list(range(rows))
        raise InputError(
            f"ids for the {rows:,} rows of {file.name} are needed", "there is no ids.npy, ids.txt or ids.json beside it",
            "--ids FILE, or --by doc_id when row i belongs to document i",
        )  # fmt: skip
    try:
        if ids.suffix == ".npy":
            names = np.load(ids, allow_pickle=False).tolist()
        elif ids.suffix == ".json":
            names = orjson.loads(ids.read_bytes())
        else:
            names = ids.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as reason:
        raise InputError(f"a list of ids is needed: {ids}", str(reason)[:200], "one id a line") from reason
    if not isinstance(names, list) or len(names) != rows:
        found = f"{len(names) if isinstance(names, list) else 'no list'} for {rows:,} vectors"
        raise InputError(f"an id for each vector is needed: {ids}", found, "one id a line")
    return names
