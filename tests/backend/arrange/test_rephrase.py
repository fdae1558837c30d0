"""Paraphrases: parts that join to the text, prefaces cut off, failures left out."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from winnow.arrange.base import Tools
from winnow.arrange.rephrase import Rephrase, chunks, without_preface
from winnow.judge.base import Answer


def batch(*texts: str, generated: bool = False) -> pa.RecordBatch:
    n = len(texts)
    return pa.RecordBatch.from_pydict({
        "doc_id": pa.array(range(n), pa.int64()), "text": pa.array(texts, pa.large_string()),
        "generated": pa.array([generated] * n),
    })  # fmt: skip


@given(st.text(alphabet="ab. \n!", max_size=400), st.integers(20, 40))
def test_parts_joined_are_the_text_and_none_is_too_long(text: str, most: int) -> None:
    """A token is four bytes here; a part of white space alone may be left out."""
    parts = chunks(text, most, Tools())
    assert "".join(parts).split() == text.split()
    assert all(-(-len(part) // 4) <= most + 1 for part in parts)


def test_sentences_are_not_cut() -> None:
    """40 tokens of four bytes: three sentences of 60 bytes, of which two fit into 160."""
    sentence = "x" * 58 + ". "
    assert chunks(sentence * 3, 40, Tools()) == [sentence * 2, sentence]


def test_real_and_generated_are_one_to_one_and_stand_together() -> None:
    def ask(prompts):
        return (Answer(f"Sure, here you go:\n\n{prompt.text.split()[-1].upper()}") for prompt in prompts)

    made = Rephrase(style="qa").transform(batch("one", "two"), Tools(ask=ask), None)
    assert made.column("text").to_pylist() == ["one", "ONE", "two", "TWO"]
    assert made.column("generated").to_pylist() == [False, True, False, True]
    assert made.column("doc_id").to_pylist() == [0, 0, 1, 1]
    assert made.column("style").to_pylist() == [None, "qa", None, "qa"]


def test_a_document_of_which_a_part_fails_gets_no_paraphrase() -> None:
    def ask(prompts):
        return (Answer(error="no") if "two" in prompt.text else Answer("fine") for prompt in prompts)

    made = Rephrase().transform(batch("one", "two"), Tools(ask=ask), None)
    assert made.column("text").to_pylist() == ["one", "fine", "two"]


def test_generated_documents_and_empty_ones_are_not_rephrased_again() -> None:
    asked = []

    def ask(prompts):
        return (asked.append(prompt) or Answer("x") for prompt in prompts)

    Rephrase().transform(batch("one", generated=True), Tools(ask=ask), None)
    Rephrase().transform(batch("", "  \n"), Tools(ask=ask), None)
    assert asked == []


def test_a_share_of_documents() -> None:
    """2,000 documents, 0.25: 500 ± 5 standard deviations of 19."""
    prompts = list(Rephrase(share=0.25).prompts(batch(*["one"] * 2000), Tools()))
    assert abs(len(prompts) - 500) < 97


def test_only_a_preface_is_cut_off() -> None:
    assert without_preface("Here is the paraphrase:\nIt rains.") == "It rains."
    assert without_preface("Here is the mill: it stands.") == "Here is the mill: it stands."
    assert without_preface("Sure.\nIt rains.") == "Sure.\nIt rains."
    assert np.all([without_preface(text) == text for text in ("It rains.", "Question: why?\nAnswer: so.")])
