"""Files of labels: out as a download, in as an upload, in the formats of this and other tools."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

import streamlit as st

from winnow.jobs.labels import FORMATS, export_labels, import_labels
from winnow.label.label_studio import configuration
from winnow_app import data
from winnow_app.parts.deeds import act, outcome
from winnow_app.parts.failures import failures_as_words
from winnow_app.parts.highlight import plain
from winnow_app.parts.shell_command import shell_command

ENDINGS = {"jsonl": "jsonl", "argilla": "json", "label-studio": "json", "pairs": "jsonl"}


def files(question: str, who: str) -> None:
    """Draw both ways beside each other."""
    out, back = st.columns(2, gap="large")
    with out, failures_as_words("export labels"):
        _out(question)
    with back, failures_as_words("import labels"):
        _in(question, who)


def _format(key: str, offered: list[str]) -> str:
    return str(st.selectbox("Format", offered, format_func=lambda name: f"{name}: {FORMATS[name]}", key=key))


def _out(question: str) -> None:
    st.subheader("Take labels with you", anchor=False)
    schema = data.workspace().labels.schema(question)
    format = _format("files.out", [name for name in FORMATS if name != "pairs" or schema.kind == "pair"])

    def written() -> bytes:
        with tempfile.TemporaryDirectory(prefix="winnow-") as folder:
            path = Path(folder) / "labels"
            export_labels(data.workspace().catalog, path, question, format=format)
            return path.read_bytes()

    st.download_button(
        "Download", written, file_name=f"{question}-labels.{ENDINGS[format]}", icon=":material/download:", on_click="ignore",
        key="files.download",
    )  # fmt: skip
    if format == "label-studio":
        st.caption("Label Studio shows these tasks with this configuration:")
        st.code(configuration(schema.name, schema.question, schema.kind, schema.values), language="xml")
    shell_command("label", "export", f"{question}.{ENDINGS[format]}", "--schema", question, "--format", format)


def _in(question: str, who: str) -> None:
    st.subheader("Bring labels in", anchor=False)
    format = _format("files.in", [name for name in FORMATS if name != "pairs"])
    given = st.file_uploader("File", key=f"files.upload.{question}.{format}")
    place = f"files.add.{question}"
    if given is not None:
        add = partial(_added, given.getvalue(), question, who, format)
        st.button("Add these labels", icon=":material/upload:", key="files.add", on_click=act, args=(place, add))
    outcome(place)


def _added(content: bytes, question: str, who: str, format: str) -> str:
    with tempfile.TemporaryDirectory(prefix="winnow-") as folder:
        path = Path(folder) / "labels"
        path.write_bytes(content)
        made = import_labels(data.workspace().catalog, path, question, who, format=format)
    said = f"{made.new:,} new labels, {made.known:,} were there already."
    lost = f"{len(made.unmatched):,} name no document here: {plain(', '.join(made.unmatched[:10]))}"
    return f"{said}  \n{lost}" if made.unmatched else said
