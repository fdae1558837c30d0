"""Documents: lists that go on, filters as in an address, one document, searches, counts, facets, SQL."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from conftest import DOCUMENTS, one_process, write_lines
from winnow.catalog.filters import Filter
from winnow.workspace import Workspace

from .conftest import Asker


def all_ids(client: TestClient, path: str, limit: int = 2, **query: Any) -> list[int]:
    """Read a list to its end and return its documents."""
    found, cursor = [], ""
    while True:
        answer = client.get(path, params={**query, "limit": limit, "cursor": cursor})
        assert answer.status_code == 200, answer.text
        found += [row["doc_id"] for row in answer.json()["documents"]]
        cursor = answer.json()["next"]
        if not cursor:
            return found


def test_a_list_comes_in_pieces_in_order(client: TestClient) -> None:
    assert all_ids(client, "/api/v1/documents") == [0, 1, 2, 3, 4, 5]
    assert all_ids(client, "/api/v1/documents", limit=6) == [0, 1, 2, 3, 4, 5]


def test_sorting_puts_missing_values_last_and_equal_ones_by_number(client: TestClient) -> None:
    # stars: 1, 2, 3, 4, none, 5; duplicates share a group
    assert all_ids(client, "/api/v1/documents", sort="stars") == [5, 3, 2, 1, 0, 4]
    assert all_ids(client, "/api/v1/documents", sort="stars", descending=False) == [0, 1, 2, 3, 5, 4]
    assert all_ids(client, "/api/v1/documents", sort="date") == [5, 4, 2, 1, 0, 3]
    assert all_ids(client, "/api/v1/documents", sort="source", limit=1) == [0, 1, 4, 2, 3, 5]
    assert all_ids(client, "/api/v1/documents", sort="words", limit=1) == all_ids(
        client, "/api/v1/documents", sort="words", limit=6
    )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"in.source": '["wiki"]'}, [0, 1]),
        ({"not.source": '["wiki","(none)"]'}, [2, 3, 4]),
        ({"range.stars": "[3,null]"}, [2, 3, 5]),
        ({"range.stars": '[3,null,"(none)"]'}, [2, 3, 4, 5]),
        ({"where": "words < 6"}, [1, 2]),
        ({"search": "river"}, [0, 3]),
        ({"range.date": '["2021-01-01",null]'}, [2, 4, 5]),
    ],
)  # fmt: skip
def test_filters_are_those_of_an_address(client: TestClient, query: dict[str, str], expected: list[int]) -> None:
    assert sorted(all_ids(client, "/api/v1/documents", **query)) == expected
    assert client.get("/api/v1/count", params=query).json()["documents"] == len(expected)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"serach": "river"}, "did you mean 'search'?"),
        ({"in.sorce": '["a"]'}, "did you mean 'source'?"),
        ({"range.stars": "3"}, "cannot be read"),
        ({"where": "1; DROP TABLE docs"}, "one SELECT is run and nothing else"),
        ({"columns": "txet"}, "no column 'txet'"),
        ({"sort": "nothing"}, "no column 'nothing'"),
        ({"cursor": "nonsense"}, "no cursor"),
        ({"limit": "0"}, "limit: "),
        ({"selection": "none"}, "no selection is called"),
    ],
)  # fmt: skip
def test_slips_are_said_in_a_line(client: TestClient, query: dict[str, str], words: str) -> None:
    answer = client.get("/api/v1/documents", params=query)
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in answer.json()["detail"]
    assert "\n" not in answer.json()["detail"]


def test_a_cursor_is_good_for_its_own_list(client: TestClient) -> None:
    cursor = client.get("/api/v1/documents", params={"limit": 2, "sort": "stars"}).json()["next"]
    answer = client.get("/api/v1/documents", params={"limit": 2, "sort": "words", "cursor": cursor})
    assert answer.status_code == 400
    assert "another list" in answer.json()["detail"]


def test_lists_stay_as_they_are_while_documents_are_taken_in(corpus: Workspace, ask: Asker, tmp_path: Path) -> None:
    client = ask(corpus)
    more = [{**row, "id": f"{row['id']}-{turn}", "stars": 9} for turn in range(3) for row in DOCUMENTS]
    lists = [{}, {"sort": "stars"}, {"sort": "stars", "descending": False}, {"search": "river OR bread OR vector"}]
    begun = [client.get("/api/v1/documents", params={**query, "limit": 2}).json() for query in lists]
    corpus.ingest([write_lines(tmp_path / "more.jsonl", more)])
    for query, first in zip(lists, begun, strict=True):
        found, cursor = [row["doc_id"] for row in first["documents"]], first["next"]
        while cursor:
            piece = client.get("/api/v1/documents", params={**query, "limit": 2, "cursor": cursor}).json()
            found += [row["doc_id"] for row in piece["documents"]]
            cursor = piece["next"]
        assert len(found) == len(set(found)), query
        expected = {0, 1, 3, 5} if "search" in query else {0, 1, 2, 3, 4, 5}
        assert expected == {doc_id for doc_id in found if doc_id < 6}, query


def test_a_ranking_that_was_given_up_is_begun_again(corpus: Workspace, ask: Asker, tmp_path: Path) -> None:
    client = ask(corpus)
    query = {"search": "river OR bread", "limit": 1}
    cursor = client.get("/api/v1/documents", params=query).json()["next"]
    corpus.ingest([write_lines(tmp_path / "more.jsonl", [{"id": "g", "text": "The river again."}])])
    other = ask(one_process(corpus.folder))
    answer = other.get("/api/v1/documents", params={**query, "cursor": cursor})
    assert answer.status_code == 409
    assert "from its start" in answer.json()["detail"]


def test_one_document_has_everything_known_about_it(client: TestClient, scored: Workspace) -> None:
    scored.labels.add(0, "keep", who="ana")
    found = client.get("/api/v1/documents/0?percentiles=true").json()
    assert found["text"] == DOCUMENTS[0]["text"]
    assert (found["values"]["source"], found["values"]["words"], found["meta"]["stars"]) == ("wiki", 6, 1)
    assert [(label["who"], label["value"]) for label in found["labels"]] == [("ana", "keep")]
    assert 0 < found["percentiles"]["words"] <= 1
    assert client.get("/api/v1/documents/6").status_code == 404
    assert client.get("/api/v1/documents/-1").status_code == 404
    assert client.get("/api/v1/documents/x").status_code == 422


def test_a_stream_holds_every_document_once(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("winnow.api.documents.PIECE", 4)
    monkeypatch.setattr("winnow.api.documents.LONG_PIECE", 2)
    rows = [json.loads(line) for line in client.get("/api/v1/documents.jsonl?chars=9&columns=id").text.splitlines()]
    assert [row["id"] for row in rows] == list("abcdef")
    assert all(row["text"] == told["text"][:9] for row, told in zip(rows, DOCUMENTS, strict=True))
    assert client.get("/api/v1/documents.jsonl?in.source=%5B%22none%22%5D").text == ""
    assert client.get("/api/v1/documents.jsonl?where=nothing").status_code == 400


def test_searches_are_the_filters_own(client: TestClient, scored: Workspace) -> None:
    found = client.get("/api/v1/search?q=river").json()
    assert [row["doc_id"] for row in found["documents"]] == [0, 3]
    assert found["terms"] == ["river"]
    assert found["documents"][0]["score"] > 0
    assert client.get("/api/v1/search?q=x&kind=semantic").status_code == 409
    scored.embed("static")
    near = client.get("/api/v1/search?q=baking&kind=semantic&limit=1").json()
    assert [row["doc_id"] for row in near["documents"]] == [1]
    assert client.get("/api/v1/search?q=3&kind=similar&limit=1").json()["documents"][0]["doc_id"] in (0, 3)
    assert client.get("/api/v1/search?q=x&kind=similar").status_code == 400
    assert client.get("/api/v1/search?q=x&kind=other").status_code == 422
    pattern = client.get("/api/v1/search", params={"q": "mill\\b|bread", "kind": "regex"}).json()
    assert [row["doc_id"] for row in pattern["documents"]] == [0, 1, 3]
    assert client.get("/api/v1/search", params={"q": "(", "kind": "regex"}).status_code == 400


def test_groups_of_conditions_are_listed_as_on_the_page(client: TestClient, scored: Workspace) -> None:
    """Words or a source: what the search did not find follows what it did, in pieces as on one page."""
    filter = replace(Filter(search="river"), also=(Filter().with_values("source", "spam", "wiki"),))
    page = [int(doc_id) for doc_id in scored.browse.page(filter, columns=[], limit=10)["doc_id"]]
    assert sorted(page) == [0, 1, 3, 4]
    for limit in (1, 3, 10):
        assert all_ids(client, "/api/v1/documents", limit=limit, **filter.to_query()) == page


def test_facets_count_names_and_bars(client: TestClient) -> None:
    names = client.get("/api/v1/facets/source", params={"range.stars": "[1,4]"}).json()
    assert names["values"] == [["forum", 2], ["wiki", 2]]
    assert names["missing"] == 0
    bars = client.get("/api/v1/facets/stars").json()
    assert bars["kind"] == "number"
    assert sum(bars["counts"]) == 5
    assert bars["missing"] == 1
    assert client.get("/api/v1/facets/nothing").status_code == 400
    kinds = {column["name"]: column["kind"] for column in client.get("/api/v1/columns").json()["columns"]}
    assert kinds["stars"] == "number"
    assert kinds["source"] == "group"


def test_sql_answers_within_its_bounds(client: TestClient) -> None:
    asked = {
        "query": "SELECT source, SUM(words) AS words, MAX(date) AS last FROM docs GROUP BY 1 ORDER BY 1",
        "limit": 2,
    }
    found = client.post("/api/v1/sql", json=asked).json()
    assert found["columns"] == ["source", "words", "last"]
    assert len(found["rows"]) == 2
    assert found["more"]
    assert found["rows"][0]["last"].startswith("2021-01-01")
    refused = client.post("/api/v1/sql", json={"query": "SELECT * FROM read_csv('/etc/passwd')"})
    assert refused.status_code == 400
    assert "root:" not in refused.text


def test_numbers_that_json_cannot_say_are_null(client: TestClient) -> None:
    found = client.post("/api/v1/sql", json={"query": "SELECT 'nan'::DOUBLE AS a, 'inf'::DOUBLE AS b"}).json()
    assert found["rows"] == [{"a": None, "b": None}]
