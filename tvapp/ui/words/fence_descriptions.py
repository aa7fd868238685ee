"""Geofences in words: shape, size, validity, present state, and the other properties of the Feature."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping

from tvapp.fences.model.fence import Geofence
from tvapp.fences.model.summary import Summary, summarise
from tvapp.fences.model.validity import DAY_S, Period
from tvapp.geo.geodesy import distance_m
from tvapp.geo.position import Position
from tvapp.ui.settings import UiSettings
from tvapp.ui.words import formats

KNOWN_PROPERTIES = frozenset(
    {"name", "geometryId", "subType", "radius", "validityTime", "kind", "category", "type", "fill", "stroke"}
    | {"fill-opacity", "stroke-width", "stroke-opacity"}
)
"""Properties that are shown in another way, or concern drawing only."""
MOST_PROPERTIES = 40
LONGEST_NAME = 80
DAY_AND_NIGHT_S = DAY_S - 60

Row = tuple[str, str]
"""A label and a value."""


def kind_words(fence: Geofence, settings: UiSettings) -> str:
    """Return the name of a geofence's kind: as configured, else as in the Feature."""
    return next((kind.name for kind in settings.kinds if kind.key == fence.kind), fence.kind)


def shape_words(summary: Summary, settings: UiSettings) -> str:
    """Name the shape.

    A single polygon says whether parts are left out; several shapes say how many.
    """
    if summary.shape == "several":
        return settings.words("fence.shape.several", count=summary.parts)
    if summary.shape == "polygon" and summary.holes:
        return settings.counted("fence.shape.holes", summary.holes)
    return settings.words(f"fence.shape.{summary.shape}")


def size_words(fence: Geofence, now_s: float, settings: UiSettings) -> str:
    """Return the most telling size: a radius, a length, or an area."""
    summary = summarise(fence, now_s)
    if summary.shape in ("circle", "spot") and summary.radius_m is not None:
        return f"{settings.words('fence.radius')} {formats.distance(summary.radius_m, settings.units)}"
    if summary.shape == "mark":
        return shape_words(summary, settings)
    if summary.shape in ("line", "path") and summary.length_m is not None:
        return formats.distance(summary.length_m, settings.units)
    if summary.area_m2 is None:
        return settings.words("fence.measuring")
    return formats.area(summary.area_m2, settings.units)


def state_words(fence: Geofence, now_s: float, settings: UiSettings) -> str:
    """Return the present state and its end."""
    state = fence.state(now_s)
    say = settings.words
    named = say(f"fence.state.{state}")
    change = fence.validity.next_change(now_s)
    if state == "expired":
        if fence.validity.expires is None:
            return named
        return say("fence.since", state=named, time=formats.date(fence.validity.expires, settings.local_time))
    if change is None:
        return say("fence.state.always") if state == "active" and not fence.validity.periods else named
    when = formats.moment(change, now_s, settings.local_time)
    key = "fence.until" if state == "active" else "fence.from"
    if state != "active" and fence.validity.state(change) != "active":
        return named
    return say(key, state=named, time=when)


def validity_words(fence: Geofence, settings: UiSettings) -> str:
    """Describe the validity, e.g. `Monday to Friday 07:00–17:00 until 1 May 2027`."""
    validity, say = fence.validity, settings.words
    parts = [_period_words(period, settings) for period in validity.periods[:3]]
    if len(validity.periods) > 3:
        parts.append(say("fence.more", count=len(validity.periods) - 3))
    if not validity.are_periods_known:
        parts.append(say("valid.unknown.rest" if parts else "valid.unknown"))
    if not validity.is_expiry_known and (validity.periods or validity.are_periods_known):
        parts.append(say("valid.unknown.expiry"))
    sentence = ", ".join(dict.fromkeys(parts)) or say("valid.always")
    sentence = sentence[:1].upper() + sentence[1:]
    if validity.expires is not None:
        sentence += " " + say("valid.until", date=formats.date(validity.expires, settings.local_time))
    return sentence


def detail_rows(fence: Geofence, now_s: float, settings: UiSettings) -> list[Row]:
    """Return the details of a geofence, the most useful first."""
    say, summary = settings.words, summarise(fence, now_s)
    rows: list[Row] = []
    if fence.kind:
        rows.append((say("fence.kind"), kind_words(fence, settings)))
    rows.append((say("fence.shape"), shape_words(summary, settings)))
    rows += _measures(summary, settings)
    rows.append((say("fence.valid"), validity_words(fence, settings)))
    if summary.area_m2 is not None:  # else the middle would take as long
        rows.append((say("fence.position"), formats.place(fence.center)))
    rows += property_rows(fence.properties)
    rows += [(say("fence.note"), note) for note in fence.notes]
    rows.append((say("fence.id"), fence.geometry_id or fence.id))
    return rows


def swapped_words(fence: Geofence, told_by: Position, settings: UiSettings) -> str:
    """Say where a geofence lies whose latitude and longitude seem to be swapped."""
    lies = fence.bounds.center.normalised()
    away_m = distance_m(lies, told_by)
    near_m = distance_m(Position(lies.lat, lies.lon), told_by)
    place = settings.words("fence.swapped.others" if settings.home is None else "fence.swapped.home")
    lengths = {"away": formats.distance(away_m, settings.units), "near": formats.distance(near_m, settings.units)}
    return settings.words("fence.swapped", place=place, **lengths)


def property_rows(properties: Mapping[str, object]) -> Iterable[Row]:
    """Return the properties that are not shown in another way, at most MOST_PROPERTIES rows.

    Further lines of a nested value have no label.
    """
    from tvapp.ui.words.property_values import property_lines

    found = (
        (readable_name(name) if number == 0 else "", line)
        for name, value in properties.items()
        if name not in KNOWN_PROPERTIES
        for number, line in enumerate(property_lines(value))
    )
    return itertools.islice(found, MOST_PROPERTIES)


def readable_name(name: str) -> str:
    """Return the name of a property as people write it.

    >>> readable_name("speedLimitKnots"), readable_name("contact_phone")
    ('Speed limit knots', 'Contact phone')
    """
    name = name[:LONGEST_NAME]
    spaced = "".join(
        f" {c.lower()}" if c.isupper() and i and not name[i - 1].isupper() else c for i, c in enumerate(name)
    )
    words = " ".join(spaced.replace("_", " ").replace("-", " ").split())
    return words[:1].upper() + words[1:LONGEST_NAME]


def _measures(summary: Summary, settings: UiSettings) -> list[Row]:
    say, units = settings.words, settings.units
    rows: list[Row] = []
    if summary.shape in ("circle", "spot") and summary.radius_m is not None:
        rows.append((say("fence.radius"), formats.distance(summary.radius_m, units)))
    if summary.shape == "line" and summary.length_m is not None and summary.radius_m is not None:
        rows.append((say("fence.length"), formats.distance(summary.length_m, units)))
        rows.append((say("fence.width"), formats.distance(2 * summary.radius_m, units)))
    if summary.shape == "path" and summary.length_m is not None:
        rows.append((say("fence.length"), formats.distance(summary.length_m, units)))
    if summary.area_m2 and summary.perimeter_m is not None:
        rows.append((say("fence.area"), formats.area(summary.area_m2, units)))
        rows.append((say("fence.perimeter"), formats.distance(summary.perimeter_m, units)))
    return rows


def _period_words(period: Period, settings: UiSettings) -> str:
    say, local = settings.words, settings.local_time
    start, end = formats.clock_time(period.start, local), formats.clock_time(period.end, local)
    if period.end - period.start > DAY_S:
        start, end = formats.date(period.start, local), formats.date(period.end, local)
        return say("valid.long", **{"from": start, "to": end})
    times = {"from": start, "to": "24:00" if end == "00:00" else end}
    if period.end - period.start >= DAY_AND_NIGHT_S:
        times["to"] = "24:00"
    begin = local(period.start)
    day_month = f"{begin.tm_mday} {formats.MONTHS[begin.tm_mon - 1]}"
    match period.recurrence:
        case "Weekly":
            sentence = say("valid.weekly", weekday=formats.WEEKDAYS[begin.tm_wday], **times)
        case "Monthly":
            sentence = say("valid.monthly", day=begin.tm_mday, **times)
        case "Yearly":
            sentence = say("valid.yearly", date=day_month, **times)
        case _:
            sentence = say("valid.weekdays" if period.business_days_only else "valid.daily", **times)
    if period.frequency > 1:
        unit = say(f"unit.{period.recurrence}")
        return say("valid.every", period=sentence, count=period.frequency, unit=unit)
    return sentence
