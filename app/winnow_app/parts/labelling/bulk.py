"""One answer for every document of the filter, after its count is confirmed; Backspace takes it back as one step."""

from __future__ import annotations

import streamlit as st

from winnow.catalog.labels import Answer
from winnow.jobs.labels import answer_all, to_answer
from winnow_app import data, state
from winnow_app.parts.deeds import ask, do_asked
from winnow_app.parts.failures import failures_as_words
from winnow_app.parts.highlight import plain

PLACE = "label.all"


@st.dialog("Label the whole filter")
def ask_label_all(question: str, who: str) -> None:
    """Say how many documents it is about, and label them when that is confirmed."""
    with failures_as_words("label all"):
        schema, catalog = data.workspace().labels.schema(question), data.workspace().catalog
        if schema.kind in ("pair", "spans"):
            st.info("Pairs and passages are labelled one by one.", icon=":material/info:")
            return
        said = ", ".join(words for _, words in state.current().pills()) or "no filter: the whole corpus"
        st.caption(plain(said))
        if schema.several:
            value: Answer = st.multiselect("Answers", schema.values, key="label.all.values")
        else:
            value = str(st.selectbox("Answer", schema.values, key="label.all.value"))
        again = st.checkbox("Also where you answered before", key="label.all.again")
        count = len(to_answer(catalog, question, who, filter=state.current(), again=again))
        st.markdown(f"**{count:,}** documents get the answer, under your name, as one step that can be undone.")
        sure = st.checkbox(f"Yes, these {count:,}", key=f"label.all.sure.{count}")
        st.button(
            "Label them", type="primary", icon=":material/done_all:", disabled=not (sure and count), key="label.all.do",
            on_click=ask, args=(PLACE,),
        )  # fmt: skip

        def labelled() -> str:
            made = answer_all(catalog, question, value, who, filter=state.current(), expected=count, again=again)
            st.session_state.pop("desk.task", None)
            st.session_state["label.said"] = f"{made:,} documents labelled. Backspace on the desk takes them back."
            return ""

        if do_asked(PLACE, labelled, "Labelling them …"):
            st.rerun()
