"""The doctor: each kind of damage is named, mended where it can be, and nothing that is whole is touched."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from winnow.catalog.publish import checksum
from winnow.workspace import Workspace

WORDS = "The ferry leaves the island at nine and comes back before dark, with apples, letters and a piano."


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("doctor")
    rows = [{"id": f"n{row}", "text": f"{WORDS} Trip {row}. " * (1 + row % 3)} for row in range(60)]
    (folder / "notes.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    workspace = Workspace.create(folder / "corpus")
    workspace.ingest([folder / "notes.jsonl"])
    workspace.score(["tokens", "shape"])
    workspace.embed("static")
    workspace.select("random", docs=20, name="third")
    return folder


@pytest.fixture
def corpus(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(whole / "corpus", tmp_path / "corpus")
    return tmp_path / "corpus"


def shard(corpus: Path, pattern: str) -> Path:
    return next(corpus.glob(pattern))


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(bytes(data))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def forged(corpus: Path, path: Path, write: Callable[[Path], object]) -> None:
    """Change a file, and let its row agree about size and sum, so that only the content can give it away."""
    write(path)
    name = str(path.relative_to(corpus))
    with sqlite3.connect(corpus / "control.sqlite") as connection:
        for table in ("parts", "run_parts"):
            connection.execute(
                f"UPDATE {table} SET bytes = ?, checksum = ? WHERE path = ?",
                (path.stat().st_size, checksum(path), name),
            )


def test_a_whole_corpus_is_well(corpus: Path) -> None:
    examined = Workspace(corpus).examine()
    assert examined.found == ()
    assert examined.bytes > 0


@pytest.mark.parametrize("harm", [flip, cut, Path.unlink], ids=["flipped", "cut", "gone"])
@pytest.mark.parametrize("pattern", ["docs/*.parquet", "cols/tokens-*/*.parquet", "vectors/*/*.npy", "selections/*"])
def test_damage_is_named(corpus: Path, pattern: str, harm: Callable[[Path], None]) -> None:
    path = shard(corpus, pattern)
    harm(path)
    [finding] = Workspace(corpus).examine().found
    assert finding.where == str(path.relative_to(corpus))
    assert any(word in finding.found for word in ("checksum", "bytes", "missing"))
    assert finding.fix.startswith("winnow ")


@pytest.mark.parametrize("harm", [flip, cut, Path.unlink], ids=["flipped", "cut", "gone"])
def test_documents_come_back_from_their_file(corpus: Path, harm: Callable[[Path], None]) -> None:
    path = shard(corpus, "docs/*.parquet")
    before = path.read_bytes()
    harm(path)
    examined = Workspace(corpus).examine(repair=True)
    assert [finding.kind for finding in examined.mended] == ["documents"]
    assert path.read_bytes() == before
    assert Workspace(corpus).examine().found == ()


def test_documents_do_not_come_back_from_a_changed_file(whole: Path, corpus: Path) -> None:
    source = whole / "notes.jsonl"
    kept = source.read_text()
    try:
        source.write_text(kept.replace("piano", "cello"))
        path = shard(corpus, "docs/*.parquet")
        flip(path)
        damaged = path.read_bytes()
        examined = Workspace(corpus).examine(repair=True)
        assert [finding.kind for finding in examined.standing] == ["documents"]
        assert path.read_bytes() == damaged
    finally:
        source.write_text(kept)


def test_columns_and_vectors_are_made_again(corpus: Path) -> None:
    before = Workspace(corpus).sql("SELECT * FROM docs ORDER BY doc_id").to_pylist()
    for pattern in ("cols/tokens-*/*.parquet", "vectors/*/*.npy"):
        flip(shard(corpus, pattern))
    examined = Workspace(corpus).examine(repair=True)
    assert {finding.fix for finding in examined.mended} == {"winnow score tokens", "winnow embed --model static"}
    assert len(list((corpus / "damaged").rglob("part-*"))) == 2
    workspace = Workspace(corpus)
    workspace.score(["tokens"])
    workspace.embed("static")
    assert workspace.sql("SELECT * FROM docs ORDER BY doc_id").to_pylist() == before
    assert workspace.examine().found == ()


def test_content_that_does_not_fit_its_row_is_named(corpus: Path) -> None:
    documents = shard(corpus, "docs/*.parquet")
    table = pq.read_table(documents)
    moved = table.set_column(0, "doc_id", pa.array(np.arange(60) + 1))
    forged(corpus, documents, lambda path: pq.write_table(moved, path))
    tokens = shard(corpus, "cols/tokens-*/*.parquet")
    short = pq.read_table(tokens).slice(0, 59)
    forged(corpus, tokens, lambda path: pq.write_table(short, path))
    vectors = shard(corpus, "vectors/*/*.npy")
    matrix = np.load(vectors)
    matrix[7, 3] = np.nan
    forged(corpus, vectors, lambda path: np.save(path, matrix))
    found = {finding.kind + finding.run[:6]: finding.found for finding in Workspace(corpus).examine().found}
    assert found == {
        "documents": "its documents are not numbered from 0 on",
        "runtokens": "it has 59 rows for 60 documents",
        "runstatic": "1 of its vectors hold values that are no numbers",
    }


def test_rows_that_contradict_each_other_are_named(corpus: Path) -> None:
    with sqlite3.connect(corpus / "control.sqlite") as connection:
        connection.execute("UPDATE parts SET first_id = 5")
        connection.execute("UPDATE inputs SET documents = 61")
    found = [finding.found for finding in Workspace(corpus).examine().found if finding.kind == "numbering"]
    assert found == ["its first document is 5, not 0", "they count 61 documents, the shards 65"]


def test_a_lost_keyword_index_is_built_again(corpus: Path) -> None:
    shutil.rmtree(corpus / "index" / "keywords")
    examined = Workspace(corpus).examine(repair=True)
    assert [finding.found for finding in examined.mended] == ["it holds 0 of 60 documents"]
    assert Workspace(corpus).examine().found == ()


def test_sums_that_an_older_version_did_not_keep_are_recorded(corpus: Path) -> None:
    with sqlite3.connect(corpus / "control.sqlite") as connection:
        connection.execute("UPDATE parts SET checksum = ''")
    assert [finding.kind for finding in Workspace(corpus).examine(repair=True).mended] == ["unsummed"]
    flip(shard(corpus, "docs/*.parquet"))
    assert [finding.kind for finding in Workspace(corpus).examine().found] == ["documents"]
