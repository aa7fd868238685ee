"""Compares pictures of the TV, taken from outside, and reads QR codes in them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import PIL.Image
import PIL.ImageChops
import PIL.ImageStat

Box = tuple[int, int, int, int]

VISIBLE = 24
"""A difference of this many of 255 levels is seen from the sofa."""
LEAST_LIT = 0.002
"""A picture with less light than a line of text is black."""
VIVID = 90
"""Levels between the strongest and the weakest channel of a colour that stands out."""
SHRINK = 2
MOVED_BACK = 0.5
"""A map that has moved differs at most half as much when it is moved back."""
CONSOLE_GREY = (170, 170, 170)
"""What the kernel's console writes with."""


def load(path: Path) -> PIL.Image.Image:
    """Return a picture as RGB."""
    with PIL.Image.open(path) as image:
        return image.convert("RGB")


def map_box(size: tuple[int, int]) -> Box:
    """Return the part of the screen where nothing but the map and its crosshair is."""
    width, height = size
    return (width * 6 // 100, height * 13 // 100, width * 94 // 100, height * 80 // 100)


def lit_share(image: PIL.Image.Image) -> float:
    """Return which share of the pixels is lighter than black."""
    return _share(image.convert("L"), VISIBLE)


def is_black(image: PIL.Image.Image) -> bool:
    """Tell whether a viewer would call this a black screen."""
    return lit_share(image) < LEAST_LIT


def changed_share(one: PIL.Image.Image, other: PIL.Image.Image, box: Box | None = None) -> float:
    """Return which share of the pixels (of a box) differs visibly; 1 for pictures of different sizes."""
    if one.size != other.size:
        return 1.0
    if box is not None:
        one, other = one.crop(box), other.crop(box)
    return _share(_difference(one, other), VISIBLE)


def shift_px(before: PIL.Image.Image, after: PIL.Image.Image, box: Box) -> int | None:
    """Return by how many pixels the content of a box went to the left (negative: to the right); None: it did not.

    Something new on the map changes pixels too. Only what moves is much more alike once it is moved back.
    """
    small = (after.width // SHRINK, after.height // SHRINK)
    left, top, right, bottom = (edge // SHRINK for edge in box)
    one, other = before.resize(small), after.resize(small)
    most = (right - left) // 3
    target = one.crop((left + most, top, right - most, bottom))
    apart = {
        shift: PIL.ImageStat.Stat(
            PIL.ImageChops.difference(target, other.crop((left + most - shift, top, right - most - shift, bottom)))
        ).sum
        for shift in range(-most, most + 1)
    }
    totals = {shift: sum(channels) for shift, channels in apart.items()}
    best = min(totals, key=lambda shift: totals[shift])
    if best == 0 or totals[best] > MOVED_BACK * totals[0]:
        return None
    return best * SHRINK


def colours(image: PIL.Image.Image, box: Box) -> int:
    """Return how many different colours a box has: few where there is only a background."""
    part = image.crop(box)
    return len(part.getcolors(part.width * part.height) or [])


def vivid_share(image: PIL.Image.Image, box: Box) -> float:
    """Return which share of a box is brightly coloured, as geofences are and the dark base map is not."""
    red, green, blue = image.crop(box).split()
    lightest = PIL.ImageChops.lighter(PIL.ImageChops.lighter(red, green), blue)
    darkest = PIL.ImageChops.darker(PIL.ImageChops.darker(red, green), blue)
    return _share(PIL.ImageChops.subtract(lightest, darkest), VIVID)


def console_share(image: PIL.Image.Image) -> float:
    """Return which share of the pixels is as grey as the kernel's console writes."""
    flat = PIL.Image.new("RGB", image.size, CONSOLE_GREY)
    return 1.0 - _share(_difference(image, flat), 3)


def scan_qr(path: Path) -> str:
    """Return what the QR code in a picture says; empty without one."""
    command = ["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60).stdout.strip()


def _difference(one: PIL.Image.Image, other: PIL.Image.Image) -> PIL.Image.Image:
    """Return by how many levels each pixel differs, in the channel that differs most."""
    channels = PIL.ImageChops.difference(one, other).split()
    largest = channels[0]
    for channel in channels[1:]:
        largest = PIL.ImageChops.lighter(largest, channel)
    return largest


def _share(levels: PIL.Image.Image, above: int) -> float:
    counts = levels.histogram()
    return sum(counts[above + 1 :]) / sum(counts)
