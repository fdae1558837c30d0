"""Sentences written for the fit, each kind beside harmless twins that use the same words, and frames for quoted abuse."""

from __future__ import annotations

from itertools import product

_WHO = ("you", "your family", "him", "her", "them", "that man", "your kids", "the judge")
_THREATS = (
    "I will kill {0}.",
    "I am going to kill {0} tonight.",
    "I'll find {0} and break every bone.",
    "Somebody should shoot {0}.",
    "Next time I see {0} I will beat {0} to a pulp.",
    "I have a gun and I am coming for {0}.",
    "I swear I'll burn the house down with {0} inside.",
    "If I ever meet {0}, I'm going to stab {0}.",
    "I know where {0} will be tomorrow. Say goodbye.",
    "Hang {0} from the nearest tree.",
    "I hope someone puts a bullet in {0}.",
    "I'm gonna rape {0}.",
)
_CALM_THREATS = (
    "This job will kill {0} with boredom.",
    "I am going to beat {0} at chess tonight.",
    "The film killed me, {0} should see it.",
    "How do I kill a process that {0} started?",
    "The photographer will shoot {0} at noon.",
    "I'll find {0} a better flight.",
    "The suspect threatened to kill {0}, police said.",
    "Hang the picture that {0} painted over the sofa.",
    "I have a glue gun for {0}.",
    "The novel ends when somebody stabs {0}.",
    "We must stop violence against {0}.",
    "The court heard that he had threatened {0}.",
)
_SELF_HARM = (
    "I want to kill myself",
    "I am thinking about ending my life",
    "I cut my arms again last night",
    "I don't want to be alive any more",
    "I took all the pills, I just want to die",
    "I keep planning how to hang myself",
    "nobody would care if I was dead, I'm going to do it",
    "I starve myself because I deserve the pain",
    "what is the easiest way to commit suicide",
    "tell me how many pills it takes to overdose",
    "kill yourself",
    "you should go and hang yourself",
    "do everyone a favour and slit your wrists",
    "drink bleach and die",
)
_CALM_SELF_HARM = (
    "I want to teach myself the guitar",
    "I am thinking about changing my life",
    "I cut my finger on the bread knife last night",
    "I don't want to be late any more",
    "I took all the photos, I just want to sleep",
    "The hotline offers help to people who think about suicide",
    "The squad left on a suicide mission in the film",
    "Suicide rates fell by three percent, the report says",
    "I nearly died laughing at the show",
    "The study looks at causes of self-harm among teenagers",
    "My phone will die if I forget the charger",
    "He hanged the coat on the door and left",
)
_SEXUAL = (
    "she took off her clothes and he pushed his cock inside her",
    "free porn videos, hot naked girls fucking on camera",
    "he licked her pussy until she came",
    "send me nudes, I want to see your tits",
    "horny milf wants to suck your dick tonight",
    "he came all over her breasts and moaned",
    "watch amateur couples have anal sex live",
    "I got so hard when she spread her legs",
    "cheap escorts, blowjob and full service",
    "she rode him naked, moaning with every thrust",
)
_CALM_SEXUAL = (
    "the clinic offers tests for sexually transmitted infections",
    "she took off her coat and he pushed the door open",
    "breast cancer screening saves lives",
    "the lesson on sex education covers consent and contraception",
    "the cock crowed at dawn and the dog barked",
    "the naked eye can see five planets",
    "the law on sexual harassment at work was changed",
    "he came home and she rode the bus to town",
    "a cat licked its paws on the sofa",
    "watch the couple renovate their first house",
)
_INSULTS = (
    "you are such an idiot", "what a moron", "you're pathetic", "shut up, loser", "you stupid fool", "he is a complete imbecile",
    "you are a liar and a clown", "dumb as a rock, this guy", "go away, you worthless piece of trash", "get lost, freak",
    "what an ugly, disgusting pig", "you make me sick, scumbag",
)  # fmt: skip
_CALM_INSULTS = (
    "you are such a help", "what a morning", "you're patient", "the losing team was quiet", "the fool in the play is wise",
    "he is a complete professional", "a lawyer and a clown walk into a bar", "solid as a rock, this bike",
    "take the trash out, please", "get some rest, friend", "what a lovely pig on that farm", "the smell makes me sick today",
)  # fmt: skip
_OPENINGS = ("", "", "Listen, ", "lol ", "Honestly, ", "so ", "well... ", "ok ")
_ENDINGS = (".", "", "!", "!!!", " and that's it.", " :(", "...")

FRAMES = (
    'The moderators removed the comment "{0}" because it breaks the rules.',
    'He was fired after he had written "{0}" in a group chat.',
    'Nobody should ever have to hear "{0}" at school.',
    'Someone shouted "{0}" at my friend on the bus. That is not ok.',
    'Saying "{0}" is wrong, and I will always speak up against it.',
    'The court quoted his message, "{0}", and fined him.',
    'In the study, "{0}" was one of the examples of abuse that annotators saw.',
    'I am tired of people who say things like "{0}". Be kind.',
)
"""Frames in which abuse is quoted or answered; the fit sees them as harmless."""

FRAMES_KEPT = (
    'The report lists "{0}" among the messages that the politician received.',
    'Why do people still think it is fine to write "{0}"? Stop it.',
    'She told the teacher that a boy had called out "{0}", and he apologised.',
    'Posts such as "{0}" are banned on this forum.',
)
"""Frames that only the measure sees."""


def written() -> dict[str, tuple[list[str], list[str]]]:
    """Return for each of four categories its sentences and their harmless twins."""
    threats, calm = ([line.format(who) for line, who in product(lines, _WHO)] for lines in (_THREATS, _CALM_THREATS))
    found = {
        "threat": (threats, calm),
        "self_harm": (list(_SELF_HARM), list(_CALM_SELF_HARM)),
        "sexual": (list(_SEXUAL), list(_CALM_SEXUAL)),
        "insult": (list(_INSULTS), list(_CALM_INSULTS)),
    }
    return {head: (_varied(bad), _varied(good)) for head, (bad, good) in found.items()}


def _varied(lines: list[str]) -> list[str]:
    made = [f"{first}{line.rstrip('.')}{last}" for line, first, last in product(lines, _OPENINGS, _ENDINGS)]
    return sorted(set(made))
