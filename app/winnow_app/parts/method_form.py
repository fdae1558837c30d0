"""A form drawn from a method's settings: nothing about a method is written here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from winnow.api.scope import within
from winnow.errors import SettingError
from winnow.method import Method, Setting
from winnow_app import data, identity
from winnow_app.parts.highlight import plain


def method_form(kind: type[Method], key: str, present: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Draw one input per setting and return the values that differ from nothing.

    Raises SettingError for a bad one, AccessError for a file that people may not name.

    The inputs begin with the `present` values where there are some, else with the defaults.
    """
    values: dict[str, Any] = {}
    for setting in kind.settings():
        if present and setting.name in present:
            setting = replace(setting, default=setting.checked(kind.name, present[setting.name]))
        values[setting.name] = _input(setting, f"{key}.{kind.name}.{setting.name}")
    within(values, identity.visitors().door.folders)
    return values


def _input(setting: Setting, key: str) -> Any:
    label = setting.label or setting.name.replace("_", " ")
    if setting.column:
        return _column_input(setting, label, key)
    if setting.choices:
        options = list(setting.choices)
        return st.selectbox(
            label,
            options,
            index=options.index(setting.default),
            key=key,
            help=setting.help,
            format_func=lambda choice: str(choice) or "none",
        )
    if setting.kind is bool:
        return st.toggle(label, value=bool(setting.default), key=key, help=setting.help)
    if setting.kind in (int, float):
        return _number_input(setting, label, key)
    return _text_input(setting, label, key)


def _column_input(setting: Setting, label: str, key: str) -> str:
    wanted = {"number": ("number", "flag"), "group": ("group", "flag")}.get(
        setting.column, ("number", "group", "flag", "date")
    )
    options = [name for name, column in data.columns().items() if column.kind in wanted and name != "doc_id"]
    default = str(setting.default)
    options = options if default in options else [default, *options]
    return str(st.selectbox(label, options, index=options.index(default), key=key, help=setting.help))


def _number_input(setting: Setting, label: str, key: str) -> Any:
    number = setting.kind
    low = None if setting.low is None else number(setting.low)
    high = None if setting.high is None else number(setting.high)
    default = None if setting.default is None else number(setting.default)
    step, shape = (1, "%d") if number is int else (max(abs(default or 1.0) / 10, 1e-6), "%g")
    return st.number_input(
        label, min_value=low, max_value=high, value=default, step=step, format=shape, key=key, help=setting.help
    )


def _shown(value: Any) -> str:
    """Write a default so that reading it back gives it again."""
    if isinstance(value, (tuple, list)):
        return ", ".join(map(str, value))
    if isinstance(value, Mapping):
        return json.dumps(dict(value), ensure_ascii=False) if value else ""
    return "" if value is None else str(value)


def _text_input(setting: Setting, label: str, key: str) -> Any:
    shown = _shown(setting.default)
    ask = st.text_area if setting.lines else st.text_input
    text = ask(label, shown, key=key, help=setting.help)
    if setting.kind is str:
        return text
    try:
        return setting.parse(text) if text or setting.optional else setting.default
    except SettingError as reason:
        st.error(plain(str(reason)))
        return setting.default
