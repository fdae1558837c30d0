"""Dates in the forms that corpora carry, as UTC timestamps in microseconds; what cannot be read is null.

Vectorised: ISO 8601 and its cousins (2021-03-04T05:06:07.5+01:00, 2021/03/04, 2021-03, 2021), compact forms
(20210304, 20210304050607), epoch numbers and forms with an English month name (RFC 2822, March 4, 2021).
The rest goes through dateutil once per distinct value; 03/04/2021 is read month first. A date without a zone counts
as UTC. Epoch numbers count seconds below 1e11, milliseconds below 1e14, microseconds below 1e17, else nanoseconds;
a positive one below 1e8 is taken for something else unless it is a year or YYYYMMDD.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import dateutil.parser
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

MOMENT = pa.timestamp("us")

_CLOCK = r"(?:[T ]\s*(?P<h>\d{1,2}):(?P<mi>\d{2})(?::(?P<s>\d{2})(?:[.,](?P<f>\d{1,9})\d*)?)?)?"
_ZONE = r"\s*(?P<z>[Zz]|UTC|GMT|UT|[+-]\d{2}(?::?\d{2})?)?(?:\s*\([A-Za-z ]*\))?"
_WEEKDAY = r"(?:[A-Za-z]{3,9}\.?,?\s+)?"
_MONTH = r"(?P<name>(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6})\.?"
_FORMS = (
    rf"^(?P<y>\d{{4}})(?:(?:-(?P<mo>\d{{1,2}})(?:-(?P<d>\d{{1,2}}){_CLOCK}{_ZONE})?))?$",
    rf"^(?P<y>\d{{4}})[/.](?P<mo>\d{{1,2}})(?:[/.](?P<d>\d{{1,2}}){_CLOCK}{_ZONE})?$",
    r"^(?P<y>(?:1[5-9]|20|21)\d{2})(?P<mo>\d{2})(?P<d>\d{2})(?:T?(?P<h>\d{2})(?P<mi>\d{2})(?P<s>\d{2}))?(?P<z>Z)?$",
    rf"^{_WEEKDAY}(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[ -]{_MONTH},?[ -](?P<y>\d{{4}}),?{_CLOCK}{_ZONE}$",
    rf"^{_WEEKDAY}{_MONTH}\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y>\d{{4}}),?{_CLOCK}{_ZONE}$",
)
_EPOCH = r"^(?:-\d{1,19}|\d{9,19})(?:\.\d+)?$"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FIRST, _LAST = np.datetime64("0001-01-01", "us"), np.datetime64("9999-12-31T23:59:59.999999", "us")
_LONGEST = 64
_ZONES = {"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "CET": 1, "CEST": 2}
_SCALES = ((1e11, 1e6), (1e14, 1e3), (1e17, 1.0), (np.inf, 1e-3))


def moments(values: pa.Array) -> pa.Array:
    """Read an Arrow array of any type as timestamp("us") in UTC without a zone; unreadable values are null."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        return moments(values.cast(kind.value_type))
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return _from_moments(values)
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _numbers(values.cast(pa.float64()))
    if pa.types.is_integer(kind):
        return _texts(values.cast(pa.string()))
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return _texts(values.cast(pa.string()))
    return pa.nulls(len(values), MOMENT)


def moments_of(values: Sequence[Any]) -> pa.Array:
    """Read Python values, text and numbers mixed."""
    try:
        return moments(pa.array(values))
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return _texts(pa.array([str(value) if isinstance(value, (str, int, float)) else None for value in values]))


def _from_moments(values: pa.Array) -> pa.Array:
    kind = values.type
    unit = "D" if kind == pa.date32() else "ms" if kind == pa.date64() else kind.unit
    whole = values.cast(pa.int32()).cast(pa.int64()) if kind == pa.date32() else values.cast(pa.int64())
    per_unit = {"D": 86_400_000_000, "s": 1_000_000, "ms": 1_000, "us": 1}.get(unit, 0)
    ticks = whole.fill_null(0).to_numpy(zero_copy_only=False)
    if per_unit == 0:
        return _checked(ticks // 1000, _valid(values))
    fits = np.abs(ticks.astype(np.float64)) * per_unit < 9e18
    return _checked(np.where(fits, ticks, 0) * per_unit, _valid(values) & fits)


def _numbers(values: pa.Array) -> pa.Array:
    numbers = values.fill_null(np.nan).to_numpy(zero_copy_only=False)
    size = np.abs(numbers)
    good = np.isfinite(numbers) & (size < 9e21) & ((numbers < 0) | (size >= 1e8))
    scale = np.select([size < bound for bound, _ in _SCALES], [scale for _, scale in _SCALES], 1.0)
    year = (numbers == np.floor(numbers)) & ((size < 3000) | ((size >= 1.5e7) & (size < 2.2e7))) & (numbers >= 1000)
    answer = _checked(np.round(np.where(good, numbers, 0) * np.where(good, scale, 1)).astype(np.int64), good)
    if year.any():
        whole = pa.array(np.where(year, numbers, 0).astype(np.int64), mask=~year)
        return pc.coalesce(_texts(whole.cast(pa.string())), answer)
    return answer


def _texts(values: pa.Array) -> pa.Array:
    """Try the forms one after another, each only on what is still unread; most corpora need one."""
    values = pc.utf8_trim_whitespace(values.fill_null(""))
    answer = np.full(len(values), np.datetime64("NaT"), "datetime64[us]")
    open_rows = np.flatnonzero(pc.binary_length(values).to_numpy(zero_copy_only=False) > 0)
    for form in (*_FORMS, _EPOCH, ""):
        if open_rows.size == 0:
            break
        part = values.take(pa.array(open_rows))
        read = _leftovers(part) if not form else _epochs(part) if form is _EPOCH else _form(part, form)
        answer[open_rows] = read
        open_rows = open_rows[np.isnat(read)]
    return pa.array(answer, MOMENT)


def _form(values: pa.Array, form: str) -> NDArray[np.datetime64]:
    found = pc.extract_regex(values, form)
    matched = _valid(found)
    answer = np.full(len(values), np.datetime64("NaT"), "datetime64[us]")
    if matched.any():
        groups = found.filter(pa.array(matched)).flatten()
        answer[matched] = _assembled(dict(zip([field.name for field in found.type], groups, strict=True)))
    return answer


def _assembled(parts: dict[str, pa.Array]) -> NDArray[np.datetime64]:
    year, day = _whole(parts["y"], 0), _whole(parts["d"], 1)
    if "name" in parts:
        short = pc.utf8_slice_codeunits(pc.utf8_lower(parts["name"]), 0, 3)
        month = pc.index_in(short, pa.array(_MONTHS)).fill_null(-1).to_numpy().astype(np.int64) + 1
    else:
        month = _whole(parts["mo"], 1)
    zeros = np.zeros(len(year), np.int64)
    hour, minute, second = (_whole(parts[key], 0) if key in parts else zeros for key in ("h", "mi", "s"))
    fraction = _whole(pc.utf8_slice_codeunits(pc.utf8_rpad(parts["f"], 6, "0"), 0, 6), 0) if "f" in parts else zeros
    offset, zoned = _offset(parts["z"]) if "z" in parts else (zeros, zeros == 0)
    good = (year > 0) & (month >= 1) & (month <= 12) & (day >= 1) & (hour < 24) & (minute < 60) & (second < 60) & zoned
    months = ((np.where(good, year, 1970) - 1970) * 12 + np.where(good, month, 1) - 1).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (day - 1)
    good &= days.astype("datetime64[M]") == months
    clock = ((hour * 60 + minute - offset) * 60 + second) * 1_000_000 + fraction
    moment = days.astype("datetime64[us]") + clock.astype("timedelta64[us]")
    good &= (moment >= _FIRST) & (moment <= _LAST)
    return np.where(good, moment, np.datetime64("NaT"))


def _offset(zone: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return minutes east of UTC, and whether such a zone can exist."""
    digits = pc.replace_substring(zone, ":", "")
    signed = pc.match_substring_regex(digits, r"^[+-]")
    hours = _whole(pc.if_else(signed, pc.utf8_slice_codeunits(digits, 1, 3), ""), 0)
    minutes = _whole(pc.if_else(signed, pc.utf8_slice_codeunits(digits, 3, 5), ""), 0)
    sign = np.where(pc.starts_with(digits, "-").to_numpy(zero_copy_only=False), -1, 1)
    return sign * (hours * 60 + minutes), (hours < 16) & (minutes < 60)


def _whole(digits: pa.Array, missing: int) -> NDArray[np.int64]:
    filled = pc.if_else(pc.equal(digits, ""), str(missing), digits)
    numbers: NDArray[np.int64] = filled.cast(pa.int64()).to_numpy(zero_copy_only=False)
    return numbers


def _epochs(values: pa.Array) -> NDArray[np.datetime64]:
    matched = pc.match_substring_regex(values, _EPOCH).to_numpy(zero_copy_only=False)
    numbers = pc.if_else(pa.array(matched), values, None).cast(pa.float64())
    return _instants(_numbers(numbers))


def _leftovers(values: pa.Array) -> NDArray[np.datetime64]:
    coded = pc.dictionary_encode(values)
    read = np.array([_one(text) for text in coded.dictionary.to_pylist()], "datetime64[us]")
    found: NDArray[np.datetime64] = read[coded.indices.to_numpy()]
    return found


def _one(text: str) -> datetime | None:
    """Parse twice over different defaults: a year or month that was not written differs between the two."""
    if len(text) > _LONGEST or not any(letter.isdigit() for letter in text):
        return None
    try:
        one = dateutil.parser.parse(text, default=datetime(2000, 1, 1), tzinfos=_zone)
        two = dateutil.parser.parse(text, default=datetime(2003, 2, 1), tzinfos=_zone)
        if (one.year, one.month) != (two.year, two.month):
            return None
        return one if one.tzinfo is None else one.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError, ArithmeticError, TypeError, AttributeError):
        return None


def _zone(name: str | None, seconds: int | None) -> int | None:
    return seconds if seconds is not None else _ZONES[name] * 3600 if name in _ZONES else None


def _valid(values: pa.Array) -> NDArray[np.bool_]:
    mask: NDArray[np.bool_] = values.is_valid().to_numpy(zero_copy_only=False)
    return mask


def _instants(values: pa.Array) -> NDArray[np.datetime64]:
    instants: NDArray[np.datetime64] = values.to_numpy(zero_copy_only=False)
    return instants


def _checked(ticks: NDArray[np.int64], valid: NDArray[np.bool_]) -> pa.Array:
    instants = ticks.astype("datetime64[us]")
    good = valid & (instants >= _FIRST) & (instants <= _LAST)
    return pa.array(np.where(good, instants, np.datetime64("NaT")), MOMENT)
