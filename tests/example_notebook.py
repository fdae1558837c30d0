"""Write assets/winnow_example.ipynb, the example of the Workspace class and the API.

python tests/example_notebook.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

NOTEBOOK = Path(__file__).parents[1] / "assets" / "winnow_example.ipynb"

OPEN = """import os
from urllib.parse import parse_qsl

from winnow.catalog.filters import Filter
from winnow.workspace import Workspace

workspace = Workspace(os.environ.get("WINNOW_WORKSPACE", "corpus"))
workspace.browse.count(Filter())"""

SEARCH = """address = "search=water&range.tokens=[5,null]"
filter = Filter.from_query(dict(parse_qsl(address)))
workspace.browse.page(filter, columns=["source", "tokens"], limit=5)"""

SQL = """query = "SELECT source, COUNT(*) AS documents, AVG(tokens) AS tokens FROM docs GROUP BY 1 ORDER BY 2 DESC"
workspace.sql(query, limit=5).to_pandas()"""

LABEL = """found = workspace.browse.page(filter, columns=[], limit=3)["doc_id"]
for doc_id in found:
    workspace.labels.add(int(doc_id), "keep", who="notebook")
workspace.labels.undo(who="notebook")"""

SELECT = """settings = {"column": "tokens"}
kept = workspace.select("top", share=0.2, name="longest", settings=settings, replace=True)
print(workspace.recipe("longest"))
{key: kept.summary[key] for key in ("documents", "tokens")}"""

EXPORT = """from pathlib import Path
from tempfile import mkdtemp

out = workspace.export("longest", Path(mkdtemp()) / "longest", format="jsonl")
sorted(path.name for path in out.iterdir())"""

API = """import json
import urllib.request
from urllib.parse import urlencode


def ask(path, **query):
    token = os.environ.get("WINNOW_TOKEN")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(f"{os.environ['WINNOW_API']}/{path}?{urlencode(query)}", headers=headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def documents(**query):
    cursor = ""
    while cursor is not None:
        piece = ask("documents", cursor=cursor, limit=100, **query)
        yield from piece["documents"]
        cursor = piece["next"]


if "WINNOW_API" in os.environ:
    there = {document["doc_id"] for document in documents(search="water")}
    assert there == set(workspace.browse.doc_ids(Filter(search="water")).tolist())
    print(len(there), "documents hold water, here and there")"""

CELLS = (
    ("markdown", "# Winnow from a notebook\n\nThe same corpus may be open in the app, in a shell and here at once. "
     "Make one first, in a shell: `winnow -w corpus demo --no-app`."),
    ("code", OPEN),
    ("markdown", "## Search\n\nA filter is what Explore's address says: copy the part behind the question mark."),
    ("code", SEARCH),
    ("code", SQL),
    ("markdown", "## Label\n\nEvery label is an event with a name and a time; taking one back is an event too."),
    ("code", LABEL),
    ("markdown", "## Select and export\n\nThe same settings choose the same documents on the page, in a shell, here "
     "and through the API."),
    ("code", SELECT),
    ("code", EXPORT),
    ("markdown", "## The same over HTTP\n\n`winnow app` and `winnow api` serve `/api/v1`. Set `WINNOW_API` to its "
     "address, and `WINNOW_TOKEN` to your token where there is a password."),
    ("code", API),
)  # fmt: skip


def written() -> str:
    """Return the notebook as the file holds it (nbformat 4.5)."""
    cells: list[dict[str, Any]] = []
    for number, (kind, text) in enumerate(CELLS):
        lines = text.splitlines(keepends=True)
        ran = {"execution_count": None, "outputs": []} if kind == "code" else {}
        cells.append({"cell_type": kind, "id": f"cell-{number}", "metadata": {}, "source": lines, **ran})
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    made = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    NOTEBOOK.write_text(written(), encoding="utf-8")
