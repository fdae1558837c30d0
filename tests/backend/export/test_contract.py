"""What every export format promises; members are found by themselves, in their default and their other settings."""

from __future__ import annotations

import dataclasses
import json
import pickle
from pathlib import Path

import pyarrow as pa
import pytest

from winnow.errors import ConflictError, InputError
from winnow.export.base import Exporter
from winnow.method import methods

KINDS = methods(Exporter)


def variants() -> list[Exporter]:
    """Return every exporter as it comes, and once more for each other choice it has."""
    found = []
    for kind in KINDS.values():
        default = kind()
        changes = [(setting.name, choice) for setting in kind.settings() for choice in setting.choices]
        found.append(default)
        found += [dataclasses.replace(default, **{name: choice}) for name, choice in changes]
    return list(dict.fromkeys(found))


every = pytest.mark.parametrize("method", variants(), ids=repr)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def written(method: Exporter, batches: list[pa.RecordBatch], folder: Path) -> dict[str, bytes]:
    folder.mkdir()
    paths = method.write(iter(batches), folder)
    assert [path.name for path in paths] == sorted(path.name for path in folder.iterdir()), "nothing else is left"
    return contents(folder)


def test_the_first_formats_exist() -> None:
    assert {"parquet", "jsonl"} <= set(KINDS)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_describes_itself(kind: type[Exporter]) -> None:
    assert not vars(kind)["__doc__"].startswith(kind.__name__ + "("), "a docstring was not written"
    assert kind.summary().endswith(".")
    for setting in kind.settings():
        assert setting.help.endswith("."), f"{setting.name} needs a sentence"


@every
def test_the_same_documents_give_the_same_bytes_wherever_batches_end(tmp_path, docs, cut, method: Exporter) -> None:
    method = dataclasses.replace(method, shard_docs=20)
    whole = written(method, [docs(50)], tmp_path / "whole")
    assert len(whole) == 3
    for number, sizes in enumerate([[1], [7], [20], [3, 0, 11], [49]]):
        assert written(method, cut(docs(50), sizes), tmp_path / str(number)) == whole


@every
def test_metadata_of_the_input_leaves_no_trace(tmp_path, docs, method: Exporter) -> None:
    marked = docs().replace_schema_metadata({"written": "today"})
    assert written(method, [marked], tmp_path / "a") == written(method, [docs()], tmp_path / "b")


@every
def test_shards_hold_as_many_documents_as_asked(tmp_path, docs, method: Exporter) -> None:
    paths = dataclasses.replace(method, shard_docs=20).write([docs(50)], tmp_path)
    assert [path.name for path in paths] == [f"part-{number:05d}{method.suffix}" for number in range(3)]
    assert [method.count(path) for path in paths] == [20, 20, 10]


@every
def test_a_full_last_shard_is_not_followed_by_an_empty_one(tmp_path, docs, method: Exporter) -> None:
    assert len(dataclasses.replace(method, shard_docs=25).write([docs(50)], tmp_path)) == 2


@every
def test_no_documents(tmp_path, docs, method: Exporter) -> None:
    (tmp_path / "empty").mkdir()
    (path,) = method.write([docs(0), docs(0)], tmp_path / "empty")
    assert method.count(path) == 0
    (tmp_path / "none").mkdir()
    assert method.write([], tmp_path / "none") == []


@every
def test_a_failure_midway_leaves_whole_parts_only(tmp_path, docs, method: Exporter) -> None:
    def failing():
        yield docs(60)  # two shards; whether the second is at its end is not known yet
        raise InputError("the disk is gone")

    method = dataclasses.replace(method, shard_docs=30)
    with pytest.raises(InputError, match="the disk is gone"):
        method.write(failing(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [f"part-00000{method.suffix}"]
    assert method.count(tmp_path / f"part-00000{method.suffix}") == 30


@every
def test_an_earlier_export_is_not_mixed_with_a_new_one(tmp_path, docs, method: Exporter) -> None:
    method.write([docs()], tmp_path)
    before = contents(tmp_path)
    with pytest.raises(ConflictError, match="holds an export already"):
        method.write([docs()], tmp_path)
    assert contents(tmp_path) == before


@every
def test_batches_of_other_columns_are_refused(tmp_path, docs, method: Exporter) -> None:
    with pytest.raises(InputError, match="quality came and went"):
        method.write([docs(), docs().drop_columns(["quality"])], tmp_path)


@every
def test_recipe_and_pickle_round_trips(method: Exporter) -> None:
    assert type(method).from_recipe(json.loads(json.dumps(method.recipe))) == method
    assert pickle.loads(pickle.dumps(method)) == method
