"""What every rater promises; members are found by themselves."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from winnow.errors import MissingNeed
from winnow.method import methods
from winnow.rate.base import Documents, Rater
from winnow.rate.evidence import Evidence, Pairs, Values
from winnow.rate.head import Head

KINDS = methods(Rater)
WAYS = {"labels", "pairs", "reference", "columns", "judge"}
every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
N = 120
WORDS = ("river", "mill", "bread", "train", "vector", "length", "cheap", "offer")


@pytest.fixture(scope="module")
def documents() -> Documents:
    """Documents whose first direction, and whose first words, tell good ones from bad ones."""
    rng = np.random.default_rng(0)
    good = np.arange(N) % 2
    vectors = rng.normal(size=(N, 8))
    vectors[:, 0] += 3 * good
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    texts = [
        " ".join(rng.choice(WORDS[:4] if good[row] else WORDS[4:], size=rng.integers(5, 60))) + f" {row}"
        for row in range(N)
    ]
    return Documents(texts, vectors.astype(np.float32), sources=["a" if row < N / 2 else "b" for row in range(N)])


def known(kind: type[Rater], documents: Documents) -> tuple[str, Evidence]:
    """Return evidence for one column of a rater, of the kind it learns from."""
    name = (kind().asked() or ("",))[0]
    name = "accuracy" if kind.name == "dataman" else name
    good = (np.arange(N) % 2).astype(np.float64)
    output = kind().output(name)
    if output.kind == "preference":
        first, second = np.random.default_rng(1).integers(N, size=(2, 400))
        first, second = first[first != second], second[first != second]
        return name, Pairs(first, second, (good[second] - good[first] + 1) / 2, N)
    low, high = (output.low or 0.0, output.high if output.high is not None else 1.0)
    return name, Values(low + good * (high - low))


def test_the_named_raters_exist() -> None:
    assert {"cqf", "qurating", "dataman", "edu", "murating", "preselect", "dclm_ngram"} <= set(KINDS)


@every_kind
def test_describes_itself(kind: type[Rater]) -> None:
    assert kind.learns_from
    assert kind.learns_from <= WAYS
    assert kind().needs() == (frozenset({f"vectors:{kind().encoder}"}) if kind().encoder else frozenset({"text"}))
    assert kind.from_recipe(json.loads(json.dumps(kind().recipe))) == kind()
    assert pickle.loads(pickle.dumps(kind())) == kind()


@every_kind
def test_learns_what_can_be_learnt_and_says_how_well(kind: type[Rater], documents: Documents) -> None:
    name, evidence = known(kind, documents)
    fitted = kind().fit(documents, {name: evidence}, seed=0)
    (card,) = fitted.outputs
    assert card["quality"]["value"] > 0.75
    assert card["quality"]["low"] < card["quality"]["value"] < card["quality"]["high"] or card["quality"]["value"] == 1
    assert card["beats_trivial"]
    assert {row["group"] for row in card["groups"]} == {"a", "b"}
    json.dumps(fitted.outputs)


@every_kind
def test_the_same_seed_gives_the_same_head(kind: type[Rater], documents: Documents) -> None:
    name, evidence = known(kind, documents)
    one, two = (kind().fit(documents, {name: evidence}, seed=3) for _ in range(2))
    np.testing.assert_array_equal(one.head.weights, two.head.weights)
    assert one.outputs == two.outputs


@every_kind
def test_a_head_comes_back_from_its_file(kind: type[Rater], documents: Documents, tmp_path: Path) -> None:
    name, evidence = known(kind, documents)
    rater = kind()
    head = rater.fit(documents, {name: evidence}, seed=0).head
    head.save(tmp_path / "head.safetensors")
    again = Head.load(tmp_path / "head.safetensors")
    assert (again.model, again.outputs, again.ngram) == (head.model, head.outputs, head.ngram)
    features = rater.features(documents) if not head.model else documents.vectors
    for column, values in head.rate(features, documents.chars, "x").items():
        np.testing.assert_array_equal(again.rate(features, documents.chars, "x")[column], values)


@every_kind
def test_values_stay_within_their_bounds(kind: type[Rater], documents: Documents) -> None:
    name, evidence = known(kind, documents)
    rater = kind()
    head = rater.fit(documents, {name: evidence}, seed=0).head
    features = rater.features(documents) if not head.model else 5 * documents.vectors
    (values,) = head.rate(features, documents.chars, "x").values()
    output = head.outputs[0]
    low, high = (0, 1) if output.kind == "probability" else (output.low, output.high)
    assert np.isfinite(np.asarray(values)).all()
    if low is not None and high is not None:
        assert low <= np.asarray(values).min() <= np.asarray(values).max() <= high


@every_kind
def test_too_little_is_said_in_words(kind: type[Rater], documents: Documents) -> None:
    name, evidence = known(kind, documents)
    few = evidence.among(np.arange(N) < 4)
    with pytest.raises(MissingNeed, match="at least 10"):
        kind().fit(documents, {name: few}, seed=0)


@every_kind
def test_what_all_says_the_same_teaches_nothing(kind: type[Rater], documents: Documents) -> None:
    name, evidence = known(kind, documents)
    same: Evidence
    if isinstance(evidence, Pairs):
        same = Pairs(evidence.first, evidence.second, np.full(len(evidence), 0.5), N)
    else:
        same = Values(np.full(N, kind().output(name).high or 1.0))
    with pytest.raises(MissingNeed):
        kind().fit(documents, {name: same}, seed=0)
