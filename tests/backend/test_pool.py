"""What a selector sees: aligned, read-only, and the same whatever the order."""

from __future__ import annotations

import dataclasses
import doctest

import numpy as np
import pyarrow as pa
import pytest

from winnow import pool as module
from winnow.errors import MissingNeed, SettingError
from winnow.pool import Budget, Groups, Pool, Selection, Stored, Target, unit_interval


def some(n: int = 5) -> Pool:
    return Pool(
        np.arange(n) * 10,
        np.arange(1, n + 1) * 100,
        {"quality": np.linspace(0, 1, n), "source": Groups.of([None, "b", "a", "b", "a"][:n])},
        {"static": np.ones((n, 2), dtype=np.float16)},
    )


def test_the_examples_hold() -> None:
    assert doctest.testmod(module).failed == 0


def test_arrays_are_read_only_and_the_callers_own_stay_writable() -> None:
    numbers, codes = np.zeros(3), np.zeros(3, dtype=np.int32)
    pool = Pool(np.arange(3), np.ones(3), {"n": numbers, "g": Groups(codes, ("a",))}, {"m": np.zeros((3, 2))})
    for array in (pool.doc_ids, pool.tokens, pool.number("n"), pool.group("g").codes, pool.vectors["m"]):
        with pytest.raises(ValueError, match="read-only"):
            array[:1] = 1
    numbers[0], codes[0] = 1, 0


def test_columns_of_other_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="a pool of 2 documents has a column of 3"):
        Pool(np.arange(2), np.ones(2), {"quality": np.zeros(3)})
    with pytest.raises(ValueError, match="a pool of 2 documents has a column of 1"):
        Pool(np.arange(2), np.ones(1))


def test_take_keeps_everything_aligned() -> None:
    pool = some().take(np.array([3, 1]))
    assert pool.doc_ids.tolist() == [30, 10]
    assert pool.tokens.tolist() == [400, 200]
    assert pool.number("quality").tolist() == [0.75, 0.25]
    assert [pool.group("source").names[code] for code in pool.group("source").codes] == ["b", "b"]
    assert pool.vectors["static"].shape == (2, 2)


def test_vectors_that_stay_where_they_are_stored_are_read_by_row() -> None:
    source = np.arange(8, dtype=np.float16).reshape(4, 2)
    pool = Pool(np.arange(3), np.ones(3), vectors={"static": Stored(source, np.array([3, 0, 2]))})
    vectors = pool.take(np.array([2, 0])).vectors["static"]
    assert (len(vectors), vectors.shape, vectors[:].dtype) == (2, (2, 2), np.float32)
    assert vectors[:].tolist() == [[4, 5], [6, 7]]
    assert vectors[np.array([1])].tolist() == [[6, 7]]


def test_groups_list_their_members_in_order_and_the_missing_last() -> None:
    members = {name: rows.tolist() for name, rows in some().group("source").members()}
    assert members == {"a": [2, 4], "b": [1, 3], "(none)": [0]}
    assert list(members) == ["a", "b", "(none)"]
    assert list(Groups.of([]).members()) == []
    assert [name for name, _ in Groups.of([None]).members()] == ["(none)"]


def test_numbers_become_names_that_keep_numbers_apart() -> None:
    values = np.array([1.0, np.nan, 1234567.0, 1234568.0, 0.5, 1.0])
    groups = Pool(np.arange(6), np.ones(6), {"n": values}).group("n")
    assert groups.names == ("0.5", "1", "1234567", "1234568")
    assert groups.codes.tolist() == [1, -1, 2, 3, 0, 1]


def test_an_unknown_column_names_the_nearest() -> None:
    with pytest.raises(MissingNeed, match="did you mean 'quality'"):
        some().number("qualty")
    with pytest.raises(SettingError, match="holds names"):
        some().number("source")


@pytest.mark.parametrize(
    ("need", "fix"),
    [
        ("toxicity", "winnow score --all"),
        ("cluster", "winnow cluster"),
        ("vectors:minilm", "winnow embed --model minilm"),
        ("target", "add --target FILE"),
    ],
)
def test_a_missing_need_says_which_command_makes_it(need: str, fix: str) -> None:
    with pytest.raises(MissingNeed) as raised:
        some().require("top", frozenset({need}))
    assert raised.value.fix == fix
    assert "top needs" in raised.value.needs


def test_what_is_there_is_not_missed() -> None:
    pool = Pool(np.arange(1), np.ones(1), {"quality": np.ones(1)}, {"static": np.ones((1, 2))}, Target("t", ("text",)))
    pool.require("top", frozenset({"quality", "vectors:static", "target"}))


def test_hashes_belong_to_documents_not_to_places() -> None:
    pool, order = some(), np.array([4, 2, 0, 1, 3])
    np.testing.assert_array_equal(pool.take(order).uniform(1, "a"), pool.uniform(1, "a")[order])
    assert not np.array_equal(pool.uniform(1, "a"), pool.uniform(2, "a"))
    assert not np.array_equal(pool.uniform(1, "a"), pool.uniform(1, "b"))


def test_hashes_are_distinct_and_uniform() -> None:
    n = 200_000
    pool = Pool(np.arange(n), np.ones(n))
    assert len(np.unique(pool.hashes(0))) == n
    counts = np.bincount((pool.uniform(0) * 100).astype(int), minlength=100)
    # 2000 expected a bin; the sum of squares is chi-squared with 99 degrees of freedom: mean 99, deviation 14.1
    assert ((counts - n / 100) ** 2 / (n / 100)).sum() < 99 + 5 * 14.1
    neighbours = np.corrcoef(pool.uniform(0)[:-1], pool.uniform(0)[1:])[0, 1]
    assert abs(neighbours) < 5 / np.sqrt(n)


def test_the_unit_interval_excludes_both_ends() -> None:
    ends = unit_interval(np.array([0, 2**64 - 1], dtype=np.uint64))
    assert 0 < ends[0] < ends[1] < 1
    assert np.isfinite(-np.log(-np.log(ends))).all()


def test_the_fingerprint_is_of_documents_and_tokens_not_of_their_order() -> None:
    pool = some()
    assert pool.fingerprint == pool.take(np.array([4, 3, 2, 1, 0])).fingerprint
    assert pool.fingerprint != pool.take(np.array([0, 1, 2, 3])).fingerprint
    assert pool.fingerprint != Pool(pool.doc_ids, pool.tokens + 1).fingerprint
    assert pool.fingerprint == Pool(pool.doc_ids.astype(np.int32), pool.tokens.astype(np.int32)).fingerprint


@pytest.mark.parametrize(
    ("budget", "taken"),
    [
        (Budget(docs=1), 1),
        (Budget(docs=4), 4),
        (Budget(docs=9), 5),
        (Budget(tokens=1), 1),
        (Budget(tokens=300), 2),  # 100 + 200
        (Budget(tokens=301), 3),
        (Budget(tokens=10_000), 5),
        (Budget(share=0.2), 2),  # a fifth of 1500 is 300
        (Budget(share=1.0), 5),
    ],
)
def test_a_budget_includes_the_document_that_reaches_it(budget: Budget, taken: int) -> None:
    pool = some()
    assert budget.cut(budget.costs(pool), budget.amount(pool)) == taken


def test_a_share_is_not_moved_by_rounding() -> None:
    pool = Pool(np.arange(100), np.ones(100))
    assert 0.07 * 100 > 7  # 7.000000000000001 in floating point
    assert Budget(share=0.07).cut(pool.tokens, Budget(share=0.07).amount(pool)) == 7


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"docs": 1, "tokens": 1},
        {"docs": 0},
        {"tokens": -5},
        {"share": 0.0},
        {"share": 1.5},
        {"share": float("nan")},
        {"docs": 2.5},
        {"tokens": 1e6},
    ],
)
def test_other_budgets_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(SettingError, match="budget"):
        Budget(**wrong)


def test_a_budget_and_a_selection_say_what_was_asked_and_spent() -> None:
    assert Budget(share=0.1).asked() == {"share": 0.1}
    assert Selection.once(np.array([0, 2])).spent(some()) == {"docs": 2, "tokens": 400}


def named(doc_ids: np.ndarray) -> pa.ChunkedArray:
    """Return the texts of documents, document 20 without one, in two chunks."""
    texts = [[None if i == 20 else f"text {i}" for i in part] for part in np.array_split(doc_ids, 2)]
    return pa.chunked_array(texts, pa.string())


def test_texts_come_in_batches_and_follow_the_rows_wherever_they_go() -> None:
    pool = dataclasses.replace(some(), texts=named)
    batches = [batch.to_pylist() for batch in pool.text_batches(size=2)]
    assert batches == [["text 0", "text 10"], ["", "text 30"], ["text 40"]]
    turned = pool.take(np.array([4, 2, 0]))
    assert [batch.to_pylist() for batch in turned.text_batches()] == [["text 40", "", "text 0"]]
    assert [batch.to_pylist() for batch in pool.text_batches(np.array([3, 1]))] == [["text 30", "text 10"]]


def test_a_pool_without_texts_says_so() -> None:
    with pytest.raises(MissingNeed, match="this needs the text of documents"):
        next(some().text_batches())
    with pytest.raises(MissingNeed, match="dsir needs the text of documents"):
        some().require("dsir", frozenset({"text"}))
