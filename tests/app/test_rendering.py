"""Texts shown as what they are, and what may never happen on the way."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from winnow_app.parts.rendering import (
    CHAT,
    CODE,
    LATEX,
    MARKDOWN,
    harmless,
    language_of,
    latex_as_markdown,
    turns,
    ways,
)


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ("Human: What is it?\nAssistant: A boat.\nHuman: Why?", CHAT),
        ("<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHello<|im_end|>", CHAT),
        ("### Instruction:\nAdd.\n### Response:\n3", CHAT),
        ('[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]', CHAT),
        ("# Title\n\nSome **bold** words and [a link](https://example.org).", MARKDOWN),
        (r"\section{One} Let $x^2$ be \frac{1}{2}.", LATEX),
        ("import os\n\ndef run(x):\n    y = x\n    return y;\n", CODE),
    ],
)
def test_what_a_text_is(text: str, way: str) -> None:
    assert ways(text, {})[0] == way


@pytest.mark.parametrize(
    "text", ["", "The answer: it was a boat.", "A plain letter.\nWith two lines.", "[not json", "{}"]
)
def test_prose_has_no_other_way(text: str) -> None:
    assert ways(text, {}) == []


def test_turns_by_hand() -> None:
    found = turns("Be kind.\nUser: Hi\nthere\nAssistant: Hello</s>", {})
    assert found == [("system", "Be kind."), ("user", "Hi\nthere"), ("assistant", "Hello")]
    beside = {"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]}
    assert turns("a b", {"chat": beside}) == [("user", "a"), ("assistant", "b")]
    assert turns('[{"role": "user", "content": 3}]', {}) == []


def test_a_language_is_guessed() -> None:
    assert language_of("import os\nprint(1)") == "python"
    assert language_of("#include <stdio.h>") == "c"
    assert language_of("words") is None


def test_latex_becomes_markdown() -> None:
    found = latex_as_markdown(
        "\\documentclass{a}\\begin{document}\\[x\\] % note\n\\begin{equation}y\\end{equation}\\end{document}"
    )
    assert "$$x$$" in found
    assert "documentclass" not in found
    assert "note" not in found


@pytest.mark.parametrize(
    "attack",
    [
        "![x](https://example.invalid/x.png)", "![x][ref]\n\n[ref]: https://example.invalid/x.png", "[a](javascript:alert(1))",
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", ":red[x]", ":material/home:", "<https://example.invalid>",
    ],
)  # fmt: skip
def test_markup_of_a_document_is_tamed(attack: str) -> None:
    tamed = harmless(f"before {attack} after")
    assert not re.search(r"(?<!\\)[\[<]", tamed)
    assert not re.search(r"(?<!\\):material", tamed)


@given(st.text(alphabet="![]()<>:`~\nab x/", max_size=60))
def test_no_picture_and_no_link_is_left_outside_of_code(text: str) -> None:
    tamed = harmless(text)
    if "```" not in text and "~~~" not in text:
        assert not re.search(r"(?<!\\)(?:<a|\[)", tamed)
