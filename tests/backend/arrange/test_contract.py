"""What every arrangement promises; members are found by themselves, in their default and their other settings."""

from __future__ import annotations

import dataclasses
import json
import pickle

import numpy as np
import pyarrow as pa
import pytest

from winnow.arrange.base import Arrangement, Entries, Order, Packer, Tools, Transform
from winnow.errors import MissingNeed
from winnow.method import methods

KINDS = methods(Arrangement)


def variants() -> list[Arrangement]:
    """Return every arrangement as it comes, and once more for each other choice or switch it has."""
    found = []
    for kind in KINDS.values():
        default = kind(**kind.example)
        found.append(default)
        for setting in kind.settings():
            others = setting.choices or ((not setting.default,) if setting.kind is bool else ())
            changed = [other for other in others if other != getattr(default, setting.name)]
            for other in changed:
                try:
                    found.append(dataclasses.replace(default, **{setting.name: other}))
                except ValueError:  # a choice that needs another setting beside it has tests of its own
                    continue
    return found


EVERY = variants()
every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
every = pytest.mark.parametrize("method", EVERY, ids=repr)
transforms = pytest.mark.parametrize("method", [one for one in EVERY if isinstance(one, Transform)], ids=repr)
orders = pytest.mark.parametrize("method", [one for one in EVERY if isinstance(one, Order)], ids=repr)
packers = pytest.mark.parametrize("method", [one for one in EVERY if isinstance(one, Packer)], ids=repr)


def run(method: Transform, batch: pa.RecordBatch, tools: Tools, pool) -> pa.RecordBatch:
    return method.transform(batch, tools, method.prepare(pool, tools))


@every_kind
def test_describes_itself(kind: type[Arrangement]) -> None:
    documentation = vars(kind)["__doc__"]
    assert not documentation.startswith(kind.__name__ + "("), "a docstring was not written"
    assert kind.summary().endswith(".")
    assert kind.paper is not None or "No paper" in documentation or "arXiv" in documentation
    assert issubclass(kind, (Transform, Order, Packer))


@every
def test_recipe_and_pickle_round_trips(method: Arrangement) -> None:
    recipe = json.loads(json.dumps(method.recipe, allow_nan=False))
    assert type(method).from_recipe(recipe) == method
    assert pickle.loads(pickle.dumps(method)) == method


@transforms
def test_a_transform_gives_the_same_columns_and_those_it_declares(make_batch, make_pool, tools, method) -> None:
    batch = make_batch(method)
    made = run(method, batch, tools, make_pool(method))
    assert set(made.schema.names) == {*batch.schema.names, *method.columns()}
    assert len(made.schema.names) == len(set(made.schema.names))
    for name, kind in method.columns().items():
        assert made.schema.field(name).type == kind
    for name in batch.schema.names:
        assert made.schema.field(name).type == batch.schema.field(name).type
    assert made.column("text").null_count == 0


@transforms
def test_a_transform_adds_documents_only_where_it_says_so(make_batch, make_pool, tools, method) -> None:
    batch = make_batch(method)
    made = run(method, batch, tools, make_pool(method))
    ids, flags = made.column("doc_id").to_numpy(), made.column("generated").to_numpy(zero_copy_only=False)
    assert (np.diff(ids) >= 0).all(), "a document added comes after the one it comes from"
    assert set(ids) <= set(batch.column("doc_id").to_pylist())
    assert len(np.unique(ids[~flags])) == (~flags).sum()
    assert flags.any() == (type(method).generates and method.asks)


@transforms
def test_where_batches_end_changes_nothing(make_batch, make_pool, tools, method) -> None:
    batch, prepared = make_batch(method), method.prepare(make_pool(method), tools)
    whole = method.transform(batch, tools, prepared)
    parts = [method.transform(batch.slice(start, 7), tools, prepared) for start in range(0, len(batch), 7)]
    joined = pa.Table.from_batches([part.select(whole.schema.names) for part in parts])
    assert joined.equals(pa.Table.from_batches([whole]))


@transforms
def test_no_documents(make_batch, make_pool, tools, method) -> None:
    made = run(method, make_batch(method, 0), tools, make_pool(method, 0))
    assert len(made) == 0
    assert set(method.columns()) <= set(made.schema.names)


@transforms
def test_a_transform_that_asks_says_so_when_nobody_answers(make_batch, make_pool, method) -> None:
    if not method.asks:
        run(method, make_batch(method), Tools(), make_pool(method))
        return
    with pytest.raises(MissingNeed, match="--judge"):
        run(method, make_batch(method), Tools(), make_pool(method))


@orders
def test_an_order_writes_no_entry_twice(make_entries, method) -> None:
    entries = make_entries(method)
    arranged = method.order(entries)
    assert len(np.unique(arranged.places)) == len(arranged)
    assert ((arranged.places >= 0) & (arranged.places < len(entries))).all()
    assert set(arranged.marks) == set(method.marks)
    assert all(len(mark) == len(arranged) and mark.dtype == np.int64 for mark in arranged.marks.values())


@orders
def test_an_order_is_the_same_for_a_seed(make_entries, method) -> None:
    first, second = method.order(make_entries(method)), method.order(make_entries(method))
    np.testing.assert_array_equal(first.places, second.places)
    for name in method.marks:
        np.testing.assert_array_equal(first.marks[name], second.marks[name])


@orders
def test_the_pool_is_not_written_to(make_entries, method) -> None:
    entries = make_entries(method)
    before = [entries.pool.tokens.copy(), *(np.copy(vectors) for vectors in entries.pool.vectors.values())]
    method.order(entries)
    after = [entries.pool.tokens, *entries.pool.vectors.values()]
    assert all(np.array_equal(one, other) for one, other in zip(before, after, strict=True))


@orders
@pytest.mark.parametrize("n", [0, 1])
def test_tiny_orders(make_entries, method, n: int) -> None:
    arranged = method.order(make_entries(method, n))
    assert len(arranged) <= n
    assert set(arranged.marks) == set(method.marks)


@orders
def test_a_missing_need_is_named(make_entries, method) -> None:
    entries = make_entries(method)
    for need in method.needs():
        pool = dataclasses.replace(entries.pool, columns={}, vectors={})
        with pytest.raises(MissingNeed, match=type(method).name):
            method.order(dataclasses.replace(entries, pool=pool))
        assert need


@packers
@pytest.mark.parametrize("n", [0, 1, 200])
def test_every_token_is_packed_once_and_no_window_overflows(method, n: int) -> None:
    tokens = np.random.default_rng(0).integers(0, 3000, n)
    pieces = method.pack(tokens, seed=1)
    seen = np.bincount(pieces.places, pieces.last - pieces.first, minlength=n)
    np.testing.assert_array_equal(seen, tokens)
    assert (pieces.last > pieces.first).all()
    assert (np.diff(pieces.window) >= 0).all()
    for window in np.unique(pieces.window):
        mine = pieces.window == window
        lengths = (pieces.last - pieces.first)[mine]
        ends = pieces.start[mine] + lengths
        assert (pieces.start[mine][1:] >= ends[:-1]).all()
        assert ends.max() <= method.tokens


def test_copies_come_by_weight() -> None:
    """Weights 1, 2, 1.5, 0.5: documents 0, 1 and 2 are seen once, 1 twice; the halves by chance, 2 in 1 or 2."""
    from winnow.pool import Pool

    pool = Pool(np.arange(4000), np.ones(4000))
    entries = Entries.of(pool, np.resize([1.0, 2.0, 1.5, 0.5], 4000), seed=0)
    times = np.bincount(entries.rows, minlength=4000).reshape(1000, 4)
    assert (times[:, 0] == 1).all()
    assert (times[:, 1] == 2).all()
    assert set(times[:, 2]) == {1, 2}
    assert set(times[:, 3]) == {0, 1}
    np.testing.assert_allclose(times.mean(axis=0), [1, 2, 1.5, 0.5], atol=0.06)
    assert (np.diff(entries.copy) >= 0).all()
