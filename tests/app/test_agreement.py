"""Page, API and workspace agree: what one finds, labels or selects, the others find, show and keep."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from app.conftest import Opener
from winnow.api.scope import Served
from winnow.api.server import alone
from winnow.api.visitors import Door, Visitors
from winnow.catalog.filters import Filter
from winnow.workspace import Workspace

ADDRESSES = [
    {"search": "ferry"},
    {"search": "onions OR roses", "range.words": "[5,null]"},
    {"near": "a boat at sea"},
    {"like": "3"},
    {"where": "words > 12"},
    {"not.cluster_name": '["(none)"]', "range.chars": "[null,400]"},
]


def client_of(folder: Path) -> TestClient:
    workspace = Workspace(folder)
    served = Served(lambda: workspace, Visitors(workspace.catalog.people, Door()))
    return TestClient(alone(served), base_url="http://localhost")


@pytest.mark.parametrize("address", ADDRESSES, ids=str)
def test_search(corpus: Path, open_page: Opener, address: dict[str, str]) -> None:
    """The same address lists the same documents in the same order: page by page here, piece by piece there."""
    page = open_page("explore", corpus, address)
    assert not page.exception
    shown = page.session_state["listed"]
    client, workspace = client_of(corpus), Workspace(corpus)
    filter = Filter.from_query(address)
    there = client.get("/api/v1/documents", params={**address, "limit": len(shown) or 1}).json()["documents"]
    here = workspace.browse.page(filter, columns=[], limit=len(shown) or 1)
    assert shown == [row["doc_id"] for row in there] == here["doc_id"].tolist()
    every, cursor = [], ""
    while True:
        piece = client.get("/api/v1/documents", params={**address, "limit": 7, "cursor": cursor}).json()
        every += [row["doc_id"] for row in piece["documents"]]
        if not (cursor := piece["next"]):
            break
    count = client.get("/api/v1/count", params=address).json()
    assert len(every) == len(set(every)) == count["documents"] == workspace.browse.count(filter).documents
    assert sorted(every) == workspace.browse.doc_ids(filter).tolist()
    assert f"**{count['documents']:,}** of" in " ".join(block.value for block in page.markdown)


def test_label(own_corpus: Path, open_page: Opener) -> None:
    """A label given anywhere is the same event everywhere, and each can take its own back."""
    client, workspace = client_of(own_corpus), Workspace(own_corpus)
    client.post("/api/v1/labels", json={"who": "ana", "labels": [{"doc_id": 2, "value": "keep"}]})
    workspace.labels.add(4, "keep", who="ben")
    page = open_page("explore", own_corpus, {"in.label": '["keep"]'})
    assert page.session_state["listed"] == [2, 4]
    events = client.get("/api/v1/labels").json()["labels"]
    assert events == [vars(label) for doc_id in (2, 4) for label in workspace.labels.history(doc_id)]

    opened = open_page("explore", own_corpus, {"doc": "2"})
    opened.session_state["doc.view"] = "Labels"
    opened.run()
    assert not opened.exception
    shown = " ".join(str(table.value.to_dict("records")) for table in opened.table)
    assert "'who': 'ana'" in shown
    assert "'answer': 'keep'" in shown
    assert client.post("/api/v1/labels/undo", json={"who": "ana"}).json()["taken_back"]["doc_id"] == 2
    assert [(label.who, label.doc_id) for label in workspace.labels.standing("label")] == [("ben", 4)]
    assert open_page("explore", own_corpus, {"in.label": '["keep"]'}).session_state["listed"] == [4]


def test_select(own_corpus: Path, open_page: Opener) -> None:
    """The same settings choose the same documents with the same weights, whoever asks."""
    client, workspace = client_of(own_corpus), Workspace(own_corpus)
    page = open_page("select", own_corpus)
    assert not page.exception
    [name] = [box for box in page.text_input if box.label == "Keep it under a name"]
    name.set_value("page")
    [save] = [button for button in page.button if button.label == "Save selection"]
    save.click().run()
    assert not page.exception
    kept = workspace.catalog.selections.get("page")
    told = {key: value for key, value in kept.recipe["method"].items() if key != "method"}
    budget, seed = dict(kept.recipe["budget"]), kept.recipe["seed"]
    method = kept.recipe["method"]["method"]
    asked = {"method": method, "settings": told, "seed": seed, "name": "api", **budget}
    made = client.post("/api/v1/selections", json=asked)
    assert made.status_code == 201, made.text
    workspace.select(method, name="here", settings=told, seed=seed, **budget)
    first, *others = [workspace.catalog.selections.get(known).read() for known in ("page", "api", "here")]
    assert len(first[0])
    for other in others:
        np.testing.assert_array_equal(first[0], other[0])
        np.testing.assert_array_equal(first[1], other[1])
