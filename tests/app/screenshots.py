"""Take every page of the workbench on the demo corpus, light and dark: screenshots.py OUT [--corpus DIR]."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from PIL import Image
from playwright.sync_api import Page

from app.browsing import browser_path, eventually, go, opened_browser, served, settled
from winnow.catalog.filters import Filter
from winnow.workspace import Workspace

LARGEST = 250_000
MODEST = "toxicity < 0.3 AND pii = 0 AND quality > 0.5"
"""What a picture in public may show: no coarse language, nobody's particulars."""

Shot = tuple[str, Callable[[Page, str], None]]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("out", type=Path, help="folder for the pictures")
    asked.add_argument("--corpus", type=Path, help="corpus to show; without it the demo corpus is built")
    told = asked.parse_args()
    if not browser_path():
        sys.exit("screenshots need Chromium: apt-get install chromium")
    told.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="winnow-") as work:
        corpus = Path(work) / "demo-corpus"
        if told.corpus:
            shutil.copytree(told.corpus, corpus)
        else:
            subprocess.run([sys.executable, "-m", "winnow", "-w", str(corpus), "demo", "--no-app"], check=True)
        prepare(corpus)
        with served(corpus, Path(work) / "server.log") as address, opened_browser() as browser:
            for scheme, ending in (("light", ""), ("dark", "-dark")):
                context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme=scheme)
                page = context.new_page()
                for name, show in SHOTS:
                    show(page, address)
                    settled(page)
                    page.mouse.move(720, 2)
                    page.wait_for_timeout(1000)
                    size = save(page.screenshot(), told.out / f"{name}{ending}.png")
                    sys.stdout.write(f"{name}{ending}.png {size / 1000:.0f} kB\n")
                context.close()


def prepare(corpus: Path) -> None:
    """Give the copy a selection and a few labels, so that no page is empty."""
    workspace = Workspace(corpus)
    if not workspace.catalog.selections.all():
        workspace.select("top", name="best-tenth", share=0.1, filter=Filter(where=MODEST))
    if not workspace.labels.standing("label", "ada"):
        for doc_id in workspace.browse.queue(Filter(where=MODEST), done=(), order="random", column="", limit=9):
            workspace.labels.add(int(doc_id), "keep" if doc_id % 3 else "unsure", who="ada")
    if not any(job.verb == "export" for job in workspace.catalog.jobs.all()):
        workspace.export("best-tenth", corpus.parent / "best-tenth")


def save(picture: bytes, path: Path) -> int:
    """Write a picture with as many colours as fit under the limit and return its size."""
    image = Image.open(BytesIO(picture)).convert("RGB")
    for colours in (256, 128, 64, 32, 16):
        # An octree keeps the few points of a rare colour; a median cut merges them into a frequent one.
        small = image.quantize(colours, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        small.save(path, optimize=True)
        if path.stat().st_size <= LARGEST:
            break
    return path.stat().st_size


def _visit(page: Page, address: str, path: str, **view: str) -> None:
    from urllib.parse import urlencode

    page.goto(f"{address}/{path}?{urlencode({'where': MODEST, **view})}" if view or path else address)
    settled(page)


def _document(page: Page, address: str) -> None:
    _visit(page, address, "explore", search="bread")
    page.locator('[class*="st-key-open-"] button:visible').first.click()
    eventually(lambda: "doc=" in page.url, "a document is open", page)


def _map(page: Page, address: str) -> None:
    page.goto(f"{address}/map")
    settled(page)
    page.get_by_label("Map of the documents.").locator("canvas:visible").first.wait_for()
    page.wait_for_timeout(4000)


def _label(page: Page, address: str) -> None:
    _visit(page, address, "label")
    page.get_by_label("Your name").fill("ada")
    page.get_by_role("button", name="Start labelling").click()
    page.locator(".st-key-desk").wait_for()


def _plainly(name: str) -> Callable[[Page, str], None]:
    def show(page: Page, address: str) -> None:
        page.goto(address)
        settled(page)
        go(page, name)

    return show


SHOTS: list[Shot] = [
    ("home", lambda page, address: _visit(page, address, "")),
    ("explore", lambda page, address: _visit(page, address, "explore", search="bread")),
    ("document", _document),
    ("map", _map),
    ("label", _label),
    ("select", lambda page, address: _visit(page, address, "select")),
    ("compare", _plainly("Compare")),
    ("export", _plainly("Export")),
    ("jobs", _plainly("Jobs")),
]

if __name__ == "__main__":
    main()
