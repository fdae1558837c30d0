"""Export: write a selection as files with a manifest and a data card."""

from __future__ import annotations

import json
from pathlib import Path

import streamlit as st

from winnow.catalog.selections import NamedSelection
from winnow.export.base import Exporter
from winnow.method import methods
from winnow_app import data
from winnow_app.parts.job_bar import running_jobs
from winnow_app.parts.method_form import method_form


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
    with settings:
        _write(chosen)
    running_jobs()


def _write(chosen: NamedSelection) -> None:
    found = methods(Exporter)
    format = st.segmented_control("Format", list(found), default="parquet", required=True, key="export.format")
    told = method_form(found[str(format)], "export")
    columns = [name for name in data.columns() if name not in ("doc_id", "id", "source", "url", "date", "text")]
    picked = st.multiselect(
        "Columns beside the document",
        columns,
        key="export.columns",
        placeholder="id, source, url, date and text are always written",
    )
    default = data.workspace().folder.parent / f"{chosen.name}-export"
    folder = st.text_input("Folder on this machine", str(default), key=f"export.folder.{chosen.name}")
    summary = chosen.summary
    st.caption(
        f"Writes {summary['documents']:,} documents, {summary['tokens']:,} tokens, a manifest with checksums and a data card."
    )
    exists = Path(folder).exists() and any(Path(folder).iterdir())
    if exists:
        st.warning("The folder exists and is not empty; choose another one.", icon=":material/folder_off:")
    if st.button("Write the files", type="primary", icon=":material/download:", disabled=exists or not folder.strip()):
        job = data.workspace().start(
            "export", name=chosen.name, folder=folder, format=str(format), columns=picked, settings=told
        )
        st.toast(f"Job {job} writes {folder}")
    sets = "".join(f" --set {key}={value}" for key, value in told.items())
    listed = f" --columns {','.join(picked)}" if picked else ""
    st.caption("The same from a shell:")
    st.code(
        f"winnow -w {data.workspace().folder} export {chosen.name} {folder} --format {format}{listed}{sets}",
        language="bash",
    )


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
        st.code(json.dumps(dict(recipe), indent=2, ensure_ascii=False), language="json")
    if st.button(
        "Forget this selection", icon=":material/delete:", type="tertiary", help="Exports already written stay."
    ):
        data.workspace().catalog.selections.remove(chosen.name)
        st.rerun()
