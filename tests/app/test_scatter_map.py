from __future__ import annotations

import itertools
import json
import struct
import zlib
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from winnow.catalog.facets import Facet
from winnow.errors import SettingError
from winnow_app.parts.scatter_map import (
    MapLabel,
    MapPoints,
    MapSample,
    by_category,
    by_number,
    day,
    is_built,
    one_colour,
)
from winnow_app.parts.scatter_map.colours import (
    CATEGORY_PALETTE,
    MISSING_COLOUR,
    NUMBER_LEVELS,
    OTHER_COLOUR,
    Colouring,
)
from winnow_app.parts.scatter_map.events import read_box, read_place, read_polygon, read_polygons
from winnow_app.parts.scatter_map.plotly_map import sample
from winnow_app.parts.scatter_map.points import FAINTEST, levels

HEADER_BYTES = 32


def unzipped(payload: bytes) -> bytes:
    return zlib.decompress(payload, zlib.MAX_WBITS | 16)


def header(payload: bytes) -> tuple[Any, ...]:
    """Magic, version, part, bytes per code, has highlight, points: what payload.ts reads, offset by offset."""
    raw = unzipped(payload)
    return (raw[:4], raw[4], raw[5], raw[6], raw[7], struct.unpack_from("<I", raw, 8)[0])


def some_points(n: int = 5, **kwargs: Any) -> MapPoints:
    return MapPoints(x=np.arange(n) * 1.5, y=-np.arange(n, dtype=np.float64), colouring=one_colour(n), **kwargs)


# --- bytes


def test_positions_are_x_then_y_as_little_endian_float32() -> None:
    raw = unzipped(some_points(3).payloads.positions)
    assert header(some_points(3).payloads.positions) == (b"WMAP", 1, 1, 0, 0, 3)
    assert struct.unpack_from("<3f", raw, HEADER_BYTES) == (0.0, 1.5, 3.0)
    assert struct.unpack_from("<3f", raw, HEADER_BYTES + 12) == (0.0, -1.0, -2.0)
    assert len(raw) == HEADER_BYTES + 2 * 3 * 4


def test_layers_hold_codes_then_highlight_bits_lowest_first() -> None:
    colouring = by_category(list("aabbbcccc"))
    mask = [True, False, True, False, False, False, False, False, True]
    points = MapPoints(x=np.zeros(9), y=np.zeros(9), colouring=colouring, highlighted=mask)
    raw = unzipped(points.payloads.layers)
    assert header(points.payloads.layers) == (b"WMAP", 1, 2, 1, 1, 9)
    # c is most frequent and gets code 0, b 1, a 2; the bits 0, 2 and 8 make the bytes 1 + 4 and 1.
    assert list(raw[HEADER_BYTES:]) == [2, 2, 1, 1, 1, 0, 0, 0, 0, 0b101, 0b1]


def test_many_colours_travel_as_two_bytes() -> None:
    colouring = Colouring(codes=np.array([0, 299], np.uint16), palette=("#000000",) * 300, legend=())
    payload = MapPoints(x=[0, 1], y=[0, 1], colouring=colouring).payloads.layers
    assert header(payload) == (b"WMAP", 1, 2, 2, 0, 2)
    assert struct.unpack_from("<2H", unzipped(payload), HEADER_BYTES) == (0, 299)


@given(
    st.lists(
        st.tuples(
            st.floats(width=32, allow_nan=True),
            st.floats(width=32, allow_infinity=True),
            st.integers(0, 2),
            st.booleans(),
        ),
        max_size=40,
    )
)
def test_every_placed_point_survives_the_round_trip(rows: list[tuple[float, float, int, bool]]) -> None:
    x, y, codes, mask = (np.array(column) for column in zip(*rows, strict=True)) if rows else (np.zeros(0),) * 4
    colouring = Colouring(codes=codes.astype(np.uint8), palette=("#000000", "#111111", "#222222"), legend=())
    points = MapPoints(x=x, y=y, colouring=colouring, highlighted=mask.astype(bool))
    kept = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    raw, n = unzipped(points.payloads.positions), len(kept)
    assert np.array_equal(np.frombuffer(raw, "<f4", n, HEADER_BYTES), x[kept].astype("<f4"))
    assert np.array_equal(np.frombuffer(raw, "<f4", n, HEADER_BYTES + 4 * n), y[kept].astype("<f4"))
    raw = unzipped(points.payloads.layers)
    assert np.array_equal(np.frombuffer(raw, np.uint8, n, HEADER_BYTES), codes[kept].astype(np.uint8))
    bits = np.unpackbits(np.frombuffer(raw, np.uint8, -1, HEADER_BYTES + n), count=n, bitorder="little")
    assert np.array_equal(bits.astype(bool), mask[kept].astype(bool))


def test_a_changed_highlight_leaves_the_positions_and_shows_in_the_head_of_the_layers() -> None:
    n = 2_000_000
    still, moved = np.zeros(n, bool), np.zeros(n, bool)
    moved[n // 3] = True
    first, second = (some_points(n, highlighted=mask).payloads for mask in (still, moved))
    assert first.positions == second.positions
    # Streamlit names a file over 1 MiB by samples of it; the digest in the head keeps such names apart.
    assert unzipped(first.layers)[16:HEADER_BYTES] != unzipped(second.layers)[16:HEADER_BYTES]


def test_points_without_a_place_stay_off_the_map_and_keep_the_count() -> None:
    points = MapPoints(x=[0.0, np.nan, 2.0, 1e300], y=[0.0, 1.0, np.inf, 3.0], colouring=one_colour(4))
    assert len(points) == 4
    assert points.rows.tolist() == [0]
    assert header(points.payloads.positions)[-1] == 1


def test_no_points_make_an_empty_map() -> None:
    points = MapPoints(x=[], y=[], colouring=by_category([]))
    assert header(points.payloads.positions) == (b"WMAP", 1, 1, 0, 0, 0)


@pytest.mark.parametrize(
    "change",
    [{"x": [1.0]}, {"y": [[1.0, 2.0]]}, {"highlighted": [True]}, {"colouring": one_colour(3)}, {"doc_ids": [7]}],
)
def test_lengths_must_agree(change: dict[str, Any]) -> None:
    right: dict[str, Any] = {"x": [0.0, 1.0], "y": [0.0, 1.0], "colouring": one_colour(2)}
    with pytest.raises(SettingError, match="one length"):
        MapPoints(**(right | change))


def test_the_scene_holds_names_and_no_text_of_documents() -> None:
    labels = [MapLabel(x=1.0, y=2.0, text="été 🎈 <b>", level=1, size=7), MapLabel(x=float("nan"), y=0.0, text="lost")]
    scene = json.loads(some_points(2, labels=labels).payloads.scene)
    assert scene["labels"] == [{"x": 1.0, "y": 2.0, "text": "été 🎈 <b>", "level": 1, "size": 7}]
    assert scene["legend"] == [{"name": "documents", "color": CATEGORY_PALETTE[0], "count": 2}]
    assert set(scene) == {"extent", "kind", "title", "palette", "legend", "ticks", "labels"}


def test_the_extent_is_that_of_everything_there_is() -> None:
    def extent(points: MapPoints) -> list[float]:
        found: list[float] = json.loads(points.payloads.scene)["extent"]
        return found

    assert extent(some_points(3)) == [0.0, -2.0, 3.0, 0.0]
    assert extent(some_points(3, extent=(-9.0, -9.0, 9.0, 9.0))) == [-9.0, -9.0, 9.0, 9.0]
    assert extent(MapPoints(x=[], y=[], colouring=one_colour(0))) == [-1.0, -1.0, 1.0, 1.0]


def test_levels_follow_the_logarithm_of_the_counts() -> None:
    """The most, 256 = 2⁸, has 255; one has 24; 16 = 2⁴ is half way: 24 + 231 · 4/8 = 139.5, even."""
    assert levels(np.array([[0, 1], [16, 256]])).tolist() == [[0, FAINTEST], [140, 255]]
    assert levels(np.array([[0, 0]])).tolist() == [[0, 0]]
    assert levels(np.array([[1, 0]])).tolist() == [[FAINTEST, 0]], "one document alone is no crowd"


def test_the_density_travels_as_its_box_and_one_byte_a_cell() -> None:
    counted = MapSample(box=(-1.0, 0.0, 1.0, 0.5), counts=np.array([[0, 1], [16, 256]]))
    payload = some_points(2, sample=counted).payloads.density
    assert header(payload) == (b"WMAP", 1, 3, 0, 0, 2)
    raw = unzipped(payload)
    assert struct.unpack_from("<4f", raw, HEADER_BYTES) == (-1.0, 0.0, 1.0, 0.5)
    assert list(raw[HEADER_BYTES + 16 :]) == [0, FAINTEST, 140, 255]
    assert some_points(2, sample=MapSample(box=(0.0, 0.0, 1.0, 1.0))).payloads.density == b""


# --- colours


def test_legend_goes_by_count_then_name_with_others_and_missing_last() -> None:
    values = ["web"] * 3 + ["news"] * 2 + ["code"] * 2 + ["law", "mail"] + [None, "", float("nan")]
    colouring = by_category(values, limit=3, title="source")
    assert [(entry.name, entry.count) for entry in colouring.legend] == [
        ("web", 3),
        ("code", 2),
        ("news", 2),
        ("2 others", 2),
        ("missing", 3),
    ]
    assert [entry.colour for entry in colouring.legend][3:] == [OTHER_COLOUR, MISSING_COLOUR]
    assert colouring.codes.tolist() == [0, 0, 0, 2, 2, 1, 1, 3, 3, 4, 4, 4]
    assert colouring.palette == tuple(entry.colour for entry in colouring.legend)


@given(st.lists(st.one_of(st.none(), st.text(max_size=8), st.integers(0, 30), st.booleans()), max_size=60))
def test_every_value_is_counted_once(values: list[object]) -> None:
    colouring = by_category(values)
    assert sum(entry.count for entry in colouring.legend) == len(values) == len(colouring.codes)
    counted = np.bincount(colouring.codes, minlength=len(colouring.legend)).tolist()
    assert [entry.count for entry in colouring.legend] == counted


def test_the_same_column_gets_the_same_colours_in_any_order() -> None:
    values = ["b", "a", "c", "a", "b", "d"]
    names = {tuple((e.name, e.colour) for e in by_category(order).legend) for order in itertools.permutations(values)}
    assert len(names) == 1


def test_a_part_of_a_column_wears_the_colours_and_the_counts_of_the_whole() -> None:
    """The part holds b most often; in the whole a leads. A name that came since then goes with the rarer ones."""
    whole = Facet([("a", 90), ("b", 30), ("", 2)], missing=3, others=5, other_names=4)
    colouring = by_category(["b", "b", "a", "z", None], counted=whole)
    assert colouring.codes.tolist() == [1, 1, 0, 2, 3]
    assert [(entry.name, entry.count) for entry in colouring.legend] == [
        ("a", 90), ("b", 30), ("4 others", 5), ("missing", 5),
    ]  # fmt: skip
    assert by_category(["a"], counted=whole).palette == colouring.palette
    fresh = by_category(["a", "new"], counted=Facet([("a", 1)], missing=0))
    assert [(entry.name, entry.count) for entry in fresh.legend] == [("a", 1), ("0 others", 0)]


def test_arrow_columns_are_coloured_as_lists_are() -> None:
    values = ["b", None, "a", "", "b", "c"]
    column, plain = by_category(pa.chunked_array([values[:2], values[2:]])), by_category(values)
    assert column.codes.tolist() == plain.codes.tolist() == [0, 3, 1, 3, 0, 2]
    assert column.legend == plain.legend


def test_dates_are_a_ramp_with_days() -> None:
    colouring = by_number([0.0, 864_000.0, None], title="date", low=0.0, high=864_000.0, missing=7, words=day)
    assert colouring.ticks == ("1970-01-01", "1970-01-06", "1970-01-11")
    assert colouring.codes.tolist() == [0, NUMBER_LEVELS - 1, NUMBER_LEVELS]
    assert colouring.legend[0].count == 7, "as many as the whole column lacks"
    assert day(-1.5) == "1969-12-31"


@pytest.mark.parametrize("limit", [0, 13])
def test_only_so_many_colours_can_be_told_apart(limit: int) -> None:
    with pytest.raises(SettingError, match="1 to 12"):
        by_category(["a"], limit=limit)


def test_numbers_fall_into_32_levels() -> None:
    colouring = by_number([0.0, 16.0, 31.9, 32.0, 99.0, -5.0, None, float("inf")], low=0.0, high=32.0, title="words")
    assert colouring.codes.tolist() == [0, 16, 31, 31, 31, 0, NUMBER_LEVELS, NUMBER_LEVELS]
    assert colouring.ticks == ("0", "16", "32")
    assert [(entry.name, entry.count) for entry in colouring.legend] == [("missing", 2)]
    assert len(colouring.palette) == NUMBER_LEVELS + 1


def test_a_constant_and_an_empty_number_column_have_one_level() -> None:
    assert by_number([7.0, 7.0]).codes.tolist() == [0, 0]
    assert by_number([None]).codes.tolist() == [NUMBER_LEVELS]
    assert by_number([]).codes.tolist() == []


def test_a_ramp_runs_upwards() -> None:
    with pytest.raises(SettingError, match="low to high"):
        by_number([1.0], low=2.0, high=1.0)


def test_a_code_without_a_colour_is_refused() -> None:
    with pytest.raises(SettingError, match="must have a colour"):
        Colouring(codes=np.array([1], np.uint8), palette=("#000000",), legend=())


# Machado, Oliveira and Fernandes (2009), full severity, on linear RGB.
SIGHTS = {
    "all cones": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}


def linear(colour: str) -> np.ndarray:
    channels = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def oklab(rgb: np.ndarray) -> np.ndarray:
    cones = [
        [0.41222147, 0.53633254, 0.05144599],
        [0.2119035, 0.68069955, 0.10739696],
        [0.08830246, 0.28171884, 0.6299787],
    ]
    axes = [
        [0.21045426, 0.79361779, -0.00407205],
        [1.9779985, -2.4285922, 0.4505937],
        [0.0259040, 0.78277177, -0.80867577],
    ]
    return np.array(axes) @ np.cbrt(np.clip(np.array(cones) @ rgb, 0, None))


@pytest.mark.parametrize("sight", SIGHTS)
def test_category_colours_stay_apart_for_everybody(sight: str) -> None:
    seen = [oklab(np.clip(np.array(SIGHTS[sight]) @ linear(colour), 0, 1)) for colour in CATEGORY_PALETTE]
    nearest = min(float(np.linalg.norm(a - b)) for a, b in itertools.combinations(seen, 2))
    assert nearest > 0.055  # about three just noticeable differences


@pytest.mark.parametrize(("page", "least"), [("#FFFFFF", 1.55), ("#0E1117", 3.0)])
def test_category_colours_stand_out_from_both_pages(page: str, least: float) -> None:
    def luminance(colour: str) -> float:
        return float(linear(colour) @ [0.2126, 0.7152, 0.0722]) + 0.05

    ratios = [luminance(colour) / luminance(page) for colour in CATEGORY_PALETTE]
    assert min(max(ratio, 1 / ratio) for ratio in ratios) >= least


# --- what comes back


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "lasso",
        3,
        [],
        [[0, 0], [1, 1]],
        [[0, 0], [1, 1], [2]],
        [[0, 0], [1, 1], [0, float("nan")]],
        [[0, 0], [1, 1], ["a", 0]],
    ],
)
def test_what_is_no_polygon_is_none(sent: object) -> None:
    assert read_polygon(sent) is None


def test_a_polygon_comes_back_as_pairs_of_floats() -> None:
    assert read_polygon([[0, 0], [1, 0], [0.5, 1]]) == ((0.0, 0.0), (1.0, 0.0), (0.5, 1.0))


def test_of_several_polygons_the_broken_are_left_out() -> None:
    ring = [[0, 0], [1, 0], [0.5, 1]]
    assert read_polygons([ring, [[0, 0]], ring]) == (((0.0, 0.0), (1.0, 0.0), (0.5, 1.0)),) * 2
    assert read_polygons("rings") == read_polygons(None) == ()


@pytest.mark.parametrize("sent", [None, [], [0, 0, 1], [0, 0, 1, "1"], [0, 0, 1, float("inf")], [1, 0, 1, 2]])
def test_what_is_no_box_is_none(sent: object) -> None:
    assert read_box(sent) is None


def test_a_box_comes_back_as_floats() -> None:
    assert read_box([0, -1, 1, 2.5]) == (0.0, -1.0, 1.0, 2.5)


def test_a_place_counts_the_points_at_one_address_and_names_a_document() -> None:
    """The first point has no place on the map, so place 0 is the second document."""
    points = MapPoints(x=[np.nan, 1.0, 2.0], y=[0.0, 0.0, 0.0], colouring=one_colour(3), doc_ids=[40, 50, 60])
    sent = [{"place": place, "of": "/here"} for place in (0, 1, 2, -1, None, True, "1")]
    found = [read_place(points, "/here", each) for each in sent]
    assert found == [0, 1, None, None, None, None, None]
    assert [points.doc_id(int(points.rows[place])) for place in (0, 1)] == [50, 60]
    assert read_place(points, "/there", sent[0]) is None, "a click on points that have been replaced since"
    assert read_place(points, "/here", 0) is None
    assert some_points(3).doc_id(2) == 2


def test_the_plain_map_takes_an_even_sample_of_what_stands_out() -> None:
    mask = np.zeros(1000, bool)
    mask[500:] = True
    assert sample(some_points(1000, highlighted=mask), most=3).tolist() == [500, 749, 999]
    assert sample(some_points(1000), most=5000).tolist() == list(range(1000))


# --- in a page


def page() -> None:
    import json

    import numpy as np
    import streamlit as st

    from winnow_app.parts.scatter_map import MapPoints, by_category, scatter_map, set_lassos

    points = MapPoints(x=np.arange(4.0), y=np.arange(4.0), colouring=by_category(list("abca")))
    if st.button("put"):
        set_lassos("m", ((0, 0), (1, 0), (0, 1)), ((2, 2), (3, 2), (2, 3)))
    if st.button("drop"):
        set_lassos("m")
    event = scatter_map(points, key="m", status="4 documents")
    st.code(json.dumps(event.lassos))


needs_bundle = pytest.mark.skipif(not is_built(), reason="the map's JavaScript is not built; run python hatch_build.py")


@needs_bundle
def test_a_run_carries_addresses_and_no_points() -> None:
    app = AppTest.from_function(page).run()
    assert not app.exception
    sent = next(node.proto for node in app.main.children.values() if node.type == "bidi_component")
    data = json.loads(sent.json)
    assert data["count"] == 4
    assert data["status"] == "4 documents"
    assert len(sent.json) < 700
    assert sent.js_content == ""
    assert sent.js_source_path.startswith("scatter_map-")
    again = json.loads(
        next(node.proto for node in app.run().main.children.values() if node.type == "bidi_component").json
    )
    assert [again[part] for part in ("positions", "layers", "scene")] == [
        data[part] for part in ("positions", "layers", "scene")
    ]


@needs_bundle
def test_polygons_can_be_put_on_and_taken_off_from_outside() -> None:
    app = AppTest.from_function(page).run()
    assert app.code[0].value == "[]"
    app.button[0].click().run()
    assert json.loads(app.code[0].value) == [[[0, 0], [1, 0], [0, 1]], [[2, 2], [3, 2], [2, 3]]]
    app.run()
    assert json.loads(app.code[0].value) == [[[0, 0], [1, 0], [0, 1]], [[2, 2], [3, 2], [2, 3]]]
    app.button[1].click().run()
    assert app.code[0].value == "[]"


def test_without_the_bundle_a_plainer_map_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("winnow_app.parts.scatter_map.component.is_built", lambda: False)
    app = AppTest.from_function(page).run()
    assert not app.exception
    assert "pip install" in app.info[0].value
    assert any(node.type == "plotly_chart" for node in app.main.children.values())
    app.button[0].click().run()
    assert json.loads(app.code[0].value) == [[[0, 0], [1, 0], [0, 1]], [[2, 2], [3, 2], [2, 3]]]


@needs_bundle
def test_the_bundle_belongs_to_the_sources_of_this_checkout() -> None:
    from importlib import util
    from pathlib import Path

    root = Path(__file__).parents[2]
    hook = util.spec_from_file_location("map_build_hook", root / "hatch_build.py")
    assert hook is not None
    assert hook.loader is not None
    module = util.module_from_spec(hook)
    hook.loader.exec_module(module)
    built = module.target(root)
    assert built.is_file(), "the sources changed since the build; run python hatch_build.py"
    code = built.read_text("utf-8")
    assert "export{" in code
    assert "fetch(" in code
    assert "//cdn" not in code
    assert (built.parent / module.NOTICES).read_text("utf-8").count("regl-scatterplot") >= 1
