"""Measure the language scorer on translations of one text: python tests/truth/language.py DATA_FOLDER

DATA_FOLDER holds udhr-multilingual/udhr2.jsonl, one {"lang", "text"} a line, lang an ISO 639-3 code with a suffix.
Prints accuracy over the languages the model knows, per length of the text and script, how sure it is of those it does
not, and how well two languages are told on pages made of both; for heliport too where it is installed.
"""

from __future__ import annotations

import importlib.util
import json
import re
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from winnow.score.language import Language

# ISO 639-3 code of the data = code of the scorer.
KNOWN = """
afr=af amh=am arb=ar arg=an ast=ast auv=oc azj=az bak=ba bcl=bcl bel=be ben=bn bod=bo bos=bs bre=br bul=bg cat=ca
ceb=ceb ces=cs chv=cv ckb=ckb cmn=zh cos=co cym=cy dan=da deu=de div=dv ell=el eml=eml eng=en epo=eo est=et eus=eu
fin=fi fra=fr fri=fy fry=fy gla=gd gle=ga glg=gl glv=gv gsw=gsw gug=gn guj=gu hat=ht heb=he hin=hi hrv=hr hsb=hsb
hun=hu hye=hy ido=io ilo=ilo ina=ia ind=id isl=is ita=it jav=jv jpn=ja kan=kn kat=ka kaz=kk khk=mn khm=km kir=ky
koo=- kor=ko lao=lo lat=la lav=lv lin=- lit=lt ltz=lb mai=mai mal=ml mar=mr min=min mkd=mk mlt=mt mly=ms mya=my
nds=nds nep=ne nld=nl nno=nn nob=no nhn=nah oci=oc oss=os pam=pam pan=pa pes=fa plt=mg pnb=pnb pol=pl por=pt prv=oc
quz=qu qu=qu roh=rm ron=ro rus=ru sah=sah san=sa sco=sco sin=si slk=sk slv=sl snd=sd som=so spa=es src=sc srp=sr
srr=- sun=su swe=sv swh=sw tam=ta tat=tt tel=te tgk=tg tgl=tl tha=th tuk=tk tur=tr tyv=tyv uig=ug ukr=uk urd=ur
uzn=uz vec=vec vep=vep vie=vi war=war wln=wa ydd=yi yor=yo als=sq
"""
CODES = {pair.split("=")[0]: pair.split("=")[1] for pair in KNOWN.split() if not pair.endswith("=-")}
# The model has no separate class for these pairs, or writes one language in two codes.
ALIKE = [{"bs", "hr", "sr", "sh"}, {"no", "nn"}, {"id", "ms"}, {"zh", "wuu", "yue"}]


def agree(code: str, found: str) -> bool:
    return code == found or any({code, found} <= group for group in ALIKE)


SCRIPTS = {
    "Latin": "a-zà-öø-ÿāăąćčďđęěğģıīįķłńňőœřśşšťūůűųźżžơưạ-ỹ",
    "Cyrillic": "\u0400-\u052f",
    "Arabic": "\u0600-\u06ff",
    "Devanagari": "\u0900-\u097f",
    "Han and kana": "\u3040-\u30ff\u4e00-\u9fff",
}


def script(text: str) -> str:
    """Name the script that most letters of a text are of."""
    counts = {name: len(re.findall(f"[{letters}]", text.lower())) for name, letters in SCRIPTS.items()}
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] * 2 > len(re.findall(r"[^\W\d_]", text)) else "other scripts"


def scored(texts: list[str], **settings: Any) -> tuple[dict[str, list[Any]], float]:
    """Return the columns and the documents per second of CPU time."""
    batch = pa.record_batch({"doc_id": pa.array(range(len(texts))), "text": pa.array(texts, pa.large_string())})
    start = time.process_time()
    found = Language(**settings).score(batch, None)
    return {name: values.tolist() for name, values in found.items()}, len(texts) / (time.process_time() - start)


def alone(rows: list[dict[str, str]], model: str) -> None:
    """Print the accuracy on translations of one text, by length and by script."""
    codes = [CODES.get(row["lang"].split("_")[0], "") for row in rows]
    known = np.array([code != "" for code in codes])
    scripts = np.array([script(row["text"]) for row in rows])
    for size in (50, 100, 300, 10**9):
        texts = [row["text"][-size - 500 : -500] if size < 10**9 else row["text"] for row in rows]
        found, speed = scored(texts, model=model, paragraphs=0)
        strict = np.array([name == code for name, code in zip(found["language"], codes, strict=True)])
        close = np.array([agree(code, name) for name, code in zip(found["language"], codes, strict=True)])
        sure = np.asarray(found["language_confidence"]) >= 0.65
        common = np.isin(codes, COMMON)
        by_script = ", ".join(
            f"{name} {close[known & (scripts == name)].mean():.3f} (n={np.sum(known & (scripts == name))})"
            for name in [*SCRIPTS, "other scripts"]
        )
        print(
            f"{model} {min(size, 10**6):>7} characters: accuracy {strict[known].mean():.3f}, close kin alike "
            f"{close[known].mean():.3f} (n={known.sum()}), {close[common].mean():.3f} of the {len(COMMON)} most written "
            f"(n={common.sum()}); confidence >= .65 on {sure[known].mean():.3f} of known, "
            f"{sure[~known].mean():.3f} of unknown languages (n={(~known).sum()}); {speed:.0f} docs/s\n    {by_script}"
        )


def mixed(rows: list[dict[str, str]], model: str) -> None:
    """Print how well two languages and their shares are told on pages made of both, and how often one is seen as two."""
    by_code = {CODES[code]: row["text"] for row in rows if (code := row["lang"].split("_")[0]) in CODES}
    codes = [code for code in COMMON if code in by_code]
    draw, pages, truth = np.random.default_rng(0), [], []
    for _ in range(600):
        one, other = draw.choice(len(codes), 2, replace=False)
        parts = [by_code[codes[place]].split("\n") for place in (one, other)]
        chosen = [draw.permutation([line for line in part if len(line) >= 60])[: draw.integers(2, 9)] for part in parts]
        lines = [(line, codes[place]) for place, part in zip((one, other), chosen, strict=True) for line in part]
        order = draw.permutation(len(lines)) if draw.random() < 0.5 else range(len(lines))
        pages.append("\n\n".join(lines[place][0] for place in order))
        sizes = [sum(len(line) for line in part) for part in chosen]
        truth.append(sorted(zip(sizes, (codes[one], codes[other]), strict=True), reverse=True))
    found, speed = scored(pages, model=model)
    both, main, wrong = [], [], []
    for row, ((most, first), (least, second)) in enumerate(truth):
        main.append(agree(first, found["language"][row]))
        both.append(main[-1] and agree(second, found["language_second"][row] or ""))
        wrong.append(abs(found["language_share"][row] - most / (most + least)))
    print(
        f"{model}: {len(pages)} pages in two of {len(codes)} languages: the larger one named {np.mean(main):.3f}, both "
        f"{np.mean(both):.3f}; share off by {np.mean(wrong):.3f} on average, at most .1 on {np.mean(np.array(wrong) <= 0.1):.3f}; "
        f"{speed:.0f} docs/s"
    )
    whole, speed = scored([by_code[code] for code in codes], model=model)
    several = np.mean(np.array(whole["languages"]) > 1)
    print(f"{model}: the {len(codes)} whole translations seen as several languages: {several:.3f}; {speed:.0f} docs/s")


COMMON = [
    "en",
    "de",
    "fr",
    "es",
    "it",
    "pt",
    "nl",
    "sv",
    "da",
    "fi",
    "pl",
    "cs",
    "sk",
    "hu",
    "ro",
    "bg",
    "ru",
    "uk",
    "el",
    "tr",
    "ar",
    "he",
    "fa",
    "hi",
    "bn",
    "ta",
    "te",
    "ml",
    "th",
    "vi",
    "ko",
    "ja",
    "zh",
    "ka",
    "hy",
    "et",
    "lv",
    "lt",
    "sl",
    "sr",
    "ca",
    "eu",
    "cy",
    "ga",
    "is",
    "mt",
    "sq",
    "mk",
    "kk",
    "mn",
    "km",
    "lo",
    "my",
    "am",
    "sw",
    "so",
    "yo",
    "ur",
    "gu",
    "kn",
    "mr",
    "ne",
    "pa",
    "si",
]


def main(folder: Path) -> None:
    lines = (folder / "udhr-multilingual" / "udhr2.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    for model in ("fasttext", "heliport"):
        if model == "fasttext" or importlib.util.find_spec(model):
            alone(rows, model)
            mixed(rows, model)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
