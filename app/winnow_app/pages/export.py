"""Export: write a selection as files with a manifest and a data card."""

from __future__ import annotations

import shlex
from functools import partial
from typing import Any

import streamlit as st

from winnow.arrange.course import Course
from winnow.catalog.joblog import OPEN, Job
from winnow.catalog.selections import NamedSelection
from winnow.export.base import Exporter
from winnow.method import methods
from winnow_app import data
from winnow_app.parts.arrangement_cards import arrangement_cards, flags, look_ahead, rows_written
from winnow_app.parts.export_folder import first_folder, outlook_line, refused, written_folder
from winnow_app.parts.highlight import plain
from winnow_app.parts.job_bar import job_bar, run_again, running_jobs
from winnow_app.parts.method_form import method_form
from winnow_app.parts.recipe_view import recipe_view


def page() -> None:
    st.header("Export")
    kept = data.workspace().catalog.selections.all()
    if not kept:
        st.info("No selection is kept yet: choose one and save it under a name.", icon=":material/filter_alt:")
        st.page_link(st.session_state["pages"]["select"], label="Choose documents", icon=":material/filter_alt:")
        return
    names = [selection.name for selection in kept]
    chosen = kept[names.index(st.selectbox("Selection", names, key="export.name"))]
    settings, facts = st.columns([5, 6], gap="large")
    with facts:
        _facts(chosen)
        course, judge = arrangement_cards()
    with settings:
        _write(chosen, course, judge)
    if course is not None:
        look_ahead(course, chosen, judge)
    running_jobs()
    ended = [job for job in data.workspace().catalog.jobs.all(50) if job.verb == "export" and job.state not in OPEN]
    for job in [job for job in ended if job.recipe.get("name") == chosen.name][:3]:
        job_bar(job, partial(_ended, job))


def _ended(job: Job) -> None:
    """Draw what belongs to an export that ended: its files, or the way to go on."""
    folder = str(job.recipe.get("folder", ""))
    if job.state != "done":
        run_again(job)
        return
    with st.popover("Files", icon=":material/folder:", type="tertiary"):
        written_folder(folder, f"open.{job.job}")


def _write(chosen: NamedSelection, course: Course | None, judge: dict[str, Any] | None) -> None:
    found = methods(Exporter)
    format = st.selectbox("Format", list(found), index=list(found).index("parquet"), key="export.format")
    told = method_form(found[format], "export")
    columns = [name for name in data.columns() if name not in ("doc_id", "id", "source", "url", "date", "text")]
    windows = course is not None and course.packer is not None and course.packer.joins
    always = "id, source, url, date and text are always written"
    held = "a row is a window and has no columns of documents" if windows else always
    given = st.multiselect(
        "Columns beside the document", columns, key="export.columns", disabled=windows, placeholder=held
    )
    picked = [] if windows else given
    folder = st.text_input(
        "Folder on the machine that serves this page", first_folder(chosen.name), key=f"export.folder.{chosen.name}"
    )
    st.caption(f"Writes {rows_written(course or Course(), chosen)}, a manifest with checksums and a data card.")
    outlook_line(chosen, format, told, picked, folder)
    wrong = refused(folder)
    if wrong:
        st.warning(plain(wrong), icon=":material/folder_off:")
    ready = course is not None and folder.strip() and not wrong and (judge is not None or not course.asks)
    recipe = {
        "name": chosen.name, "folder": folder, "format": format, "columns": picked, "settings": told,
        "arrange": course.recipes if course else [], "judge": judge,
    }  # fmt: skip
    st.button(
        "Write the files", type="primary", icon=":material/download:", disabled=not ready, on_click=data.start,
        args=("export",), kwargs=recipe,
    )  # fmt: skip
    st.caption("A job writes them and goes on when you close this page.")
    command = ["winnow", "-w", str(data.workspace().folder), "export", chosen.name, folder, "--format", format]
    command += ["--columns", ",".join(picked)] if picked else []
    command += [part for key, value in told.items() for part in ("--set", f"{key}={value}")]
    command += flags(course, judge) if course else []
    st.caption("The same from a shell:")
    st.code(shlex.join(command), language="bash", wrap_lines=True)


def _facts(chosen: NamedSelection) -> None:
    summary, recipe = chosen.summary, chosen.recipe
    cells = st.columns(2)
    cells[0].metric(
        "Documents",
        f"{summary['documents']:,}",
        f"of {summary['pool']['documents']:,}",
        delta_color="off",
        delta_arrow="off",
    )
    cells[1].metric(
        "Tokens", f"{summary['tokens']:,}", f"of {summary['pool']['tokens']:,}", delta_color="off", delta_arrow="off"
    )
    st.markdown(f"Chosen by **{recipe['method']['method']}**, kept {chosen.created[:19].replace('T', ' ')} UTC")
    with st.expander("Recipe"):
        recipe_view(chosen)
    st.button(
        "Forget this selection", icon=":material/delete:", type="tertiary", help="Exports already written stay.",
        on_click=data.forget, args=(chosen.name,),
    )  # fmt: skip
