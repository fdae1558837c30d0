"""What a label's words mean as a number: 1 and 0 for yes and no, the number itself for a scale, or as a person says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from winnow.errors import SettingError
from winnow.rate.head import Output

YES = {"yes", "keep", "good", "true", "accept", "high", "y", "+"}
NO = {"no", "drop", "bad", "false", "reject", "low", "n", "-"}
PASSED_OVER = {"unsure", "skip", "maybe", "unknown", "(skip)", "?"}


def meaning(values: Sequence[str], output: Output, told: Mapping[str, float | str], schema: str) -> dict[str, float]:
    """Return the number of each label value that speaks; values that say nothing are left out.

    Raises SettingError for values it cannot read, and for numbers that the rater does not take.
    """
    if output.names:
        code = {name.lower(): float(place) for place, name in enumerate(output.names)}
        found = {value: code.get(str(told.get(value, value)).lower()) for value in values}
        known = {value: number for value, number in found.items() if number is not None}
        if not known:
            raise _unreadable(values, schema, f"NAME of {', '.join(output.names[:4])}, …")
        return known
    if told:
        unknown = sorted(set(told) - set(values))
        if unknown:
            raise SettingError(
                f"schema '{schema}' has no value '{unknown[0]}'", f"it has {', '.join(values)}", "--values"
            )
        return _checked({value: _number(told[value], value) for value in values if value in told}, output, schema)
    spoken = [value for value in values if value.strip().lower() not in PASSED_OVER]
    if all(value.strip().lower() in YES | NO for value in spoken) and output.kind == "probability":
        return {value: float(value.strip().lower() in YES) for value in spoken}
    try:
        return _checked({value: float(value.replace(",", ".")) for value in spoken}, output, schema)
    except SettingError:
        raise
    except ValueError:
        raise _unreadable(values, schema, "NUMBER") from None


def _number(value: float | str, name: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise SettingError("--values takes VALUE:NUMBER", f"found {name}:{value}", "--values keep:1,drop:0") from None


def _checked(found: dict[str, float], output: Output, schema: str) -> dict[str, float]:
    if output.kind == "probability" and set(found.values()) - {0.0, 1.0}:
        listed = ",".join(f"{value}:0" for value in list(found)[:2])
        raise SettingError(
            "this rater learns from yes and no", f"schema '{schema}' says {', '.join(found)}",
            f"say which is which, --values {listed},…, or take a rater of numbers: edu",
        )  # fmt: skip
    low, high = output.low, output.high
    outside = [
        value for value, number in found.items() if low is not None and high is not None and not low <= number <= high
    ]
    if outside:
        raise SettingError(
            f"this rater takes ratings from {low:g} to {high:g}", f"schema '{schema}' says {outside[0]}",
            "say what it means, --values VALUE:NUMBER,…, or move the bounds: --set high=…",
        )  # fmt: skip
    return found


def _unreadable(values: Sequence[str], schema: str, what: str) -> SettingError:
    listed = ",".join(f"{value}:…" for value in values[:3])
    return SettingError(
        f"the labels of '{schema}' have to mean something to this rater", f"found {', '.join(values)}",
        f"say what each means as {what}: --values {listed}",
    )  # fmt: skip
