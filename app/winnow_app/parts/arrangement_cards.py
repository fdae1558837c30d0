"""A line of arrangements, a card each: what is done to documents between a selection and the files."""

from __future__ import annotations

from typing import Any

import streamlit as st

from winnow.arrange.base import Arrangement, Order, Packer, Transform
from winnow.arrange.course import Course
from winnow.catalog.selections import NamedSelection
from winnow.errors import SettingError, WinnowError
from winnow.jobs.arrange_plan import Arrangements, Sample
from winnow.judge.base import Judge
from winnow.method import methods
from winnow_app import data
from winnow_app.parts.highlight import plain
from winnow_app.parts.method_form import method_form
from winnow_app.parts.shell_command import setting_words

STEPS, PICKS = "export.arrange", "export.arrange.picks"
FAMILIES = ((Transform, "change"), (Order, "order"), (Packer, "pack"))
SHOWN = 1200
"""Characters of a text in the preview."""


def arrangement_cards() -> tuple[Course | None, dict[str, Any] | None]:
    """Draw the cards and return the arrangements, None while they cannot be, and whom they ask, None for nobody."""
    kinds = methods(Arrangement)
    steps: list[dict[str, Any]] = st.session_state.setdefault(STEPS, [])
    st.subheader("On the way into the files", anchor=False)
    recipes = []
    for place, step in enumerate(steps):
        with st.container(border=True):
            _head(place, step, kinds[step["name"]])
            with st.expander("Settings", expanded=bool(kinds[step["name"]].example)):
                told = method_form(kinds[step["name"]], f"arrange.{step['id']}")
            recipes.append({"method": step["name"], **told})
    _adder(kinds)
    try:
        course = Course.of(recipes)
    except SettingError as reason:
        st.error(plain(str(reason)), icon=":material/error:")
        return None, None
    return course, _judge() if course.asks else None


def _family(kind: type[Arrangement]) -> str:
    return next(word for family, word in FAMILIES if issubclass(kind, family))


def _adder(kinds: dict[str, type[Arrangement]]) -> None:
    ordered = sorted(kinds, key=lambda name: ([word for _, word in FAMILIES].index(_family(kinds[name])), name))
    st.selectbox(
        "Add a step", ordered, index=None, key=_pick_key(), on_change=_add, args=(_pick_key(),), placeholder="change, order or pack the documents",
        format_func=lambda name: f"{_family(kinds[name])}: {name}",
        help="Steps that change texts come first, then one order, then one packing.",
    )  # fmt: skip


def _pick_key() -> str:
    # A browser that is slow to hear of the reset would send the old choice once more: each choice has a key of its own.
    return f"{PICKS}.{st.session_state.get(PICKS, 0)}"


def _add(key: str) -> None:
    """Put the step that was picked where it may stand: before the first one of a later family."""
    if key != _pick_key():
        return
    kinds, steps, name = methods(Arrangement), st.session_state[STEPS], st.session_state[key]
    ranks = [word for _, word in FAMILIES]
    rank = ranks.index(_family(kinds[name]))
    place = sum(ranks.index(_family(kinds[step["name"]])) <= rank for step in steps)
    steps.insert(place, {"id": 1 + max((step["id"] for step in steps), default=0), "name": name})
    st.session_state[PICKS] = st.session_state.get(PICKS, 0) + 1


def _head(place: int, step: dict[str, Any], kind: type[Arrangement]) -> None:
    title, up, remove = st.columns([12, 1, 1], vertical_alignment="center")
    title.markdown(f"{place + 1}. **{step['name']}** :gray-badge[{_family(kind)}]" + _cited(kind))
    up.button(
        ":material/arrow_upward:", key=f"arrange.up.{step['id']}", type="tertiary",
        disabled=place == 0, on_click=_move, args=(place,), help="Do this one step earlier",
    )  # fmt: skip
    remove.button(
        ":material/close:", key=f"arrange.remove.{step['id']}", type="tertiary",
        on_click=_remove, args=(place,), help="Take this step out",
    )  # fmt: skip
    st.caption(kind.summary())


def _cited(kind: type[Arrangement]) -> str:
    note = " :gray-badge[reconstruction]" if kind.reconstruction else ""
    return f"{note} [paper]({kind.paper.url})" if kind.paper and kind.paper.url else note


def _move(place: int) -> None:
    steps = st.session_state[STEPS]
    steps[place - 1], steps[place] = steps[place], steps[place - 1]


def _remove(place: int) -> None:
    st.session_state[STEPS].pop(place)


def _judge() -> dict[str, Any] | None:
    kinds = methods(Judge)
    with st.container(border=True):
        name = st.segmented_control("Whom to ask", list(kinds), default="endpoint", required=True, key="arrange.judge")
        with st.expander("Judge", expanded=True):
            told = method_form(kinds[str(name)], "arrange.judge")
    try:
        return kinds[str(name)](**told).recipe
    except WinnowError as reason:
        st.error(plain(str(reason)), icon=":material/error:")
        return None


def rows_written(course: Course, selection: NamedSelection) -> str:
    """Say how many rows the files will hold, about."""
    documents, tokens = selection.summary["documents"], selection.summary["tokens"]
    if course.packer is not None:
        windows = -(-tokens // course.packer.tokens)
        return f"about {windows:,} windows of {course.packer.tokens:,} tokens from {documents:,} documents"
    made = " and what a judge adds" if course.generates else ""
    return f"{documents:,} documents{made}, {tokens:,} tokens before any change"


def look_ahead(course: Course, selection: NamedSelection, judge: dict[str, Any] | None) -> None:
    """Offer three documents before and after, what to heed, and what a judge would cost."""
    if not course.steps or not st.button("Try it on three documents", icon=":material/preview:"):
        return
    asked = methods(Judge)[judge["method"]].from_recipe(judge) if judge else None
    try:
        with st.spinner("Reading the selection …"):
            looked = Arrangements(data.workspace().catalog, selection, course.recipes, asked)
            remarks, samples = looked.remarks(), looked.preview()
            costs = looked.cost() if course.asks and asked else []
    except WinnowError as reason:
        st.error(plain(str(reason)), icon=":material/error:")
        return
    for name, remark in remarks:
        st.warning(f"{name}: {plain(remark)}", icon=":material/info:")
    for name, cost in costs:
        st.info(f"{name} would ask {cost.words}.", icon=":material/payments:")
    if course.transforms:
        for sample in samples:
            _sample(sample)


def _sample(sample: Sample) -> None:
    st.caption(f"Document {sample.doc_id}")
    before, after = st.columns(2)
    before.code(_cut(sample.before), language=None, wrap_lines=True, height=180)
    if not sample.after:
        after.markdown(":red[dropped]")
    elif sample.after == (sample.before,):
        after.markdown(":gray[unchanged]")
    else:
        for text in sample.after:
            after.code(_cut(text), language=None, wrap_lines=True, height=180)


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN // 2]}\n…\n{text[-SHOWN // 2 :]}"


def flags(course: Course, judge: dict[str, Any] | None = None) -> list[str]:
    """Return the flags of `winnow export` that say the same; a method that comes twice is told by its place."""
    names = [type(step).name for step in course.steps]
    told = [part for name in names for part in ("--arrange", name)]
    for place, step in enumerate(course.steps, 1):
        owner = type(step).name if names.count(type(step).name) == 1 else str(place)
        told += setting_words(step, f"{owner}.")
    return told + (_judge_flags(judge) if judge else [])


def _judge_flags(judge: dict[str, Any]) -> list[str]:
    kind = methods(Judge)[judge["method"]]
    told = ["--judge", judge.get("url") or judge["method"], "--model", str(judge["model"])]
    for setting in kind.settings():
        if setting.name not in ("url", "model") and judge[setting.name] != setting.default:
            told += ["--judge-set", f"{setting.name}={judge[setting.name]}"]
    return told
