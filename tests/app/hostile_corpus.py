"""A corpus of which every name and text tries to be markup, and what a page must not make of it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from playwright.sync_api import Page

from app.browsing import settled
from app.invented import ATTACK, MARKDOWN, documents
from conftest import write_lines
from winnow.catalog.filters import Filter
from winnow.catalog.labels import LabelSchema
from winnow.errors import WinnowError
from winnow.workspace import Workspace

HOSTILE = f"{ATTACK} {MARKDOWN}"
FILE = "<img src=x onerror=alert(4)> **bold** :red[x]"
"""A file's name holds no slash."""
SCORES = [
    "shape", "tokens", "language", "duplicates", "near_duplicates", "quality", "toxicity", "pii", "boilerplate", "gopher",
]  # fmt: skip
LONG = " ".join(f"word{n}" for n in range(120))


def build(folder: Path) -> Workspace:
    """Make a corpus whose texts, ids, sources, addresses, keys, files, clusters, views, questions, answers, people, raters'
    words, jobs and exports try to be markup."""
    workspace = Workspace.create(folder / "corpus")
    workspace.ingest([write_lines(folder / f"{FILE}.jsonl", [*documents(), *_rows()])])
    benchmark = write_lines(folder / f"{FILE}_test.jsonl", [{"text": _rows()[0]["text"]}])
    workspace.score([*SCORES, "contamination"], settings={"contamination": {"benchmarks": [str(benchmark)]}})
    workspace.cluster(3)
    for cluster, name in enumerate((ATTACK, MARKDOWN)):
        workspace.catalog.clusters.rename(cluster, name, who=ATTACK)
    workspace.catalog.views.save(HOSTILE, Filter(search="soup"))
    _label(workspace)
    for name, seed in (("best", 0), ("other", 1)):
        workspace.select("random", name=name, share=0.5, seed=seed, filter=Filter(where=f"id <> '{ATTACK}'"))
    workspace.learn("tasty", "yes_no", plan={"labels": ["label"]})
    workspace.export("best", folder / FILE)
    with suppress(WinnowError):  # the job that failed tells of the file
        workspace.ingest([folder / f"{FILE}.nothing"])
    return workspace


def _rows() -> list[dict[str, object]]:
    rows: list[dict[str, object]] = [
        {"id": f"{n} {HOSTILE}", "text": f"{HOSTILE}\n{LONG}\nand {n}", "source": HOSTILE, "url": HOSTILE, HOSTILE: HOSTILE}
        for n in range(3)
    ]  # fmt: skip
    rows += [
        {"id": f"chat-{n}", "text": f"User: {HOSTILE} {n}\nAssistant: # {HOSTILE}\n**b** [a](b)"} for n in range(2)
    ]
    return rows


def _label(workspace: Workspace) -> None:
    for schema in (
        LabelSchema("odd", HOSTILE, (ATTACK, MARKDOWN), f"# {ATTACK}\n\n{MARKDOWN}"),
        LabelSchema("tags", HOSTILE, (ATTACK,), kind="tags"),
        LabelSchema("marks", HOSTILE, (ATTACK,), kind="spans"),
        LabelSchema("nicer", HOSTILE, kind="pair"),
    ):
        workspace.labels.define(schema)
    for who, value in ((ATTACK, ATTACK), (MARKDOWN, MARKDOWN)):
        for doc_id in (38, 39, 40):
            workspace.labels.add(doc_id, value, who=who, schema="odd")
        workspace.labels.add(38, ATTACK, who=who, schema="tags")
    rows = [{"doc_id": n, "value": "drop" if 12 <= n < 36 else "keep"} for n in range(44)]
    workspace.labels.add_many(rows, who=ATTACK, schema="label")


MADE = """() => {
  const count = (selector) => document.querySelectorAll(selector).length;
  const saying = (selector, words) => [...document.querySelectorAll(selector)].filter((one) => one.textContent === words).length;
  const scripts = [...document.scripts].filter((one) => one.textContent.includes("alert(")).length;
  return {
    images: count('img[src="x"], img[src*=invalid], [onerror]'), links: count('a[href^="javascript" i]'),
    formulas: count(".katex"), colours: saying('[class*="stMarkdownColoredText"]', "x"), bold: saying("strong, b", "bold"), scripts,
  };
}"""


def made_of_text(page: Page) -> dict[str, int]:
    """Count the elements that a page made of what is text."""
    found: dict[str, int] = {}
    for frame in page.frames:
        for kind, number in frame.evaluate(MADE).items():
            found[kind] = found.get(kind, 0) + number
    return {kind: number for kind, number in found.items() if number}


def unfold(page: Page) -> None:
    """Open every fold, popover and tab of a page, one after the other."""
    for opener in (
        "details:not([open]) > summary",
        '[data-testid="stPopover"] button',
        '[role="tab"][aria-selected="false"]',
    ):
        for one in page.locator(f"{opener}:visible").element_handles():
            if one.is_visible():
                one.click()
                settled(page)
                if opener.endswith("button"):
                    page.wait_for_timeout(300)
                    one.click()
