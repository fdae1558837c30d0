"""The figures that the measuring scripts give: areas and shares with their intervals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Floats = NDArray[np.float64]


def auroc(scores: Floats, labels: NDArray[np.int64]) -> tuple[float, float]:
    """Return the area and half its 95 % interval (Hanley and McNeil 1982)."""
    ones, zeros = int(labels.sum()), int((1 - labels).sum())
    area = (rankdata(scores)[labels == 1].sum() - ones * (ones + 1) / 2) / (ones * zeros)
    first, second = area / (2 - area), 2 * area**2 / (1 + area)
    spread = area * (1 - area) + (ones - 1) * (first - area**2) + (zeros - 1) * (second - area**2)
    return float(area), float(1.96 * np.sqrt(spread / (ones * zeros)))


def write_part(name: str, text: str) -> None:
    """Put text between the marks of a part of the README beside this file."""
    path, start, end = Path(__file__).with_name("README.md"), f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    before, found, rest = path.read_text(encoding="utf-8").partition(start)
    if not found:
        raise SystemExit(f"{path} has no part {start.strip()}")
    path.write_text(f"{before}{start}\n{text.strip()}\n\n{end}{rest.partition(end)[2]}", encoding="utf-8")


def wilson(hits: int, count: int) -> str:
    if not count:
        return "none"
    share, z = hits / count, 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * np.sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return f"{share:.3f} [{max(middle - half, 0):.3f}, {min(middle + half, 1):.3f}]"
