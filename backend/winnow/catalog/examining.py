"""Examining: whether every file that the manifest names is there, whole, and holds what its row says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from winnow.catalog.catalog import Catalog
from winnow.catalog.manifest import Part, Run
from winnow.catalog.publish import checksum
from winnow.catalog.selections import NamedSelection

Watch = Callable[[float], None]
"""Told the bytes of each file that was looked at."""

ROWS = 8192


@dataclass(frozen=True)
class Finding:
    """Something wrong: what (`kind` names the check), where, what was found, and the command or deed that mends it.

    `part` is the shard of documents that it belongs to, `run` the run or selection, where there are such.
    """

    kind: str
    where: str
    found: str
    fix: str
    part: int = -1
    run: str = ""


def numbering(catalog: Catalog) -> Iterator[Finding]:
    """Check that shards number their documents 0, 1, 2, … without gap, and that inputs and shards count alike."""
    expected = 0
    for part in catalog.manifest.parts():
        if part.first_id != expected:
            yield Finding(
                "numbering",
                f"part {part.part}",
                f"its first document is {part.first_id:,}, not {expected:,}",
                "winnow restore BACKUP",
            )
        expected = part.first_id + part.documents
    told = sum(made.documents for made in catalog.manifest.inputs())
    if told != catalog.manifest.documents():
        yield Finding(
            "numbering", "inputs", f"they count {told:,} documents, the shards {expected:,}", "winnow restore BACKUP"
        )


def document_shards(catalog: Catalog, watch: Watch) -> Iterator[Finding]:
    """Check the shards of documents: present, of the recorded size and sum, readable, numbered as their row says."""
    for part in catalog.manifest.parts():
        found = _damage(part.path, part.bytes, part.checksum, partial(_documents_wrong, part))
        watch(part.bytes)
        if found:
            yield Finding("documents", _named(catalog, part.path), found, "winnow restore BACKUP", part.part)


def run_shards(catalog: Catalog, watch: Watch) -> Iterator[Finding]:
    """Check the shards of columns and vectors against their rows and against the documents beside them."""
    parts = {part.part: part for part in catalog.manifest.parts()}
    rows = {(row["run"], row["part"]): row for row in catalog.control.rows("SELECT * FROM run_parts")}
    for run in catalog.manifest.runs(current=False):
        for number, path in sorted(run.paths.items()):
            row = rows[run.run, number]
            wrong = _vectors_wrong if run.kind == "vectors" else _columns_wrong
            wanted = parts[number].documents if number in parts else -1
            found = _damage(
                path,
                row["bytes"],
                row["checksum"],
                partial(wrong, run, path, wanted),
            )
            watch(row["bytes"])
            if found:
                yield Finding("run", _named(catalog, path), found, remake(run), number, run.run)
        for name, table in run.extra.get("tables", {}).items() if run.current else ():
            if not (catalog.folder / table).is_file():
                yield Finding("table", str(table), f"the table {name} is missing", remake(run), run=run.run)


def selections(catalog: Catalog, watch: Watch) -> Iterator[Finding]:
    """Check the kept selections: present, of the recorded sum, naming documents that exist, once each, weights > 0."""
    sums = {row["name"]: row["checksum"] for row in catalog.control.rows("SELECT name, checksum FROM selections")}
    documents = catalog.manifest.documents()
    for kept in catalog.selections.all():
        size = kept.path.stat().st_size if kept.path.is_file() else -1
        found = _damage(kept.path, size, sums[kept.name], partial(_selection_wrong, kept, documents))
        watch(max(size, 0))
        if found:
            fix = f"winnow recipe {kept.name} --out FILE, then winnow run-recipe FILE"
            yield Finding("selection", _named(catalog, kept.path), found, fix, run=kept.name)


def labels(catalog: Catalog) -> Iterator[Finding]:
    """Check that every label names a document that exists."""
    lost = catalog.control.one(
        "SELECT COUNT(*) AS n FROM label_events WHERE doc_id < 0 OR doc_id >= ?", catalog.manifest.documents()
    )
    if lost and lost["n"]:
        yield Finding(
            "labels", "label_events", f"{lost['n']:,} events name documents that do not exist", "winnow restore BACKUP"
        )


def unsummed(catalog: Catalog) -> Iterator[Finding]:
    """Say how many files no sum was kept for: those that an older Winnow wrote."""
    tables = ("parts", "run_parts", "selections")
    counts = [catalog.control.one(f"SELECT COUNT(*) AS n FROM {name} WHERE checksum = ''") for name in tables]
    missing = sum(int(row["n"]) for row in counts if row)
    if missing:
        yield Finding("unsummed", "control.sqlite", f"{missing:,} files have no checksum", "winnow doctor --repair")


def remake(run: Run) -> str:
    """Return the command that makes a run's missing shards again."""
    if run.kind == "vectors":
        return f"winnow embed --model {run.name}"
    rated = "rater" in run.recipe
    return "winnow cluster" if run.name == "cluster" else f"winnow {'raters write' if rated else 'score'} {run.name}"


def record_sums(catalog: Catalog) -> int:
    """Keep a sum for each file that has none and is whole as far as can be seen; returns how many."""
    made = 0
    with catalog.control.write() as connection:
        for table in ("parts", "run_parts", "selections"):
            paths = connection.execute(f"SELECT DISTINCT path FROM {table} WHERE checksum = ''").fetchall()
            present = [row["path"] for row in paths if (catalog.folder / row["path"]).is_file()]
            sums = [(checksum(catalog.folder / path), path) for path in present]
            connection.executemany(f"UPDATE {table} SET checksum = ? WHERE path = ?", sums)
            made += len(sums)
    return made


def detach(catalog: Catalog, findings: list[Finding]) -> None:
    """Take damaged shards off their runs, which makes the runs incomplete: the next score or embed makes them again."""
    with catalog.control.change_manifest() as connection:
        rows = [(found.run, found.part) for found in findings if found.kind == "run"]
        connection.executemany("DELETE FROM run_parts WHERE run = ? AND part = ?", rows)


def _damage(path: Path, size: int, summed: str, wrong: Callable[[], str]) -> str:
    """Say what is wrong with a file, or "". Where the sum agrees only the row counts are read, else everything."""
    if not path.is_file():
        return "it is missing"
    if path.stat().st_size != size:
        return f"it has {path.stat().st_size:,} bytes, not {size:,}"
    try:
        if summed and checksum(path) != summed:
            return "its checksum is another: the file was changed or the disk is failing"
        return wrong()
    except (OSError, ValueError, pa.ArrowException) as reason:
        return f"it cannot be read: {str(reason).splitlines()[0][:160] if str(reason) else type(reason).__name__}"


def _documents_wrong(part: Part) -> str:
    file = pq.ParquetFile(part.path)
    seen = 0
    for batch in file.iter_batches(ROWS, columns=["doc_id"]):
        ids = batch.column("doc_id").to_numpy()
        if not np.array_equal(ids, np.arange(len(ids)) + part.first_id + seen):
            return f"its documents are not numbered from {part.first_id:,} on"
        seen += len(ids)
    if seen != part.documents:
        return f"it holds {seen:,} documents, not {part.documents:,}"
    if not part.checksum:
        for _ in file.iter_batches(ROWS):
            pass
    return ""


def _columns_wrong(run: Run, path: Path, documents: int) -> str:
    file = pq.ParquetFile(path)
    if file.metadata.num_rows != documents:
        return f"it has {file.metadata.num_rows:,} rows for {documents:,} documents"
    lost = [name for name in run.columns if name not in file.schema_arrow.names]
    return f"it lacks the columns {', '.join(lost[:5])}" if lost else ""


def _vectors_wrong(run: Run, path: Path, documents: int) -> str:
    matrix: NDArray[np.float16] = np.load(path, mmap_mode="r", allow_pickle=False)
    if matrix.ndim != 2 or len(matrix) != documents:
        return f"it has the shape {matrix.shape} for {documents:,} documents"
    bad = sum(
        int((~np.isfinite(matrix[start : start + ROWS]).all(axis=1)).sum()) for start in range(0, len(matrix), ROWS)
    )
    return f"{bad:,} of its vectors hold values that are no numbers" if bad else ""


def _selection_wrong(kept: NamedSelection, documents: int) -> str:
    doc_ids, weights = kept.read()
    if len(doc_ids) and (doc_ids.min() < 0 or doc_ids.max() >= documents):
        return "it names documents that do not exist"
    if len(np.unique(doc_ids)) != len(doc_ids):
        return "it names a document twice"
    return "" if np.isfinite(weights).all() and (weights >= 0).all() else "it holds weights that are no numbers ≥ 0"


def _named(catalog: Catalog, path: Path) -> str:
    return str(path.relative_to(catalog.folder))
