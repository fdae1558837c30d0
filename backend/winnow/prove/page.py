"""A proof as one HTML file that needs nothing else: the verdict, a forest plot per evaluation set, guards and data."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from winnow.prove.extremes import Extremes
from winnow.prove.ordering import Ordering
from winnow.prove.report import Line, Report, in_words, within

WIDTH, ROW, LEFT, RIGHT = 860, 30, 190, 250
COLOURS = {"better": "#1b7f5c", "worse": "#b3402f", "not distinguishable": "#7a7a7a"}

STYLE = """
:root{color-scheme:light dark} body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem} h2{font-size:1.15rem;margin-top:2rem} table{border-collapse:collapse;width:100%}
td,th{text-align:left;padding:.25rem .6rem;border-bottom:1px solid #8884} td.n{text-align:right} small{opacity:.75}
svg{width:100%;height:auto} svg text{font:13px system-ui,sans-serif;fill:currentColor} li{margin:.2rem 0} details{margin:.6rem 0} summary{cursor:pointer}
"""


def to_html(made: Report) -> str:
    """Return the report as HTML; every figure stands with its interval and its number of seeds."""
    plan = made.plan
    state = "" if made.complete else f" · {len(made.seeds)} of {len(plan.seeds)} seeds so far"
    parts = [
        f"<h1>Does it help? {escape(plan.name)}</h1>",
        f"<p><small>Tier {escape(str(plan.tier['name']))}, {plan.tier['tokens']:,} tokens a run, "
        f"{len(made.seeds)} seeds, control: {escape(plan.control)}{state}</small></p>",
        *(_verdicts(lines, len(made.seeds)) for name, lines in made.lines.items() if name == "target"),
    ]
    for name, lines in made.lines.items():
        told = plan.sets[name]
        parts.append(f"<h2>{escape(name)}: {told['count']:,} texts, {told['bytes']:,} bytes</h2>")
        parts.append(forest(lines))
        parts.append(_table(lines))
        if name in made.fine_line.settled:
            words = made.fine_line.settled[name].words
            parts.append(f"<p>{escape(words[0].upper() + words[1:])}.</p>")
        parts += [_drill(arm, told) for arm, told in made.texts.get(name, {}).items()]
    for name, answers in made.answers.items():
        parts.append(f"<h2>{escape(name)}: {plan.sets[name]['count']:,} questions, {len(made.seeds)} seeds</h2>")
        parts.append(
            _rows(("arm", "answered rightly", "against the control"), [(one.arm, *one.words) for one in answers])
        )
    parts += [_interplay(name, made) for name in made.interplay]
    parts += [_merge(name, told) for name, told in made.merge.items()]
    parts += [_steered(arm, made) for arm in made.steered]
    parts += [_arms(made), _guards(plan.guards), _failed(made), _made_with(made)]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(plan.name)} · Winnow</title><style>{STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


def forest(lines: Sequence[Line]) -> str:
    """Draw each arm's difference to the control with its interval as SVG; left of zero is better."""
    shown = [line for line in lines if line.difference]
    ends = [
        abs(line.difference.mean) + (line.difference.half if math.isfinite(line.difference.half) else 0.0)
        for line in shown
        if line.difference
    ]
    reach = max([*ends, 1e-6]) * 1.05
    height = ROW * (len(shown) + 1)
    middle = (LEFT + WIDTH - RIGHT) / 2

    def x(value: float) -> float:
        return middle + value / reach * (WIDTH - RIGHT - LEFT) / 2

    drawn = [f'<line x1="{middle}" x2="{middle}" y1="4" y2="{height - 18}" stroke="currentColor" stroke-opacity=".4"/>']
    for place, line in enumerate(shown):
        assert line.difference is not None
        told, y = line.difference, ROW * place + ROW / 2 + 4
        half = told.half if math.isfinite(told.half) else reach
        colour = COLOURS[told.verdict]
        drawn.append(f'<text x="{LEFT - 12}" y="{y + 4}" text-anchor="end">{escape(line.arm)}</text>')
        low, high = x(max(told.mean - half, -reach)), x(min(told.mean + half, reach))
        drawn.append(f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y}" y2="{y}" stroke="{colour}" stroke-width="2"/>')
        drawn.append(f'<circle cx="{x(told.mean):.1f}" cy="{y}" r="5" fill="{colour}"/>')
        known = math.isfinite(told.half)
        words = f"{told.mean:+.3f} ± {told.half:.3f} {told.verdict}" if known else f"{told.mean:+.3f} one seed so far"
        drawn.append(f'<text x="{WIDTH - RIGHT + 12}" y="{y + 4}">{words}</text>')
    drawn.append(f'<text x="{LEFT}" y="{height}">better</text>')
    drawn.append(f'<text x="{WIDTH - RIGHT}" y="{height}" text-anchor="end">worse (nats per byte)</text>')
    label = "Differences to the control with 95 % intervals"
    return f'<svg viewBox="0 0 {WIDTH} {height + 6}" role="img" aria-label="{label}">{"".join(drawn)}</svg>'


def _verdicts(lines: Sequence[Line], seeds: int) -> str:
    return "<ul>" + "".join(f"<li>{escape(in_words(line, seeds))}</li>" for line in lines if line.difference) + "</ul>"


def _table(lines: Sequence[Line]) -> str:
    heads = ("arm", "bits per byte", "against the control", "seeds and texts drawn again", "p after Holm", "less data")
    rows = []
    for line in lines:
        told = line.difference
        rows.append(
            (
                line.arm,
                line.level,
                within(told.mean, told.half, "+") if told else "control",
                f"{told.low:+.3f} to {told.high:+.3f}" if told else "",
                f"{told.adjusted:.3f}" if told else "",
                line.less,
            )
        )
    return _rows(heads, rows)


def _drill(arm: str, told: Extremes) -> str:
    """Fold away the texts that an arm reads better than the control, and those that it reads worse."""
    rows = [(one.words, one.text) for one in (*told.better, *told.worse)]
    heads = ("nats per byte against the control", "the text begins")
    title = f"Texts that {escape(arm)} reads best and worst, {told.seeds} seeds"
    return f"<details><summary>{title}</summary>{_rows(heads, rows)}</details>"


def _interplay(name: str, made: Report) -> str:
    told = made.interplay[name]
    alone = [(f"{one.name} alone", one.words, f"{one.adjusted:.3f}") for one in told.alone]
    main = [(f"{one.name}, over both states of the other", one.words, f"{one.adjusted:.3f}") for one in told.main]
    both = [(one.name, one.words, f"{one.adjusted:.3f}") for one in (told.together, told.interaction)]
    title = f"<h2>Experiments together, on {escape(name)}</h2><p>{escape(told.words.capitalize())}.</p>"
    return title + _rows(("effect", "nats per byte", "p after Holm"), [*alone, *main, *both])


def _merge(name: str, told: Ordering) -> str:
    rows = [(one.name, one.estimated.words, one.real.words if one.real else "") for one in told.unions]
    title = f"<h2>Unions by merged weights, on {escape(name)}</h2><p>{escape(told.words.capitalize())}.</p>"
    return title + _rows(("union", "estimated, nats per byte", "trained on, nats per byte"), rows)


def _steered(arm: str, made: Report) -> str:
    by = made.plan.arms[arm]["by"]
    rows = [(one.group, f"{one.offered:.3f}", one.words) for one in made.steered[arm]]
    title = f"<h2>What {escape(arm)} read, {len(made.seeds)} seeds</h2>"
    return title + _rows((str(by), "share of tokens offered", "share read, weighed"), rows)


def _arms(made: Report) -> str:
    rows = []
    for arm, told in made.plan.arms.items():
        shown = made.shown.get(arm, {})
        mix = ", ".join(f"{name} {share:.0%}" for name, share in dict(told.get("mix", {})).items())
        rows.append(
            (arm, told["kind"], f"{told['documents']:,}", f"{told['tokens']:,}", f"{shown.get('epochs', 0):.2f}", mix)
        )
    heads = ("arm", "kind", "documents", "tokens of the corpus", "passes", "mix by source")
    return "<h2>What each arm shows</h2>" + _rows(heads, rows)


def _guards(guards: Mapping[str, Any]) -> str:
    counts = [(name, f"{value:,}") for name, value in guards.items() if isinstance(value, int)]
    leaks = [
        (f"leaked texts kept by {name}, against chance", f"{told['rate']:.2f}x [{told['low']:.2f}, {told['high']:.2f}]")
        for name, told in dict(guards.get("leakage amplified", {})).items()
    ]
    return "<h2>Guards</h2>" + _rows(("guard", "found"), [*counts, *leaks])


def _failed(made: Report) -> str:
    if not made.failed:
        return ""
    listed = ", ".join(f"{escape(arm)} (seed {seed})" for arm, seed in made.failed)
    return f"<p><strong>Diverged, and left out with their seeds: {listed}</strong></p>"


def _made_with(made: Report) -> str:
    plan = made.plan
    versions = ", ".join(f"{name} {version}" for name, version in plan.versions.items())
    sums = "; ".join(f"{name} {told['sha256'][:16]}" for name, told in plan.sets.items())
    rows = [(one.arm, str(one.seed), one.data[:16], one.model[:16]) for one in made.traces]
    runs = _rows(("arm", "seed", "sha256 of what it read", "sha256 of the model"), rows)
    return (
        f"<details><summary>The {len(rows)} runs behind the figures</summary>{runs}</details>"
        f"<p><small>{made.minutes:.1f} minutes of training. {escape(versions)}. Tokenizer {escape(plan.tokenizer)}. "
        f"Evaluation sets: {escape(sums)}.</small></p>"
    )


def _rows(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(head)}</th>" for head in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
