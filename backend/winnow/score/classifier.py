"""What any sequence classifier from Hugging Face says of a text: by name, or a folder that holds one."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.errors import InputError, MissingNeed, SettingError, nearest
from winnow.lm.hub import hub_answers
from winnow.method import param, require
from winnow.score.base import SPANS, Scorer, Values

HARMLESS = re.compile(
    r"^(neutral|normal|none|ok|safe|clean|acceptable|label_0|negative|other|no|"
    r"(not?|non)[-_ ]?(toxic|hate|hateful|offensive|offense|abusive|sexist|hate[-_ ]?speech)|nothate|noabuse)$",
    re.IGNORECASE,
)
"""Labels that do not count unless `labels` names them."""
LONGEST = 512
PIECES_AT_ONCE = {"cpu": 4096, "cuda": 65536}
STRIDE = 32
"""Word pieces that neighbouring stretches of a long text share, so that a sentence on a border is read whole once."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Loaded:
    """A classifier in this process: which of its outputs count, and whether outputs exclude each other."""

    tokenizer: Any
    network: Any
    labels: tuple[str, ...]
    exclusive: bool
    device: str


@dataclass(frozen=True, kw_only=True)
class Classifier(Scorer):
    """Gives every document the probability that a Hugging Face sequence classifier gives it.

    A text longer than the model reads is read in stretches that overlap; `classifier` is the highest probability of any
    stretch, so one bad paragraph in a long page counts. With outputs that exclude each other (softmax) the probability
    is the sum over the labels that count; with several independent ones (sigmoid) it is the highest of them.
    `classifier_label` is the likeliest label of that stretch; `classifier_spans` are the stretches at `threshold` or
    above. On a CPU a model of the size of BERT reads a few documents a second; on a GPU hundreds, in bfloat16.
    Raises MissingNeed without a model, InputError when it cannot be loaded, SettingError for a label it does not have.
    """

    name: ClassVar[str] = "classifier"
    default: ClassVar[bool] = False

    model: str = param("", "The name of a sequence classifier on Hugging Face, or a folder that holds one.")
    labels: tuple[str, ...] = param((), "The labels that count; none for all but those that say a text is harmless.")
    threshold: float = param(0.5, "Stretches at or above this are marked.", low=0, high=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        # A job runs in another folder than the command that asked for it.
        if self.model and os.path.isdir(os.path.expanduser(self.model)):
            object.__setattr__(self, "model", os.path.abspath(os.path.expanduser(self.model)))

    def columns(self) -> Mapping[str, pa.DataType]:
        return {"classifier": pa.float32(), "classifier_label": pa.string(), "classifier_spans": SPANS}

    def state(self) -> str:
        folder = Path(self.model)
        if not self.model or not folder.is_dir():
            return ""
        return str(max((path.stat().st_mtime_ns for path in folder.iterdir()), default=0))

    def prepare(self, corpus: Iterable[pa.RecordBatch]) -> tuple[int, ...]:
        """Load the model once to see that it can be had, and return which of its outputs count; the corpus is not read."""
        if not self.model:
            fix = "--set model=NAME or --set model=FOLDER"
            raise MissingNeed("classifier needs a model", "none was named", fix)
        return counting(load(self.model).labels, self.labels)

    def score(self, batch: pa.RecordBatch, prepared: Sequence[int]) -> Mapping[str, Values]:
        loaded, size = load(self.model), batch.num_rows
        texts = batch.column("text").to_pylist()
        rows, places, pieces = stretches(loaded, texts)
        chances = probabilities(loaded, pieces)
        counted = chances[:, list(prepared)]
        toxic = np.clip(counted.sum(axis=1) if loaded.exclusive else counted.max(axis=1, initial=0), 0, 1)
        best = _best(rows, toxic, size)
        some = best >= 0
        highest = np.zeros(size)
        named: list[str | None] = [None] * size
        highest[some] = toxic[best[some]]
        for row in np.flatnonzero(some).tolist():
            named[row] = loaded.labels[int(chances[best[row]].argmax())]
        marked = np.flatnonzero(toxic >= self.threshold)
        spans: list[list[dict[str, object]]] = [[] for _ in range(size)]
        for i in marked.tolist():
            start, end = places[i]
            kind = loaded.labels[prepared[int(counted[i].argmax())]]
            spans[rows[i]].append({"start": start, "end": end, "kind": kind})
        return {
            "classifier": highest.astype(np.float32),
            "classifier_label": pa.array(named, pa.string()),
            "classifier_spans": pa.array(spans, SPANS),
        }


def counting(names: Sequence[str], wanted: Sequence[str]) -> tuple[int, ...]:
    """Return the outputs that count: the wanted labels, else all but those that say a text is harmless."""
    for label in wanted:
        if label not in names:
            raise SettingError(f"the classifier has no label '{label}'", "", nearest(label, names))
    chosen = [i for i, name in enumerate(names) if (name in wanted if wanted else not HARMLESS.match(name))]
    if not chosen:
        found = "all of " + ", ".join(names) + " read as harmless"
        raise SettingError("classifier needs to know which labels count", found, "--set labels=NAME,NAME")
    return tuple(chosen)


@functools.lru_cache(maxsize=1)
def load(model: str) -> Loaded:
    """Load a classifier once a process; raises InputError when it cannot be had."""
    import torch

    library = require("the scorer classifier", "running models", "transformers")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    on_disk = os.path.isdir(model) or not hub_answers()
    try:
        tokenizer = library.AutoTokenizer.from_pretrained(model, use_fast=True, local_files_only=on_disk)
        network = library.AutoModelForSequenceClassification.from_pretrained(
            model, use_safetensors=True, local_files_only=on_disk
        )
    except Exception as reason:  # a wrong name, no network, a damaged file: each raises its own kind
        raise InputError(
            f"the scorer classifier needs the model '{model}'",
            next(iter(str(reason).splitlines()), type(reason).__name__),
            "give the folder of a downloaded sequence classifier, or check the name and the network",
        ) from reason
    if not tokenizer.is_fast:
        found = "its tokenizer gives no places"
        raise InputError(f"the scorer classifier cannot use '{model}'", found, "choose one with a tokenizer.json")
    config = network.config
    names = tuple(str(config.id2label[i]) for i in range(config.num_labels))
    exclusive = config.num_labels > 1 and config.problem_type != "multi_label_classification"
    network = network.eval().to(device)
    return Loaded(tokenizer, network.bfloat16() if device == "cuda" else network, names, exclusive, device)


def stretches(loaded: Loaded, texts: Sequence[str]) -> tuple[NDArray[np.int64], list[tuple[int, int]], list[list[int]]]:
    """Cut texts into stretches that the model can read whole; returns rows, places in code points and word pieces."""
    longest = min(
        loaded.tokenizer.model_max_length, getattr(loaded.network.config, "max_position_embeddings", LONGEST), LONGEST
    )
    written = [row for row, text in enumerate(texts) if text.strip()]
    if not written:
        return np.zeros(0, dtype=np.int64), [], []
    overlap = min(STRIDE, longest // 4)
    found = loaded.tokenizer(
        [texts[row] for row in written], truncation=True, max_length=longest, stride=overlap,
        return_overflowing_tokens=True, return_offsets_mapping=True,
    )  # fmt: skip
    rows = np.array(written, dtype=np.int64)[np.array(found["overflow_to_sample_mapping"], dtype=np.int64)]
    places = []
    for offsets in found["offset_mapping"]:
        told = [(start, end) for start, end in offsets if end > start]
        places.append((told[0][0], told[-1][1]) if told else (0, 0))
    return rows, places, found["input_ids"]


def probabilities(loaded: Loaded, pieces: Sequence[Sequence[int]]) -> Floats:
    """Return the probability of each label for each stretch, float64 [n, labels]."""
    import torch

    found = np.zeros((len(pieces), len(loaded.labels)))
    for members in _batches([len(ids) for ids in pieces], PIECES_AT_ONCE[loaded.device]):
        padded = loaded.tokenizer.pad({"input_ids": [pieces[i] for i in members]}, return_tensors="pt")
        with torch.inference_mode():
            logits = loaded.network(**{key: value.to(loaded.device) for key, value in padded.items()}).logits.float()
        chances = logits.softmax(1) if loaded.exclusive else logits.sigmoid()
        found[members] = chances.cpu().numpy()
    return found


def _batches(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Group places by length, longest first, so that longest x count stays within the budget."""
    group: list[int] = []
    for place in sorted(range(len(lengths)), key=lambda place: -lengths[place]):
        if group and (len(group) + 1) * lengths[group[0]] > budget:
            yield group
            group = []
        group.append(place)
    if group:
        yield group


def _best(rows: NDArray[np.int64], values: Floats, size: int) -> NDArray[np.int64]:
    """Return the place of each row's highest value, -1 for a row without one."""
    best = np.full(size, -1, dtype=np.int64)
    order = np.lexsort((-np.arange(len(rows)), values))
    best[rows[order]] = order
    return best
