from __future__ import annotations

import re
from pathlib import Path

from invented_proof import plan, result
from winnow.prove.page import to_html
from winnow.prove.report import report
from winnow.prove.results import run_folder, write_result


def test_a_page_says_every_difference_with_its_interval_and_nothing_from_outside(tmp_path: Path) -> None:
    plan(name="<script>alert(1)</script>").write(tmp_path)
    for arm, seed, nats in [("best", 0, 10.0), ("random", 0, 20.0), ("best", 1, 10.3), ("random", 1, 20.2)]:
        run_folder(tmp_path, arm, seed).mkdir(parents=True)
        write_result(tmp_path, result(arm, seed, [nats, nats]))
    page = to_html(report(tmp_path))
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "best is better than the control" in page
    assert not re.search(r"(src|href)=", page)
    # (20 - 40) / 30 = -.667 and (20.6 - 40.4) / 30 = -.660: mean -.663, half 12.706 · .00471 / 1.414 = .042.
    assert "-0.663 ± 0.042" in page
    assert "The ranking of 2 arms was final from 50% of the tokens on (95 % of redrawn seeds: 50% to 50%, n = 2" in page
    assert "The 4 runs behind the figures" in page


def test_a_page_of_a_proof_that_has_no_figure_yet(tmp_path: Path) -> None:
    plan().write(tmp_path)
    assert "0 of 2 seeds so far" in to_html(report(tmp_path))
