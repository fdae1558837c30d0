"""What every plug-in is, and how it is found.

A method (reader, scorer, embedder, selector, exporter) is a frozen dataclass of settings. Its settings draw the form in
the app, the flags on the command line and the row in the method table; its repr is its provenance.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib
import inspect
import json
import math
import numbers
import pkgutil
import types
import typing
from abc import ABC
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self, TypeVar

from winnow.errors import MissingNeed, SettingError, nearest


@dataclass(frozen=True)
class Paper:
    """A publication that defines a method."""

    title: str
    arxiv: str = ""
    year: int = 0

    @property
    def url(self) -> str:
        return f"https://arxiv.org/abs/{self.arxiv}" if self.arxiv else ""


@dataclass(frozen=True)
class Setting:
    """One setting of a method as people see it: in a form, a flag, a table."""

    name: str
    kind: type
    default: Any
    help: str
    low: float | None = None
    high: float | None = None
    choices: tuple[Any, ...] = ()
    column: str = ""
    lines: bool = False
    label: str = ""
    optional: bool = False

    def parse(self, text: str) -> Any:
        """Read a value from the command line's text; raises SettingError when it is no such value."""
        if self.optional and text.lower() in ("", "none"):
            return None
        try:
            if self.kind is bool:
                return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[text.lower()]
            if self.kind is dict:
                return _parse_table(text)
            if self.kind is tuple:
                return tuple(part.strip() for part in text.split(",") if part.strip())
            return self.kind(text)
        except (ValueError, KeyError):
            kind = _KINDS.get(self.kind, self.kind.__name__)
            raise SettingError(f"{self.name} is {kind}", f"found {text!r}", f"default: {self.default!r}") from None

    def checked(self, method: str, value: Any) -> Any:
        """Return the value in its own type (5 for 5.0, a tuple for a list); raises SettingError when it is not one."""
        if value is None and self.optional:
            return None
        value = self._typed(method, value)
        if self.choices and value not in self.choices:
            raise SettingError(
                f"{method}: {self.name} is one of {', '.join(repr(choice) for choice in self.choices)}",
                f"found {value!r}",
                nearest(str(value), map(str, self.choices)),
            )
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        if self.kind in (int, float) and not low <= value <= high:
            bounds = f"at least {low:g}" if self.high is None else f"in [{low:g}, {high:g}]"
            bounds = f"at most {high:g}" if self.low is None else bounds
            raise SettingError(f"{method}: {self.name} is {bounds}", f"found {value:g}", f"default: {self.default!r}")
        return value

    def _typed(self, method: str, value: Any) -> Any:
        if self.kind in (int, float):
            finite = isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(value)
            if finite and self.kind(value) == value:
                return self.kind(value)
        elif self.kind is tuple and isinstance(value, (list, tuple)):
            return tuple(value)
        elif self.kind is dict and isinstance(value, Mapping):
            return dict(value)
        elif self.kind not in (tuple, dict) and isinstance(value, self.kind):
            return value
        raise SettingError(
            f"{method}: {self.name} is {_KINDS.get(self.kind, self.kind.__name__)}",
            f"found {value!r}",
            f"default: {self.default!r}",
        )


_KINDS = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "a text",
    tuple: "a list, separated by commas",
    dict: "a table: name:number, name:number",
}


def _parse_table(text: str) -> dict[str, Any]:
    if text.lstrip().startswith("{"):
        table = json.loads(text)
        if not isinstance(table, dict):
            raise ValueError(text)
        return table
    pairs = (part.rsplit(":", 1) for part in text.split(",") if part.strip())
    return {key.strip(): float(value) for key, value in pairs}


def param(
    default: Any,
    help: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[Any, ...] = (),
    column: str = "",
    lines: bool = False,
    label: str = "",
) -> Any:
    """Declare a setting: its default, one sentence for people, and what values it takes.

    `column` marks a setting that names a column of the corpus: "number", "group" or "any"; `lines` one whose text has
    several lines. `label` is what a form calls it where its name is too short to be understood.
    """
    metadata = {
        "help": help,
        "low": low,
        "high": high,
        "choices": choices,
        "column": column,
        "lines": lines,
        "label": label,
    }
    if isinstance(default, (dict, list)):
        return field(default_factory=lambda: type(default)(default), metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Method(ABC):
    """A named, immutable set of settings."""

    name: ClassVar[str]
    paper: ClassVar[Paper | None] = None
    reconstruction: ClassVar[bool] = False

    def __post_init__(self) -> None:
        for setting in self.settings():
            value = setting.checked(type(self).name, getattr(self, setting.name))
            object.__setattr__(self, setting.name, value)

    def needs(self) -> frozenset[str]:
        """Name what must exist first: columns ("quality"), "vectors:<model>", "target"."""
        return frozenset()

    @property
    def recipe(self) -> dict[str, Any]:
        """Return {"method": name, **settings}; `from_recipe` inverts it."""
        return {"method": type(self).name, **{s.name: getattr(self, s.name) for s in self.settings()}}

    @classmethod
    @functools.cache
    def settings(cls) -> tuple[Setting, ...]:
        hints = typing.get_type_hints(cls)
        return tuple(_setting(item, hints[item.name]) for item in dataclasses.fields(cls))

    @classmethod
    def from_recipe(cls, recipe: Mapping[str, Any]) -> Self:
        """Build the method from its recipe; raises SettingError for another method's or an unknown setting."""
        if recipe.get("method", cls.name) != cls.name:
            raise SettingError(f"this is a recipe of '{recipe['method']}'", f"{cls.name} was asked to read it")
        values = {key: value for key, value in recipe.items() if key != "method"}
        return cls(**cls.check_names(values))

    @classmethod
    def from_text(cls, values: Mapping[str, str]) -> Self:
        """Build the method from `--set key=value` text."""
        known = {setting.name: setting for setting in cls.settings()}
        return cls(**{key: known[key].parse(text) for key, text in cls.check_names(values).items()})

    @classmethod
    def check_names(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        known = {setting.name for setting in cls.settings()}
        for key in values:
            if key not in known:
                raise SettingError(f"{cls.name} has no setting '{key}'", "", nearest(key, known))
        return dict(values)

    @classmethod
    def summary(cls) -> str:
        """Return the first sentence of the docstring."""
        return (inspect.getdoc(cls) or "").split("\n\n", 1)[0].replace("\n", " ")


def _setting(item: dataclasses.Field[Any], hint: Any) -> Setting:
    arms = typing.get_args(hint) if typing.get_origin(hint) in (typing.Union, types.UnionType) else (hint,)
    kinds = [arm for arm in arms if arm is not type(None)]
    kind = typing.get_origin(kinds[0]) or kinds[0]
    default = item.default if item.default is not dataclasses.MISSING else None
    if item.default_factory is not dataclasses.MISSING:
        default = item.default_factory()
    if kind in (Mapping, typing.Mapping) or kind.__name__ == "Mapping":
        kind = dict
    return Setting(name=item.name, kind=kind, default=default, optional=len(arms) > len(kinds), **item.metadata)


M = TypeVar("M", bound=Method)


def methods(kind: type[M]) -> dict[str, type[M]]:
    """Find every method of a kind by importing the files of its base's folder; nothing is registered by hand."""
    package_name = kind.__module__.rpartition(".")[0]
    _import_folder(package_name)
    found: dict[str, type[M]] = {}
    for candidate in _descendants(kind):
        inside = candidate.__module__.startswith(package_name + ".")
        if inside and "name" in vars(candidate) and not inspect.isabstract(candidate):
            other = found.get(candidate.name, candidate)
            if (other.__module__, other.__qualname__) != (candidate.__module__, candidate.__qualname__):
                raise RuntimeError(f"two methods are called '{candidate.name}': {other}, {candidate}")
            found[candidate.name] = candidate
    return dict(sorted(found.items()))


@functools.cache
def _import_folder(package_name: str) -> None:
    package = importlib.import_module(package_name)
    # Folders inside hold what methods use when they run, such as networks: looking for methods does not load them.
    for module in pkgutil.iter_modules(package.__path__, package_name + "."):
        importlib.import_module(module.name)


def method(kind: type[M], name: str) -> type[M]:
    """Return one method by name; raises SettingError with the nearest name."""
    found = methods(kind)
    if name not in found:
        raise SettingError(f"no {kind.__name__.lower()} is called '{name}'", "", nearest(name, found))
    return found[name]


def _descendants(kind: type[M]) -> list[type[M]]:
    return [leaf for child in kind.__subclasses__() for leaf in (child, *_descendants(child))]


def require(who: str, what: str, package: str, extra: str = "") -> types.ModuleType:
    """Import an optional package, or say which command installs it."""
    try:
        return importlib.import_module(package)
    except ImportError as reason:
        install = f"pip install 'winnow-workbench[{extra}]'" if extra else f"pip install {package}"
        raise MissingNeed(f"{who} needs {package} for {what}", str(reason), install) from reason
