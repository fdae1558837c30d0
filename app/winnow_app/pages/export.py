"""Export: write a selection as files with a manifest and a data card."""

from __future__ import annotations

from typing import Any

import streamlit as st

from winnow.arrange.course import Course
from winnow.catalog.selections import NamedSelection
from winnow.export.base import Exporter
from winnow.jobs.sending import writing_of
from winnow.method import methods
from winnow_app import data, state
from winnow_app.parts.arrangement_cards import arrangement_cards, look_ahead, rows_written
from winnow_app.parts.export_command import command
from winnow_app.parts.export_folder import (
    being_written,
    first_folder,
    outlook_line,
    refusal,
    refused,
    start_export,
    written_by,
)
from winnow_app.parts.highlight import plain
from winnow_app.parts.job_bar import running_jobs
from winnow_app.parts.method_form import method_form
from winnow_app.parts.missing_step import missing_steps, offer, selection_needed, tell_missing
from winnow_app.parts.past_exports import past_exports
from winnow_app.parts.selection_facts import selection_facts
from winnow_app.parts.shell_command import shell_command


def page() -> None:
    st.header("Export")
    kept = data.workspace().catalog.selections.all()
    if not kept:
        selection_needed()
        return
    names = [selection.name for selection in kept]
    tell_missing([state.get("name")], names)
    asked = st.selectbox("Selection", names, **state.tied("name", "export.name", names, names[0]))
    chosen = kept[names.index(asked)]
    settings, facts = st.columns([5, 6], gap="large")
    with facts:
        running_jobs()
        past_exports(chosen.name)
        selection_facts(chosen)
        course, judge = arrangement_cards()
    with settings:
        _write(chosen, course, judge)
    if course is not None:
        look_ahead(course, chosen, judge)


def _write(chosen: NamedSelection, course: Course | None, judge: dict[str, Any] | None) -> None:
    found = methods(Exporter)
    format = str(st.selectbox("Format", list(found), index=list(found).index("parquet"), key="export.format"))
    folder = st.text_input(
        "Folder on the machine that serves this page, or an address (s3://, gs://, hf://)", first_folder(chosen.name),
        key=f"export.folder.{chosen.name}",
    ).strip()  # fmt: skip
    picked = _columns(course)
    share = float(
        st.number_input(
            "Share set apart for validation", 0.0, 0.5, 0.0, 0.01, format="%g", key="export.validation",
            help="0 writes one set. Copies and near copies of a document come to one side.",
        )
    )  # fmt: skip
    lacking = missing_steps(["near_group"] if share else [], data.columns(), [])
    offer("A split without copies on both sides", lacking)
    with st.expander("How the files are made"):
        told = method_form(found[format], "export")
    wrong = refused(folder)
    job = written_by(folder)
    if wrong and job is not None:
        st.info(f"The files of job {job} lie there. Name another folder to write more.", icon=":material/folder:")
    elif being_written(folder):
        st.info(plain(wrong), icon=":material/progress_activity:")
    elif wrong:
        st.warning(plain(wrong), icon=":material/folder_off:")
    writing = writing_of(
        format=format, columns=picked, settings=told, arrange=course.recipes if course else [], judge=judge, validation=share,
    )  # fmt: skip
    if not lacking and not wrong:
        outlook_line(chosen, writing, folder)
    if course is not None and course.steps:
        st.caption(f"With what is done on the way: {rows_written(course, chosen)}.")
    ready = course is not None and folder and not wrong and not lacking and (judge is not None or not course.asks)
    st.button(
        "Write the files", type="primary", icon=":material/download:", disabled=not ready, on_click=start_export,
        args=(chosen, writing, folder), help="A job writes them, with a manifest and a data card, and goes on when you close this page.",
    )  # fmt: skip
    refusal(folder)
    shell_command(*command(chosen.name, folder, writing, course))


def _columns(course: Course | None) -> list[str]:
    columns = [name for name in data.columns() if name not in ("doc_id", "id", "source", "url", "date", "text")]
    windows = course is not None and course.packer is not None and course.packer.joins
    always = "id, source, url, date and text are always written"
    held = "a row is a window and has no columns of documents" if windows else always
    given = st.multiselect(
        "Columns beside the document", columns, key="export.columns", disabled=windows, placeholder=held
    )
    return [] if windows else given
