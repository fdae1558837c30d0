from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.feather
import pytest

from winnow.errors import InputError
from winnow.ingest.arrow import Arrow, is_dataset, shards


def _stream(path: Path, tables: list[dict[str, list[object]]]) -> Path:
    batches = [pa.RecordBatch.from_pydict(table) for table in tables]
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, batches[0].schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return path


def _dataset(folder: Path, tables: list[dict[str, list[object]]]) -> Path:
    folder.mkdir(parents=True)
    names = [f"data-{place:05}-of-{len(tables):05}.arrow" for place in range(len(tables))]
    for name, table in zip(names, tables, strict=True):
        _stream(folder / name, [table])
    (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": name} for name in names]}))
    (folder / "dataset_info.json").write_text("{}")
    return folder


@pytest.mark.parametrize("compression", ["uncompressed", "zstd"])
def test_feather_and_streams(compression: str, tmp_path: Path, take) -> None:
    table = pa.table({"text": ["a", "b", None], "n": [1, 2, 3]})
    pyarrow.feather.write_feather(table, str(tmp_path / "a.feather"), compression=compression)
    taken = take(Arrow(), tmp_path / "a.feather")
    assert (taken.texts, taken.lines, taken.reasons) == (["a", "b"], [1, 2], {3: "no text"})
    path = _stream(tmp_path / "b.arrow", [{"text": ["a"], "n": [1]}, {"text": ["b"], "n": [2]}])
    taken = take(Arrow(), path)
    assert (taken.texts, taken.lines) == (["a", "b"], [1, 2])
    assert [json.loads(document["meta"]) for document in taken.documents] == [{"n": 1}, {"n": 2}]


def test_a_saved_dataset_is_read_in_its_own_order(tmp_path: Path, take) -> None:
    folder = _dataset(tmp_path / "set", [{"text": ["a"]}, {"text": ["b", ""]}])
    assert is_dataset(folder)
    assert Arrow.accepts(folder)
    taken = take(Arrow(), folder)
    assert taken.texts == ["a", "b"]
    assert [(Path(row.file).name, row.line) for row in taken.rejected] == [("data-00001-of-00002.arrow", 2)]
    (folder / "state.json").write_text("{}")
    assert take(Arrow(), folder).texts == ["a", "b"]


def test_splits_are_named(tmp_path: Path, take) -> None:
    for split in ("train", "test"):
        _dataset(tmp_path / "set" / split, [{"text": [f"in {split}"]}])
    (tmp_path / "set" / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    taken = take(Arrow(), tmp_path / "set")
    assert taken.texts == ["in train", "in test"]
    assert [json.loads(document["meta"]) for document in taken.documents] == [{"split": "train"}, {"split": "test"}]


def test_missing_and_damaged_members_cost_only_themselves(tmp_path: Path, take) -> None:
    folder = _dataset(tmp_path / "set", [{"text": ["a"]}, {"text": ["b"]}, {"text": ["c"]}])
    files = [file for file, _ in shards(folder)]
    files[0].unlink()
    files[1].write_bytes(b"garbage")
    taken = take(Arrow(), folder)
    assert taken.texts == ["c"]
    assert [Path(row.file) for row in taken.rejected] == files[:2]
    assert "missing" in taken.rejected[0].reason
    assert "schema cannot be read" in taken.rejected[1].reason


@pytest.mark.parametrize("kind", ["stream", "file"])
def test_a_file_cut_short_keeps_its_whole_batches(kind: str, tmp_path: Path, take) -> None:
    path = tmp_path / "a.arrow"
    if kind == "stream":
        _stream(path, [{"text": [f"{place} {'x' * 1000}"]} for place in range(10)])
    else:
        table = pa.table({"text": [f"{place} {'x' * 1000}" for place in range(10)]})
        pyarrow.feather.write_feather(table, str(path), compression="uncompressed", chunksize=1)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    taken = take(Arrow(), path)
    assert 3 <= len(taken.texts) <= 5
    assert [text.split()[0] for text in taken.texts] == [str(place) for place in range(len(taken.texts))]
    (tail,) = taken.rejected
    assert tail.line == len(taken.texts) + 1
    assert "cannot be read from here on" in tail.reason


def test_a_damaged_record_batch_of_a_file_costs_only_itself(tmp_path: Path, take) -> None:
    path = tmp_path / "a.arrow"
    texts = [f"{place} {'grain' * 200}" for place in range(5)]
    pyarrow.feather.write_feather(pa.table({"text": texts}), str(path), compression="zstd", chunksize=1)
    content = path.read_bytes()
    frames = content.split(b"\x28\xb5\x2f\xfd")  # each buffer begins with the mark of a zstd frame
    assert len(frames) == 11  # five batches of offsets and text
    frames[6] = bytes(10) + frames[6][10:]  # the text of the third
    path.write_bytes(b"\x28\xb5\x2f\xfd".join(frames))
    taken = take(Arrow(), path)
    assert taken.texts == [texts[0], texts[1], texts[3], texts[4]]
    (lost,) = taken.rejected
    assert lost.reason.startswith("record batch 3 of 5 cannot be read")


def test_offsets_and_indices_out_of_range_are_rejected_not_followed(tmp_path: Path, take) -> None:
    path = _stream(tmp_path / "a.arrow", [{"text": ["a", "bc"]}])
    ends = b"".join(end.to_bytes(4, "little") for end in (0, 1, 3))
    content = path.read_bytes()
    assert content.count(ends) == 1
    for wild in (2_000_000_000, 2):
        path.write_bytes(content.replace(ends, ends[:4] + wild.to_bytes(4, "little") + ends[8:]))
        taken = take(Arrow(), path)
        if wild > 3:
            assert taken.texts == []
            assert taken.reasons[1].startswith("rows 1 to 2 cannot be read")
        else:
            assert taken.texts == ["ab", "c"]
    codes = pa.DictionaryArray.from_arrays(pa.array([0, 99], pa.int32()), pa.array(["x"]), safe=False)
    taken = take(Arrow(), _stream(tmp_path / "b.arrow", [{"text": ["a", "b"], "kind": codes}]))
    assert taken.texts == []
    assert taken.reasons[1].startswith("rows 1 to 2 cannot be read")


def test_a_folder_that_is_no_dataset(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="save_to_disk"):
        list(Arrow().read(tmp_path))
    (tmp_path / "state.json").write_text("{broken")
    (tmp_path / "dataset_info.json").write_text("{}")
    with pytest.raises(InputError, match=r"state\.json"):
        list(Arrow().read(tmp_path))
