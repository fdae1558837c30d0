"""Every page of the workbench, run without a browser on a small corpus."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.invented import ATTACK, MARKDOWN
from winnow.catalog.filters import Filter
from winnow.catalog.labels import LabelSchema
from winnow.workspace import Workspace
from winnow_app.shell import PAGES

Opener = Callable[..., AppTest]
DOCUMENTS = 39
SOUP = {"search": "soup"}
FOUND = 13  # twelve notes of the kitchen and one copy
"""The documents with the word "soup"."""


def texts(app: AppTest) -> list[str]:
    """Return everything on the page that Streamlit reads as Markdown."""
    parts = [
        *app.markdown,
        *app.caption,
        *app.header,
        *app.subheader,
        *app.error,
        *app.info,
        *app.warning,
        *app.success,
    ]
    labels = [item.label for item in (*app.button, *app.metric, *app.selectbox, *app.text_input, *app.tabs)]
    return [str(part.value) for part in parts] + labels + [str(button.help) for button in app.button]


def count(app: AppTest) -> int:
    """Return how many documents the bar above the list says are left."""
    [words] = [str(part.value) for part in app.markdown if f"of {DOCUMENTS} documents" in str(part.value)]
    found = re.match(r"\*\*([\d,]+)\*\*", words)
    assert found, words
    return int(found[1].replace(",", ""))


def address(app: AppTest) -> dict[str, str]:
    return {name: value if isinstance(value, str) else value[0] for name, value in app.query_params.items()}


def assert_calm(app: AppTest) -> None:
    assert not app.exception
    assert not app.error, [error.value for error in app.error]
    assert "Traceback" not in "\n".join(texts(app))


class Tags(HTMLParser):
    """Gathers the tags of a page's HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[tuple[str, str]] = set()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found |= {(tag, name) for name, _ in attributes} or {(tag, "")}


SAFE_TAGS = {
    ("div", "class"), ("div", "dir"), ("div", "tabindex"), ("div", "role"), ("div", "aria-label"), ("span", "class"), ("span", ""), ("b", ""), ("mark", "class"), ("mark", "title"), ("style", ""),
}  # fmt: skip


def assert_harmless(app: AppTest) -> None:
    """Nothing that came with the corpus, or with the address, is read as markup."""
    tags = Tags()
    for element in app.get("html"):
        tags.feed(element.proto.body)
    assert tags.found <= SAFE_TAGS
    assert not any(part.allow_html for part in app.markdown)
    for text in texts(app):
        assert not re.search(r"(?<!\\)!\[", text), text
        assert not re.search(r"(?<!\\)\]\((?!https://arxiv|https://aclanthology)", text), text
        assert not re.search(r"(?<!\\)<(?:script|img)", text), text


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("asked", [{}, SOUP, {"search": "nothing-like-this"}], ids=["all", "some", "none"])
def test_every_page_opens(page: str, asked: dict[str, str], corpus: Path, open_page: Opener) -> None:
    app = open_page(page, corpus, asked)
    assert_calm(app)
    assert_harmless(app)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_before_anything_is_scored(page: str, bare_corpus: Path, open_page: Opener) -> None:
    app = open_page(page, bare_corpus)
    assert not app.exception
    assert "Traceback" not in "\n".join(texts(app))
    for error in app.error:
        assert "Something unexpected" not in error.value


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_on_an_empty_corpus(page: str, tmp_path: Path, open_page: Opener) -> None:
    Workspace.create(tmp_path / "empty")
    app = open_page(page, tmp_path / "empty")
    assert not app.exception
    for error in app.error:
        assert "Something unexpected" not in error.value


@pytest.mark.parametrize("page", PAGES)
def test_a_missing_corpus_is_told_with_the_command_that_makes_one(page: str, tmp_path: Path, open_page: Opener) -> None:
    app = open_page(page, tmp_path / "nowhere")
    assert not app.exception
    assert len(app.error) == 1
    assert "nowhere" in app.error[0].value
    assert any("winnow" in caption.value for caption in app.caption)


@pytest.mark.parametrize(
    "asked",
    [
        {"range.words": "not json"},
        {"in.no_such_column": '["x"]'},
        {"where": "no_such_column > 3"},
        {"where": "1); DROP TABLE docs; --"},
        {"like": "99999"},
        {"selection": "never-kept"},
        {"lasso": "1,2;3,4"},
        {"range.words": '["a", "b"]'},
    ],
    ids=lambda asked: "-".join(asked.values()),
)
def test_a_bad_address_is_told_with_a_way_out(asked: dict[str, str], corpus: Path, open_page: Opener) -> None:
    app = open_page("explore", corpus, asked)
    assert not app.exception
    assert len(app.error) == 1
    assert "Something unexpected" not in app.error[0].value
    assert "Traceback" not in app.error[0].value
    app.button(key="clear.page").click().run()
    assert_calm(app)
    assert count(app) == DOCUMENTS


def test_a_document_that_is_not_there_leaves_the_results(corpus: Path, open_page: Opener) -> None:
    app = open_page("explore", corpus, {**SOUP, "doc": "99999"})
    assert len(app.error) == 1
    assert count(app) == FOUND
    assert [button for button in app.button if str(button.key).startswith("open.")]


def test_words_filter_and_go_into_the_address(corpus: Path, open_page: Opener) -> None:
    app = open_page("explore", corpus)
    assert count(app) == DOCUMENTS
    app.text_input[0].set_value("soup").run()
    assert count(app) == FOUND
    assert address(app) == {"search": "soup"}
    [pill] = [button for button in app.button if button.key == "bar.search"]
    pill.click().run()
    assert count(app) == DOCUMENTS
    assert address(app) == {}


def test_a_shared_address_shows_the_same_view(corpus: Path, open_page: Opener) -> None:
    asked = {"search": "soup", "in.source": '["kitchen"]', "range.words": "[5, null]"}
    app = open_page("explore", corpus, asked)
    assert count(app) == FOUND
    pills = [button.label for button in app.button if str(button.key).startswith("bar.")]
    assert [re.sub(r"\\(.)", r"\1", pill) for pill in pills][:3] == [
        "contains “soup”",
        "source is kitchen",
        "words ≥ 5",
    ]


def test_the_browsers_back_button_returns_to_the_view_before(corpus: Path, open_page: Opener) -> None:
    app = open_page("explore", corpus, SOUP)
    app.text_input[0].set_value("ferry").run()
    assert count(app) == 12
    app.query_params["search"] = "soup"
    app.run()
    assert count(app) == FOUND


def test_a_document_opens_and_the_next_one_follows(corpus: Path, open_page: Opener) -> None:
    app = open_page("explore", corpus, SOUP)
    listed = app.session_state["listed"]
    app.button(key=f"open.{listed[0]}").click().run()
    assert address(app)["doc"] == str(listed[0])
    [following] = [button for button in app.button if button.label == "Next"]
    following.click().run()
    assert address(app)["doc"] == str(listed[1])
    assert_calm(app)


def labelling(open_page: Opener, corpus: Path) -> AppTest:
    app = open_page("label", corpus)
    [name] = [item for item in app.text_input if item.label == "Your name"]
    name.set_value("ada")
    [start] = [button for button in app.button if button.label == "Start labelling"]
    start.click().run()
    assert_calm(app)
    return app


def test_a_label_needs_a_name(own_corpus: Path, open_page: Opener) -> None:
    app = open_page("label", own_corpus)
    [start] = [button for button in app.button if button.label == "Start labelling"]
    start.click().run()
    assert "desk" not in app.session_state
    assert_calm(app)


def test_rules_are_shown_one_by_one(corpus: Path, open_page: Opener) -> None:
    app = open_page("select", corpus)
    app.selectbox(key="select.method").set_value("rules").run()
    app.text_input(key="select.rules.keep").set_value("tokens>=1, tokens<0").run()
    assert_calm(app)
    assert [tab.label for tab in app.tabs][:2] == ["rule by rule", "as numbers"]
    [shown] = [frame.value for frame in app.dataframe if "drops alone" in frame.value.columns]
    assert list(shown["rule"]) == ["tokens>=1", "tokens<0"]
    left = Workspace(corpus).catalog.manifest.documents() - shown["drops after those above"].cumsum()
    assert list(shown["left"]) == list(left)
    assert list(shown["left"])[-1] == 0


def test_a_selection_is_kept_and_then_offered_for_export(own_corpus: Path, open_page: Opener) -> None:
    app = open_page("select", own_corpus, SOUP)
    app.selectbox(key="select.method").set_value("random").run()
    [name] = [item for item in app.text_input if item.label == "Keep it under a name"]
    name.set_value("a-tenth")
    [save] = [button for button in app.button if button.label == "Save selection"]
    save.click().run()
    assert_calm(app)
    kept = Workspace(own_corpus).catalog.selections.get("a-tenth")
    assert kept.summary["pool"]["documents"] == FOUND
    assert 0 < kept.summary["documents"] < FOUND
    export = open_page("export", own_corpus)
    assert_calm(export)
    assert export.selectbox(key="export.name").options == ["a-tenth"]


def test_a_name_in_use_is_refused_in_words(own_corpus: Path, open_page: Opener) -> None:
    Workspace(own_corpus).select("random", name="mine", share=0.5)
    app = open_page("select", own_corpus)
    [name] = [item for item in app.text_input if item.label == "Keep it under a name"]
    name.set_value("mine")
    [save] = [button for button in app.button if button.label == "Save selection"]
    save.click().run()
    assert not app.exception
    assert len(app.error) == 1
    assert "mine" in app.error[0].value


@pytest.fixture
def hostile_corpus(own_corpus: Path) -> Path:
    """A corpus where everything a person or a file can name tries to be markup."""
    workspace = Workspace(own_corpus)
    for cluster, name in enumerate((ATTACK, MARKDOWN)):
        workspace.catalog.clusters.rename(cluster, name, who=ATTACK)
    workspace.labels.define(LabelSchema("odd", f"{ATTACK} {MARKDOWN}?", (ATTACK, MARKDOWN), f"{MARKDOWN} {ATTACK}"))
    workspace.labels.add(0, ATTACK, who="ada", schema="odd")
    workspace.catalog.views.save(ATTACK, Filter(search=MARKDOWN))
    workspace.catalog.views.save(MARKDOWN, Filter().with_values("source", ATTACK))
    return own_corpus


@pytest.mark.parametrize("page", PAGES)
def test_markup_from_the_corpus_stays_text_on_every_page(page: str, hostile_corpus: Path, open_page: Opener) -> None:
    app = open_page(page, hostile_corpus, Filter().with_values("source", ATTACK, "kitchen").to_query())
    assert_calm(app)
    assert_harmless(app)


@pytest.mark.parametrize(
    "name", ["search", "near", "where", "selection", "doc", "color", "page", "in.source", "range.words"]
)
def test_markup_from_the_address_stays_text(name: str, hostile_corpus: Path, open_page: Opener) -> None:
    for value in (ATTACK, MARKDOWN, f'["{MARKDOWN}"]'):
        app = open_page("explore", hostile_corpus, {name: value})
        assert not app.exception
        assert_harmless(app)


@pytest.mark.parametrize("doc_id", [0, DOCUMENTS - 2, DOCUMENTS - 1])
@pytest.mark.parametrize("page", ["explore", "map"])
def test_an_open_document_is_harmless(page: str, doc_id: int, hostile_corpus: Path, open_page: Opener) -> None:
    app = open_page(page, hostile_corpus, {"doc": str(doc_id), "search": "words"})
    assert_calm(app)
    assert_harmless(app)
    bodies: list[Any] = [element.proto.body for element in app.get("html")]
    assert any("winnow-text" in body for body in bodies)


@pytest.mark.parametrize("view", ["label", "review", "figures", "files"])
def test_every_view_of_labels_is_harmless(view: str, hostile_corpus: Path, open_page: Opener) -> None:
    workspace = Workspace(hostile_corpus)
    for who, value in ((ATTACK, ATTACK), (MARKDOWN, MARKDOWN), ("ada", MARKDOWN)):
        workspace.labels.add(1, value, who=who, schema="odd")
    app = labelling(open_page, hostile_corpus)
    app.selectbox(key="label.schema").set_value("odd").run()
    app.segmented_control(key="label.view").set_value(view).run()
    assert_harmless(app)
    assert_calm(app)
