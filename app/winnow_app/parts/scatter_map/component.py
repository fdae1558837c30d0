"""The map as a Streamlit component: points go out by address, a polygon comes back."""

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
from winnow_app.parts.scatter_map.events import MapEvent, Tooltip, read_index, read_polygon
from winnow_app.parts.scatter_map.plotly_map import plotly_map
from winnow_app.parts.scatter_map.points import MapPoints, Polygon

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


def lasso_of(key: str) -> Polygon | None:
    """The polygon on the map with this key; known from the top of a run on, also while the map is on another page."""
    return read_polygon(st.session_state.get(_lasso(key)))


def set_lasso(key: str, polygon: Polygon | None) -> None:
    """Put a polygon on the map, or take it off with None, from outside: a shared address, a removed filter pill.

    The next `scatter_map` with this key shows it. Raises SettingError for fewer than three corners.
    """
    if polygon is not None and read_polygon(polygon) is None:
        raise SettingError("a lasso needs three corners or more", f"{len(polygon)} usable", "draw it again")
    st.session_state[_lasso(key)] = polygon


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
    called with the index of the point under the pointer, at most once per point and pause of the pointer; without it
    hovering asks nothing of the server. Each event reruns the enclosing st.fragment, and a rerun carries three
    addresses and a few words: the points are fetched only when their bytes changed. `height` is in pixels.

    Wheel: the map zooms once it was clicked or while Ctrl is held; before that the page scrolls on.
    """
    trouble = HOW_TO_BUILD if not is_built() else NO_WEBGL if st.session_state.get(_NO_WEBGL_HERE) else ""
    if trouble:
        drawn = partial(set_lasso, key)
        return plotly_map(points, key=f"{key}-plotly", height=height, notice=trouble, lasso=lasso_of(key), drawn=drawn)
    data = {**_addresses(points, key), **_words(points, key, status, tooltip), "height": height}
    _register(get_bidi_component_manager())
    result = _component()(
        key=_mounted(key),
        data=data,
        on_lasso_change=partial(_take_lasso, key),
        on_problem_change=_take_problem,
        on_clicked_change=_nothing,
        on_hovered_change=_nothing,
    )
    clicked, hovered = read_index(points, result.clicked), read_index(points, result.hovered)
    return MapEvent(lasso=lasso_of(key), clicked=clicked, hovered=hovered)


_NO_WEBGL_HERE = "scatter-map-without-webgl"


def _mounted(key: str) -> str:
    return f"{key}-scatter-map"


def _lasso(key: str) -> str:
    # Not the component's own state: Streamlit forgets that as soon as a run leaves the map out.
    return f"{key}-scatter-map-lasso"


def _take_lasso(key: str) -> None:
    sent = (st.session_state.get(_mounted(key)) or {}).get("lasso")
    if isinstance(sent, dict):
        set_lasso(key, read_polygon(sent.get("polygon")))


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
    kinds = {"positions": "application/gzip", "layers": "application/gzip", "scene": "application/json"}
    store = get_instance().media_file_mgr
    parts = points.payloads._asdict()
    return {part: store.add(parts[part], kind, f"{_mounted(key)}.{part}") for part, kind in kinds.items()}


def _words(points: MapPoints, key: str, status: str, tooltip: Callable[[int], Tooltip] | None) -> dict[str, Any]:
    """What may differ from run to run; kept small, because it travels each time."""
    hovered = read_index(points, (st.session_state.get(_mounted(key)) or {}).get("hovered"))
    shown = None
    if hovered is not None and tooltip is not None:
        words = tooltip(hovered)
        shown = {"index": int(points.rows.searchsorted(hovered)), "title": words.title, "text": words.text}
    return {
        "count": len(points.rows),
        "name": points.name,
        "status": status,
        "lasso": lasso_of(key),
        "tooltip": shown,
        "hover": tooltip is not None,
    }
