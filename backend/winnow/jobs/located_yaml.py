"""YAML whose every value knows its line, and which says what it says: `no` is a word, a key stands once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import yaml

from winnow.errors import SettingError, nearest

Place = tuple[str | int, ...]
MOST = 20_000
"""Values in one file at most: aliases can make millions out of a few lines."""


class _Loader(yaml.SafeLoader):
    """Reads only true and false as truth values, 1e9 as a number, and dates as text."""


_Loader.yaml_implicit_resolvers = {
    letter: [(tag, shape) for tag, shape in found if tag.rsplit(":")[-1] not in ("bool", "timestamp", "int", "float")]
    for letter, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_WHOLE = r"[-+]?(?:0|[1-9][0-9]*)"
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(?:true|false)\Z"), list("tf"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(rf"{_WHOLE}\Z"), list("-+0123456789"))
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(rf"(?:{_WHOLE}(?:\.[0-9]*)?|[-+]?\.[0-9]+)(?:[eE][-+]?[0-9]+)?\Z"),
    list("-+.0123456789"),
)


class _Dumper(yaml.SafeDumper):
    """Writes every value out, and texts of several lines as such."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_BREAKS = set("\r\x85\u2028\u2029")
"""What YAML takes for the end of a line, and would read back as another."""


def _write_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    if not _BREAKS.isdisjoint(text) or _looks_otherwise(text):
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _looks_otherwise(text: str) -> bool:
    """Return whether this loader would take a text for a number or a truth value if it stood without quotes."""
    shapes = _Loader.yaml_implicit_resolvers.get(text[:1], [])
    return any(shape.fullmatch(text) for _, shape in shapes)


_Dumper.add_representer(str, _write_text)


def write_yaml(value: Mapping[str, Any]) -> str:
    """Return the text of a mapping, keys in their order, small lists and tables on one line."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=None, width=100)


@dataclass(frozen=True)
class Located:
    """A value read from a file, and the line on which each part of it stands, by its place: ("select", 0, "method")."""

    file: str
    value: Any
    lines: Mapping[Place, int]

    def at(self, place: Place) -> str:
        """Say where a place is: "best.yaml, line 7"."""
        while place and place not in self.lines:
            place = place[:-1]
        return f"{self.file}, line {self.lines.get(place, 1)}"

    def get(self, place: Place) -> Any:
        value = self.value
        for step in place:
            value = value[step]
        return value

    def mapping(self, place: Place, known: Iterable[str] | None = None) -> dict[str, Any]:
        """Return a table whose keys are all known; raises SettingError naming the line and the nearest key."""
        value = self.get(place)
        if not isinstance(value, dict):
            raise SettingError(f"{self.at(place)}: {_name(place)} is a table of keys", f"found {value!r}", "KEY: VALUE")
        for key in value if known is not None else ():
            if key not in (names := list(known or ())):
                raise SettingError(
                    f"{self.at((*place, key))}: {_name(place)} has no key '{key}'", "", nearest(key, names)
                )
        return value

    def items(self, place: Place) -> list[Any]:
        """Return a list; raises SettingError naming the line."""
        value = self.get(place)
        if not isinstance(value, list):
            raise SettingError(f"{self.at(place)}: {_name(place)} is a list", f"found {value!r}", "- FIRST")
        return value

    @contextmanager
    def faults_at(self, place: Place, setting: str = "") -> Iterator[None]:
        """Say the line in a SettingError that is raised inside: that of a setting which the message names, if any."""
        try:
            yield
        except SettingError as reason:
            named = re.findall(r"[\w.-]+", reason.needs)
            table = self.get(place)
            keys = [word for word in named if isinstance(table, dict) and word in table and word != "method"]
            where = self.at((*place, keys[-1]) if keys else place)
            raise SettingError(f"{where}: {reason.needs}", reason.found, reason.fix) from reason


def _name(place: Place) -> str:
    words = [str(step) for step in place if isinstance(step, str)]
    return words[-1] if words else "a recipe"


def read_yaml(text: str, file: str) -> Located:
    """Read one document; raises SettingError naming the line of what is no YAML, or of a key that stands twice."""
    loader = _Loader("")
    lines: dict[Place, int] = {}
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        value = {} if node is None else _value(loader, node, (), lines, file)
    except yaml.MarkedYAMLError as reason:
        mark = reason.problem_mark or reason.context_mark
        line = mark.line + 1 if mark else 1
        fix = "indent with blanks, and put texts with : or # in quotation marks"
        raise SettingError(f"{file}, line {line} is no YAML", str(reason.problem or reason.context), fix) from reason
    except yaml.YAMLError as reason:
        raise SettingError(f"{file} is no YAML", str(reason).splitlines()[0], "save it as text in UTF-8") from reason
    finally:
        loader.dispose()
    return Located(file, value, lines)


def _value(loader: _Loader, node: yaml.Node, place: Place, lines: dict[Place, int], file: str) -> Any:
    lines.setdefault(place, node.start_mark.line + 1)
    if len(lines) > MOST:
        raise SettingError(f"{file} holds more than {MOST:,} values", "", "write it without aliases")
    if isinstance(node, yaml.SequenceNode):
        return [_value(loader, child, (*place, turn), lines, file) for turn, child in enumerate(node.value)]
    if not isinstance(node, yaml.MappingNode):
        return loader.construct_object(node)
    found: dict[str, Any] = {}
    for key, child in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise SettingError(f"{file}, line {line}: a key is a word", "found a list or a table", "KEY: VALUE")
        if key.value in found:
            first = lines[(*place, key.value)]
            raise SettingError(
                f"{file}, line {line}: '{key.value}' stands twice", f"first in line {first}", "take one away"
            )
        lines[(*place, key.value)] = line
        found[key.value] = _value(loader, child, (*place, key.value), lines, file)
    return found
