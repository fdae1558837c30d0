"""Which places a request may name: folders of the server, and addresses where nothing is kept apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from winnow.api.scope import allowed
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
