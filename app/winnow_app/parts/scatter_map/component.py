"""The map as a Streamlit component: points go out by address, polygons come back."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2.component_manager import BidiComponentManager
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest
from streamlit.runtime import get_instance

from winnow.errors import SettingError
from winnow_app.parts.scatter_map.events import MapEvent, Tooltip, read_box, read_place, read_polygons
from winnow_app.parts.scatter_map.plotly_map import plotly_map
from winnow_app.parts.scatter_map.points import Box, MapPoints, Polygon

HERE = Path(__file__).parent
BUILT = "built"
BUNDLE = "scatter_map-*.js"
PACKAGE = "winnow"
COMPONENT = "winnow.scatter_map"
HOW_TO_BUILD = (
    "The fast WebGL map is not built in this installation, so a simpler one with fewer points is shown. "
    "To build it, run `pip install .` (or `pip install -e .`) once more with access to the npm registry."
)
NO_WEBGL = "This browser has WebGL switched off, so a simpler map with fewer points is shown."


def is_built() -> bool:
    """Whether the JavaScript bundle of the map is part of this installation."""
    return any((HERE / BUILT).glob(BUNDLE))


def lassos_of(key: str) -> tuple[Polygon, ...]:
    """The polygons on the map with this key; known from the top of a run on, also while the map is on another page."""
    return read_polygons(st.session_state.get(_lassos(key)))


def set_lassos(key: str, *polygons: Polygon) -> None:
    """Put these polygons on the map and take others off, from outside: a shared address, a removed filter pill.

    The next `scatter_map` with this key shows them. Raises SettingError for fewer than three corners.
    """
    if len(read_polygons(polygons)) < len(polygons):
        raise SettingError("a lasso needs three corners or more", "fewer are usable", "draw it again")
    st.session_state[_lassos(key)] = polygons


def view_of(key: str) -> Box | None:
    """The part of the map for which the browser last asked for points."""
    return read_box(st.session_state.get(_view(key)))


def scatter_map(
    points: MapPoints,
    *,
    key: str,
    height: int = 620,
    status: str = "",
    tooltip: Callable[[int], Tooltip] | None = None,
) -> MapEvent:
    """Draw the points and return what the person did with them.

    `status` is one short line under the map ("1,204 of 53,840 documents"), read out when it changes. `tooltip` is
    called with the document under the pointer, at most once per point and pause of the pointer; without it
    hovering asks nothing of the server. Each event reruns the enclosing st.fragment, and a rerun carries a few
    addresses and a few words: the points are fetched only when their bytes changed. `height` is in pixels.
    Shift adds a lasso to those before it.

    Wheel: the map zooms once it was clicked or while Ctrl is held; before that the page scrolls on.
    """
    trouble = HOW_TO_BUILD if not is_built() else NO_WEBGL if st.session_state.get(_NO_WEBGL_HERE) else ""
    if trouble:
        drawn = partial(set_lassos, key)
        known = lassos_of(key)
        return plotly_map(points, key=f"{key}-plotly", height=height, notice=trouble, lassos=known, drawn=drawn)
    addresses = _addresses(points, key)
    data = {**addresses, **_words(points, key, addresses["positions"], tooltip), "status": status, "height": height}
    _register(get_bidi_component_manager())
    result = _component()(
        key=_mounted(key),
        data=data,
        on_lassos_change=partial(_take_lassos, key),
        on_view_change=partial(_take_view, key),
        on_problem_change=_take_problem,
        on_clicked_change=_nothing,
        on_hovered_change=_nothing,
    )
    place = read_place(points, addresses["positions"], result.clicked)
    return MapEvent(lassos=lassos_of(key), clicked=None if place is None else points.doc_id(int(points.rows[place])))


_NO_WEBGL_HERE = "scatter-map-without-webgl"


def _mounted(key: str) -> str:
    return f"{key}-scatter-map"


def _lassos(key: str) -> str:
    # Not the component's own state: Streamlit forgets that as soon as a run leaves the map out.
    return f"{key}-scatter-map-lassos"


def _view(key: str) -> str:
    return f"{key}-scatter-map-view"


def _sent(key: str, name: str) -> Any:
    return (st.session_state.get(_mounted(key)) or {}).get(name)


def _take_lassos(key: str) -> None:
    sent = _sent(key, "lassos")
    if isinstance(sent, dict):
        set_lassos(key, *read_polygons(sent.get("polygons")))


def _take_view(key: str) -> None:
    sent = _sent(key, "view")
    if isinstance(sent, dict):
        st.session_state[_view(key)] = read_box(sent.get("box"))


def _take_problem() -> None:
    st.session_state[_NO_WEBGL_HERE] = True


def _nothing() -> None:
    """Streamlit lists an event among the results only when somebody listens."""


def _register(registry: BidiComponentManager) -> None:
    """Tell the running server where the bundle lies.

    The manifest is given here and not in pyproject.toml, because Streamlit looks for that file inside the installed
    package and does not find it in an editable installation.
    """
    if registry.get_component_asset_root(COMPONENT) is None:
        config = ComponentConfig(name=COMPONENT.removeprefix(f"{PACKAGE}."), asset_dir=BUILT)
        registry.register_from_manifest(ComponentManifest(name=PACKAGE, version="1", components=[config]), HERE)


@cache
def _component() -> Any:
    return st.components.v2.component(COMPONENT, js=BUNDLE)


def _addresses(points: MapPoints, key: str) -> dict[str, str]:
    """Hand the bytes to Streamlit's media store, which keeps one copy per content and serves it by address."""
    store = get_instance().media_file_mgr
    kinds = {"scene": "application/json"}
    return {
        part: store.add(payload, kinds.get(part, "application/gzip"), f"{_mounted(key)}.{part}") if payload else ""
        for part, payload in points.payloads._asdict().items()
    }


def _words(points: MapPoints, key: str, address: str, tooltip: Callable[[int], Tooltip] | None) -> dict[str, Any]:
    """What may differ from run to run; kept small, because it travels each time."""
    place, sample = read_place(points, address, _sent(key, "hovered")), points.sample
    shown = None
    if place is not None and tooltip is not None:
        words = tooltip(points.doc_id(int(points.rows[place])))
        shown = {"index": place, "title": words.title, "text": words.text}
    return {
        "count": len(points.rows),
        "name": points.name,
        "lassos": lassos_of(key),
        "sample": None if sample is None else {"box": sample.box, "complete": sample.complete},
        "note": "" if sample is None else sample.note,
        "tooltip": shown,
        "hover": tooltip is not None,
    }
