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
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(files(folder))}


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def shards(method: Exporter, paths: list[Path]) -> list[Path]:
    """Return the first file of each shard, without what stands beside it."""
    firsts = {Path(method.names(number)[0]).name for number in range(100)}
    return [path for path in paths if path.name in firsts and "attributes" not in path.parts]


def written(method: Exporter, batches: list[pa.RecordBatch], folder: Path) -> dict[str, bytes]:
    folder.mkdir()
    paths = method.write(iter(batches), folder)
    assert sorted(paths) == sorted(files(folder)), "nothing else is left"
    return contents(folder)


def test_the_first_formats_exist() -> None:
    assert {"dolma", "huggingface", "jsonl", "mds", "megatron", "parquet", "tokens", "webdataset"} == set(KINDS)


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
    assert len(whole) >= 3
    for number, sizes in enumerate([[1], [7], [20], [3, 0, 11], [49]]):
        assert written(method, cut(docs(50), sizes), tmp_path / str(number)) == whole


@every
def test_metadata_of_the_input_leaves_no_trace(tmp_path, docs, method: Exporter) -> None:
    marked = docs().replace_schema_metadata({"written": "today"})
    assert written(method, [marked], tmp_path / "a") == written(method, [docs()], tmp_path / "b")


@every
def test_shards_hold_as_many_documents_as_asked(tmp_path, docs, method: Exporter) -> None:
    paths = dataclasses.replace(method, shard_docs=20).write([docs(50)], tmp_path)
    told = [name for number in range(3) for name in method.names(number)]
    assert [path.relative_to(tmp_path).as_posix() for path in paths][: len(told)] == told
    assert [method.count(path) for path in shards(method, paths)] == [20, 20, 10]
    assert sum(method.count(path) for path in paths) == 50, "what stands beside the shards counts nothing"


@every
def test_shards_end_at_their_megabytes(tmp_path, docs, method: Exporter) -> None:
    large = docs(40).set_column(1, "text", pa.array(["a" * 100_000] * 40, pa.large_string()))
    paths = dataclasses.replace(method, shard_mb=1).write([large], tmp_path)
    # 100 kB of text and a few bytes of names each: the tenth reaches 1 MB
    assert [method.count(path) for path in shards(method, paths)] == [10, 10, 10, 10]


@every
def test_splits_do_not_touch_each_other(tmp_path, docs, method: Exporter) -> None:
    method = dataclasses.replace(method, shard_docs=20)
    train = method.write([docs(50)], tmp_path, "train")
    validation = method.write([docs(5)], tmp_path, "validation")
    assert not set(train) & set(validation)
    assert sorted([*train, *validation]) == sorted(files(tmp_path))
    assert [sum(method.count(path) for path in paths) for paths in (train, validation)] == [50, 5]
    assert all("train" in path.relative_to(tmp_path).as_posix() for path in train)


@every
def test_a_killed_export_goes_on_behind_its_whole_shards(tmp_path, docs, cut, method: Exporter) -> None:
    method = dataclasses.replace(method, shard_docs=20)
    whole = written(method, [docs(50)], tmp_path / "whole")
    for there in range(4):
        folder = tmp_path / str(there)
        folder.mkdir()
        for number in range(min(there, 3)):
            for name in method.names(number):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(whole[name])
        if there < 3:  # the shard that was under way: one of its files may be there
            *_, last = method.names(there)
            if len(method.names(there)) > 1:
                (folder / last).parent.mkdir(parents=True, exist_ok=True)
                (folder / last).write_bytes(b"half")
        method.write(cut(docs(50), [7]), folder, resume=True)
        assert contents(folder) == whole


@every
def test_how_files_are_read_is_told(method: Exporter) -> None:
    compile(method.usage(method.names(0)[0].replace("00000", "*")), "usage", "exec")


@every
def test_a_full_last_shard_is_not_followed_by_an_empty_one(tmp_path, docs, method: Exporter) -> None:
    paths = dataclasses.replace(method, shard_docs=25).write([docs(50)], tmp_path)
    assert len(shards(method, paths)) == 2


@every
def test_no_documents(tmp_path, docs, method: Exporter) -> None:
    (tmp_path / "empty").mkdir()
    paths = method.write([docs(0), docs(0)], tmp_path / "empty")
    assert [method.count(path) for path in shards(method, paths)] == [0]
    (tmp_path / "none").mkdir()
    assert shards(method, method.write([], tmp_path / "none")) == []


@every
def test_one_document(tmp_path, docs, method: Exporter) -> None:
    paths = method.write([docs(1)], tmp_path)
    assert [method.count(path) for path in shards(method, paths)] == [1]


@every
def test_a_failure_midway_leaves_whole_parts_only(tmp_path, docs, method: Exporter) -> None:
    def failing():
        yield docs(60)  # two shards; whether the second is at its end is not known yet
        raise InputError("the disk is gone")

    method = dataclasses.replace(method, shard_docs=30)
    with pytest.raises(InputError, match="the disk is gone"):
        method.write(failing(), tmp_path)
    assert sorted(contents(tmp_path)) == sorted(method.names(0))
    assert method.count(tmp_path / method.names(0)[0]) == 30


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
