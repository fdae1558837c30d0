from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch

from winnow.errors import MissingNeed
from winnow.lm.decoder import Decoder, Shape
from winnow.lm.kept import keep
from winnow.lm.tokenizer import Bytes
from winnow.score.icl_support import IclSupport

SHAPE = Shape(layers=1, width=32, heads=2, context=32, vocabulary=257)
TASK = ["review: good. mood: glad", "review: bad. mood: sad", "review: fine. mood: glad", "review: poor. mood: sad"]


@pytest.fixture
def scorer(tmp_path: Path) -> IclSupport:
    torch.manual_seed(0)
    keep(Decoder(SHAPE), Bytes(), tmp_path / "m")
    (tmp_path / "task.jsonl").write_text("\n".join(json.dumps({"text": text}) for text in TASK))
    return IclSupport(model=str(tmp_path / "m"), target=str(tmp_path / "task.jsonl"), each=3, rounds=3, rate=1e-2)


def corpus(*parts: list[str]) -> list[pa.RecordBatch]:
    """Return batches whose documents are numbered 10, 11, ... across them."""
    made, start = [], 10
    for texts in parts:
        ids = pa.array(range(start, start + len(texts)), pa.int64())
        made.append(pa.record_batch({"doc_id": ids, "text": pa.array(texts, pa.large_string())}))
        start += len(texts)
    return made


LIKE = [f"review: {word}. mood: {mood}" for word in ("dull", "kind", "odd", "wild") for mood in ("sad", "glad")]
OTHER = ["0123456789 987", "#### @@@@ ####", "ZZZ YYY XXX WWW", "{};{};{};{};", "7 7 7 7 7 7 7", ""]


def columns(scorer: IclSupport, batches: list[pa.RecordBatch]) -> tuple[list[float | None], list[int | None]]:
    found = scorer.prepare(batches)
    scored = [scorer.score(batch, found) for batch in batches]
    return tuple([value for one in scored for value in pa.array(one[name]).to_pylist()] for name in scorer.columns())


def test_rounds_pick_what_points_where_the_task_does(scorer: IclSupport) -> None:
    cosines, rounds = columns(scorer, corpus(OTHER, LIKE))
    assert sorted(value for value in rounds if value) == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    first = [place for place, number in enumerate(rounds) if number == 1]
    # What the first weights pick is of the task's kind.
    assert set(first) <= set(range(len(OTHER), len(OTHER) + len(LIKE)))
    (once, _) = columns(dataclasses.replace(scorer, rounds=1), corpus(OTHER, LIKE))
    assert min(once[place] for place in first) > max(value for value in once[: len(OTHER)] if value is not None)
    assert [once[place] for place in first] == [cosines[place] for place in first]
    # A text without a token has no gradient and is never picked.
    assert cosines[len(OTHER) - 1] is None
    assert rounds[len(OTHER) - 1] is None


def test_the_union_is_as_large_as_all_rounds_together(scorer: IclSupport) -> None:
    found = scorer.prepare(corpus(LIKE, OTHER))
    assert np.bincount(found.rounds).tolist() == [5, 3, 3, 3]
    assert found.card.column("picked").to_pylist() == [3, 3, 3]


def test_documents_keep_the_gradients_of_the_first_weights(scorer: IclSupport, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each document's gradient is made once; what moves is the task's, at a model taught with the picks."""
    moved = []
    plain = IclSupport._moved
    monkeypatch.setattr(
        IclSupport,
        "_moved",
        lambda self, first, *told: moved.append((len(told[1]), first)) or plain(self, first, *told),
    )
    sketched = []
    sketch = IclSupport.sketch
    monkeypatch.setattr(IclSupport, "sketch", lambda self, batch: sketched.append(1) or sketch(self, batch))
    batches = corpus(LIKE, OTHER)
    scorer.prepare(batches)
    assert len(sketched) == len(batches)
    # Every time from the same first weights, on all picks so far; none is needed after the last round.
    assert [count for count, _ in moved] == [3, 6]
    assert moved[0][1] is moved[1][1] is scorer.decoder()[0]


def test_without_a_learning_rate_every_round_asks_the_same(scorer: IclSupport) -> None:
    still = dataclasses.replace(scorer, rate=0.0)
    cosines, rounds = columns(still, corpus(LIKE, OTHER))
    order = sorted(range(len(LIKE)), key=lambda place: -cosines[place])
    assert [rounds[place] for place in order] == [1, 1, 1, 2, 2, 2, 3, 3]


def test_only_answers_are_measured_and_examples_stand_before_them(scorer: IclSupport) -> None:
    from winnow.lm.windows import IGNORED

    told = IclSupport(target=scorer.target, model=scorer.model, answer_after="mood:", shots=1)
    task = told._task(Bytes(), 64)
    answers = {bytes(row[row != IGNORED].astype(np.uint8)).decode() for row in task.targets}
    assert answers == {" glad", " sad"}
    for row, target in zip(task.inputs, task.targets, strict=True):
        text = bytes(row[row < 256].astype(np.uint8)).decode()
        # One other example before its own question, which ends with the mark.
        assert text.count("review:") == 2
        assert (target != IGNORED).sum() in (4, 5)


def test_batches_and_their_order_change_nothing(scorer: IclSupport) -> None:
    one, other = scorer.prepare(corpus(LIKE + OTHER)), scorer.prepare(corpus(LIKE[:3], LIKE[3:], OTHER))
    assert one.rounds.tolist() == other.rounds.tolist()
    assert one.cosines == pytest.approx(other.cosines, abs=2e-3, nan_ok=True)


def test_what_is_missing_is_said(scorer: IclSupport) -> None:
    with pytest.raises(MissingNeed, match="icl_support needs a language model"):
        IclSupport(target=scorer.target).prepare(corpus(LIKE))
    with pytest.raises(MissingNeed, match="icl_support needs a target"):
        IclSupport(model=scorer.model).prepare(corpus(LIKE))
