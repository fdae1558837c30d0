"""Which files are a benchmark's test or validation split: what a target must not be, and what a corpus must not hold."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PurePath

TEST, VALIDATION, TRAIN = "test", "validation", "train"

_SPLITS = {
    **dict.fromkeys(("train", "training", "trn"), TRAIN),
    **dict.fromkeys(("test", "tst", "testing", "eval", "evaluation", "heldout", "holdout", "hidden"), TEST),
    **dict.fromkeys(("validation", "valid", "val", "dev", "development", "devtest"), VALIDATION),
}

BENCHMARKS = (
    "agieval", "aime", "anli", "arc", "aqua", "bbh", "bigbench", "bigcodebench", "blimp", "boolq", "cb", "ceval", "cmmlu",
    "cnn_dailymail", "commonsenseqa", "copa", "coqa", "csqa", "drop", "ds1000", "flores", "gpqa", "gsm8k", "hellaswag",
    "hendrycks", "humaneval", "ifeval", "jeopardy", "lambada", "livecodebench", "logiqa", "math500", "mathqa", "mbpp",
    "medmcqa", "medqa", "mgsm", "mmlu", "multirc", "musr", "narrativeqa", "naturalquestions", "nq", "openbookqa", "piqa",
    "pubmedqa", "quac", "race", "record", "rte", "sciq", "simpleqa", "siqa", "socialiqa", "squad", "squadv2", "storycloze",
    "svamp", "swag", "swebench", "theoremqa", "triviaqa", "truthfulqa", "tydiqa", "webqs", "wic", "winogender", "winogrande",
    "wsc", "xcopa", "xnli", "xquad", "xstorycloze", "xwinograd",
)  # fmt: skip
"""Names of published benchmarks as they stand in file names, without marks between their letters."""

WORDS = frozenset({"cb", "drop", "jeopardy", "race", "record", "squad", "swag"})
"""Those that are also ordinary words: alone in a name they say nothing about what the file is."""

FORMS: dict[str, frozenset[str]] = {
    "multiple choice": frozenset({"choices", "gold"}),
    "multiple choice, answers with keys": frozenset({"question", "choices", "answerkey"}),
    "multiple choice with an answer": frozenset({"question", "choices", "answer"}),
    "sentence endings": frozenset({"ctx", "endings"}),
    "two solutions": frozenset({"goal", "sol1", "sol2"}),
    "options for one ending": frozenset({"context_options", "continuation"}),
    "programming tasks": frozenset({"task_id", "canonical_solution"}),
    "programming tasks with tests": frozenset({"prompt", "test_list"}),
    "minimal pairs": frozenset({"sentence_good", "sentence_bad"}),
    "premise and hypothesis": frozenset({"premise", "hypothesis", "label"}),
}
"""Columns that benchmarks are given out with."""


@dataclass(frozen=True)
class HeldOut:
    """Why a file counts as held out: its split ("test", "validation"), the benchmark when known, and the evidence."""

    split: str
    benchmark: str
    evidence: str

    def __str__(self) -> str:
        of = f" of {self.benchmark}" if self.benchmark else ""
        return f"the {self.split} split{of} ({self.evidence})"


def held_out(path: str | PurePath, columns: Collection[str] = (), splits: Collection[str] = ()) -> HeldOut | None:
    """Say whether a file is a benchmark's test or validation split, by its name, its columns and its column "split".

    The file's name decides; where it names no split, the folder right above it does when that is all it says
    ("test/0000.parquet"). A split that says train is never held out. A file of a published benchmark, or one with a
    benchmark's columns, that names no split counts as its test split: most are given out as that alone.

    >>> str(held_out("gsm8k_test.jsonl"))
    'the test split of gsm8k (its name)'
    >>> held_out("gsm8k_train.jsonl") is None
    True
    >>> held_out("pages.jsonl", ["query", "choices", "gold"]).evidence
    "its columns: a benchmark's multiple choice"
    """
    place = PurePath(path)
    benchmark = benchmark_of(place)
    marked = {_SPLITS.get(str(split).lower().strip(), "") for split in splits} - {""}
    if marked:
        kept = sorted(marked - {TRAIN})
        return HeldOut(kept[0], benchmark, "its column 'split'") if kept else None
    named = split_of(place)
    if named:
        return HeldOut(named, benchmark, "its name") if named != TRAIN else None
    if benchmark and benchmark not in WORDS:
        return HeldOut(TEST, benchmark, "a benchmark by its name, and no train split")
    lower = {column.lower() for column in columns}
    form = next((form for form, needed in FORMS.items() if needed <= lower), None)
    return HeldOut(TEST, "", f"its columns: a benchmark's {form}") if form else None


def split_of(path: str | PurePath) -> str:
    """Return "train", "validation" or "test" as a file's name or the folder above it says, or ""."""
    place = PurePath(path)
    named = [_SPLITS[word] for word in _words(_stem(place)) if word in _SPLITS]
    if named:
        return named[-1]
    return _SPLITS.get(place.parent.name.lower(), "")


def benchmark_of(path: str | PurePath) -> str:
    """Return the published benchmark that a file's name or the folder above it names, or ""."""
    place = PurePath(path)
    for name in (_stem(place), place.parent.name):
        words = _words(name)
        runs = [
            "".join(words[first:after]) for first in range(len(words)) for after in range(first + 1, len(words) + 1)
        ]
        known = {benchmark.replace("_", ""): benchmark for benchmark in BENCHMARKS}
        found = [known[run] for run in sorted(runs, key=len, reverse=True) if run in known]
        if found:
            return found[0]
    return ""


def _stem(path: PurePath) -> str:
    """Return a file's name up to its suffixes (.jsonl.gz); a dot followed by other letters belongs to the name."""
    name = path.name
    while (suffix := PurePath(name).suffix.lower()) in _SUFFIXES:
        name = name[: -len(suffix)]
    return name


_SUFFIXES = {
    *(".jsonl", ".json", ".ndjson", ".csv", ".tsv", ".txt", ".md", ".parquet", ".pq", ".arrow", ".feather", ".ipc"),
    *(".gz", ".zst", ".zstd", ".bz2", ".xz"),
}


def _words(name: str) -> list[str]:
    """Cut a name at marks and where a capital follows a small letter; digits stay with what they follow."""
    parts = re.findall(r"[^\W_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name))
    return [part.lower() for part in parts]
