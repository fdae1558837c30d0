from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from winnow.ingest.dates import moments, moments_of

NOON = datetime(2021, 3, 4, 5, 6, 7)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021-03-04", datetime(2021, 3, 4)),
        ("2021-03-04T05:06:07", NOON),
        ("2021-03-04 05:06:07Z", NOON),
        (" 2021-03-04T05:06:07.25+01:30 ", datetime(2021, 3, 4, 3, 36, 7, 250_000)),
        ("2021-03-04T05:06:07.123456789-0500", datetime(2021, 3, 4, 10, 6, 7, 123_456)),
        ("2021-03-04T05:06", datetime(2021, 3, 4, 5, 6)),
        ("2021/03/04", datetime(2021, 3, 4)),
        ("2021/3/4 05:06:07", NOON),
        ("2021.03.04", datetime(2021, 3, 4)),
        ("March 4, 2021", datetime(2021, 3, 4)),
        ("Mar 4th, 2021", datetime(2021, 3, 4)),
        ("4 march 2021", datetime(2021, 3, 4)),
        ("04-Mar-2021", datetime(2021, 3, 4)),
        ("Thu, 04 Mar 2021 05:06:07 GMT", NOON),
        ("Thu, 4 Mar 2021 05:06:07 -0500 (EST)", datetime(2021, 3, 4, 10, 6, 7)),
        ("Thu, 4 Mar 2021 05:06:07 EST", datetime(2021, 3, 4, 10, 6, 7)),
        ("Thu Mar  4 05:06:07 2021", NOON),
        ("March 4, 2021 5:06 PM", datetime(2021, 3, 4, 17, 6)),
        ("03/04/2021", datetime(2021, 3, 4)),
        ("20210304", datetime(2021, 3, 4)),
        ("20210304050607", NOON),
        ("20210304T050607Z", NOON),
        ("2021", datetime(2021, 1, 1)),
        ("2021-03", datetime(2021, 3, 1)),
        ("March 2021", datetime(2021, 3, 1)),
        ("1614834367", NOON),
        ("1614834367.25", datetime(2021, 3, 4, 5, 6, 7, 250_000)),
        ("1614834367000", NOON),
        ("1614834367000000", NOON),
        ("-86400", datetime(1969, 12, 31)),
    ],
)
def test_usual_forms(text: str, expected: datetime) -> None:
    assert moments(pa.array([text])).to_pylist() == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "unknown",
        "Friday",
        "10:30",
        "March 4",
        "2021-02-30",
        "2021-13-01",
        "0000-00-00",
        "2021-03-04T25:00:00",
        "2021-03-04T05:06:07+99:00",
        "0001-01-01T00:00:00+10:00",
        "9999-12-31T23:00:00-05:00",
        "12345",
        "x" * 5000,
        "1" * 400,
        "Smarch 4, 2021",
    ],
)
def test_what_cannot_be_read_is_null(text: str) -> None:
    assert moments(pa.array([text])).to_pylist() == [None]


def test_numbers_by_their_size() -> None:
    values = [2021, 20210304, 1614834367, 1614834367000, 1614834367000000, 1614834367000000000, 5, None]
    year, day = datetime(2021, 1, 1), datetime(2021, 3, 4)
    assert moments(pa.array(values)).to_pylist() == [year, day, NOON, NOON, NOON, NOON, None, None]
    assert moments(pa.array([1614834367.5, float("nan"), 2021.0, 1e300])).to_pylist() == [
        NOON + timedelta(seconds=0.5),
        None,
        year,
        None,
    ]


def test_arrow_dates_and_timestamps_become_utc() -> None:
    paris = pa.array([NOON.replace(tzinfo=UTC)], pa.timestamp("ns", "Europe/Paris"))
    assert moments(paris).to_pylist() == [NOON]
    assert moments(paris).type == pa.timestamp("us")
    assert moments(pa.array([date(2021, 3, 4), None])).to_pylist() == [datetime(2021, 3, 4), None]
    assert moments(pa.array([date(2021, 3, 4)], pa.date64())).to_pylist() == [datetime(2021, 3, 4)]
    assert moments(pa.array([2**62, -(2**62)], pa.timestamp("s"))).to_pylist() == [None, None]
    assert moments(pa.array(["2021", "2021"]).dictionary_encode()).to_pylist() == [datetime(2021, 1, 1)] * 2
    assert moments(pa.array([True])).to_pylist() == [None]


def test_mixed_values_are_read_one_by_one() -> None:
    mixed = ["2021-03-04", 1614834367, 1614834367.5, {"a": 1}, None, [1]]
    half = NOON + timedelta(seconds=0.5)
    assert moments_of(mixed).to_pylist() == [datetime(2021, 3, 4), NOON, half, None, None, None]
    assert moments_of([]).to_pylist() == []


@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)), st.integers(-15 * 60 + 1, 15 * 60 - 1))
def test_iso_with_any_zone_means_the_same_moment(moment: datetime, minutes: int) -> None:
    zoned = moment.replace(tzinfo=UTC).astimezone(timezone(timedelta(minutes=minutes)))
    assert moments(pa.array([zoned.isoformat(), moment.isoformat(" ")])).to_pylist() == [moment, moment]


@given(st.lists(st.one_of(st.none(), st.text(max_size=40), st.text("0123456789-/:. TZ+ap", max_size=30))))
def test_any_text_is_a_date_or_null(texts: list[str | None]) -> None:
    read = moments(pa.array(texts, pa.string()))
    assert len(read) == len(texts)
    assert all(value is None for value, text in zip(read.to_pylist(), texts, strict=True) if not text)
