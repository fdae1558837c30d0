"""The points of a map and the bytes they travel as."""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from winnow.errors import SettingError
from winnow_app.parts.scatter_map.colours import Colouring

MAGIC = b"WMAP"
VERSION = 1
PART_POSITIONS, PART_LAYERS, PART_DENSITY = 1, 2, 3
FAINTEST = 24
"""The level of a cell with one document, of 255."""
# magic, version, part, bytes per code, has highlight, points (cells a side), reserved, digest of what follows
HEADER = struct.Struct("<4sBBBBI4x16s")

Polygon = tuple[tuple[float, float], ...]
Box = tuple[float, float, float, float]
"""Left, bottom, right and top, in data coordinates."""


@dataclass(frozen=True, kw_only=True)
class MapLabel:
    """A name written over the map at (x, y) in data coordinates.

    Level 0 names show while the whole map is in view, level 1 and up as it is zoomed in; `size` (documents) decides
    who stays where names collide.
    """

    x: float
    y: float
    text: str
    level: int = 0
    size: int = 1


@dataclass(frozen=True, kw_only=True, eq=False)
class MapSample:
    """The points are those of a box only, all of them or some; `counts` (rows, columns) lie under them as a haze.

    Row 0 of the counts is at the bottom. `note` says in words what is drawn.
    """

    box: Box
    complete: bool = False
    counts: npt.NDArray[np.int64] | None = None
    note: str = ""


class Payloads(NamedTuple):
    """The files a browser fetches: where points lie, how they look, the words around them, and the haze, if any."""

    positions: bytes
    layers: bytes
    scene: bytes
    density: bytes


@dataclass(frozen=True, kw_only=True, eq=False)
class MapPoints:
    """n points: x and y of shape (n,), a colouring of shape (n,), names over the map, and who stands out.

    `highlighted` is a mask of shape (n,): points in it are drawn last and at full strength, the others fade; None means
    that nothing stands out. `doc_ids` of shape (n,) are what events name the points by; without them it is their place.
    With a `sample` the browser asks for other points once its view has outgrown the sample's box; `extent` is the box
    of everything there is, else of the points. A point whose x or y is not finite as float32 has no place: it is left off the map, and
    the places in a `MapEvent` still count all n points. Raises SettingError when the lengths differ.

    Building the bytes costs about 40 ms per million points; keep the object (st.cache_resource) between runs.
    """

    x: npt.ArrayLike
    y: npt.ArrayLike
    colouring: Colouring
    labels: Sequence[MapLabel] = ()
    highlighted: npt.ArrayLike | None = None
    doc_ids: npt.ArrayLike | None = None
    sample: MapSample | None = None
    extent: Box | None = None
    name: str = "Map of the documents."

    def __post_init__(self) -> None:
        optional = (self.highlighted, self.doc_ids)
        parts = [self.x, self.y, self.colouring.codes, *(part for part in optional if part is not None)]
        shapes = [np.shape(part) for part in parts]
        if any(shape != shapes[0] or len(shape) != 1 for shape in shapes):
            needs = "the map needs x, y, codes, the highlight mask and ids of one length"
            raise SettingError(needs, f"shapes {shapes}", "take all of them from the same rows")

    def __len__(self) -> int:
        return len(self.colouring.codes)

    @cached_property
    def rows(self) -> npt.NDArray[np.int64]:
        """The rows that have a place on the map, shape (placed,)."""
        with np.errstate(over="ignore", invalid="ignore"):
            x, y = np.asarray(self.x, np.float32), np.asarray(self.y, np.float32)
        return np.flatnonzero(np.isfinite(x) & np.isfinite(y))

    def doc_id(self, row: int) -> int:
        """What events call the point of a row."""
        return row if self.doc_ids is None else int(np.asarray(self.doc_ids)[row])

    @cached_property
    def payloads(self) -> Payloads:
        """The bytes for the browser; positions stay the same while only the colours or the highlight change."""
        rows = self.rows
        x, y = self._places
        positions = _part(PART_POSITIONS, len(rows), [x.tobytes(), y.tobytes()])
        codes = self.colouring.codes[rows].astype("<u1" if len(self.colouring.palette) <= 256 else "<u2")
        arrays = [codes.tobytes()]
        if self.highlighted is not None:
            mask = np.asarray(self.highlighted, dtype=bool)[rows]
            arrays.append(np.packbits(mask, bitorder="little").tobytes())
        layers = _part(PART_LAYERS, len(rows), arrays, codes.itemsize, self.highlighted is not None)
        counts = None if self.sample is None else self.sample.counts
        density = b"" if self.sample is None or counts is None else _density(self.sample.box, counts)
        return Payloads(positions, layers, self._scene(), density)

    @cached_property
    def _places(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """x and y of the placed rows."""
        x, y = (np.asarray(side, np.float64)[self.rows].astype("<f4") for side in (self.x, self.y))
        return x, y

    @property
    def _extent(self) -> Box:
        """The box of everything there is; without any point a square around the origin."""
        if self.extent is not None or not len(self.rows):
            return self.extent or (-1.0, -1.0, 1.0, 1.0)
        x, y = self._places
        return float(x.min()), float(y.min()), float(x.max()), float(y.max())

    def _scene(self) -> bytes:
        look = self.colouring
        scene: dict[str, Any] = {
            "extent": self._extent,
            "kind": look.kind,
            "title": look.title,
            "palette": look.palette,
            "legend": [{"name": entry.name, "color": entry.colour, "count": entry.count} for entry in look.legend],
            "ticks": look.ticks,
            "labels": [
                {"x": label.x, "y": label.y, "text": label.text, "level": label.level, "size": label.size}
                for label in self.labels
                if np.isfinite(label.x) and np.isfinite(label.y) and label.text
            ],
        }
        return json.dumps(scene, ensure_ascii=False).encode()


def levels(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    """The haze of counts: 0 where nobody is, else from FAINTEST for one to 255 for the most, by the logarithm."""
    most = np.log(max(2, int(counts.max(initial=0))))
    shown = FAINTEST + (255 - FAINTEST) * np.log(np.maximum(counts, 1)) / most
    return np.where(counts > 0, np.rint(shown), 0).astype(np.uint8)


def _density(box: Box, counts: npt.NDArray[np.int64]) -> bytes:
    return _part(PART_DENSITY, len(counts), [np.array(box, "<f4").tobytes(), levels(counts).tobytes()])


def _part(part: int, n: int, arrays: Sequence[bytes], code_bytes: int = 0, has_highlight: bool = False) -> bytes:
    """Header and arrays inside a gzip stream.

    The stream of the positions is stored, not squeezed: coordinates hardly shrink, and squeezing 8 MB takes half a
    second. The digest stands first because Streamlit names a large file by its length, head, middle and tail only:
    without it, two colourings that differ elsewhere would get one address.
    """
    body = b"".join(arrays)
    digest = hashlib.blake2b(body, digest_size=16).digest()
    header = HEADER.pack(MAGIC, VERSION, part, code_bytes, has_highlight, n, digest)
    gzip_window = zlib.MAX_WBITS | 16
    squeeze = zlib.compressobj(0 if part == PART_POSITIONS else 1, zlib.DEFLATED, gzip_window)
    return squeeze.compress(header + body) + squeeze.flush()
