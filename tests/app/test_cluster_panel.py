"""The tree of clusters."""

from __future__ import annotations

import pandas as pd

from winnow_app.parts.cluster_panel import tree


def test_groups_stand_before_their_clusters_with_weighed_means() -> None:
    """Group land holds 30 and 10 documents of quality 0.2 and 0.6: (30 · 0.2 + 10 · 0.6) / 40 = 0.3."""
    found = pd.DataFrame(
        {
            "cluster": [5, 0, 1], "cluster_name": ["train", "river", "mill"], "cluster_top": ["town", "land", "land"],
            "cluster_keep": [None, True, False], "documents": [35, 30, 10], "quality": [0.5, 0.2, 0.6],
        }
    )  # fmt: skip
    rows = tree(found)
    assert [name.strip() for name in rows["name"]] == ["▾ land", "✓ river", "✗ mill", "▾ town", "train"]
    assert rows["cluster"].tolist() == [-1, 0, 1, -1, 5]
    assert rows["documents"].tolist() == [40, 30, 10, 35, 35]
    assert abs(rows["quality"].iloc[0] - 0.3) < 1e-9
    assert tree(found.iloc[:0]).empty
