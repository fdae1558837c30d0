"""A decoder on disk: a folder with its weights, its shape and its tokenizer."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from winnow.errors import InputError
from winnow.lm.decoder import Decoder, Shape
from winnow.lm.tokenizer import BytePairs, Bytes, Tokenizer, tokenizer_of

WEIGHTS, DESCRIPTION = "decoder.safetensors", "decoder.json"


def keep(decoder: Decoder, tokenizer: Tokenizer, folder: Path) -> None:
    """Write a decoder into a folder; the description comes last, so that a folder with one is whole."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: value.detach().cpu().contiguous() for name, value in decoder.state_dict().items()}
    save_file(weights, folder / (WEIGHTS + ".tmp"))
    (folder / (WEIGHTS + ".tmp")).replace(folder / WEIGHTS)
    described = {"shape": dataclasses.asdict(decoder.shape), "tokenizer": tokenizer.to_json()}
    (folder / (DESCRIPTION + ".tmp")).write_text(json.dumps(described), encoding="utf-8")
    (folder / (DESCRIPTION + ".tmp")).replace(folder / DESCRIPTION)


def weights_sha(decoder: Decoder) -> str:
    """Return the sha256 of a decoder's weights, in the order of their names: the same training gives the same sum."""
    digest = hashlib.sha256()
    for name, value in sorted(decoder.state_dict().items()):
        digest.update(name.encode() + value.detach().float().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def is_kept(folder: Path) -> bool:
    return (folder / DESCRIPTION).is_file()


def load(folder: Path, device: str = "cpu") -> tuple[Decoder, Bytes | BytePairs]:
    """Read a decoder back; raises InputError for a folder that holds none."""
    try:
        described = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        decoder = Decoder(Shape(**described["shape"]))
        decoder.load_state_dict(load_file(folder / WEIGHTS))
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as reason:
        raise InputError(
            f"{folder} is not a language model of Winnow's", str(reason), "name a folder that `winnow prove` kept"
        ) from reason
    decoder.to(torch.device(device)).eval()
    return decoder, tokenizer_of(described["tokenizer"])
