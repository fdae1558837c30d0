"""What series of lab models left behind: ladders, skill graphs and rounds by name, and how long rounds will take."""

from __future__ import annotations

import pyarrow as pa

from winnow.catalog.catalog import Catalog
from winnow.device import device
from winnow.errors import SettingError, nearest
from winnow.jobs import ladder, rounds, skills
from winnow.jobs.rounds import METHODS, Plan, Round
from winnow.lm.decoder import Decoder
from winnow.lm.one_step import Rule
from winnow.lm.probing import Probe, beginnings
from winnow.lm.tokenizer import Bytes
from winnow.prove.predict import predict
from winnow.prove.results import read_note
from winnow.prove.tiers import tier_of
from winnow.score.influence import Influence

FINISHED = {
    "ladder": (ladder.FOLDER, "ladder.json"),
    "skills": (skills.FOLDER, skills.FOUND),
    "rounds": (rounds.FOLDER, "asked.json"),
}
"""Which file says that a series has something to show."""


def kept(catalog: Catalog, verb: str) -> list[str]:
    """Return the names of what a verb ("ladder", "skills", "rounds") left behind, the newest first."""
    folder, file = FINISHED[verb]
    found = sorted((catalog.folder / folder).glob(f"*/{file}"), key=lambda path: -path.stat().st_mtime)
    names = [path.parent.name for path in found]
    there = {selection.name for selection in catalog.selections.all()}
    return [name for name in names if verb != "rounds" or f"{name}_1" in there]


def kept_rounds(catalog: Catalog, name: str) -> list[Round]:
    """Return the rounds that are finished, also while later ones are at work; raises SettingError."""
    asked = read_note(catalog.folder / rounds.FOLDER / name / "asked.json")
    if asked is None:
        known = [path.parent.name for path in (catalog.folder / rounds.FOLDER).glob("*/asked.json")]
        raise SettingError(
            f"no rounds are called '{name}'", nearest(name, known), f"winnow rounds {name} --target FILE"
        )
    there = {selection.name for selection in catalog.selections.all()}
    numbers = range(1, Plan(**asked).rounds + 1)
    return [rounds.told(catalog, name, number) for number in numbers if f"{name}_{number}" in there]


def rounds_minutes(plan: Plan) -> float:
    """Return about how many minutes rounds take on this machine, from a few steps and a few probes of a fresh model.

    One lesson of the tier's tokens and `probes` probes a round; prediction and selection are not counted. Raises
    InputError for a target that cannot be read.
    """
    tier = tier_of(plan.tier)
    vocabulary = tier.vocabulary or Bytes.vocabulary
    speed = predict(tier, vocabulary, 1, 1, 1).tokens_per_second
    teaching = plan.rounds * (plan.tokens or tier.tokens) / speed
    scorer = Influence(target=plan.target, probes=plan.probes, rollout=METHODS[plan.method])
    texts = pa.array(scorer.texts()[:8] * 8, pa.large_string())[: max(8, scorer.rollout)]
    context = tier.shape(vocabulary).context
    reference = scorer.reference(Bytes(), context, scorer.reference_tokens)
    probe = Probe(Decoder(tier.shape(vocabulary)).to(device()).eval(), Rule(rate=scorer.rate), reference, scorer.batch)
    material = beginnings(texts, Bytes(), context, -(-scorer.tokens // context))
    together = max(1, 8 // scorer.rollout)
    probing = plan.rounds * plan.probes * probe.seconds(material, scorer.rollout, together)
    return (teaching + probing) / 60
