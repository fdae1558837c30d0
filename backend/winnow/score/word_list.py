"""Lists of words that people bring, one a line."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path

from winnow.errors import SettingError


@dataclass(frozen=True)
class Listed:
    """A list's single words and its phrases of several, in lower case and in order."""

    words: tuple[str, ...]
    phrases: tuple[str, ...]

    @staticmethod
    def pattern(entries: tuple[str, ...]) -> str:
        """Return an RE2 pattern that finds any of the entries, literally."""
        return "|".join(re.sub(r"([^\w\s])", r"\\\1", entry) for entry in entries)


@functools.lru_cache(maxsize=4)
def read_words(who: str, path: str, setting: str = "bad_words") -> Listed:
    """Read a list; raises SettingError when there is none."""
    try:
        lines = Path(path).read_text(encoding="utf-8").lower().splitlines()
    except (OSError, UnicodeDecodeError) as reason:
        raise SettingError(f"{who} needs a list of words at '{path}'", str(reason), f"--set {setting}=PATH") from reason
    entries = tuple(dict.fromkeys(" ".join(line.split()) for line in lines if line.strip()))
    return Listed(
        tuple(entry for entry in entries if " " not in entry), tuple(entry for entry in entries if " " in entry)
    )
