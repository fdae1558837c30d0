"""The line of arrangements on the export page: cards in an order that can be, flags that say the same, a preview."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from winnow.arrange.course import Course
from winnow.workspace import Workspace
from winnow_app.parts.arrangement_cards import flags

Opener = Callable[..., AppTest]


@pytest.fixture
def export(own_corpus: Path, open_page: Opener) -> AppTest:
    Workspace(own_corpus).select("random", name="half", share=0.5)
    return open_page("export", own_corpus)


def add(app: AppTest, *names: str) -> AppTest:
    for name in names:
        next(box for box in app.selectbox if box.label == "Add a step").set_value(name).run()
    return app


def cards(app: AppTest) -> list[str]:
    return [part.value.split("**")[1] for part in app.markdown if part.value[:1].isdigit() and "**" in part.value]


def command(app: AppTest) -> str:
    return next(block.value for block in app.code if block.value.startswith("winnow "))


def test_steps_stand_where_they_can(export: AppTest) -> None:
    """Added from the end, they come in the order of change, order, pack."""
    app = add(export, "pack", "shuffle", "refine")
    assert not app.exception
    assert cards(app) == ["refine", "shuffle", "pack"]
    assert "--arrange refine --arrange shuffle --arrange pack" in command(app)
    assert any("windows of 2,048 tokens" in part.value for part in app.caption)


def test_a_line_that_cannot_be_says_why_and_writes_nothing(export: AppTest) -> None:
    app = add(export, "metadata_prefix", "refine")
    assert [error.value for error in app.error if "put refine first" in error.value]
    write = next(button for button in app.button if button.label == "Write the files")
    assert write.disabled
    app.button(key="arrange.up.2").click().run()
    assert cards(app) == ["refine", "metadata_prefix"]
    assert not app.error
    app.button(key="arrange.remove.1").click().run()
    assert cards(app) == ["refine"]


def test_documents_are_shown_before_and_after(export: AppTest) -> None:
    app = add(export, "metadata_prefix")
    app.selectbox(key="arrange.1.metadata_prefix.form").set_value("domain").run()
    next(button for button in app.button if button.label == "Try it on three documents").click().run()
    assert not app.exception
    assert len([part for part in app.caption if part.value.startswith("Document ")]) == 3
    assert "--set metadata_prefix.form=domain" in command(app)


def test_a_step_that_asks_needs_a_judge_of_its_own(export: AppTest) -> None:
    app = add(export, "rephrase")
    assert not app.exception
    app.text_input(key="arrange.judge.endpoint.url").set_value("https://example.org/v1").run()
    app.text_input(key="arrange.judge.endpoint.model").set_value("m").run()
    assert "--judge https://example.org/v1 --model m" in command(app)
    assert cards(app) == ["rephrase"]


def test_flags_list_what_is_several() -> None:
    course = Course.of([{"method": "mask_pii", "kinds": ["email", "phone"]}])
    assert flags(course) == ["--arrange", "mask_pii", "--set", "mask_pii.kinds=email,phone"]


def test_flags_name_a_method_that_comes_twice_by_its_place() -> None:
    course = Course.of(
        [{"method": "rephrase", "style": "qa"}, {"method": "rephrase"}, {"method": "pack", "tokens": 512}]
    )
    assert flags(course) == [
        "--arrange", "rephrase", "--arrange", "rephrase", "--arrange", "pack",
        "--set", "1.style=qa", "--set", "pack.tokens=512",
    ]  # fmt: skip
