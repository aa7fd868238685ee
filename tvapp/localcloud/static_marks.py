"""The `pins` and `path` parameters of /map/static: their pipe syntax (azure-facts 4.7)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from tvapp.localcloud.maps_query import bad

Colour = tuple[int, int, int, int]
MODIFIER = re.compile(r"(co|cl|lc|la|al|fc|fa|lw|ls|ra|ro|sc|an)(.*)\Z")
POINT = re.compile(r"'[^']*'\s*")
MOST_PINS, MOST_PIN_POINTS, MOST_PATHS, MOST_PATH_POINTS = 25, 50, 10, 100


@dataclass(frozen=True, slots=True)
class Mark:
    """Something drawn on the picture."""

    kind: Literal["pin", "line", "circle"]
    points: tuple[tuple[float, float], ...]
    line: Colour
    fill: Colour | None = None
    width: int = 3
    radius_m: float = 0.0


def parse_pins(values: list[str]) -> list[Mark]:
    """Read `default|coFF0000||'A' 24.9 60.1|25 60.2`.

    Raises:
        Refused: it is malformed.
    """
    if len(values) > MOST_PINS:
        raise bad("pins", f"At most {MOST_PINS} pins parameters.")
    marks = []
    for value in values:
        style, options, points = _split("pins", value, MOST_PIN_POINTS)
        if style == "none":
            continue
        colour = _colour("pins", options.get("co", "1A73AA"), options.get("al", "1"))
        marks.append(Mark("pin", points, colour))
    return marks


def parse_paths(values: list[str]) -> list[Mark]:
    """Read `lcFF0000|lw3|fc00FF00|fa.5||lon lat|lon lat` or `ra500||lon lat`.

    Raises:
        Refused: it is malformed.
    """
    if len(values) > MOST_PATHS:
        raise bad("path", f"At most {MOST_PATHS} path parameters.")
    marks = []
    for value in values:
        _, options, points = _split("path", value, MOST_PATH_POINTS)
        line = _colour("path", options.get("lc", "1A73AA"), options.get("la", "0.9"))
        fill = _colour("path", options["fc"], options.get("fa", "0.5")) if "fc" in options else None
        width = int(min(50.0, max(1.0, _number("path", options.get("lw", "3")))))
        if "ra" in options:
            radius_m = _number("path", options["ra"])
            if len(points) != 1 or radius_m <= 0:
                raise bad("path", "A circle has one point and a radius.")
            marks.append(Mark("circle", points, line, fill, width, radius_m))
            continue
        if len(points) < 2:
            raise bad("path", "A path has at least two points.")
        marks.append(Mark("line", points, line, fill, width))
    return marks


def _split(name: str, value: str, most: int) -> tuple[str, dict[str, str], tuple[tuple[float, float], ...]]:
    head, separator, tail = value.partition("||")
    if not separator:
        raise bad(name, f"Parameter '{name}' must have two pipes before its places.")
    style, options = "default", {}
    for index, part in enumerate(head.split("|")):
        found = MODIFIER.match(part)
        if found:
            options[found[1]] = found[2]
        elif index == 0 and (not part or part in ("default", "none")):
            style = part or "default"
        else:
            raise bad(name, f"Unknown modifier '{part[:20]}'.")
    points = []
    for part in tail.split("|"):
        words = POINT.sub("", part).split()
        if len(words) != 2:
            raise bad(name, "A place is a longitude, a blank and a latitude.")
        lon, lat = _number(name, words[0]), _number(name, words[1])
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            raise bad(name, "A place is out of range.")
        points.append((lon, lat))
    if len(points) > most:
        raise bad(name, f"At most {most} places.")
    return style, options, tuple(points)


def _number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise bad(name, f"'{text[:20]}' is not a number.") from error
    if value != value or abs(value) > 1e9:
        raise bad(name, f"'{text[:20]}' is out of range.")
    return value


def _colour(name: str, text: str, opacity: str) -> Colour:
    if not re.fullmatch(r"[0-9A-Fa-f]{6}", text):
        raise bad(name, f"'{text[:20]}' is not a colour.")
    alpha = round(255 * min(1.0, max(0.0, _number(name, opacity))))
    return int(text[:2], 16), int(text[2:4], 16), int(text[4:], 16), alpha
