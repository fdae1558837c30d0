"""Harmless sentences that name a group of people, written for the fit: naming somebody is not insulting them."""

from __future__ import annotations

from itertools import product

ADJECTIVES = [
    "gay",
    "lesbian",
    "bisexual",
    "transgender",
    "queer",
    "straight",
    "Muslim",
    "Jewish",
    "Christian",
    "Hindu",
    "Buddhist",
    "atheist",
    "Catholic",
    "Sikh",
    "Black",
    "white",
    "Asian",
    "Arab",
    "African",
    "Mexican",
    "Chinese",
    "Indian",
    "Turkish",
    "Polish",
    "Latino",
    "Indigenous",
    "immigrant",
    "refugee",
    "disabled",
    "deaf",
    "blind",
    "autistic",
    "elderly",
    "young",
    "old",
    "female",
    "male",
    "American",
    "German",
    "French",
    "Nigerian",
    "Pakistani",
    "Japanese",
    "Korean",
]

TEMPLATES = (
    "I am a proud {0} {1}.",
    "My neighbour is a {0} {1} who teaches music.",
    "As a {0} {1} I love this book.",
    "She married a {0} {1} last summer.",
    "The {0} {1} next door bakes wonderful bread.",
    "We talked to a {0} {1} about work and family.",
    "A {0} {1} was elected mayor of the town.",
    "Many {0} people live in this city.",
    "{0} people have the same rights as everyone else.",
    "The museum shows the history of {0} families in the region.",
    "He wrote a novel about growing up as a {0} {1}.",
    "Our team has a new colleague, a {0} {1} from Leeds.",
    "The festival celebrates {0} artists and writers.",
    "My best friend is {0}.",
    "Are there many {0} students at your school?",
    "The survey asked {0} voters what they think of the new law.",
)

PEOPLE = ("man", "woman", "person", "teacher")


def identity_sentences() -> list[str]:
    """Return every template with every group, without repeats."""
    found = (line.format(group, person) for line, group, person in product(TEMPLATES, ADJECTIVES, PEOPLE))
    return sorted(set(found))
