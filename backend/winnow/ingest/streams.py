"""The bytes of a file in blocks, decompressed on the way, with a damaged end told apart from a true end."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

import zstandard

from winnow.errors import InputError

BLOCK_BYTES = 8 << 20
COMPRESSED = ("", ".gz", ".zst", ".zstd", ".bz2", ".xz")
"""What may follow a suffix; the bytes themselves decide, so a wrong suffix does no harm."""

_LARGEST_STEP = 8 << 10  # four bytes of zstd can stand for 128 KB, so even one step of 8 KB could fill 256 MB
_SMALLEST_STEP = 256


class _Decoder(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


_MAGIC: tuple[tuple[bytes, str, Callable[[], _Decoder]], ...] = (
    (b"\x1f\x8b", "gzip", lambda: zlib.decompressobj(31)),
    (b"\x28\xb5\x2f\xfd", "zstd", lambda: zstandard.ZstdDecompressor(max_window_size=1 << 31).decompressobj()),
    (b"BZh", "bzip2", bz2.BZ2Decompressor),
    (b"\xfd7zXZ\x00", "xz", lzma.LZMADecompressor),
)
_BROKEN = (zlib.error, zstandard.ZstdError, lzma.LZMAError, OSError, EOFError, ValueError)


class ByteStream:
    """Blocks of about 8 MB of a plain, gzip, zstd, bzip2 or xz file.

    After the last block `damage` says in words what cut the file short, or is empty. `position` counts bytes of the
    file itself, before decompression. Raises InputError when the file cannot be opened or nothing in it can be read,
    or when it should be text and is UTF-16.
    """

    def __init__(self, path: Path, *, text: bool = True) -> None:
        self.path = path
        self._text = text
        self.position = 0
        self.damage = ""

    def __iter__(self) -> Iterator[bytes]:
        with open_file(self.path) as file:
            head = file.read(8)
            file.seek(0)
            found = next((entry for entry in _MAGIC if head.startswith(entry[0])), None)
            blocks = self._plain(file) if found is None else self._decoded(file, found[1], found[2])
            empty = True
            for block in blocks:
                if empty and self._text:
                    block = self._without_mark(block)
                empty = False
                yield block
        if empty and self.damage:
            raise InputError(
                f"a readable file is needed: {self.path}",
                f"nothing in it can be read ({self.damage})",
                "fetch it again",
            )

    def _without_mark(self, block: bytes) -> bytes:
        if block.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise InputError(
                f"text in UTF-8 is needed: {self.path}",
                "found UTF-16",
                f"iconv -f UTF-16 -t UTF-8 {self.path.name} > converted",
            )
        return block.removeprefix(b"\xef\xbb\xbf")

    def _plain(self, file: BinaryIO) -> Iterator[bytes]:
        try:
            while block := file.read(BLOCK_BYTES):
                self.position += len(block)
                yield block
        except OSError as reason:
            self.damage = f"the disk cannot be read: {reason}"

    def _decoded(self, file: BinaryIO, kind: str, decoder: Callable[[], _Decoder]) -> Iterator[bytes]:
        held: list[bytes] = []
        size = 0
        pieces = self._pieces(file, decoder)
        while True:
            try:
                piece = next(pieces, None)
            except _BROKEN as reason:
                self.damage = f"damaged {kind} data: {reason}"
                piece = None
            if piece is None:
                break
            held.append(piece)
            size += len(piece)
            if size >= BLOCK_BYTES:
                yield b"".join(held)
                held, size = [], 0
        if size:
            yield b"".join(held)

    def _pieces(self, file: BinaryIO, decoder: Callable[[], _Decoder]) -> Iterator[bytes]:
        """Feed small steps, smaller where little input makes much output, so that one step stays near a megabyte."""
        step = _SMALLEST_STEP
        frame: _Decoder | None = None
        rest = b""
        while data := rest or file.read(step):
            self.position += 0 if rest else len(data)
            if frame is None:
                if not data.strip(b"\0"):  # gzip allows zeros as padding after the last member
                    rest = b""
                    continue
                frame = decoder()
            piece = frame.decompress(data)
            rest = b""
            if frame.eof:
                rest, frame = frame.unused_data, None
            wanted = step * (1 << 20) // max(len(piece), 1)
            step = max(_SMALLEST_STEP, min(_LARGEST_STEP, 2 * step, wanted))
            if piece:
                yield piece
        if frame is not None:
            raise EOFError("the file ends too early")


def open_file(path: Path) -> BinaryIO:
    """Open a file for reading; raises InputError with the cause."""
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise InputError("a file to read is needed", f"there is no {path}", "check the path") from None
    except OSError as reason:
        raise InputError(f"a readable file is needed: {path}", str(reason.strerror), "check its permissions") from None
