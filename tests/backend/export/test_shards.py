"""Shards and row groups end where the documents say, never where batches do."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from winnow.errors import InputError
from winnow.export import shards as module
from winnow.export.shards import plain_schema, shards


def batch(texts: list[str | None]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict({"text": pa.array(texts, pa.string())})


def sizes(batches: list[pa.RecordBatch], shard_docs: int) -> list[list[int]]:
    return [[len(table) for table in tables] for tables in shards(batches, shard_docs)]


@pytest.fixture
def small_groups(monkeypatch):
    monkeypatch.setattr(module, "GROUP_DOCS", 4)
    monkeypatch.setattr(module, "GROUP_BYTES", 10)


def test_groups_end_at_their_number_of_documents_and_at_the_end_of_a_shard(small_groups) -> None:
    assert sizes([batch(["a"] * 12)], 6) == [[4, 2], [4, 2]]
    assert sizes([batch(["a"] * 5), batch(["a"] * 7)], 6) == [[4, 2], [4, 2]]


def test_a_group_ends_with_the_document_that_reaches_its_bytes(small_groups) -> None:
    # 4 + 5 = 9 < 10, the third reaches 10; then 20 >= 10 alone; then 1 byte and a missing text
    texts = ["aaaa", "aaaaa", "a", "a" * 20, "a", None]
    for ends in ([6], [1, 5], [2, 2, 2], [3, 3], [1] * 6):
        batches, start = [], 0
        for end in ends:
            batches.append(batch(texts[start : start + end]))
            start += end
        assert sizes(batches, 100) == [[3, 1, 2]]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(st.text(max_size=6) | st.none(), max_size=40),
    ends=st.lists(st.integers(0, 9), min_size=1, max_size=6).filter(any),
    shard_docs=st.integers(1, 50),
)
def test_batches_have_no_effect(small_groups, texts: list[str | None], ends: list[int], shard_docs: int) -> None:
    batches, start, turn = [batch([])], 0, 0
    while start < len(texts):
        batches.append(batch(texts[start : start + ends[turn % len(ends)]]))
        start, turn = start + ends[turn % len(ends)], turn + 1
    found = [list(tables) for tables in shards(batches, shard_docs)]
    assert sizes([batch(texts)], shard_docs) == [[len(table) for table in shard] for shard in found]
    assert [text for shard in found for table in shard for text in table.column("text").to_pylist()] == texts
    assert all(sum(len(table) for table in shard) == shard_docs for shard in found[:-1])


def test_every_table_is_one_chunk() -> None:
    ((table,),) = [list(tables) for tables in shards([batch(["a"]), batch(["b"])], 10)]
    assert table.column("text").num_chunks == 1


def test_dictionaries_are_spelled_out_also_inside_lists_and_structures() -> None:
    names = pa.dictionary(pa.int32(), pa.string())
    schema = pa.schema(
        [
            pa.field("a", names, nullable=False, metadata={"k": "v"}),
            ("b", pa.list_(names)),
            ("c", pa.struct([("d", names)])),
            ("e", pa.large_list(names)),
        ],
        metadata={"k": "v"},
    )
    plain = plain_schema(schema)
    assert plain.equals(
        pa.schema(
            [
                ("a", pa.string()),
                ("b", pa.list_(pa.string())),
                ("c", pa.struct([("d", pa.string())])),
                ("e", pa.large_list(pa.string())),
            ]
        ),
        check_metadata=True,
    )


def test_columns_in_another_order_are_put_in_the_first_one() -> None:
    first = pa.RecordBatch.from_pydict({"a": [1], "b": ["x"]})
    second = pa.RecordBatch.from_pydict({"b": ["y"], "a": [2]})
    ((table,),) = [list(tables) for tables in shards([first, second], 10)]
    assert table.to_pydict() == {"a": [1, 2], "b": ["x", "y"]}


def test_values_that_do_not_fit_the_first_type_are_refused() -> None:
    first, second = pa.RecordBatch.from_pydict({"a": [1]}), pa.RecordBatch.from_pydict({"a": ["one"]})
    with pytest.raises(InputError, match="same types"):
        [list(tables) for tables in shards([first, second], 10)]
