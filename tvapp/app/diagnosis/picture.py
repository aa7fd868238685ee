"""Checks of the display: what SDL was built with, the libraries that it opens, the graphics card, the screen."""

from __future__ import annotations

import tvapp.display.sdl  # noqa: F401  (loads SDL, which tells what it was built with)
from tvapp.app.diagnosis.subject import Subject
from tvapp.core.diagnosis import Finding
from tvapp.display.driver import HEADLESS_DRIVERS, expected_driver
from tvapp.display.hardware import CARDS, connected_screens, display_availability, may_use
from tvapp.display.libraries import LIBRARIES, MESA, built_in_drivers, can_load, has_gpu_drivers
from tvapp.host import account


def display(subject: Subject) -> list[Finding]:
    """Look at everything that a picture needs; of several faults each is a finding of its own."""
    if subject.is_app:
        return [subject.check("display", subject.picture).passed("display.shown", picture=subject.picture)]
    driver = expected_driver(subject.environ)
    found = [*_driver_faults(subject, driver), *_screen_faults(subject, driver)]
    if found:
        return found
    where = subject.environ.get("WAYLAND_DISPLAY") if driver == "wayland" else subject.environ.get("DISPLAY")
    looked_at = str(CARDS) if driver == "kmsdrm" else where or driver
    return [subject.check("display", looked_at).passed("display", driver=driver)]


def _driver_faults(subject: Subject, driver: str) -> list[Finding]:
    """Look for what SDL lacks to draw with a video driver."""
    drivers = built_in_drivers()
    if drivers and driver not in drivers:
        check, has = subject.check("display", "SDL", "driver"), ", ".join(drivers)
        fault = "sdl-driver" if driver in LIBRARIES else "sdl-driver-unknown"
        return [check.failed(fault, driver=driver, drivers=has)]
    missing = [library for library in LIBRARIES.get(driver, ()) if not can_load(library.name)]
    check = subject.check("display", "the shared libraries of the system", "libraries")
    if missing:
        names, packages = (
            " ".join(words) for words in zip(*((each.name, each.package) for each in missing), strict=True)
        )
        return [check.failed("library-missing", libraries=names, packages=packages)]
    if driver == "kmsdrm" and not has_gpu_drivers():
        return [check.failed("gpu-driver-missing", packages=MESA)]
    return []


def _screen_faults(subject: Subject, driver: str) -> list[Finding]:
    """Look for a graphics card that may be used, and for a screen that is on."""
    if driver in HEADLESS_DRIVERS:
        return []
    if driver != "kmsdrm":
        seen = display_availability(subject.environ)
        if seen.outlook == "never":
            return [subject.check("display", driver, "screen").failed("no-desktop", reason=seen.reason)]
        return []
    cards = sorted(CARDS.glob("card*"))
    check = subject.check("display", str(CARDS), "card")
    if not cards:
        return [check.failed("no-graphics-card")]
    if not any(may_use(card) for card in cards):
        return [check.failed("drm-rights", card=cards[0], user=account.current().name)]
    outputs = connected_screens()
    if outputs is not None and not any(outputs.values()):
        return [subject.check("display", ", ".join(outputs), "screen").failed("no-screen", outputs=", ".join(outputs))]
    return []
