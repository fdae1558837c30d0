"""Time what is asked of kept selections: `python tests/bench/comparing.py CORPUS [COLUMN]`, one line a figure.

CORPUS is a scored corpus; three selections of a tenth each are kept in it (bench-top and bench-gumbel by COLUMN, "quality"
without one, and bench-random), compared, combined and chosen from in two steps. Give it a copy. No figure is a test.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable

from winnow.catalog.filters import Filter
from winnow.workspace import Workspace


def timed(words: str, work: Callable[[], object]) -> None:
    began, used = time.perf_counter(), time.process_time()
    work()
    clock, processor = time.perf_counter() - began, time.process_time() - used
    sys.stdout.write(f"{words}\t{clock:.2f} s of clock, {processor:.2f} s of processor\n")


def main() -> None:
    workspace, column = Workspace(sys.argv[1]), (sys.argv[2:] or ["quality"])[0]
    sys.stdout.write(f"documents\t{workspace.browse.count(Filter()).documents:,}\n")
    names = []
    for method, settings in (("top", {"column": column}), ("gumbel", {"column": column}), ("random", {})):
        names.append(f"bench-{method}")
        workspace.select(method, name=names[-1], share=0.1, settings=settings, replace=True)
    timed("compare three and two baselines", lambda: workspace.compare(names))
    timed("the same with a selection as target", lambda: workspace.compare(names, target=names[0]))
    timed("union, cut by a column", lambda: workspace.combine("union", names[:2], name="bench-u", share=0.1, by=column, replace=True))  # fmt: skip
    step = {"method": {"method": "rules", "keep": f"{column}>=0.3"}}
    selector = workspace.selector("top", {"column": column})
    timed("preview of two steps", lambda: workspace.preview(selector, share=0.1, before=[step]))
    sys.stdout.write(f"peak memory\t{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:,.0f} MB\n")


if __name__ == "__main__":
    main()
