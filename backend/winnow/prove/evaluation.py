"""What a model is asked at the end: texts, questions with choices, and minimal pairs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from winnow.errors import InputError
from winnow.lm.decoder import Decoder
from winnow.lm.likelihood import text_losses
from winnow.lm.tokenizer import Tokenizer
from winnow.lm.windows import Windows, continuations


@dataclass(frozen=True, eq=False)
class Choices:
    """Questions answered by likelihood: the answer with the lowest loss is the model's.

    `windows` holds every answer of every question; `question` [answers] says whose it is, `right` [answers] whether it
    is the right one. With `per_byte`, losses are divided by the answer's bytes, so that short answers do not win for
    being short; minimal pairs compare whole sentences and are not divided.
    """

    windows: Windows
    question: NDArray[np.int64]
    right: NDArray[np.bool_]
    per_byte: bool

    def correct(self, decoder: Decoder) -> NDArray[np.bool_]:
        """Return for each question whether the right answer has the lowest loss; a tie is not right."""
        losses = text_losses(decoder, self.windows)
        if self.per_byte:
            losses = losses / np.maximum(self.windows.bytes, 1)
        questions = int(self.question.max(initial=-1)) + 1
        best_wrong, best_right = np.full(questions, np.inf), np.full(questions, np.inf)
        np.minimum.at(best_wrong, self.question[~self.right], losses[~self.right])
        np.minimum.at(best_right, self.question[self.right], losses[self.right])
        return best_right < best_wrong


def multiple_choice(items: Sequence[dict[str, Any]], tokenizer: Tokenizer, context: int) -> Choices:
    """Read questions {"query" | "question", "choices": [...], "gold": number}."""
    contexts, answers, question, right = [], [], [], []
    for number, item in enumerate(items):
        asked = str(item.get("query", item.get("question", "")))
        for place, answer in enumerate(item["choices"]):
            contexts.append(asked)
            answers.append(f" {answer}" if asked else str(answer))
            question.append(number)
            right.append(place == int(item["gold"]))
    return Choices(
        continuations(contexts, answers, tokenizer, context),
        np.array(question, dtype=np.int64),
        np.array(right, dtype=bool),
        per_byte=True,
    )


def minimal_pairs(items: Sequence[dict[str, Any]], tokenizer: Tokenizer, context: int) -> Choices:
    """Read pairs {"sentence_good", "sentence_bad"} as BLiMP has them (Warstadt et al. 2020, arXiv 1912.00582)."""
    answers = [str(item[key]) for item in items for key in ("sentence_good", "sentence_bad")]
    return Choices(
        continuations([""] * len(answers), answers, tokenizer, context),
        np.repeat(np.arange(len(items)), 2),
        np.tile([True, False], len(items)),
        per_byte=False,
    )


def read_choices(path: Path, tokenizer: Tokenizer, context: int) -> Choices:
    """Read a JSON lines file of questions or of minimal pairs; raises InputError naming the line."""
    items = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            try:
                item = json.loads(line)
                pair = {"sentence_good", "sentence_bad"} <= item.keys()
                if not pair and not 0 <= int(item["gold"]) < len(item["choices"]):
                    raise ValueError("gold names no choice")
                items.append(item)
            except (ValueError, KeyError, AttributeError, TypeError) as reason:
                raise InputError(
                    f"{path} line {number} is neither a question nor a minimal pair",
                    str(reason),
                    'write {"query", "choices", "gold"} or {"sentence_good", "sentence_bad"} on each line',
                ) from reason
    if not items:
        raise InputError(f"{path} holds no question", "0 lines", "name a file with questions or minimal pairs")
    pairs = [item for item in items if "sentence_good" in item]
    if pairs and len(pairs) < len(items):
        raise InputError(f"{path} mixes questions and minimal pairs", "", "put them into two files")
    return minimal_pairs(items, tokenizer, context) if pairs else multiple_choice(items, tokenizer, context)
