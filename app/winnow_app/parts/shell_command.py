"""The command that does what a form does, to be copied."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import streamlit as st

from winnow.catalog.filters import Filter
from winnow.method import Method
from winnow_app import data

READABLE = " []{}()\",.:;|<>=!'/"


def shell_command(*words: str, note: str = "", reads: str = "") -> None:
    """Draw the command of these words on the corpus that is shown, and the text that it `reads` from its input."""
    st.caption(f"The same from a shell{note}:")
    command = shlex.join(["winnow", "-w", str(data.workspace().folder), *words])
    st.code(f"{command} <<'END'\n{reads}END" if reads else command, language=None, wrap_lines=True)


def setting_words(method: Method, owner: str = "") -> list[str]:
    """Return the words that say a method's settings; those that are as they always are go unsaid."""
    told: list[str] = []
    for setting in method.settings():
        value = getattr(method, setting.name)
        if value != setting.default:
            told += ["--set", f"{owner}{setting.name}={_text(value)}"]
    return told


def _text(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return ",".join(map(str, value))
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)


def view_words(filter: Filter) -> list[str]:
    """Return the words that say a view, as its address does."""
    # What a shell's quotes keep needs no percent signs; & + % and # would mean something else.
    told = [f"{quote(name)}={quote(text, safe=READABLE)}" for name, text in filter.to_query().items()]
    return ["--view", "&".join(told)] if filter else []


def repeated(flag: str, values: Sequence[object]) -> list[str]:
    """Return a flag that may come several times with each of its values."""
    return [word for value in values for word in (flag, str(value))]
