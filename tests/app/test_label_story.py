"""A team's way through labels in a real browser: keys, passages, pairs, tags, typing, two people, review, and hostile names."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from app.browsing import ARTIFACTS, eventually, go, served, settled
from app.conftest import OpenTab
from app.invented import ATTACK, MARKDOWN, ODD_NAME, documents
from conftest import write_lines
from winnow.catalog.labels import LabelSchema
from winnow.workspace import Workspace

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Sit = Callable[..., Page]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("label-story")
    made = Workspace.create(folder / "corpus")
    made.ingest([write_lines(folder / "pages.jsonl", documents())])
    made.score(["shape", "tokens"])
    made.embed("static")
    for schema in (
        LabelSchema("marks", "What is dishonest here?", ("ad", "spam"), kind="spans"),
        LabelSchema("better", "Which would you rather read?", kind="pair"),
        LabelSchema("genre", "What is it?", ("news", "code", "spam"), kind="choices"),
        LabelSchema("words", "In your own words?", ("water",), kind="tags"),
        LabelSchema("odd", f"{ATTACK} {MARKDOWN}", (ATTACK, MARKDOWN), f"# {ATTACK}\n\n- {MARKDOWN}\n\n**bold** and `code`"),
    ):  # fmt: skip
        made.labels.define(schema)
    return made


@pytest.fixture(scope="module")
def address(workspace: Workspace) -> Iterator[str]:
    with served(workspace.folder, ARTIFACTS / "label-server.log") as found:
        yield found


@pytest.fixture
def sit(open_tab: OpenTab, address: str) -> Sit:
    """Seat people at desks."""

    def sit_down(who: str, question: str = "label") -> Page:
        page = open_tab()
        page.goto(f"{address}/label?schema={question}")
        begin(page, who)
        settled(page)
        return page

    return sit_down


def begin(page: Page, who: str) -> None:
    page.get_by_label("Your name").fill(who)
    page.get_by_role("button", name="Start labelling").click()
    page.locator(".desk .text").first.wait_for()


def standing(workspace: Workspace, question: str, who: str) -> list[str | None]:
    return [label.value for label in reversed(workspace.labels.standing(question, who))]


@contextmanager
def another(page: Page) -> Iterator[None]:
    """Expect another document on the desk when the block ends."""
    before = page.locator(".desk .title").first.inner_text()
    yield
    eventually(lambda: page.locator(".desk .title").first.inner_text() != before, "the next document is shown", page)


def test_keys_answer_and_never_while_somebody_types(sit: Sit, workspace: Workspace) -> None:
    page = sit("ada")
    for key in ("1", "2", "x", "a", "s", " "):
        with another(page):
            page.keyboard.press(key)
    wanted = ["keep", "drop", "drop", "keep", "(skip)", "(skip)"]
    eventually(lambda: standing(workspace, "label", "ada") == wanted, "six answers are kept", page)
    page.keyboard.press("Backspace")
    eventually(lambda: standing(workspace, "label", "ada") == wanted[:5], "the last is taken back", page)
    expect(page.locator(".desk .notice")).to_contain_text("Taken back")
    page.keyboard.press("?")
    expect(page.locator(".desk .keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".desk .keys")).to_have_count(1)
    expect(page.locator(".desk .side")).to_be_hidden()
    page.get_by_test_id("stCheckbox").filter(has_text="Filter").click()
    box = page.get_by_label("Words", exact=True)
    box.click()
    page.keyboard.type("12axs")
    page.keyboard.press("Backspace")
    page.wait_for_timeout(500)
    # Leaving the box filters by what stands in it, and the page that is drawn then closes what was opened meanwhile.
    box.fill("")
    box.press("Enter")
    settled(page)
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_text("New question", exact=True).click()
    page.get_by_role("dialog").get_by_text("It asks for").wait_for()
    page.keyboard.press("1")
    page.wait_for_timeout(1000)
    assert standing(workspace, "label", "ada") == wanted[:5], "neither a box nor a dialog answers"


def test_a_new_question_is_asked_and_a_whole_filter_answered(sit: Sit, workspace: Workspace) -> None:
    page = sit("fay")
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_text("New question", exact=True).click()
    dialog = page.get_by_role("dialog")
    for label, words in (
        ("Name", "tone"),
        ("Question", "How does it sound?"),
        ("Answers, in the order of their keys", "calm, loud"),
    ):
        dialog.get_by_label(label, exact=True).fill(words)
        dialog.get_by_label(label, exact=True).press("Tab")
    settled(page)
    dialog.get_by_role("button", name="Keep it").click()
    eventually(lambda: "tone" in workspace.labels.schemas(), "the question is kept", page)
    expect(page.locator(".desk h2")).to_have_text("How does it sound?")
    settled(page)
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_text("Label the whole filter", exact=True).click()
    dialog.get_by_text("39 documents get the answer").wait_for()
    assert dialog.get_by_role("button", name="Label them").is_disabled()
    dialog.get_by_text("Yes, these 39").click()
    settled(page)
    dialog.get_by_role("button", name="Label them").click()
    eventually(lambda: standing(workspace, "tone", "fay") == ["calm"] * 39, "all are answered", page)
    expect(page.locator(".desk .ended")).to_be_visible()
    settled(page)
    page.keyboard.press("Backspace")
    eventually(lambda: standing(workspace, "tone", "fay") == [], "and taken back in one step", page)
    expect(page.locator(".desk .notice")).to_contain_text("39 documents")


def test_an_answer_is_kept_when_somebody_leaves_at_once(sit: Sit, workspace: Workspace) -> None:
    page = sit("lea")
    for answers in range(1, 5):
        go(page, "Explore")
        page.get_by_test_id("stTopNavLink").filter(has_text="Label").first.click()
        page.locator(".desk .text").first.wait_for()
        # The page is still being drawn: what is asked of it now waits.
        page.keyboard.press("1")
        page.get_by_test_id("stTopNavLink").filter(has_text="Explore").first.click()
        eventually(lambda: "/explore" in page.url, "Explore is open", page)
        kept = ["keep"] * answers
        eventually(lambda kept=kept: standing(workspace, "label", "lea") == kept, "the answer is kept", page)


HELD = "Object.entries(localStorage).filter(([name]) => name.startsWith('winnow.desk.'))"
PRESSED_AND_GONE = f"""() => {{
    document.dispatchEvent(new KeyboardEvent("keydown", {{ key: "2", bubbles: true }}));
    const held = {HELD};
    localStorage.clear();
    return held;
}}"""


def test_an_answer_outlives_the_window_that_closed_before_it_was_kept(sit: Sit, workspace: Workspace) -> None:
    """What the browser holds right after a key is put into the next window, as if the first had never sent it."""
    page = sit("kim")
    seen = page.locator(".desk .title").first.inner_text()
    [(post, held)] = page.evaluate(PRESSED_AND_GONE)
    [answered] = json.loads(held)
    eventually(lambda: standing(workspace, "label", "kim") == ["drop"], "the answer is kept", page)
    waiting = "() => document.querySelector('.deskroot')._desk.outbox.length"
    eventually(lambda: page.evaluate(waiting) == 0, "the window knows that it is kept", page)
    workspace.labels.undo(who="kim")
    lost = json.dumps([{**answered, "uuid": f"again-{answered['uuid']}"}])
    page.add_init_script(
        f"if (!localStorage.sent) {{ localStorage[{json.dumps(post)}] = {json.dumps(lost)}; localStorage.sent = 1; }}"
    )
    page.reload()
    begin(page, "kim")
    eventually(lambda: standing(workspace, "label", "kim") == ["drop"], "the answer is sent by the next window", page)
    eventually(lambda: page.evaluate(f"() => {HELD}") == [], "nothing is held any more", page)
    assert page.locator(".desk .title").first.inner_text() != seen


def test_the_filter_leaves_no_gap_and_the_desk_is_come_back_to_as_it_was_left(sit: Sit, workspace: Workspace) -> None:
    page = sit("ivo", "genre")
    page.get_by_role("combobox", name="Queue").fill("lowest")
    page.get_by_role("option", name="lowest of a column first").click()
    eventually(lambda: "queue=" in page.url, "the queue is in the address", page)
    settled(page)
    edge = page.locator(".desk h2").bounding_box()
    logo = page.locator(".stLogo").bounding_box()
    for wide in (True, False):
        page.get_by_test_id("stCheckbox").filter(has_text="Filter").click()
        settled(page)
        expect(page.get_by_label("Words", exact=True)).to_have_count(int(wide))
    assert page.locator(".desk h2").bounding_box() == edge
    stays = page.locator(".stLogo").bounding_box()
    assert logo is not None
    assert stays is not None
    assert abs(stays["x"] - logo["x"]) < 2
    before = page.url
    go(page, "Explore")
    assert "queue=" not in page.url
    go(page, "Label")
    eventually(lambda: page.url == before, "question and queue are as they were", page)
    expect(page.locator(".desk h2")).to_have_text("What is it?")


def test_back_leads_to_the_queue_before_and_the_answers_stand(sit: Sit, workspace: Workspace) -> None:
    page = sit("ned")
    before = page.url
    page.get_by_role("combobox", name="Queue").fill("lowest")
    page.get_by_role("option", name="lowest of a column first").click()
    eventually(lambda: page.url != before, "the queue is in the address", page)
    settled(page)
    page.keyboard.press("1")
    eventually(lambda: standing(workspace, "label", "ned") == ["keep"], "the answer is kept", page)
    page.go_back()
    eventually(lambda: page.url == before, "the queue before is back", page)
    settled(page)
    page.keyboard.press("2")
    eventually(lambda: standing(workspace, "label", "ned") == ["keep", "drop"], "so is the next", page)
    settled(page)
    assert page.url == before, "an answer leads nowhere else"


def test_an_earlier_answer_is_changed(sit: Sit, workspace: Workspace) -> None:
    page = sit("eva")
    with another(page):
        page.keyboard.press("1")
    eventually(lambda: standing(workspace, "label", "eva") == ["keep"], "the answer is kept", page)
    settled(page)
    page.keyboard.press("h")
    with another(page):
        page.locator(".desk .earlier").first.click()
    expect(page.locator(".desk .answer[aria-pressed=true]")).to_have_text("1keep")
    with another(page):
        page.keyboard.press("2")
    eventually(lambda: standing(workspace, "label", "eva") == ["drop"], "the answer is another", page)
    assert len(workspace.labels.history(workspace.labels.standing("label", "eva")[0].doc_id)) >= 2


def test_passages_are_marked_by_sentence_and_by_mouse(sit: Sit, workspace: Workspace) -> None:
    page = sit("ada", "marks")
    text = page.locator(".desk .text")
    words = text.inner_text()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("1")
    expect(text.locator("mark.span.t0").first).to_be_visible()
    text.evaluate(
        "(box) => { const walk = document.createTreeWalker(box, NodeFilter.SHOW_TEXT); let node, last; "
        "while ((node = walk.nextNode())) last = node; const range = document.createRange(); "
        "range.setStart(last, Math.max(0, last.length - 6)); range.setEnd(last, last.length - 1); "
        "document.getSelection().removeAllRanges(); document.getSelection().addRange(range); }"
    )
    page.keyboard.press("2")
    expect(page.locator(".desk .confirm")).to_contain_text("Done (2)")
    with another(page):
        page.keyboard.press("Enter")
    eventually(lambda: len(standing(workspace, "marks", "ada")) == 1, "the passages are kept", page)
    schema = workspace.labels.schema("marks")
    first, second = schema.read(str(standing(workspace, "marks", "ada")[0]))
    label = workspace.labels.standing("marks", "ada")[0]
    kept = workspace.catalog.texts.texts([label.doc_id])[0]
    assert kept.strip() == words.strip()
    assert (first["tag"], first["start"]) == ("ad", 0)
    assert kept[first["start"] : first["end"]] == kept[: first["end"]]
    assert (second["tag"], kept[second["start"] : second["end"]]) == ("spam", kept[-6:-1])


def test_pairs_several_answers_and_tags(sit: Sit, workspace: Workspace) -> None:
    page = sit("ada", "better")
    assert page.locator(".desk article").count() == 2
    for key in ("ArrowLeft", "ArrowDown", "2"):
        with another(page):
            page.keyboard.press(key)
    eventually(lambda: standing(workspace, "better", "ada") == ["first", "tie", "second"], "three pairs are kept", page)
    page = sit("ada", "genre")
    for key in ("3", "1"):
        page.keyboard.press(key)
    with another(page):
        page.keyboard.press("Enter")
    with another(page):
        page.keyboard.press("Enter")
    eventually(lambda: standing(workspace, "genre", "ada") == ["news; spam", "(nothing)"], "both are kept", page)
    page = sit("ada", "words")
    page.keyboard.press("1")
    page.keyboard.press("t")
    page.keyboard.type("1 old mill")
    page.keyboard.press("Enter")
    expect(page.locator(".desk .tagbox")).to_be_focused()
    with another(page):
        page.keyboard.press("Enter")
    eventually(lambda: standing(workspace, "words", "ada") == ["1 old mill; water"], "the tags are kept", page)


def test_two_people_see_each_other_and_overwrite_nothing(sit: Sit, workspace: Workspace) -> None:
    cem, dora = sit("cem"), sit("dora")
    with another(cem):
        cem.keyboard.press("1")
    with another(dora):
        dora.keyboard.press("2")
    for who, value in (("cem", "keep"), ("dora", "drop")):
        eventually(lambda who=who, value=value: standing(workspace, "label", who) == [value], f"{who}'s is kept", cem)
    assert {label.doc_id for label in workspace.labels.standing("label", "cem")} == {
        label.doc_id for label in workspace.labels.standing("label", "dora")
    }
    people = len({row["who"] for row in workspace.labels.counts("label") if row["value"] != "(skip)"})
    expect(cem.locator(".desk .said")).to_contain_text(f"by {people} people")
    settled(cem)
    cem.get_by_role("radio", name="Review").or_(cem.get_by_role("button", name="Review")).first.click()
    settled(cem)
    expect(cem.get_by_text("The deciding answer")).to_be_visible()
    cem.locator(".st-key-review-values button").filter(has_text="drop").first.click()
    eventually(lambda: len(workspace.labels.standing("label", role="final")) == 1, "somebody decided", cem)
    assert workspace.labels.standing("label", role="final")[0].who == "cem"
    settled(cem)
    cem.screenshot(path=ARTIFACTS / "label-review.png")


def test_hostile_questions_answers_and_names_stay_text(sit: Sit, workspace: Workspace) -> None:
    page = sit(ODD_NAME, "odd")
    expect(page.locator(".desk h2")).to_have_text(f"{ATTACK} {MARKDOWN}")
    page.keyboard.press("g")
    expect(page.locator(".desk .guidelines strong").last).to_have_text("bold")
    expect(page.locator(".desk .guidelines")).to_contain_text(ATTACK)
    assert page.locator(".desk img, .desk script, .desk .guidelines a").count() == 0
    with another(page):
        page.keyboard.press("1")
    eventually(lambda: standing(workspace, "odd", ODD_NAME) == [ATTACK], "the answer is kept", page)
    page.keyboard.press("h")
    expect(page.locator(".desk .earlier b").first).to_have_text(ATTACK)
    page.screenshot(path=ARTIFACTS / "label-hostile.png")
