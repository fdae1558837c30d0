"""The command that keeps what the Select page chooses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from winnow.select.base import Selector
from winnow_app.parts.shell_command import setting_words, shell_command, view_words


def select_command(selector: Selector, choice: Mapping[str, Any]) -> None:
    """Draw it; several steps are no command, but a recipe once they are kept."""
    if choice["before"]:
        st.caption(
            "Several steps are kept as a recipe: `winnow recipe NAME` prints it, `winnow run-recipe` makes it again."
        )
        return
    [(unit, amount)] = [(unit, choice[unit]) for unit in ("docs", "tokens", "share") if unit in choice]
    words = ["select", selector.name, f"--{unit}", str(amount), *setting_words(selector), *view_words(choice["filter"])]
    for flag in ("within", "target", "seed"):
        words += [f"--{flag}", str(choice[flag])] if choice[flag] else []
    words += ["--force-target"] if choice["force_target"] else []
    shell_command(*words, "--name", "NAME")
