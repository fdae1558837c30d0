from __future__ import annotations

import gzip
from pathlib import Path

import pytest
import zstandard

from winnow.errors import InputError
from winnow.ingest.streams import BLOCK_BYTES, ByteStream


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_what_is_packed_tightly_unpacks_in_bounded_steps(pack, tmp_path: Path) -> None:
    path = tmp_path / "a"
    size = 100_000_000
    path.write_bytes(pack(b"\0" * size))
    stream = ByteStream(path)
    sizes = [len(block) for block in stream]
    assert sum(sizes) == size
    assert max(sizes) < 5 * BLOCK_BYTES
    assert stream.damage == ""
    assert stream.position == path.stat().st_size


def test_a_suffix_may_lie(tmp_path: Path) -> None:
    path = tmp_path / "plain.gz"
    path.write_bytes(b"plain")
    assert b"".join(ByteStream(path)) == b"plain"


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no"):
        list(ByteStream(tmp_path / "absent"))
    with pytest.raises(InputError, match="directory"):
        list(ByteStream(tmp_path))
