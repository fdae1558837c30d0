"""The command that keeps what the Select page chooses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from winnow.jobs.recipe import Recipe, write_recipe
from winnow.select.base import Selector
from winnow_app.parts.shell_command import setting_words, shell_command, view_words


def select_command(selector: Selector, choice: Mapping[str, Any]) -> None:
    """Draw it: of several steps it reads a recipe."""
    [(unit, amount)] = [(unit, choice[unit]) for unit in ("docs", "tokens", "share") if unit in choice]
    if choice["before"]:
        last = {"method": dict(selector.recipe), "budget": {unit: amount}}
        same = {key: choice[key] for key in ("seed", "target", "force_target", "before", "within")}
        recipe = {**last, **same, "filter": choice["filter"].to_query()}
        # The first line says how to run a file, and this is none.
        reads = write_recipe(Recipe("NAME", recipe)).partition("\n")[2]
        shell_command("run-recipe", "/dev/stdin", reads=reads, note=", with its NAME inside")
        return
    words = ["select", selector.name, f"--{unit}", str(amount), *setting_words(selector), *view_words(choice["filter"])]
    for flag in ("within", "target", "seed"):
        words += [f"--{flag}", str(choice[flag])] if choice[flag] else []
    words += ["--force-target"] if choice["force_target"] else []
    shell_command(*words, "--name", "NAME")
