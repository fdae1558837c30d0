"""The command that writes the same files as the Export page's button."""

from __future__ import annotations

import json
from typing import Any

from winnow.arrange.course import Course
from winnow.jobs.export import Writing
from winnow_app import data
from winnow_app.parts.arrangement_cards import flags


def command(name: str, folder: str, writing: Writing, course: Course | None) -> list[str]:
    """Return the words of the command; settings that are as they always are go unsaid."""
    told = ["winnow", "-w", str(data.workspace().folder), "export", name, folder, "--format", writing.exporter.name]
    told += ["--columns", ",".join(writing.columns)] if writing.columns else []
    told += ["--validation", f"{writing.validation:g}"] if writing.validation else []
    for setting in writing.exporter.settings():
        value = getattr(writing.exporter, setting.name)
        if value != setting.default:
            told += ["--set", f"{setting.name}={_text(value)}"]
    return told + (flags(course, writing.judge.recipe if writing.judge else None) if course else [])


def _text(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return ",".join(map(str, value))
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
