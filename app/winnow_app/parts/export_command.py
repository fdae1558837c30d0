"""The command that writes the same files as the Export page's button."""

from __future__ import annotations

from winnow.arrange.course import Course
from winnow.jobs.export import Writing
from winnow_app.parts.arrangement_cards import flags
from winnow_app.parts.shell_command import setting_words


def command(name: str, folder: str, writing: Writing, course: Course | None) -> list[str]:
    """Return the words of the command; settings that are as they always are go unsaid."""
    told = ["export", name, folder, "--format", writing.exporter.name]
    told += ["--columns", ",".join(writing.columns)] if writing.columns else []
    told += ["--validation", f"{writing.validation:g}"] if writing.validation else []
    told += setting_words(writing.exporter)
    return told + (flags(course, writing.judge.recipe if writing.judge else None) if course else [])
