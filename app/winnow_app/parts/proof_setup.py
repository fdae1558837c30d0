"""What a person fixes before a proof: arms, target, size, seeds; with the minutes it takes and what it can show."""

from __future__ import annotations

from typing import Any

import streamlit as st

from winnow.compute.local import available_cores
from winnow.jobs.proof_plan import Asked
from winnow.method import methods
from winnow.online.base import Online
from winnow.prove.tiers import TIERS
from winnow_app import data, identity
from winnow_app.parts.highlight import plain
from winnow_app.parts.method_form import method_form
from winnow_app.parts.server_paths import within_reach
from winnow_app.parts.shell_command import repeated, setting_words, shell_command

SIZES = {
    "ci": "0.1 M parameters, half a minute a run",
    "cpu": "0.9 M parameters, minutes a run",
    "small": "33 M parameters, wants a GPU",
    "medium": "124 M parameters, wants a GPU",
}


def proof_setup(kept: list[str]) -> None:
    """Draw the form and start the job."""
    selections = st.multiselect("Selections to prove", kept, kept[:1], key="prove.selections")
    target = within_reach(
        st.text_input(
            "Texts that the model is to read well",
            key="prove.target",
            placeholder="/data/held-out.jsonl",
            help="A file on this machine, or the name of a selection. No selection may have been matched to these texts.",
        )
    )
    tier = str(st.segmented_control("Size", list(TIERS), default="ci", required=True, key="prove.tier"))
    st.caption(SIZES[tier])
    seeds = int(st.slider("Seeds", 2, 8, 4, key="prove.seeds", help="Runs of each arm, paired with the control's."))
    fresh = st.toggle("Add fresh random subsets (rs2)", key="prove.rs2", help="A new subset in every pass.")
    online, guide = _online()
    with st.expander("More to measure"):
        texts = _paths("Files of texts", "prove.texts")
        questions = _paths("Files of choices or minimal pairs", "prove.questions")
    every = "-".join([*selections, *(str(recipe["method"]) for recipe in online)])
    name = st.text_input("Name of the proof", every[:60], key=f"prove.name.{every}")
    asked = Asked(
        selections=tuple(selections), target=target, tier=tier, seeds=seeds, repeated=fresh, texts=texts,
        questions=questions, online=online, guide=guide,
    )  # fmt: skip
    _ahead(asked)
    lacks = "" if (selections or online) and target and name.strip() else "Choose a selection and name the texts first."
    if not identity.may("curate"):
        lacks = "A curator can start it."
    st.button(
        "Prove it", type="primary", icon=":material/science:", disabled=bool(lacks), on_click=_prove,
        args=(name.strip(), asked.recipe),
    )  # fmt: skip
    if lacks:
        st.caption(lacks)
    shell_command(*_command(asked, name.strip() or "NAME"))


def _prove(name: str, asked: dict[str, Any]) -> None:
    st.session_state["prove.shown"] = name
    data.start("prove", name=name, asked=asked, replace=False)


def _command(asked: Asked, name: str) -> list[str]:
    """Return the words of the command that proves the same."""
    told = ["prove", *asked.selections, "--target", asked.target or "FILE", "--tier", asked.tier]
    told += ["--seeds", str(asked.seeds), *(["--rs2"] if asked.repeated else [])]
    told += [*repeated("--texts", asked.texts), *repeated("--questions", asked.questions)]
    for recipe in asked.online:
        method = methods(Online)[recipe["method"]].from_recipe(recipe)
        told += ["--online", method.name, *setting_words(method, f"{method.name}.")]
    return [*told, *(["--guide", asked.guide] if asked.guide else []), "--name", name]


def _online() -> tuple[tuple[dict[str, Any], ...], str]:
    """Return the recipes of methods that work inside the training, and the texts that guide those that aim at some."""
    with st.expander("Methods inside the training"):
        kinds = methods(Online)
        chosen = st.multiselect(
            "Methods", list(kinds), key="prove.online", help="Each is an arm that reads the whole pool."
        )
        for name in chosen:
            st.caption(f"**{name}**: {plain(kinds[name].summary())}")
        recipes = tuple(kinds[name](**method_form(kinds[name], "prove")).recipe for name in chosen)
        aims = any(
            "target" in kinds[name].from_recipe(told).needs() for name, told in zip(chosen, recipes, strict=True)
        )
        guide = "Texts that guide them; none of them may be among those that are read in the end"
        return recipes, within_reach(st.text_input(guide, key="prove.guide")) if aims else ""


def _paths(label: str, key: str) -> tuple[str, ...]:
    told = st.text_area(label, key=key, height=68, placeholder="one path a line")
    return tuple(path for path in map(within_reach, told.splitlines()) if path)


@st.cache_data(show_spinner="measuring this machine", ttl=600)
def _minutes(
    tier: str, arms: int, seeds: int, more: int, fresh: bool, *, online: tuple[dict[str, Any], ...]
) -> tuple[float, float]:
    asked = Asked(
        selections=("",) * arms, target="", tier=tier, seeds=seeds, texts=("",) * more, repeated=fresh, online=online
    )
    ahead = data.workspace().proofs.predict(asked, available_cores())
    return ahead.minutes, ahead.bytes


def _ahead(asked: Asked) -> None:
    if TIERS[asked.tier].vocabulary:
        st.caption("Its minutes are told by `winnow prove … --dry-run` on the machine with the GPU.")
    elif asked.selections or asked.online:
        arms, online = len(asked.selections), tuple(map(dict, asked.online))
        minutes, memory = _minutes(asked.tier, arms, asked.seeds, len(asked.texts), asked.repeated, online=online)
        st.markdown(f"About **{minutes:.0f} minutes** and {memory / 1e9:.1f} GB on this machine.")
    st.caption(plain(data.workspace().proofs.detectable(asked).capitalize() + "."))
