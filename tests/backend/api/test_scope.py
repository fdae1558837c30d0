"""Which places a request may name: folders of the server, and addresses where nothing is kept apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from winnow.api.scope import allowed, within
from winnow.errors import AccessError, SettingError


def test_an_address_stays_an_address_and_is_nobodys_behind_a_password(tmp_path: Path) -> None:
    assert allowed("s3://bucket/corpus", None) == "s3://bucket/corpus"
    with pytest.raises(AccessError, match="outside of what people may name"):
        allowed("s3://bucket/corpus", (tmp_path,))
    with pytest.raises(SettingError, match="addresses begin with"):
        allowed("ftp://somewhere/x", None)


def test_a_path_is_whole_and_its_links_are_followed(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (inside / "link").symlink_to(outside)
    assert allowed(str(inside / "a"), (inside,)) == str(inside / "a")
    for path in (inside / "link" / "a", inside / ".." / "out"):
        with pytest.raises(AccessError):
            allowed(str(path), (inside,))


def test_settings_name_no_file_outside_the_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    (outside / "model").mkdir(parents=True)
    for folder in (inside, outside):
        (folder / "words.txt").write_text("word")
    told = {
        "column": "quality",
        "where": "a/b > 1",
        "steps": [{"file": str(inside / "words.txt")}],
        "text": "x" * 9999,
        "nul": "\0",
    }
    within(told, (inside,))
    within({"file": str(outside / "words.txt")}, None)
    monkeypatch.chdir(outside)
    for named in (str(outside / "words.txt"), "words.txt", "./model", str(outside / "model")):
        with pytest.raises(AccessError, match="outside of what people may name"):
            within({"settings": {"listed_words": ("a", {"file": named})}}, (inside,))
