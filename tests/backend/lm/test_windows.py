from __future__ import annotations

import numpy as np
import pyarrow as pa

from winnow.lm.tokenizer import Bytes
from winnow.lm.windows import IGNORED, continuations, training_windows, windows

A, B, C, D, E, F, END = 97, 98, 99, 100, 101, 102, 256


def test_a_text_is_cut_one_window_after_the_other() -> None:
    made = windows(pa.array(["abcdef", "", "a"], pa.large_string()), Bytes(), 4)
    assert made.targets.tolist() == [[A, B, C, D], [E, F, IGNORED, IGNORED], [A, IGNORED, IGNORED, IGNORED]]
    # What is read at each measured place is what stands before it; the empty text has no window.
    assert made.inputs[0].tolist() == [END, A, B, C]
    assert made.inputs[1, :2].tolist() == [D, E]
    assert made.text.tolist() == [0, 0, 2]
    assert made.bytes.tolist() == [6, 0, 1]
    assert made.texts == 3


def test_every_token_is_measured_once() -> None:
    texts = ["x" * n for n in range(20)]
    made = windows(pa.array(texts, pa.large_string()), Bytes(), 7)
    counts = np.bincount(made.text, weights=(made.targets != IGNORED).sum(axis=1), minlength=20)
    assert counts.tolist() == list(range(20))


def test_only_the_answer_is_measured() -> None:
    made = continuations(["ab", "abcdef"], ["cd", "f"], Bytes(), 4)
    # Five tokens (end, a, b, c, d) make four places; the last two are the answer.
    assert made.inputs[0].tolist() == [END, A, B, C]
    assert made.targets[0].tolist() == [IGNORED, IGNORED, C, D]
    # The longer context loses its beginning: c d e f stay to predict the answer.
    assert made.inputs[1].tolist() == [C, D, E, F]
    assert made.targets[1].tolist() == [IGNORED, IGNORED, IGNORED, F]
    assert made.bytes.tolist() == [2, 1]


def test_an_answer_longer_than_the_window_loses_its_end() -> None:
    made = continuations(["ab"], ["abcdef"], Bytes(), 4)
    assert made.targets[0].tolist() == [A, B, C, D]
    assert made.inputs[0].tolist() == [B, A, B, C]


def test_training_windows_share_one_token_with_the_next() -> None:
    made = training_windows(np.arange(10, dtype=np.uint16), 4)
    # 10 tokens hold two windows of 4 inputs and their 4 targets: 0-4 and 4-8.
    assert made.tolist() == [[0, 1, 2, 3, 4], [4, 5, 6, 7, 8]]
    assert len(training_windows(np.arange(4, dtype=np.uint16), 4)) == 0
