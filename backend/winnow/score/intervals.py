"""How sure a counted share is."""

from __future__ import annotations

import math


def wilson(hits: float, total: int) -> tuple[float, float]:
    """Return the Wilson interval at 95 % of a share; NaN of nothing.

    >>> [round(edge, 3) for edge in wilson(8, 10)]
    [0.49, 0.943]
    """
    if not total:
        return math.nan, math.nan
    share, z = hits / total, 1.959964
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    width = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total)) / (1 + z * z / total)
    return max(middle - width, 0.0), min(middle + width, 1.0)
