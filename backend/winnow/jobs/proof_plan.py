"""What a proof compares: evaluation sets held out of everything, the arms, and the guards that make it fair."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray

from winnow.catalog.catalog import Catalog
from winnow.catalog.filters import Filter
from winnow.errors import InputError, MissingNeed, SettingError
from winnow.jobs.guidance import guiding_targets, guiding_texts, letters, overlapping
from winnow.jobs.proof_arms import SELECTIONS, TOGETHER, Chosen, controls, lay_arms, lay_merge, lay_online, lay_slots
from winnow.jobs.select import build_pool
from winnow.jobs.target import read_target
from winnow.lm.tokenizer import BytePairs, Bytes, Tokenizer, fingerprint
from winnow.pool import Budget, Groups, Pool, Rows
from winnow.prove.evaluation import read_choices
from winnow.prove.guards import amplification, holding
from winnow.prove.results import Plan
from winnow.prove.runs import SETS, write_set, write_tokenizer
from winnow.prove.steered import GUIDE, online
from winnow.prove.tiers import Tier, tier_of
from winnow.select.random import BalancedRandom

FEWEST_TEXTS = 8
CONTROL, GENERAL, TARGET = "random", "general", "target"
LEARNT_FROM, PER_ENTRY = 50_000_000, 2_500
"""Characters of the pool that byte pairs are learnt from, at most, and for each entry of the vocabulary."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a person wants proved. `tokens`, `rate` and `tokenizer` ("bytes" or "bpe") override the tier's.

    `online` holds recipes of methods that work inside the training, on the whole pool; `guide` is a file of texts for those
    that aim at some. With `together`, selections are experiments of one run, each with that share of it; `crossed` names the
    selections of a first factor, a second and both. `merge` estimates unions of "selections" or of the groups of a column.
    `questions` are files of choices or pairs.
    """

    selections: tuple[str, ...]
    target: str
    online: tuple[Mapping[str, Any], ...] = ()
    guide: str = ""
    together: float | None = None
    crossed: tuple[str, ...] = ()
    merge: str = ""
    tokenizer: str = ""
    tier: str = "ci"
    seeds: int = 4
    tokens: int | None = None
    rate: float | None = None
    general: int = 200
    texts: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    repeated: bool = False
    filter: Filter = field(default_factory=Filter)

    @property
    def recipe(self) -> dict[str, Any]:
        """Return what was asked as plain values, for the log of jobs."""
        return {**vars(self), "online": [dict(told) for told in self.online], "filter": self.filter.to_query()}

    @classmethod
    def from_recipe(cls, recipe: Mapping[str, Any]) -> Asked:
        """Read what `recipe` wrote."""
        lists = {
            key: tuple(recipe[key])
            for key in ("selections", "online", "crossed", "texts", "questions")
            if key in recipe
        }
        return cls(**{**recipe, **lists, "filter": Filter.from_query(recipe.get("filter", {}))})

    def sized(self) -> Tier:
        """Return the tier with what was told; raises SettingError."""
        tier = tier_of(self.tier)
        told: dict[str, Any] = {}
        if self.tokens is not None:
            least = 10 * tier.batch * tier.context
            if self.tokens < least:
                raise SettingError(
                    f"a run in tier {tier.name} reads {least:,} tokens at least", f"found {self.tokens:,}", "--tokens"
                )
            told["tokens"] = self.tokens
        if self.rate is not None:
            if not 0 < self.rate < 1:
                raise SettingError("a learning rate is between 0 and 1", f"found {self.rate:g}", "--rate 0.004")
            told["rate"] = self.rate
        if self.tokenizer not in ("", "bytes", "bpe"):
            raise SettingError("models read bytes or byte pairs", f"found '{self.tokenizer}'", "--tokenizer bpe")
        if self.tokenizer:
            told["vocabulary"] = 0 if self.tokenizer == "bytes" else tier.vocabulary or 32 * tier.width
        return replace(tier, **told)


def lay_out(catalog: Catalog, asked: Asked, root: Path, name: str) -> Plan:
    """Write everything that the runs of a proof read into its folder and return the plan, which is written last.

    Raises SettingError, InputError, MissingNeed.
    """
    tier = asked.sized()
    if not (asked.selections or asked.online or asked.merge):
        raise SettingError(
            "a proof compares selections or online methods", "none was named", "winnow prove NAME --target FILE"
        )
    if asked.seeds < 2:
        raise SettingError("an interval needs two seeds or more", f"found {asked.seeds}", "--seeds 4")
    chosen = {one: catalog.selections.get(one).read() for one in asked.selections}
    sets, guards = _sets(catalog, asked, tier)
    pool, held_out = _pool(catalog, asked, guards, chosen, sets[TARGET])
    sets[GENERAL] = clipped(catalog.texts.texts(held_out), tier)
    tokenizer = _tokenizer(tier, pool)
    write_tokenizer(root, tokenizer)
    _guide(catalog, asked, root)
    arms = lay_arms(root, chosen, pool, seeds=asked.seeds, repeated=asked.repeated or bool(chosen and asked.online))
    if asked.together is not None:
        arms = lay_slots(arms, asked.selections, asked.together)
    arms |= lay_online(catalog, root, asked.online, pool, tier=tier, tokenizer=tokenizer)
    told = {one: _described(texts) for one, texts in sets.items()}
    for one, texts in sets.items():
        write_set(root, one, texts)
    told |= {one: _questions(root, Path(path), one, tokenizer, tier) for one, path in _named(asked.questions).items()}
    plan = Plan(
        name=name, tier=dataclasses.asdict(tier), tokenizer=fingerprint(tokenizer), seeds=tuple(range(asked.seeds)),
        control=CONTROL, sets=told, arms=arms, guards=guards, versions=_versions(),
        interplay=_interplay(asked), merge=lay_merge(root, asked.merge, chosen, pool, tier) if asked.merge else {},
    )  # fmt: skip
    plan.write(root)
    return plan


def _interplay(asked: Asked) -> dict[str, Any]:
    """Return which arms are experiments, and which all of them together; raises SettingError."""
    if asked.together is not None:
        return {"alone": list(asked.selections), "together": TOGETHER}
    if not asked.crossed:
        return {}
    if len(set(asked.crossed)) != 3 or not set(asked.crossed) <= set(asked.selections):
        found = f"found {', '.join(asked.crossed)}"
        raise SettingError("two factors are three selections of the proof", found, "prove A B AB --cross A,B,AB")
    return {"alone": list(asked.crossed[:2]), "together": asked.crossed[2]}


def _sets(catalog: Catalog, asked: Asked, tier: Tier) -> tuple[dict[str, list[str]], dict[str, Any]]:
    """Return the texts of the evaluation sets without those that guided a selection, and how many were those."""
    recipes = [catalog.selections.get(one).recipe for one in asked.selections]
    models = [{"model": told.get("reference", "")} for told in asked.online]
    guides = guiding_texts(catalog, guiding_targets(catalog, [*recipes, *models, {"target": asked.guide}]))
    found: dict[str, list[str]] = {}
    guards: dict[str, Any] = {}
    for name, path in {TARGET: asked.target, **_named(asked.texts)}.items():
        read = read_target(catalog, path, frozenset(), force=True).target.texts
        texts = [text for text in dict.fromkeys(read) if text.strip()]
        guided = overlapping(texts, guides)
        fresh = ~np.logical_or.reduce(list(guided.values()))
        found[name] = clipped([text for text, kept in zip(texts, fresh, strict=True) if kept], tier)
        guards |= {f"{name} texts {how}": int(which.sum()) for how, which in guided.items()}
        if len(found[name]) < FEWEST_TEXTS:
            raise InputError(
                f"an evaluation set needs {FEWEST_TEXTS} texts that no selection was guided by",
                f"{path} has {len(found[name])}, and {int((~fresh).sum())} that guided one or hardly differ from such",
                "split the file: select by one part and prove on the other",
            )
    return found, guards


def _guide(catalog: Catalog, asked: Asked, root: Path) -> None:
    """Write down the texts that online methods aim at; raises MissingNeed when one aims and none were named."""
    if asked.guide:
        texts = read_target(catalog, asked.guide, frozenset(), force=True).target.texts
        write_set(root, GUIDE, list(texts))
        return
    for recipe in asked.online:
        if "target" in online(recipe).needs():
            found = "the texts that are read in the end may not guide it"
            raise MissingNeed(f"{recipe['method']} aims at texts of its own", found, "--guide FILE")


def clipped(texts: Sequence[str], tier: Tier) -> list[str]:
    """Return texts until the tier's bytes are reached, drawn by their hash, each at most a thirtieth of them long."""
    left, kept = tier.evaluation_bytes, []
    for text in sorted(texts, key=letters):
        short = text.encode("utf-8", "replace")[: tier.longest].decode("utf-8", "ignore")
        kept.append(short)
        left -= len(short.encode())
        if left <= 0:
            break
    return kept


def _pool(
    catalog: Catalog, asked: Asked, guards: dict[str, Any], chosen: Chosen, target: Sequence[str]
) -> tuple[Pool, Rows]:
    """Return the documents that arms may show and the ids of those held out, which no arm may, nor their copies."""
    known = catalog.browse.columns()
    groups = [name for name in ("duplicate_group", "near_group") if name in known]
    by = BalancedRandom().by
    asking = [online(recipe).needs() for recipe in asked.online]
    mixed = {need for needs in asking for need in needs if need != "target" and not need.startswith("model:")}
    mixed |= {asked.merge} - {"", SELECTIONS}
    needs = frozenset({"text", *groups, *mixed, *({by} if by in known else ())})
    pool = build_pool(catalog, needs, asked.filter)
    if len(pool) < 10 * FEWEST_TEXTS:
        raise MissingNeed("a proof needs a pool", f"it has {len(pool):,} documents", "ingest more, or widen --where")
    count = min(asked.general, len(pool) // 10)
    held = np.argsort(pool.hashes(0, "held out of every arm"), kind="stable")[:count]
    away = _copies(pool, held, groups)
    guards["documents held out"] = count
    guards["copies of them left out"] = int(away.sum()) - count
    leaking = holding(pool.text_batches(), target)
    guards["documents that hold a target text"] = int((leaking & ~away).sum())
    guards["leakage amplified"] = _amplified(pool, leaking, chosen, asked.seeds)
    return pool.take(np.flatnonzero(~(away | leaking))), pool.doc_ids[held]


def _amplified(pool: Pool, leaking: NDArray[np.bool_], chosen: Chosen, seeds: int) -> dict[str, Any]:
    """Return how often each selection, and each control drawn from the same pool, keeps what leaks; {} without leaks."""
    if not leaking.any() or not chosen:
        return {}
    draws = {name: [ids] for name, (ids, _) in chosen.items()}
    size = int(pool.tokens[np.isin(pool.doc_ids, next(iter(draws.values()))[0])].sum())
    for control in controls(pool) if size else ():
        drawn = [control.select(pool, Budget(tokens=size), seed=seed).rows for seed in range(seeds)]
        draws[control.name] = [pool.doc_ids[rows] for rows in drawn]
    found = {name: amplification(pool, leaking, ids) for name, ids in draws.items()}
    return {name: dataclasses.asdict(one) for name, one in found.items() if one}


def _copies(pool: Pool, rows: Rows, groups: Sequence[str]) -> NDArray[np.bool_]:
    """Return which documents are the rows or stand in a group of duplicates with one of them."""
    away = np.zeros(len(pool), dtype=bool)
    away[rows] = True
    for name in groups:
        column = pool.columns[name]
        values = column.codes.astype(np.float64) if isinstance(column, Groups) else column
        known = values[rows]
        away |= np.isin(values, known[np.isfinite(known) & (known >= 0)])
    return away


def _tokenizer(tier: Tier, pool: Pool) -> Tokenizer:
    if tier.vocabulary == 0:
        return Bytes()
    order = np.argsort(pool.hashes(0, "byte pairs"), kind="stable")

    def sample() -> Any:
        left = learnt_from(tier)
        for batch in pool.text_batches(order):
            for text in batch.to_pylist():
                yield text
                left -= len(text)
            if left <= 0:
                return

    return BytePairs.learn(sample(), tier.vocabulary)


def learnt_from(tier: Tier) -> int:
    """Return from how many characters of the pool the byte pairs of a tier are learnt, at most."""
    return min(LEARNT_FROM, PER_ENTRY * tier.vocabulary)


def _questions(root: Path, path: Path, name: str, tokenizer: Tokenizer, tier: Tier) -> dict[str, Any]:
    if not path.is_file():
        raise InputError(f"there is no file {path}", "", "name a JSON lines file of questions or minimal pairs")
    asked = read_choices(path, tokenizer, tier.context)
    (root / SETS).mkdir(parents=True, exist_ok=True)
    (root / SETS / f"{name}.jsonl").write_bytes(path.read_bytes())
    return {"kind": "questions", "count": int(asked.question.max()) + 1, "sha256": _sha([path.read_text("utf-8")])}


def _described(texts: Sequence[str]) -> dict[str, Any]:
    lengths = [len(text.encode()) for text in texts]
    return {"kind": "texts", "count": len(texts), "bytes": sum(lengths), "lengths": lengths, "sha256": _sha(texts)}


def _named(paths: Sequence[str]) -> dict[str, str]:
    """Give each file a name of its own: its stem."""
    named: dict[str, str] = {}
    for path in paths:
        stem = Path(path).name.split(".")[0] or "set"
        name = stem
        for number in range(2, len(paths) + 3):
            if name not in named and name not in (TARGET, GENERAL, GUIDE):
                break
            name = f"{stem}-{number}"
        named[name] = path
    return named


def _sha(texts: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode("utf-8", "replace") + b"\0")
    return digest.hexdigest()


def _versions() -> dict[str, str]:
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "processor"
    return {"torch": str(torch.__version__), "numpy": np.__version__, "pyarrow": pa.__version__, "device": device}
