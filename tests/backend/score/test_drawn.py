from __future__ import annotations

import numpy as np
import pyarrow as pa

from winnow.score.drawn import drawn


def batch(ids: list[int], empty: tuple[int, ...] = ()) -> pa.RecordBatch:
    texts = ["" if one in empty else f"text {one}" for one in ids]
    vectors = np.repeat(np.array(ids, dtype=np.float32), 2)
    held = pa.FixedSizeListArray.from_arrays(pa.array(vectors), 2)
    return pa.record_batch(
        {"doc_id": pa.array(ids, pa.int64()), "text": pa.array(texts, pa.large_string()), "vectors:static": held}
    )


def same(texts: pa.Array) -> pa.Array:
    return texts


def test_the_draw_belongs_to_documents_and_not_to_their_order() -> None:
    ids = np.random.default_rng(0).permutation(500).tolist()
    whole = drawn([batch(sorted(ids))], 40, 7, same, "static")
    parts = drawn([batch(ids[start : start + 30]) for start in range(0, 500, 30)], 40, 7, same, "static")
    assert whole.doc_ids.tolist() == parts.doc_ids.tolist()
    assert whole.texts.to_pylist() == parts.texts.to_pylist() == [f"text {one}" for one in whole.doc_ids]
    assert parts.vectors[:, 0].tolist() == parts.doc_ids.tolist()
    assert drawn([batch(sorted(ids))], 40, 8, same).doc_ids.tolist() != whole.doc_ids.tolist()


def test_more_is_drawn_after_what_fewer_are() -> None:
    ids = list(range(200))
    assert drawn([batch(ids)], 50, 0, same).doc_ids[:20].tolist() == drawn([batch(ids)], 20, 0, same).doc_ids.tolist()


def test_what_has_no_text_is_not_drawn() -> None:
    found = drawn([batch(list(range(10)), empty=tuple(range(8)))], 10, 0, same)
    assert sorted(found.doc_ids.tolist()) == [8, 9]


def test_nothing_is_drawn_from_nothing() -> None:
    assert len(drawn([], 5, 0, same).doc_ids) == 0
    assert len(drawn([batch([])], 5, 0, same, "static").texts) == 0
