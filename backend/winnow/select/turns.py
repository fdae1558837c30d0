"""Taking turns: several orders of the same rows, read in turn, no row twice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from winnow.pool import Rows


def take_turns(orders: Sequence[Rows], shares: Sequence[float]) -> Rows:
    """Return the rows in the order in which they are taken when the list furthest behind its share takes its next.

    After m picks list t has had its turn m · share_t times, to within one. A row that another list took is skipped
    and costs no turn; a list that ends leaves its turns to the others.

    >>> take_turns([np.array([0, 1, 2]), np.array([1, 0, 2])], [1, 1]).tolist()
    [0, 1, 2]
    """
    lists, places, turns = [order.tolist() for order in orders], [0] * len(orders), [0] * len(orders)
    taken: set[int] = set()
    order: list[int] = []
    open_lists = [t for t, share in enumerate(shares) if share > 0]
    while open_lists:
        t = min(open_lists, key=lambda t: ((turns[t] + 0.5) / shares[t], t))
        while places[t] < len(lists[t]) and lists[t][places[t]] in taken:
            places[t] += 1
        if places[t] == len(lists[t]):
            open_lists.remove(t)
            continue
        row = lists[t][places[t]]
        taken.add(row)
        order.append(row)
        turns[t] += 1
    return np.array(order, dtype=np.int64)
