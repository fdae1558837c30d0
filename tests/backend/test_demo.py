"""The demo's own documents are fit to publish, and the assembled corpus is the same on every call."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import zstandard

from winnow.demo import Installed, build, written
from winnow.demo.assemble import draw
from winnow.demo.document import LONGEST, of_package, without_people
from winnow.errors import InputError
from winnow.ingest.jsonl import JsonLines

Row = dict[str, Any]

LANGUAGES = {
    "german": {"und", "der", "die", "nicht", "ist", "das"},
    "french": {"les", "des", "est", "une", "vous", "pas", "qui"},
    "spanish": {"los", "las", "una", "que", "del", "por", "con"},
    "portuguese": {"não", "uma", "os", "da", "mais", "ao", "um", "do"},
    "italian": {"il", "che", "di", "è", "gli", "della", "si"},
}
SCRIPTS = {"chinese": r"[一-鿿]", "russian": r"[а-яё]", "arabic": r"[ء-ي]", "hindi": r"[ऀ-ॿ]"}
IBANS = ("DE89 3704 0044 0532 0130 00", "GB82 WEST 1234 5698 7654 32", "FR14 2004 1010 0505 0001 3M02 606")
EMAIL = re.compile(r"[\w.+-]+@([\w-]+(?:\.[\w-]+)+)")
RESERVED_HOST = re.compile(r"(?:^|\.)(?:example|example\.(?:com|org|net|test|invalid))$")
FICTIONAL = (
    r"\+1 \d{3}-555-01\d\d",
    r"01632 960\d{3}",
    r"07700 900\d{3}",
    r"\+44 20 7946 0\d{3}",
    r"030 23125 \d{3}",
    r"\+33 1 99 00 \d\d \d\d",
    r"06 39 98 \d\d \d\d",
)


def rows_of(path: Path) -> list[Row]:
    content = path.read_bytes()
    if path.suffix == ".zst":
        content = zstandard.decompress(content)
    return [json.loads(line) for line in content.decode().splitlines()]


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text.lower()))


def without_ibans(row: Row) -> str:
    """Take the well-known example account numbers out; what is left of any other one fails as a number."""
    return re.sub("|".join(IBANS), "", row["text"])


@pytest.fixture(scope="module")
def documents() -> dict[str, list[Row]]:
    return {path.stem: rows_of(path) for path in written.files() if path.name != written.BROKEN}


@pytest.fixture(scope="module")
def every(documents: dict[str, list[Row]]) -> list[Row]:
    return [row for rows in documents.values() for row in rows]


def test_enough_documents_of_enough_kinds(every: list[Row]) -> None:
    assert len(every) >= 300
    assert 400_000 <= sum(path.stat().st_size for path in written.files()) <= 700_000
    kinds = Counter(row["kind"] for row in every)
    at_least = {"web": 30, "forum": 25, "school": 25, "code": 25, "recipes": 15, "mathematics": 15, "news": 20}
    at_least |= {"boilerplate": 20, "spam": 20, "rude": 15, "personal": 12, "damaged": 20, "reviews": 20}
    at_least |= {"chat": 5, "letters": 5, "minutes": 5, "faq": 5, "interview": 5, "poems": 5, "encyclopedia": 10}
    assert not {kind: kinds[kind] for kind, least in at_least.items() if kinds[kind] < least}


def test_every_row_has_the_same_fields(every: list[Row]) -> None:
    fields = {"id", "text", "source", "url", "date", "kind", "topic", "author_kind", "rating"}
    assert {frozenset(row) for row in every} == {frozenset(fields)}
    assert len({row["id"] for row in every}) == len(every)
    assert all(row["text"].strip() for row in every)
    assert {row["rating"] for row in every} <= {None, 1, 2, 3, 4, 5}


def test_dates_span_the_years(every: list[Row]) -> None:
    years = {date.fromisoformat(row["date"]).year for row in every}
    assert set(range(2009, 2025)) <= years <= set(range(2009, 2026))


def test_lengths_reach_from_one_line_to_eight_kilobytes(every: list[Row]) -> None:
    sizes = [len(row["text"].encode()) for row in every]
    assert min(sizes) < 10
    assert 7_500 <= max(sizes) <= 9_000


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_of_each_latin_language(documents: dict[str, list[Row]], language: str) -> None:
    long = [row["text"] for row in documents[language] if len(row["text"]) >= 200]
    counted = words(" ".join(long))
    share = {name: sum(counted[word] for word in common) for name, common in LANGUAGES.items()}
    assert len(long) >= 8
    assert max(share, key=lambda name: share[name]) == language


@pytest.mark.parametrize(("language", "least"), [("chinese", 8), ("russian", 8), ("arabic", 8), ("hindi", 4)])
def test_script_of_each_other_language(documents: dict[str, list[Row]], language: str, least: int) -> None:
    letters = [len(re.findall(SCRIPTS[language], row["text"].lower())) for row in documents[language]]
    assert sum(count >= 90 for count in letters) >= least


def test_addresses_are_reserved_for_examples(every: list[Row]) -> None:
    for row in every:
        hosts = [row["source"], *EMAIL.findall(row["text"])]
        hosts += re.findall(r"https?://([\w.-]+)", row["text"] + " " + (row["url"] or ""))
        assert all(RESERVED_HOST.search(host) for host in hosts), (row["id"], hosts)


def test_telephone_numbers_are_fictional(every: list[Row]) -> None:
    candidate = re.compile(
        r"(?<![\d.,\-/:])(?:\+\d{1,3}[ -]\d[\d -]{6,}\d|0\d{2,4} \d[\d ]{4,}\d|\d{3}-\d{3}-\d{4})(?!\d)"
    )
    found = [number for row in every for number in candidate.findall(without_ibans(row))]
    assert len(found) >= 20
    assert not [number for number in found if not any(re.fullmatch(form, number) for form in FICTIONAL)]


def test_card_numbers_and_ip_addresses_are_for_documentation(every: list[Row]) -> None:
    text = "\n".join(without_ibans(row) for row in every)
    assert set(re.findall(r"\b\d{4} \d{4} \d{4} \d{4}\b", text)) == {"4111 1111 1111 1111", "5555 5555 5555 4444"}
    networks = {number.rpartition(".")[0] for number in re.findall(r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b", text)}
    assert networks == {"192.0.2", "198.51.100", "203.0.113"}


def test_no_text_is_written_twice_unless_as_a_duplicate(documents: dict[str, list[Row]]) -> None:
    originals = [" ".join(row["text"].split()) for stem in documents if stem != "duplicates" for row in documents[stem]]
    assert len(set(originals)) == len(originals)
    copies = [row["text"] for row in documents["duplicates"]]
    exact = [text for text in copies if " ".join(text.split()) in set(originals)]
    assert len(exact) >= 10
    assert len(copies) - len(exact) >= 30


def test_damage_can_be_seen(documents: dict[str, list[Row]]) -> None:
    text = "\n".join(row["text"] for row in documents["damaged"])
    assert all(sign in text for sign in ("CafÃ©", "\ufffd", "&amp;amp;", "\u200b"))


def test_half_of_the_broken_file_is_rejected() -> None:
    batches = list(JsonLines().read(written.folder() / written.BROKEN))
    ids = [name for batch in batches for name in batch.documents.column("id").to_pylist()]
    assert [name for name, times in Counter(ids).items() if times > 1] == ["broken-002"]
    assert len(set(ids)) == 10
    assert len({rejected.reason for batch in batches for rejected in batch.rejected}) >= 8


# ---------------------------------------------------------------------------------------------------------------------


PROSE = "It says what the thing is for, in a sentence that is long enough to be kept by itself. " * 3


def module(*names: str) -> str:
    return "\n".join(f'def {name}():\n    """{name}: {PROSE}"""\n' for name in names)


@pytest.fixture
def installed(tmp_path: Path) -> Installed:
    """A standard library of thirty documentation strings, and a few small packages, some of them damaged."""
    library, site = tmp_path / "lib", tmp_path / "site"
    for folder in (
        library / "test",
        site / "numpy" / "tests",
        site / "winnow",
        site / "demo-1.0.dist-info" / "licenses",
    ):
        folder.mkdir(parents=True)
    for number in range(10):
        (library / f"m{number}.py").write_text(module("one", "two", "three"))
    (library / "test" / "__init__.py").write_text(module("never"))
    (site / "numpy" / "__init__.py").write_text(
        f'"""{PROSE}"""\nclass Array:\n    def norm(self):\n        """{PROSE}"""\n'
    )
    (site / "numpy" / "tests" / "__init__.py").write_text(module("never"))
    (site / "numpy" / "cut.py").write_text("def broken(:\n")
    (site / "numpy" / "latin.py").write_bytes(b'"""caf\xe9 ' + PROSE.encode() + b'"""')
    (site / "numpy" / "empty.py").symlink_to(tmp_path / "gone.py")
    (site / "winnow" / "__init__.py").write_text(module("never"))
    info = site / "demo-1.0.dist-info"
    info.joinpath("METADATA").write_text(
        f"Name: demo\nAuthor-email: a.person@mail.test\n\nDemo. {PROSE}\nAsk a@mail.test."
    )
    info.joinpath("licenses", "LICENSE").write_text(f"Copyright (c) 2019 A Person\n\n{PROSE}")
    info.joinpath("licenses", "COPYING").write_bytes(b"\xff\xfe\xff")
    return Installed(library, (site,))


def test_same_files_on_every_call(installed: Installed, tmp_path: Path) -> None:
    first = build(tmp_path / "first", installed=installed)
    again = build(tmp_path / "again", installed=installed)
    assert [path.name for path in first] == [path.name for path in again]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
    assert sorted(path.name for path in (tmp_path / "first").iterdir()) == sorted(path.name for path in first)


def test_damaged_files_and_tests_are_passed_over(installed: Installed, tmp_path: Path) -> None:
    drawn = draw(installed, 1_000)
    assert {row.id for row in drawn["numpy"]} == {"python://numpy", "python://numpy.Array.norm"}
    assert len(drawn["python standard library"]) == 30
    assert set(drawn) == {"numpy", "python standard library"}


def test_what_one_source_lacks_comes_from_another(installed: Installed) -> None:
    # numpy holds 2 of the 7 that its weight asks for (20 * 0.13 / 0.39), the library gives the other 18
    drawn = draw(installed, 20)
    assert {source: len(rows) for source, rows in drawn.items()} == {"python standard library": 18, "numpy": 2}


def test_package_files_name_nobody(installed: Installed, tmp_path: Path) -> None:
    paths = {path.name: path for path in build(tmp_path / "out", installed=installed)}
    rows = {row["kind"]: row for row in rows_of(paths["package-files.jsonl.zst"])}
    assert rows["licence"]["text"].startswith("Copyright (c) 2019\n")
    assert rows["readme"]["text"].endswith("Ask name@example.org.")
    assert set(rows) == {"licence", "readme"}
    assert "Person" not in json.dumps(list(rows.values()))


def test_progress_runs_from_nothing_to_all(installed: Installed, tmp_path: Path) -> None:
    seen: list[float] = []
    build(tmp_path, lambda share, note: seen.append(share), installed=installed)
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Write to jane.doe@mail.test now", "Write to name@example.org now"),
        ("jane <at> mail.test", "name@example.org"),
        ("help@example.com stays", "help@example.com stays"),
        ("Author: Jane Doe\nA module.", "A module."),
        ("Copyright 2001-2019, Jane Doe and others\nFree.", "Copyright 2001-2019\nFree."),
        ("(c) 2007 Jane Doe", "(c) 2007"),
        ("the copyright notice and this list", "the copyright notice and this list"),
        ("Modified by Jane Q. Doe in spring", "Modified by the authors in spring"),
        ("Call +44 1234 567 8901", "Call +1 555-0100"),
        ("x = [+1.5, +2.25]; y @ z", "x = [+1.5, +2.25]; y @ z"),
        ("lone \ud800 and nul \0", "lone ? and nul"),
    ],
)
def test_people_are_left_out(text: str, clean: str) -> None:
    assert without_people(text) == clean


def test_long_and_empty_texts_are_left_out() -> None:
    assert of_package("a", "x" * LONGEST, "numpy", "docstring") is not None
    assert of_package("a", "x" * (LONGEST + 1), "numpy", "docstring") is None
    assert of_package("a", " \n", "numpy", "docstring") is None


def test_a_wheel_carries_the_documents_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(written, "_PACKAGE", tmp_path / "site" / "packages" / "winnow")
    with pytest.raises(InputError, match="assets/demo"):
        written.folder()
    carried = tmp_path / "site" / "packages" / "winnow" / "demo_documents"
    carried.mkdir(parents=True)
    (carried / written.BROKEN).touch()
    assert written.folder() == carried


def test_this_machine_yields_about_seven_thousand(tmp_path: Path) -> None:
    paths = build(tmp_path)
    rows = [row for path in paths if path.name != written.BROKEN for row in rows_of(path)]
    assert 6_500 <= len(rows) <= 7_500
    assert len({row["id"] for row in rows}) == len(rows)
    assert max(len(row["text"].encode()) for row in rows) <= LONGEST
    assert {"python standard library", "numpy", "pandas", "torch"} <= {row["source"] for row in rows}
    hosts = {host for row in rows for host in EMAIL.findall(row["text"]) if re.search(r"\.[A-Za-z]{2,}$", host)}
    assert not [host for host in hosts if not RESERVED_HOST.search(host)]
    assert not any(name.endswith(".partial") for name in os.listdir(tmp_path))
