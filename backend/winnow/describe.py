"""Every method as a table row: kind, name, what it does, its paper, needs and settings."""

from __future__ import annotations

from typing import Any

from winnow.arrange.base import Arrangement
from winnow.embed.base import Embedder
from winnow.errors import SettingError, nearest
from winnow.export.base import Exporter
from winnow.ingest.base import Reader
from winnow.judge.base import Judge
from winnow.method import Method, methods
from winnow.online.base import Online
from winnow.prove.diagnoses.base import Diagnosis
from winnow.rate.base import Rater
from winnow.score.base import Scorer
from winnow.select.base import Selector

KINDS: dict[str, type[Method]] = {
    "reader": Reader,
    "scorer": Scorer,
    "rater": Rater,
    "judge": Judge,
    "embedder": Embedder,
    "selector": Selector,
    "arrange": Arrangement,
    "online": Online,
    "exporter": Exporter,
    "diagnosis": Diagnosis,
}


def describe(kind: str | None = None) -> list[dict[str, Any]]:
    """Return one row per method, of one kind or of all; raises SettingError for an unknown kind."""
    singular = kind.removesuffix("s") if kind else ""
    if singular and singular not in KINDS:
        raise SettingError(f"no kind of method is called '{kind}'", "", nearest(singular, KINDS))
    chosen = [singular] if singular else list(KINDS)
    return [_row(name, found) for name in chosen for found in methods(KINDS[name]).values()]


def method_table() -> str:
    """Return the method table of the README as Markdown."""
    lines = ["| kind | method | what it does | settings | paper |", "|---|---|---|---|---|"]
    for row in describe():
        settings = ", ".join(f"`{setting['name']}`" for setting in row["settings"])
        paper = row["paper"]
        cited = f"[{paper['title']}]({paper['url']})" if paper and paper["url"] else paper["title"] if paper else ""
        name = f"`{row['name']}`" + (" (reconstruction)" if row["reconstruction"] else "")
        cells = (row["kind"], name, row["summary"], settings, cited)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def _row(kind: str, found: type[Method]) -> dict[str, Any]:
    paper = found.paper
    return {
        "kind": kind,
        "name": found.name,
        "summary": found.summary(),
        "paper": {"title": paper.title, "url": paper.url, "year": paper.year} if paper else None,
        "reconstruction": found.reconstruction,
        "needs": sorted(found().needs()),
        **({"pace": found.pace} if issubclass(found, Selector) else {}),
        "settings": [
            {
                "name": setting.name,
                "type": setting.kind.__name__,
                "default": setting.default,
                "help": setting.help,
                "low": setting.low,
                "high": setting.high,
                "choices": list(setting.choices),
            }
            for setting in found.settings()
        ],
    }
