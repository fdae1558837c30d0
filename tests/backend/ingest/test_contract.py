"""What every reader promises; readers are found by themselves and need only a way to write a sample."""

from __future__ import annotations

import contextlib
import pickle
from pathlib import Path

import pytest

from reader_samples import FILES, SINGLES, write
from winnow.errors import InputError
from winnow.ingest import gathering
from winnow.ingest.base import BATCH_ROWS, DOCUMENT, Reader
from winnow.method import methods

READERS = methods(Reader)
EMPTY = {name: file.removeprefix("documents/") for name, (file, _) in FILES.items()}
EMPTY |= {name: "a" + suffix for name, (suffix, _) in SINGLES.items()}
TEXTS = ["one", "two\nlines", 'with "quotes", commas', "עברית and العربية", "🌾" * 40, "zero\u200bwidth", "a" * 100_000]
LATIN = ["one", "two\nlines", 'with "quotes", (brackets) and \\', "naïve café", "a" * 4000]
"""What a PDF file without fonts of its own can show."""

EXTRACTED = frozenset({"epub", "html", "mbox", "pdf", "warc", "wikipedia"})
"""Readers that take a text out of something else: they trim it, and what is no character never comes through."""


def samples(name: str) -> list[str]:
    return LATIN if name == "pdf" else TEXTS


def test_every_reader_has_a_sample() -> None:
    assert FILES.keys() | SINGLES.keys() == READERS.keys()


@pytest.fixture(params=sorted(READERS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_settings_survive_recipe_and_pickle(name: str) -> None:
    reader = READERS[name](max_chars=7, source="=here")
    assert READERS[name].from_recipe(reader.recipe) == reader
    assert pickle.loads(pickle.dumps(reader)) == reader
    assert READERS[name].summary().endswith(".")


def test_texts_come_back_in_order(name: str, tmp_path: Path, take) -> None:
    taken = take(READERS[name](), write(name, samples(name), tmp_path))
    assert taken.texts == samples(name)
    assert taken.rejected == []


def test_batches_have_the_schema_and_are_bounded(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    most = 16 if name in EXTRACTED else BATCH_ROWS
    if most != BATCH_ROWS:  # thousands of web pages and books take a while
        monkeypatch.setattr(gathering, "BATCH_ROWS", most)
    path = write(name, ["grain"] * (most + 10), tmp_path)
    size = sum(file.stat().st_size for file in (path.iterdir() if path.is_dir() else [path]))
    batches = list(READERS[name]().read(path))
    assert [batch.documents.num_rows for batch in batches] == [most, 10]
    for batch in batches:
        assert batch.documents.schema == DOCUMENT
        assert len(batch.lines) == batch.documents.num_rows
        assert Path(batch.file) == path
    read = [batch.bytes_read for batch in batches]
    assert read == sorted(read)
    assert 0 < read[-1] <= size


def test_bad_texts_are_rejected_and_the_others_stay(name: str, tmp_path: Path, take) -> None:
    texts = ["good", "", " \n\u3000", "far too long", "also good"]
    path = write(name, texts if name in EXTRACTED else [*texts, "nul \0 byte"], tmp_path)
    taken = take(READERS[name](max_chars=10), path)
    assert taken.texts == (["good", "?", "also good"] if name == "pdf" else ["good", "also good"])
    assert all(row.file and row.line >= 1 and len(row.excerpt) <= 65_536 for row in taken.rejected)
    reasons = sorted(row.reason for row in taken.rejected)
    if name in EXTRACTED:
        assert len(reasons) == (2 if name == "pdf" else 3)  # Helvetica has no ideographic space
        assert sum("max_chars = 10" in reason for reason in reasons) == 1
        return
    empty = "no text" if name == "csv" else "empty text"  # an empty field of a CSV file is a missing value
    assert reasons == sorted(
        [empty, "only white space", "NUL byte in the text", "12 characters, more than max_chars = 10"]
    )


def test_one_document(name: str, tmp_path: Path, take) -> None:
    assert take(READERS[name](), write(name, ["alone"], tmp_path)).texts == ["alone"]


def test_a_huge_text_costs_only_itself(name: str, tmp_path: Path, take) -> None:
    huge = "word " * 400_000
    taken = take(READERS[name](max_chars=100_000), write(name, ["before", huge, "behind"], tmp_path))
    assert taken.texts == ["before", "behind"]
    (row,) = taken.rejected
    assert "max_chars" in row.reason
    assert len(row.excerpt) <= 65_536


def test_a_file_that_is_cut_short_keeps_what_stands_before_the_cut(name: str, tmp_path: Path, take) -> None:
    texts = [f"text number {place} " + "z" * 50 for place in range(20)]
    if name in SINGLES:
        texts = texts[:1]
    path = write(name, texts, tmp_path)
    file = sorted(path.iterdir())[0] if path.is_dir() else path
    whole = file.read_bytes()
    for tenth in range(1, 10):
        file.write_bytes(whole[: len(whole) * tenth // 10])
        with contextlib.suppress(InputError):
            found = [text.strip() for text in take(READERS[name](), file).texts]
            expected = [text.strip() for text in texts]
            assert found[:-1] == expected[: max(len(found) - 1, 0)]
            if name in ("jsonl", "dolma", "redpajama", "warc", "wet", "wikipedia"):
                assert len(found) >= int((tenth / 10 - 0.1) * 20), "a good row before the cut was lost"


def test_names_in_any_script(name: str, tmp_path: Path, take) -> None:
    folder = tmp_path / "корпус 语料"
    folder.mkdir()
    assert take(READERS[name](), write(name, ["a", "b"], folder)).texts == ["a", "b"]


def test_a_told_source_names_all(name: str, tmp_path: Path, take) -> None:
    taken = take(READERS[name](source="=mill"), write(name, ["a", "b"], tmp_path))
    assert [document["source"] for document in taken.documents] == ["mill", "mill"]


def test_an_empty_file_yields_nothing(name: str, tmp_path: Path) -> None:
    path = tmp_path / EMPTY[name]
    path.touch()
    assert list(READERS[name]().read(path)) == []


def test_a_missing_file_is_an_input_error(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        list(READERS[name]().read(tmp_path / EMPTY[name]))
    assert EMPTY[name] in str(caught.value)


def test_garbage_never_ends_in_another_error(name: str, tmp_path: Path) -> None:
    sound = write(name, samples(name), tmp_path)
    sound = sorted(sound.iterdir())[0] if sound.is_dir() else sound
    whole = sound.read_bytes()
    for garbage in (
        b"\0" * 100,
        b"\xff\xfe\x80" * 50,
        whole[: len(whole) // 2],
        whole[: len(whole) // 2] + b"\x80" * 9,
    ):
        sound.write_bytes(garbage)
        with contextlib.suppress(InputError):
            for batch in READERS[name]().read(sound):
                assert batch.documents.schema == DOCUMENT
                batch.documents.validate(full=True)
