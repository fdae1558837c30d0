"""The texts that a selection aims at, read from files or from a selection, and whether they are a benchmark's test split."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa

from winnow.catalog.catalog import Catalog
from winnow.errors import InputError, SettingError
from winnow.ingest.files import expand, reader_for
from winnow.jobs.embed import current_encoder
from winnow.jobs.lineage import Lineage
from winnow.pool import Groups, Target
from winnow.score.splits import held_out

SPLIT = "split"
"""The column that says which split of a benchmark a row belongs to."""


QUESTIONS = ("question", "query", "prompt", "instruction", "problem", "goal", "ctx", "sentence", "premise")
"""Columns that benchmarks ask in, read when a target has no column of texts."""


@dataclass(frozen=True)
class Aim:
    """A target with what a recipe tells of it: the sum of its texts, and which of them are held out, and by what evidence."""

    target: Target
    sha256: str
    held_out: tuple[str, ...]


@dataclass(frozen=True)
class _Part:
    name: str
    texts: list[str]
    held_out: str


def read_target(
    catalog: Catalog, target: str, needs: frozenset[str], *, lineage: Lineage | None = None, force: bool = False
) -> Aim:
    """Return the texts of files or of a selection, with the vectors that a method needs.

    What looks like the test or validation split of a benchmark is refused unless forced: text matched to it makes the
    benchmark say nothing (arXiv 2507.12466 aims at train splits alone). Raises InputError, SettingError.
    """
    known = lineage or Lineage(catalog)
    parts = _selected(catalog, known, target) if target in known.names() else _files(target)
    texts = [text for part in parts for text in part.texts]
    if not texts:
        raise InputError(
            f"target {target} holds no text", "0 documents were read", "name a file or a selection with texts"
        )
    evidence = tuple(f"{part.name} is {part.held_out}" for part in parts if part.held_out)
    if evidence and not force:
        more = f" and {len(evidence) - 3} more" if len(evidence) > 3 else ""
        raise SettingError(
            "a target is no test or validation split of a benchmark", "; ".join(evidence[:3]) + more,
            "name its train split; or force it, which every manifest will tell: --force-target",
        )  # fmt: skip
    models = sorted(need.partition(":")[2] for need in needs if need.startswith("vectors:"))
    groups = Groups.of([part.name for part in parts for _ in part.texts])
    encoders = {model: current_encoder(catalog, model) for model in models}
    vectors = {model: made.embed(texts) for model, made in encoders.items()}
    return Aim(Target(target, tuple(texts), vectors, groups), _sum(texts), evidence)


def _selected(catalog: Catalog, lineage: Lineage, name: str) -> list[_Part]:
    """Return a selection's texts as one part; its documents' sources and splits tell whether it is held out."""
    table = catalog.texts.fetch(lineage.read(name)[0], ("text", "source", "meta"))
    sources = {
        str(source): _splits_of(table, source) for source in table.column("source").unique().to_pylist() if source
    }
    found = [f"partly {told}" for source, splits in sources.items() if (told := held_out(source, (), splits))]
    return [_Part(name, [text or "" for text in table.column("text").to_pylist()], "; ".join(found[:3]))]


def _splits_of(table: pa.Table, source: str) -> set[str]:
    import pyarrow.compute as pc

    return _splits(table.filter(pc.equal(table.column("source"), source)).column("meta").to_pylist())[1]


def _files(target: str) -> list[_Part]:
    return [_file(source.path) for source in expand([target])]


def _file(path: Path) -> _Part:
    """Read a file, its questions where a benchmark's items have no text; raises InputError, SettingError."""
    try:
        return _read(path, None)
    except (InputError, SettingError) as reason:
        if "text column" not in reason.needs:
            raise
        for column in QUESTIONS:
            with suppress(InputError, SettingError):
                return _read(path, column)
        named = ", ".join(("text", *QUESTIONS[:3]))
        raise InputError(reason.needs, reason.found, f"rename the column to read to one of {named}") from reason


def _read(path: Path, text: str | None) -> _Part:
    texts: list[str] = []
    columns: set[str] = set()
    splits: set[str] = set()
    for batch in reader_for(path, None, {"text": text}).read(path):
        texts += batch.documents.column("text").to_pylist()
        keys, values = _splits(batch.documents.column("meta").to_pylist())
        columns |= keys
        splits |= values
    told = held_out(path, columns, splits)
    return _Part(path.name, texts, str(told) if told else "")


def _splits(metas: Sequence[str | None]) -> tuple[set[str], set[str]]:
    """Return the columns that came with documents, and the values of the one that names their split."""
    found: list[dict[str, Any]] = [orjson.loads(meta) for meta in metas if meta]
    columns = {key for meta in found for key in meta}
    names = {name for name in columns if name.lower() == SPLIT}
    return columns, {str(meta[name]) for meta in found for name in names if meta.get(name) is not None}


def _sum(texts: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for text in texts:
        data = text.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.hexdigest()
