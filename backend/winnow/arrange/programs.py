"""The language of small programs that clean a document, read by a strict grammar and never evaluated."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from itertools import pairwise

LONGEST = 64_000
"""Characters in a program at most; a longer one is not read."""

_CALL = re.compile(r"\s*(?P<name>[a-z_]+)\s*\((?P<arguments>.*)\)\s*;?\s*", re.DOTALL)
_STRING = r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'"
_ARGUMENT = re.compile(rf"\s*(?:(?P<key>[a-z_]+)\s*=\s*)?(?P<value>\d{{1,9}}|{_STRING})\s*")

ARGUMENTS = {
    "drop_doc": (),
    "keep_doc": (),
    "keep_chunk": (),
    "keep_all": (),
    "remove_lines": (("line_start", "start", int), ("line_end", "end", int)),
    "normalize": (("source_str", "source", str), ("target_str", "target", str)),
}
"""Operations and their arguments: the published name, a short one, and the type."""


@dataclass(frozen=True)
class Operation:
    """One call of a program: its name and its arguments in order."""

    name: str
    arguments: tuple[int | str, ...] = ()

    def __str__(self) -> str:
        names = [argument[0] for argument in ARGUMENTS[self.name]]
        told = (f"{name}={value!r}" for name, value in zip(names, self.arguments, strict=True))
        return f"{self.name}({', '.join(told)})"


@dataclass(frozen=True)
class Program:
    """The operations that could be read, and what is wrong with the others, a sentence each."""

    operations: tuple[Operation, ...]
    faults: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "\n".join(map(str, self.operations))


def parse(text: str) -> Program:
    """Read a program, one call a line; blank lines, comments and code fences are passed over.

    Arguments are whole numbers and quoted strings, by place or by name, so that a comma or "=" inside a string is text.
    Anything else (other names, expressions, a range that ends before it starts, an empty source, a new line within a
    replacement) is a fault and no operation.

    >>> str(parse("remove_lines(0, 2)").operations[0])
    'remove_lines(line_start=0, line_end=2)'
    """
    if len(text) > LONGEST:
        return Program((), (f"the program has {len(text):,} characters, more than {LONGEST:,}",))
    lines = (line.strip() for line in text.splitlines())
    calls = [line for line in lines if line and not line.startswith(("#", "```"))]
    read = [_operation(line) for line in calls]
    faults = tuple(found for found in read if isinstance(found, str))
    return Program(tuple(found for found in read if isinstance(found, Operation)), faults)


def _operation(line: str) -> Operation | str:
    call = _CALL.fullmatch(line)
    if call is None or call["name"] not in ARGUMENTS:
        return f"{line[:80]!r} is no operation"
    wanted = ARGUMENTS[call["name"]]
    given = _arguments(call["arguments"])
    if given is None or len(given) != len(wanted):
        return f"{line[:80]!r} has other arguments than {', '.join(name for name, _, _ in wanted) or 'none'}"
    values = []
    for place, (name, short, kind) in enumerate(wanted):
        matching = [value for key, value in given if key in (name, short)] or [given[place][1]] * (not given[place][0])
        if len(matching) != 1 or not isinstance(matching[0], kind):
            return f"{line[:80]!r} needs {name}, a {'number' if kind is int else 'string'}"
        values.append(matching[0])
    if call["name"] == "remove_lines" and int(values[1]) < int(values[0]):
        return f"{line[:80]!r} ends before it starts"
    if call["name"] == "normalize" and (not values[0] or "\n" in f"{values[0]}{values[1]}"):
        return f"{line[:80]!r} replaces nothing, or more than a line"
    return Operation(call["name"], tuple(values))


def _arguments(text: str) -> list[tuple[str, int | str]] | None:
    """Return (key or "", value) pairs, or None when there is anything but numbers and strings between commas."""
    found: list[tuple[str, int | str]] = []
    position = 0
    while text[position:].strip():
        argument = _ARGUMENT.match(text, position)
        if argument is None or (argument.end() < len(text) and text[argument.end()] != ","):
            return None
        value = argument["value"]
        try:
            found.append((argument["key"] or "", int(value) if value.isdigit() else str(ast.literal_eval(value))))
        except (SyntaxError, ValueError):  # an escape that is none, such as "\x"
            return None
        position = argument.end() + 1
    return found


def execute(program: Program, text: str) -> str | None:
    """Return the text after a program, None when it drops the document.

    Replacements come first and hold everywhere in the text; then lines go by their numbers in the text as it was, 0 the
    first, both ends included, ends past the last line cut.
    """
    names = {operation.name for operation in program.operations}
    if "drop_doc" in names:
        return None
    for operation in program.operations:
        if operation.name == "normalize":
            text = text.replace(str(operation.arguments[0]), str(operation.arguments[1]))
    ranges = [operation.arguments for operation in program.operations if operation.name == "remove_lines"]
    if not ranges:
        return text
    gone = {line for start, end in ranges for line in range(int(start), min(int(end), text.count("\n")) + 1)}
    return "\n".join(line for number, line in enumerate(text.split("\n")) if number not in gone)


def removal(lines: list[int]) -> str:
    """Return the program that removes lines, given in order; keep_all() when there are none.

    >>> removal([0, 1, 4])
    'remove_lines(line_start=0, line_end=1)\\nremove_lines(line_start=4, line_end=4)'
    """
    if not lines:
        return "keep_all()"
    breaks = [lines[0], *(line for before, line in pairwise(lines) if line > before + 1)]
    ends = [*(before for before, line in pairwise(lines) if line > before + 1), lines[-1]]
    return "\n".join(str(Operation("remove_lines", (start, end))) for start, end in zip(breaks, ends, strict=True))
