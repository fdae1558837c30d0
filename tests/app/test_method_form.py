"""Every method that a page offers gets a form from its settings, and what the form returns makes the method."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from winnow.export.base import Exporter
from winnow.method import Method, methods
from winnow.select.base import Selector

OFFERED: list[tuple[type[Method], str]] = [(kind, name) for kind in (Selector, Exporter) for name in methods(kind)]


def _form(kind: type, name: str) -> None:
    import streamlit as st

    from winnow.method import methods
    from winnow_app.parts.method_form import method_form

    method = methods(kind)[name]
    st.session_state["made"] = method.from_recipe(method_form(method, "form"))


def drawn(kind: type[Method], name: str) -> AppTest:
    return AppTest.from_function(_form, default_timeout=30, kwargs={"kind": kind, "name": name}).run()


@pytest.fixture(autouse=True)
def _workspace(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINNOW_WORKSPACE", str(corpus))


@pytest.mark.parametrize(("kind", "name"), OFFERED, ids=lambda part: getattr(part, "__name__", part))
def test_an_untouched_form_is_the_method_with_its_defaults(kind: type[Method], name: str) -> None:
    app = drawn(kind, name)
    assert not app.exception
    assert not app.error
    assert app.session_state["made"] == methods(kind)[name]()


@pytest.mark.parametrize(("kind", "name"), OFFERED, ids=lambda part: getattr(part, "__name__", part))
def test_every_setting_has_an_input_with_its_sentence(kind: type[Method], name: str) -> None:
    app = drawn(kind, name)
    inputs = [*app.selectbox, *app.number_input, *app.text_input, *app.text_area, *app.toggle]
    told = {item.key: item.help for item in inputs}
    assert told == {f"form.{name}.{setting.name}": setting.help for setting in methods(kind)[name].settings()}


def test_a_changed_number_reaches_the_method() -> None:
    app = drawn(Selector, "gumbel")
    app.number_input(key="form.gumbel.temperature").set_value(0.5).run()
    assert app.session_state["made"].temperature == 0.5


def test_column_settings_offer_columns_of_the_right_kind() -> None:
    options = drawn(Selector, "top").selectbox(key="form.top.column").options
    assert {"quality", "words", "tokens"} <= set(options)
    assert not {"doc_id", "source", "cluster_name"} & set(options)
