"""Files elsewhere: s3://, gs://, hf:// and http(s):// addresses, found, fetched and sent with retries.

S3 and Google storage through pyarrow, the Hugging Face Hub through huggingface_hub, plain servers through urllib3. Keys come
from where their own tools look for them: the environment and the files in the home folder. AWS_ENDPOINT_URL names another
S3 server, AWS_NO_SIGN_REQUEST=YES reads public buckets without keys; STORAGE_EMULATOR_HOST names another server that
speaks Google's protocol, without keys; HF_ENDPOINT names a mirror of the Hub.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from winnow.errors import InputError, MissingNeed, SettingError, WinnowError
from winnow.method import require

OBJECT_SCHEMES = ("s3", "gs", "gcs", "hf")
SCHEMES = (*OBJECT_SCHEMES, "http", "https")
BLOCK_BYTES = 8 << 20
ATTEMPTS = 4
FIRST_WAIT = 0.5
"""Seconds before the second attempt; each later wait is twice as long."""

_MAGIC = re.compile(r"[*?\[]")
_NOWHERE = ("NO_SUCH_BUCKET", "NoSuchBucket", "does not exist", "RepositoryNotFound", "404", "RESOURCE_NOT_FOUND")
_REFUSED = (
    "ACCESS_DENIED", "403", "401", "INVALID_ACCESS_KEY", "INVALID_CLIENT", "SIGNATURE", "UNRECOGNIZED_CLIENT",
    "credential", "Credential", "Unauthorized", "Permission denied", "GatedRepo", "OAuth2 access token",
)  # fmt: skip
_KEYS = {
    "s3": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE; AWS_NO_SIGN_REQUEST=YES for a public bucket",
    "gs": "set GOOGLE_APPLICATION_CREDENTIALS to a key file, or run `gcloud auth application-default login`",
    "hf": "run `hf auth login`, or set HF_TOKEN",
}
Result = TypeVar("Result")


@dataclass(frozen=True)
class Remote:
    """A file elsewhere: its address, its size in bytes (-1: unknown) and what changes when its content does."""

    address: str
    size: int
    stamp: str

    @property
    def name(self) -> str:
        """Return the last part of the address as a name for a local file, which leads nowhere else whatever it holds."""
        path = unquote(urlsplit(self.address).path) if self.address.startswith("http") else self.address
        last = path.rstrip("/").rpartition("/")[2]
        return last if last not in ("", ".", "..") and "\0" not in last else "index.html"


def is_remote(path: str | Path) -> bool:
    """Whether a path is an address elsewhere; raises SettingError for one that nothing here speaks."""
    scheme, mark, _ = str(path).partition("://")
    if not mark or not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]+", scheme):
        return False
    if scheme not in SCHEMES:
        raise SettingError(
            f"addresses begin with {', '.join(SCHEMES)}", f"found {scheme}://", "copy the file here first"
        )
    return True


def located(path: str | Path) -> str:
    """Return an address as it is, and a path as an absolute one."""
    return str(path) if is_remote(path) else os.path.abspath(path)


def find(address: str) -> list[Remote]:
    """Return the files of an address, a pattern (*, ?, **) or all below a folder, in order; raises InputError, MissingNeed."""
    if address.startswith(("http://", "https://")):
        return [_head(address)]
    scheme, path = _parts(address)
    magic = _MAGIC.search(path)
    base = path[: magic.start()].rpartition("/")[0] if magic else path
    found = listing(f"{scheme}://{base}")
    if base != path:
        pattern = re.compile(_translated(path))
        found = [one for one in found if pattern.fullmatch(_parts(one.address)[1])]
    if not found:
        raise InputError(
            "files to read are needed", f"nothing is found at {address}", "check the address, and quote it"
        )
    return found


def listing(address: str) -> list[Remote]:
    """Return every file below an address, or the file itself; none when there is none."""
    from pyarrow import fs

    scheme, path = _parts(address)

    def look() -> list[Remote]:
        filesystem = _filesystem(scheme, path)
        about = filesystem.get_file_info(path)
        if about.type == fs.FileType.File:
            return [_remote(scheme, about, filesystem)]
        selector = fs.FileSelector(path, recursive=True, allow_not_found="/" in path)
        files = [one for one in filesystem.get_file_info(selector) if one.type == fs.FileType.File]
        found = [_remote(scheme, one, filesystem) for one in files]
        bucket = path.partition("/")[0]
        if not found and scheme == "hf":
            _check_repository(path)
        elif not found and filesystem.get_file_info(bucket).type == fs.FileType.NotFound:
            raise FileNotFoundError(f"bucket {bucket}")
        return found

    return sorted(_tried(look, address), key=lambda one: one.address)


def fetch(remote: Remote, local: Path) -> None:
    """Copy a file here, going on where a broken connection left it; raises InputError, MissingNeed."""
    done = 0
    with local.open("wb") as file:
        for block in _blocks(remote):
            file.write(block)
            done += len(block)
    if remote.size >= 0 and done != remote.size:
        raise InputError(
            f"all of {remote.address} is needed", f"{done:,} of {remote.size:,} bytes came", "fetch it again"
        )


def send(local: Path, address: str) -> None:
    """Copy a file there, whole or not at all; raises InputError, MissingNeed."""
    scheme, path = _parts(address)

    def copy() -> None:
        filesystem = _filesystem(scheme, path)
        with local.open("rb") as file, filesystem.open_output_stream(path) as stream:
            while block := file.read(BLOCK_BYTES):
                stream.write(block)
        size = filesystem.get_file_info(path).size
        if size is not None and size != local.stat().st_size:
            raise OSError(f"{size:,} of {local.stat().st_size:,} bytes arrived")

    _tried(copy, address)


def check_writable(address: str) -> None:
    """Raise SettingError when files cannot be sent to an address at all, MissingNeed without keys that are surely needed."""
    scheme = address.partition("://")[0]
    if scheme not in OBJECT_SCHEMES:
        raise SettingError(
            f"files are sent to {', '.join(OBJECT_SCHEMES)} addresses", f"found {scheme}://", "export here"
        )
    # Anybody may read public files of the Hub, and nobody may write without a token.
    if scheme == "hf" and not require("an hf:// address", "the Hub's files", "huggingface_hub").get_token():
        raise MissingNeed(f"{address} needs credentials", "no token is set", _KEYS["hf"])


def _blocks(remote: Remote) -> Iterator[bytes]:
    if remote.address.startswith(("http://", "https://")):
        yield from _from_server(remote)
        return
    scheme, path = _parts(remote.address)
    place, opened = 0, None
    while remote.size < 0 or place < remote.size:

        def read(at: int = place) -> bytes:
            nonlocal opened
            try:
                if opened is None:
                    opened = _filesystem(scheme, path).open_input_file(path)
                    opened.seek(at)
                return bytes(opened.read(BLOCK_BYTES))
            except OSError:
                opened = None  # the next attempt begins with a new connection
                raise

        block = _tried(read, remote.address)
        if not block:
            return
        place += len(block)
        yield block


def _head(address: str) -> Remote:
    with _asked("HEAD", address) as answer:
        size = answer.headers.get("Content-Length", "")
        stamp = answer.headers.get("ETag") or answer.headers.get("Last-Modified") or ""
        return Remote(address, int(size) if size.isdigit() else -1, stamp)


def _from_server(remote: Remote) -> Iterator[bytes]:
    """Yield the body of an answer; a connection that breaks is asked for the rest."""
    import urllib3

    place, attempts = 0, 0
    while True:
        try:
            with _asked("GET", remote.address, {"Range": f"bytes={place}-"} if place else {}) as answer:
                if place and answer.status != 206:
                    raise InputError(
                        f"{remote.address} broke off", "the server cannot go on in the middle", "try again"
                    )
                for block in answer.stream(BLOCK_BYTES, decode_content=False):
                    place += len(block)
                    attempts = 0
                    yield block
            return
        except (urllib3.exceptions.HTTPError, OSError) as reason:
            attempts += 1
            if attempts == ATTEMPTS:
                raise _explained(reason, remote.address) from reason
            time.sleep(FIRST_WAIT * 2 ** (attempts - 1))


@contextmanager
def _asked(verb: str, address: str, headers: dict[str, str] | None = None) -> Iterator[Any]:
    import urllib3

    retries = urllib3.Retry(ATTEMPTS - 1, backoff_factor=FIRST_WAIT, status_forcelist=(429, 500, 502, 503, 504))
    try:
        pool = urllib3.PoolManager(retries=retries, timeout=urllib3.Timeout(connect=10, read=60))
        answer = pool.request(verb, address, headers=headers, preload_content=False)
    except urllib3.exceptions.HTTPError as reason:
        raise _explained(reason, address) from reason
    try:
        if answer.status >= 400:
            raise _explained(OSError(f"the server answers {answer.status} {answer.reason}"), address)
        yield answer
    finally:
        answer.release_conn()


def _filesystem(scheme: str, path: str) -> Any:
    from pyarrow import fs

    if scheme == "s3":
        return fs.S3FileSystem(**_s3_options(path.partition("/")[0]))
    if scheme == "gs":
        return fs.GcsFileSystem(**_google_options())
    hub = require("an hf:// address", "the Hub's files", "huggingface_hub")
    return fs.PyFileSystem(fs.FSSpecHandler(hub.HfFileSystem(skip_instance_cache=True)))


def _check_repository(path: str) -> None:
    """Raise what the Hub says of the repository of a path: pyarrow tells only that nothing is there."""
    from huggingface_hub import HfFileSystem

    try:
        HfFileSystem(skip_instance_cache=True).resolve_path(path)
    except FileNotFoundError as reason:
        # Without the right token the Hub says of a private repository that there is none, with the status 401.
        raise reason.__cause__ or reason from None


def _google_options() -> dict[str, Any]:
    # Google's client tries for a quarter of an hour otherwise, also where there are no keys.
    options: dict[str, Any] = {"retry_time_limit": timedelta(seconds=5)}
    if emulator := os.environ.get("STORAGE_EMULATOR_HOST", ""):
        parts = urlsplit(emulator if "://" in emulator else f"http://{emulator}")
        options |= {"anonymous": True, "scheme": parts.scheme, "endpoint_override": parts.netloc}
    return options


def _s3_options(bucket: str) -> dict[str, Any]:
    from pyarrow import fs

    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    options: dict[str, Any] = {"connect_timeout": 10, "request_timeout": 60}
    options["retry_strategy"] = fs.AwsStandardS3RetryStrategy(max_attempts=1)  # we try again ourselves
    options["anonymous"] = os.environ.get("AWS_NO_SIGN_REQUEST", "").lower() in ("yes", "true", "1")
    if endpoint:
        parts = urlsplit(endpoint)
        options |= {"endpoint_override": parts.netloc or endpoint, "scheme": parts.scheme or "https"}
    # A bucket answers in its own region only; other servers take any name.
    options["region"] = region or ("us-east-1" if endpoint else fs.resolve_s3_region(bucket))
    return options


def _parts(address: str) -> tuple[str, str]:
    scheme, _, path = address.partition("://")
    path = path.strip("/")
    if not path:
        raise InputError(f"a {scheme}:// address names a bucket", f"found {address}", f"{scheme}://BUCKET/FOLDER")
    return "gs" if scheme == "gcs" else scheme, path


def _remote(scheme: str, about: Any, filesystem: Any) -> Remote:
    # The Hub tells no times, but a sum of each file's content.
    stamp = filesystem.handler.fs.info(about.path)["blob_id"] if scheme == "hf" else about.mtime_ns
    return Remote(f"{scheme}://{about.path}", -1 if about.size is None else int(about.size), str(stamp))


def _translated(pattern: str) -> str:
    """Return a pattern of paths as a regular expression: * and ? stay within a folder, ** does not."""
    parts = re.split(r"(\*\*/?|\*|\?|\[[^\]]*\])", pattern)
    known = {"*": "[^/]*", "?": "[^/]", "**": ".*", "**/": "(?:.*/)?"}
    return "".join(known.get(part, part if part.startswith("[") else re.escape(part)) for part in parts)


def _tried(action: Callable[[], Result], address: str) -> Result:
    """Do something that a network may spoil, a few times; raises InputError or MissingNeed with the cause."""
    wait = FIRST_WAIT
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return action()
        except WinnowError:
            raise
        except Exception as reason:
            explained = _explained(reason, address)
            if attempt == ATTEMPTS or not _may_pass(reason):
                raise explained from reason
        time.sleep(wait)
        wait *= 2
    raise AssertionError


def _may_pass(reason: Exception) -> bool:
    text = str(reason)
    return not isinstance(reason, (FileNotFoundError, PermissionError, ValueError)) and not any(
        mark in text for mark in (*_NOWHERE, *_REFUSED)
    )


def _explained(reason: Exception, address: str) -> WinnowError:
    """Return the one line that people need."""
    scheme, text = address.partition("://")[0], (str(reason).splitlines() or [type(reason).__name__])[0]
    text = text.partition(" (Request ID")[0][:300]
    kind = type(reason).__name__
    if any(mark in text or mark in kind for mark in _REFUSED):
        keys = _KEYS.get("gs" if scheme == "gcs" else scheme, "ask whoever keeps it for access")
        return MissingNeed(f"{address} needs credentials", text, keys)
    if isinstance(reason, FileNotFoundError) or any(mark in text or mark in kind for mark in _NOWHERE):
        return InputError(f"{address} is needed", f"there is no such bucket or file ({text})", "check the address")
    return InputError(f"{address} cannot be reached", text, "check the network and the address, then run it again")
