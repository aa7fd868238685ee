"""Finds the screens, graphics cards and input devices of the machine.

From them it decides whether a display that does not open may open later, or never.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tvapp.display.driver import expected_driver

DRM = Path("/sys/class/drm")
CARDS = Path("/dev/dri")
INPUTS = Path("/dev/input")

Outlook = Literal["wait", "doubt", "never"]
"""What to do if a display does not open: wait for one, try a few times because it may be busy, or give up."""


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether a display can be expected to open, and the likely reason if it does not.

    `is_worth_trying` is False where it is known that no screen is connected.
    """

    outlook: Outlook
    reason: str = ""
    is_worth_trying: bool = True


def may_use(device: Path) -> bool:
    """Tell whether this process may draw with a graphics card."""
    return os.access(device, os.R_OK | os.W_OK)


def _may_read(device: Path) -> bool:
    return os.access(device, os.R_OK)


def connected_screens(drm: Path = DRM) -> dict[str, bool] | None:
    """Return the connectors of the graphics cards and whether a screen is on each; None where that is not known.

    The status "unknown" (some analogue outputs) counts as a screen, because a connected one must not stay black.
    """
    found: dict[str, bool] = {}
    for path in sorted(drm.glob("card*-*/status")):
        try:
            found[path.parent.name] = path.read_text("ascii", "replace").strip() != "disconnected"
        except OSError:
            continue  # the connector went away between listing and reading
    return found or None


def display_availability(
    environ: Mapping[str, str],
    *,
    lacks: Callable[[str], str] = lambda _driver: "",
    drm: Path = DRM,
    cards: Path = CARDS,
    may_use: Callable[[Path], bool] = may_use,
) -> Availability:
    """Predict whether a display opens with these environment variables.

    `lacks` says what SDL lacks for a video driver, as `libraries.missing_for`, which loads the libraries: for a display
    that did not open, and for a check without opening one.
    """
    driver = expected_driver(environ)
    if lack := lacks(driver):
        return Availability("never", lack)
    if driver == "x11":
        name = environ.get("DISPLAY", "")
        if not name:
            return Availability("never", "DISPLAY is not set")
        return Availability("wait", f"nobody answers at DISPLAY={name}")
    if driver == "wayland":
        name = environ.get("WAYLAND_DISPLAY", "")
        if not name and not environ.get("XDG_RUNTIME_DIR"):
            return Availability("never", "neither WAYLAND_DISPLAY nor XDG_RUNTIME_DIR is set")
        return Availability("wait", f"nobody answers at WAYLAND_DISPLAY={name or 'wayland-0'}")
    if driver != "kmsdrm":
        return Availability("never")
    found = sorted(cards.glob("card*"))
    if not found:
        return Availability("never", "neither a desktop nor a graphics card")
    if not any(may_use(card) for card in found):
        return Availability("never", f"{found[0]} cannot be opened: add the user to the groups video and render")
    outputs = connected_screens(drm)
    if outputs is not None and not any(outputs.values()):
        reason = f"no screen is connected or switched on ({', '.join(outputs)})"
        return Availability("wait", reason, is_worth_trying=False)
    return Availability("doubt", "the graphics card is busy or refuses")


def unreadable_inputs(
    devices: Sequence[str] = (), *, inputs: Path = INPUTS, may_read: Callable[[Path], bool] = _may_read
) -> str:
    """Return why no key can arrive without a desktop, and the remedy; "" when keys can arrive.

    `devices` are those that the configuration names. A machine without any input device is fine: its remote is not
    plugged in yet.
    """
    found = sorted(inputs.glob("event*"))
    readable = any(may_read(path) for path in (*found, *map(Path, devices)))
    if not found or readable:
        return ""
    group = input_group(inputs)
    return f"no key would arrive: none of the {len(found)} input devices can be read: add the user to the group {group}"


def input_group(inputs: Path = INPUTS) -> str:
    """Return the group whose members may read the input devices."""
    return next((_group_of(path) for path in sorted(inputs.glob("event*"))), "input")


def _group_of(path: Path) -> str:
    try:
        name = path.group()
    except (OSError, KeyError):
        return "input"
    # Joining the group root is no remedy.
    return name if name != "root" else "input"
