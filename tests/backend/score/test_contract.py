"""What every scorer promises, whichever columns it makes."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings

from text_batches import HARD_TEXTS, batch_of, texts
from tiny_classifier import tiny_classifier
from tiny_decoder import tiny_decoder
from winnow.method import methods
from winnow.score.base import SPANS, Scorer
from winnow.score.contamination import HITS

SCORERS = methods(Scorer)
DIMENSIONS = 384
ITEMS = str(Path(__file__).with_name("items.jsonl"))
GIVEN: dict[str, dict[str, Any]] = {
    "contamination": {"benchmarks": (ITEMS,)},
    "classifier": {"model": tiny_classifier()},
    "listed_words": {"file": ITEMS},
    **{name: {"model": tiny_decoder()} for name in ("loss", "dc_pdd", "information_gain")},
    "min_k": {"model": tiny_decoder(), "plus": True},
    **{name: {"model": tiny_decoder(), "target": ITEMS} for name in ("influence", "ekfac_influence", "icl_support")},
}
"""Settings without which a scorer has nothing to look for."""
ORDINARY = (
    "The ferry does not run today because the river has been high since the snow melted.",
    "You are a fool and nobody likes your bread, said the baker to his oldest friend.",
    "Ring +44 20 7946 0958 or write to ana@example.org.\n\nThe office is open from nine to five.",
    "the same words again and the same words again and the same words again and the same",
)
DOCUMENTS = (*ORDINARY, *HARD_TEXTS, ORDINARY[0], "word " * 20_000)


def given_columns(documents: Sequence[str]) -> dict[str, pa.Array]:
    """Return every column a scorer may need; a document's vector follows from its text alone."""
    seeds = [np.random.default_rng(list(text.encode()[:64])) for text in documents]
    vectors = np.array([seed.normal(size=DIMENSIONS) for seed in seeds], dtype=np.float32).reshape(-1, DIMENSIONS)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    lengths = np.array([len(text.split()) for text in documents], dtype=np.int32)
    return {
        "vectors:static": pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel(), pa.float32()), DIMENSIONS),
        "source": pa.array(["web"] * len(documents), pa.string()),
        "words": pa.array(lengths),
        "tokens": pa.array(lengths),
        "chars": pa.array([len(text) for text in documents], pa.int64()),
        "language": pa.array(["en"] * len(documents), pa.string()),
        "quality": pa.array([len(text) % 7 / 7 for text in documents], pa.float32()),
        "contaminated": pa.array([len(text) % 2 == 0 for text in documents], pa.bool_()),
        "contamination_benchmark": pa.array(["items"] * len(documents), pa.string()),
        "contamination_hits": pa.array([_hits(text) for text in documents], HITS),
    }


def _hits(text: str) -> list[dict[str, Any]]:
    return [{"benchmark": "items", "row": len(text), "coverage": 0.6, "run": 8, "of": 40}] * (len(text) % 2)


def batch_for(scorer: Scorer, documents: Sequence[str]) -> pa.RecordBatch:
    batch = batch_of(documents)
    for name, values in given_columns(documents).items():
        if name in scorer.needs():
            batch = batch.append_column(name, values)
    lacking = scorer.needs() - set(batch.schema.names)
    assert not lacking, f"{scorer.name} needs {lacking}, which this test cannot give"
    return batch


def arrays(scorer: Scorer, batch: pa.RecordBatch, prepared: Any) -> dict[str, pa.Array]:
    """Score a batch and return its columns as Arrow arrays of the declared types."""
    found = scorer.score(batch, prepared)
    assert set(found) == set(scorer.columns())
    for name, kind in scorer.columns().items():
        values = found[name]
        actual = values.type if isinstance(values, pa.Array) else pa.from_numpy_dtype(values.dtype)
        assert actual == kind, f"{name} is {actual}, declared {kind}"
        assert len(values) == batch.num_rows
    return {
        name: found[name] if isinstance(found[name], pa.Array) else pa.array(found[name]) for name in scorer.columns()
    }


def same(left: Mapping[str, pa.Array], right: Mapping[str, pa.Array]) -> None:
    for name in left:
        one, other = left[name], right[name]
        if pa.types.is_floating(one.type):
            assert one.is_null().equals(other.is_null())
            assert one.drop_null().to_pylist() == pytest.approx(other.drop_null().to_pylist(), rel=1e-6, abs=1e-6), name
        else:
            assert one.to_pylist() == other.to_pylist(), name


@pytest.fixture(scope="module", params=SCORERS.values(), ids=SCORERS.keys())
def scorer(request: pytest.FixtureRequest) -> Scorer:
    built: Scorer = request.param(**GIVEN.get(request.param.name, {}))
    return built


@pytest.fixture(scope="module")
def prepared(scorer: Scorer) -> Any:
    return scorer.prepare([batch_for(scorer, DOCUMENTS)])


def test_there_are_scorers_to_test() -> None:
    assert {"shape", "tokens", "gopher", "c4", "fineweb", "language", "pii", "duplicates"} <= set(SCORERS)


def test_columns_belong_to_one_scorer_each() -> None:
    owners = [name for kind in SCORERS.values() for name in kind().columns()]
    assert len(owners) == len(set(owners))


def test_it_says_what_it_does(scorer: Scorer) -> None:
    assert scorer.summary().endswith(".")
    assert all(setting.help.endswith(".") for setting in scorer.settings())
    assert scorer.columns()
    assert isinstance(scorer.version, int)


def test_recipe_and_pickle_round_trip(scorer: Scorer, prepared: Any) -> None:
    assert type(scorer).from_recipe(scorer.recipe) == scorer
    assert pickle.loads(pickle.dumps(scorer)) == scorer
    batch = batch_for(scorer, DOCUMENTS)
    copied = pickle.loads(pickle.dumps(prepared))
    same(arrays(scorer, batch, copied), arrays(scorer, batch, prepared))


def test_an_empty_batch_gives_empty_columns(scorer: Scorer, prepared: Any) -> None:
    assert all(len(values) == 0 for values in arrays(scorer, batch_for(scorer, []), prepared).values())
    scorer.score(batch_for(scorer, []), scorer.prepare([]))


def test_every_text_gets_a_value_that_is_a_number(scorer: Scorer, prepared: Any) -> None:
    for name, values in arrays(scorer, batch_for(scorer, DOCUMENTS), prepared).items():
        if pa.types.is_floating(values.type):
            assert np.isfinite(values.drop_null().to_numpy(zero_copy_only=False)).all(), name
        if pa.types.is_boolean(values.type) and name.endswith("_pass"):
            assert values.null_count == 0, name


def test_splitting_a_batch_changes_nothing(scorer: Scorer, prepared: Any) -> None:
    batch = batch_for(scorer, DOCUMENTS)
    whole = arrays(scorer, batch, prepared)
    for cut in (1, 7, len(DOCUMENTS) - 1):
        parts = [arrays(scorer, part, prepared) for part in (batch.slice(0, cut), batch.slice(cut))]
        same(whole, {name: pa.concat_arrays([part[name] for part in parts]) for name in whole})


def test_the_batch_is_left_as_it_was(scorer: Scorer, prepared: Any) -> None:
    batch = batch_for(scorer, DOCUMENTS)
    before = batch.to_pylist()
    scorer.score(batch, prepared)
    assert batch.to_pylist() == before


def test_spans_lie_inside_the_text_in_order(scorer: Scorer, prepared: Any) -> None:
    found = arrays(scorer, batch_for(scorer, DOCUMENTS), prepared)
    for name in (name for name, kind in scorer.columns().items() if kind == SPANS):
        for text, spans in zip(DOCUMENTS, found[name].to_pylist(), strict=True):
            starts = [span["start"] for span in spans or []]
            assert starts == sorted(starts)
            assert all(0 <= span["start"] < span["end"] <= len(text) and span["kind"] for span in spans or [])


@given(documents=texts)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_scored(scorer: Scorer, documents: list[str]) -> None:
    batch = batch_for(scorer, documents)
    found = arrays(scorer, batch, scorer.prepare([batch]))
    for name, values in found.items():
        if pa.types.is_floating(values.type):
            assert np.isfinite(values.drop_null().to_numpy(zero_copy_only=False)).all(), name
