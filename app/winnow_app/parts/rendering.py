"""A text as what it is: turns of a chat, Markdown, LaTeX or code. Nothing in it is run, and no picture is fetched."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import streamlit as st

from winnow_app.parts.highlight import block

LONGEST = 60_000
CHAT, MARKDOWN, LATEX, CODE = "chat", "Markdown", "LaTeX", "code"
ROLES = {
    "user": "user", "human": "user", "prompter": "user", "instruction": "user", "question": "user",
    "assistant": "assistant", "gpt": "assistant", "bot": "assistant", "response": "assistant", "answer": "assistant",
    "model": "assistant", "system": "system", "tool": "tool",
}  # fmt: skip
_NAMES = "|".join(ROLES)
_TURN = re.compile(
    rf"^[ \t]*(?:<\|im_start\|>[ \t]*(?P<im>{_NAMES})\b|<\|(?P<tag>{_NAMES})\|>|#{{2,3}}[ \t]*(?P<head>{_NAMES})[ \t]*:?[ \t]*$"
    rf"|\**(?P<name>{_NAMES})\**[ \t]*:)",
    re.IGNORECASE | re.MULTILINE,
)
_END = re.compile(r"<\|im_end\|>|<\|end(?:oftext)?\|>|</s>")
_MARKDOWN = re.compile(
    r"^#{1,6} \S|^```|^\s*[-*] \S|^\|.+\|\s*$|\[[^\]\n]+\]\([^)\n]+\)|\*\*\S[^*\n]*\*\*|^> \S", re.MULTILINE
)
_LATEX = re.compile(
    r"\\(?:begin|frac|section|sum|int|alpha|beta|mathbb|mathcal|cite|ref|textbf|documentclass)\b|\$[^$\n]{2,80}\$"
)
_CODE = re.compile(
    r"^\s*(?:def \w+\(|class \w+[:({]|import \w+|from \w+ import|#include\s*<|function \w+\(|(?:const|let|var) \w+\s*="
    r"|public (?:static |class )|return\b.*;\s*$|SELECT\b.+\bFROM\b|<\?php|#!/)|[{};]\s*$",
    re.MULTILINE,
)
_LANGUAGES = (
    ("python", r"^\s*(?:def \w+\(|from \w+ import|import \w+$)"), ("c", r"^#include\s*<"), ("php", r"<\?php"),
    ("java", r"\bpublic (?:static|class)\b"), ("javascript", r"^\s*(?:const|let|var|function) \w+"),
    ("sql", r"\bSELECT\b.+\bFROM\b"), ("bash", r"^#!/"), ("json", r"^\s*[{\[]\s*\"?"), ("html", r"^\s*<[a-z!]"),
)  # fmt: skip


def ways(text: str, meta: Mapping[str, Any]) -> list[str]:
    """Return what a text can be shown as, the likeliest first; [] for plain prose."""
    start = text[:LONGEST]
    lines = max(1, start.count("\n") + 1)
    found = []
    if len(turns(text, meta)) >= 2:
        found.append(CHAT)
    latex, code, markdown = (len(pattern.findall(start)) for pattern in (_LATEX, _CODE, _MARKDOWN))
    if latex >= 2:
        found.append(LATEX)
    if code >= 3 and code * 5 >= lines:
        found.append(CODE)
    if markdown >= 2:
        found.append(MARKDOWN)
    return found


def render(text: str, meta: Mapping[str, Any], way: str) -> None:
    """Draw a text in one of its ways."""
    shown = text[:LONGEST]
    if way == CHAT:
        for role, words in turns(text, meta):
            with st.chat_message(role if role in ("user", "assistant") else "ai", avatar=_avatar(role)):
                st.caption(role)
                st.html(block(words[:LONGEST], []))
    elif way == CODE:
        st.code(shown, language=language_of(shown), wrap_lines=True)
    else:
        st.markdown(harmless(latex_as_markdown(shown) if way == LATEX else shown))


def turns(text: str, meta: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (role, words) of each turn: from a list of messages in the text or beside it, or from names at line starts."""
    for told in (text, *meta.values()):
        found = _messages(told)
        if found:
            return found
    marks = list(_TURN.finditer(text))
    roles = [ROLES[next(name for name in mark.groups() if name).lower()] for mark in marks]
    if len(set(roles)) < 2:
        return []
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    before = [("system", text[: marks[0].start()].strip())] if text[: marks[0].start()].strip() else []
    said = [_END.sub("", text[mark.end() : end]).strip() for mark, end in zip(marks, ends, strict=True)]
    return before + list(zip(roles, said, strict=True))


def _messages(told: Any) -> list[tuple[str, str]]:
    if isinstance(told, str):
        if told.lstrip()[:1] not in ("[", "{"):
            return []
        try:
            told = json.loads(told)
        except (ValueError, RecursionError):
            return []
    if isinstance(told, dict):
        told = next((told[key] for key in ("messages", "conversations", "conversation") if key in told), None)
    if not isinstance(told, list):
        return []
    found = []
    for turn in told:
        role = turn.get("role") or turn.get("from") if isinstance(turn, dict) else None
        words = turn.get("content") or turn.get("value") if isinstance(turn, dict) else None
        if not isinstance(role, str) or not isinstance(words, str):
            return []
        found.append((ROLES.get(role.lower(), role), words))
    return found


def language_of(code: str) -> str | None:
    """Guess the language of code."""
    return next((name for name, cue in _LANGUAGES if re.search(cue, code[:4000], re.MULTILINE)), None)


def latex_as_markdown(text: str) -> str:
    r"""Write what both have in the way of Markdown: \section, \textbf, \emph, \( \), \[ \] and displayed equations.

    >>> latex_as_markdown(r"A \textbf{b} and \(x\).")
    'A **b** and $x$.'
    """
    body = re.split(r"\\begin\{document\}|\\end\{document\}", text)
    text = body[1] if len(body) > 1 else text
    text = re.sub(r"\\(?:sub)*section\*?\{([^{}]*)\}", r"\n### \1\n", text)
    text = re.sub(r"\\(?:textbf|bf)\{([^{}]*)\}", r"**\1**", text)
    text = re.sub(r"\\(?:textit|emph|it)\{([^{}]*)\}", r"*\1*", text)
    text = re.sub(r"\\begin\{(?:equation|align|eqnarray|displaymath|gather)\*?\}(.*?)\\end\{(?:equation|align|eqnarray|displaymath|gather)\*?\}",
                  r"\n$$\\begin{aligned}\1\\end{aligned}$$\n", text, flags=re.DOTALL)  # fmt: skip
    text = re.sub(r"\\\[(.*?)\\\]", r"\n$$\1$$\n", text, flags=re.DOTALL)
    text = re.sub(r"\\\((.*?)\\\)", r"$\1$", text, flags=re.DOTALL)
    return re.sub(r"(?m)(?<!\\)%.*$", "", text)


def harmless(markdown: str) -> str:
    """Return Markdown without pictures, links and Streamlit's own signs; what stands in code blocks stays as it is.

    HTML in it is shown as text by Streamlit. A picture would be fetched from wherever the document says.

    >>> harmless("![x](http://a/b.png) [y](javascript:z) :red[w]")
    '\\\\[x](http://a/b.png) \\\\[y](javascript:z) :red\\\\[w]'
    """
    parts = re.split(r"(^```.*?^```|^~~~.*?^~~~)", markdown, flags=re.DOTALL | re.MULTILINE)
    return "".join(part if place % 2 else _tame(part) for place, part in enumerate(parts))


def _tame(text: str) -> str:
    text = re.sub(r"!?\[", r"\\[", text)
    text = re.sub(r"<(?=[a-zA-Z/!?])", r"\\<", text)
    return re.sub(r":(?=[a-zA-Z0-9_+-]+[\[:/]|[a-z-]+-background\[)(?!//)", r"\\:", text)


def _avatar(role: str) -> str:
    return {"user": ":material/person:", "assistant": ":material/smart_toy:"}.get(role, ":material/settings:")
