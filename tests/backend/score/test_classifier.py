"""Any sequence classifier: a tiny one made on the spot, against the library's own forward pass."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from text_batches import batch_of
from tiny_classifier import tiny_classifier
from winnow.errors import InputError, MissingNeed, SettingError
from winnow.score import classifier
from winnow.score.classifier import Classifier, counting, load

TEXTS = ("you are a fool", "the bread is good .", "", "good bread you fool")


def scored(scorer: Classifier, *texts: str) -> dict[str, Any]:
    made = scorer.score(batch_of(texts), scorer.prepare([]))
    return {
        name: values.to_pylist() if hasattr(values, "to_pylist") else values.tolist() for name, values in made.items()
    }


def told(folder: str, text: str) -> torch.Tensor:
    """Return the logits of the library's own forward pass of one text."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokens = AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt")
    with torch.inference_mode():
        return AutoModelForSequenceClassification.from_pretrained(folder)(**tokens).logits[0]


def test_one_of_two_labels_is_a_softmax() -> None:
    folder = tiny_classifier()
    made = scored(Classifier(model=folder), *TEXTS)
    for text, value, label in zip(TEXTS, made["classifier"], made["classifier_label"], strict=True):
        if text:
            chances = told(folder, text).softmax(0)
            assert value == pytest.approx(float(chances[1]), abs=1e-5)
            assert label == ("neutral", "toxic")[int(chances.argmax())]
        else:
            assert value == 0
            assert label is None


def test_independent_labels_count_by_the_highest() -> None:
    folder = tiny_classifier(("insult", "threat", "neutral"), several=True)
    made = scored(Classifier(model=folder), TEXTS[0])
    assert made["classifier"][0] == pytest.approx(float(told(folder, TEXTS[0]).sigmoid()[:2].max()), abs=1e-5)
    chosen = scored(Classifier(model=folder, labels=("threat",)), TEXTS[0])
    assert chosen["classifier"][0] == pytest.approx(float(told(folder, TEXTS[0]).sigmoid()[1]), abs=1e-5)


def test_exclusive_labels_add_up() -> None:
    folder = tiny_classifier(("hate", "offensive", "normal"))
    made = scored(Classifier(model=folder), TEXTS[0])
    assert made["classifier"][0] == pytest.approx(float(told(folder, TEXTS[0]).softmax(0)[:2].sum()), abs=1e-5)


def test_a_long_text_counts_by_its_worst_stretch() -> None:
    folder = tiny_classifier()
    calm, rude = sorted(
        ("the bread is good . " * 40, "you are a fool " * 4),
        key=lambda t: scored(Classifier(model=folder), t)["classifier"][0],
    )
    long = f"{calm}\n{rude}"
    made = scored(Classifier(model=folder, threshold=0), long)
    spans = made["classifier_spans"][0]
    assert len(spans) > 5
    assert spans[0]["start"] == 0
    assert spans[-1]["end"] == len(long.rstrip())
    assert made["classifier"][0] >= scored(Classifier(model=folder), calm)["classifier"][0]


def test_stretches_are_marked_at_the_threshold() -> None:
    folder = tiny_classifier()
    value = scored(Classifier(model=folder), TEXTS[0])["classifier"][0]
    assert scored(Classifier(model=folder, threshold=min(value + 0.01, 1.0)), TEXTS[0])["classifier_spans"] == [[]]
    [span] = scored(Classifier(model=folder, threshold=value - 0.01), TEXTS[0])["classifier_spans"][0]
    assert (span["start"], span["end"], span["kind"]) == (0, len(TEXTS[0]), "toxic")


@pytest.mark.parametrize(
    ("names", "counted"),
    [
        (("LABEL_0", "LABEL_1"), (1,)),
        (("non-toxic", "toxic"), (1,)),
        (("nothate", "hate"), (1,)),
        (("toxic", "severe_toxic", "obscene"), (0, 1, 2)),
        (("not_offensive", "offensive"), (1,)),
        (("NEITHER", "neutral", "hate speech"), (0, 2)),
    ],
)
def test_labels_that_say_harmless_do_not_count(names: tuple[str, ...], counted: tuple[int, ...]) -> None:
    assert counting(names, ()) == counted


def test_what_is_refused_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MissingNeed, match="--set model="):
        Classifier().prepare([])
    with pytest.raises(SettingError, match="did you mean 'toxic'"):
        Classifier(model=tiny_classifier(), labels=("toxi",)).prepare([])
    with pytest.raises(SettingError, match="--set labels="):
        counting(("neutral", "normal"), ())
    monkeypatch.setattr(classifier, "hub_answers", lambda: False)
    with pytest.raises(InputError, match="nobody/nothing"):
        Classifier(model="nobody/nothing").prepare([])
    with pytest.raises(InputError, match="sequence classifier"):
        Classifier(model=str(tmp_path)).prepare([])


def test_a_model_is_loaded_once_a_process() -> None:
    folder = tiny_classifier()
    assert load(folder) is load(folder)
