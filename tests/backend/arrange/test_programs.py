"""The language of programs: what is read, what is a fault, what is done, and that nothing is evaluated."""

from __future__ import annotations

import pytest

from winnow.arrange.programs import LONGEST, execute, parse, removal

PAGE = "Home | About | Contact\nThe mill stands by the river.\nIt has ground flour since 1720.\nShare this page"


def done(program: str, text: str = PAGE) -> str | None:
    read = parse(program)
    assert not read.faults
    return execute(read, text)


def test_lines_go_by_number_both_ends_included() -> None:
    both = "remove_lines(line_start=0, line_end=0)\nremove_lines(line_start=3, line_end=3)"
    assert done(both) == "The mill stands by the river.\nIt has ground flour since 1720."
    assert done("remove_lines(2, 9999)") == "Home | About | Contact\nThe mill stands by the river."
    assert done("remove_lines(0, 3)") == ""


@pytest.mark.parametrize("program", ["keep_all()", "keep_chunk()", "keep_doc()", "```python\nkeep_all()\n```\n# fine"])
def test_a_program_may_keep_everything(program: str) -> None:
    assert done(program) == PAGE


def test_drop_wins() -> None:
    assert done("keep_all()\ndrop_doc()") is None


def test_replacements_hold_everywhere_and_come_before_removal() -> None:
    """Lines are numbered as they were: 0 is still the menu after the replacement."""
    program = "remove_lines(line_start=0, line_end=0)\nnormalize(source_str='the', target_str='a')"
    assert done(program, "the menu\nby the wheel and the sluice") == "by a wheel and a sluice"


def test_commas_and_equals_signs_inside_strings_are_text() -> None:
    """The released parser splits at "," and "=": it would ignore the first and replace every "a" by the second."""
    assert done('normalize(source_str="mill, river", target_str="x")', "a mill, river b") == "a x b"
    assert done('normalize(source_str="a=b", target_str="c")', "a a=b a") == "a c a"
    assert done(r'normalize("a\tb", "\"q\"")', "a\tb") == '"q"'


@pytest.mark.parametrize(
    "line",
    [
        "import os",
        "__import__('os').system('true')",
        "remove_lines(all=True)",
        "remove_lines(line_start=2, line_end=1)",
        "remove_lines(line_start=-1, line_end=1)",
        "remove_lines(0)",
        "remove_lines(0, 1, 2)",
        "remove_lines(line_start=0, line_start=1)",
        "remove_lines(0, 10**9)",
        "normalize('', 'x')",
        "normalize('a' 'b', 'x')",
        "normalize(f'{1}', 'x')",
        "normalize('a', open('b').read())",
        r"normalize('\x', 'x')",
        r"normalize('a\nb', 'x')",
        "drop_doc(True)",
        "drop",
        "(" * 5000,
        "remove_lines(" + "-" * 5000 + "1, 2)",
    ],
)
def test_anything_else_is_a_fault_and_no_operation(line: str) -> None:
    program = parse(line)
    assert program.operations == ()
    assert len(program.faults) == 1


def test_a_program_too_long_is_not_read() -> None:
    assert parse("keep_all()\n" * LONGEST).faults


def test_a_program_prints_as_it_is_read() -> None:
    told = "remove_lines(start=1, end=2)\nnormalize(source='it\\'s', target=\"a, b\")\nkeep_all()"
    program = parse(told)
    assert parse(str(program)) == program
    assert str(program).splitlines()[1] == """normalize(source_str="it's", target_str='a, b')"""


def test_removal_joins_neighbouring_lines() -> None:
    assert removal([1, 2, 3, 7]) == "remove_lines(line_start=1, line_end=3)\nremove_lines(line_start=7, line_end=7)"
    assert removal([]) == "keep_all()"
