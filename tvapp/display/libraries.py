"""Finds out what SDL lacks to draw here: a video driver that it was built without, or a shared library.

SDL opens the libraries of a video driver itself. Where one is missing, it only says that the driver is not available.
"""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

MAPS = Path("/proc/self/maps")


@dataclass(frozen=True, slots=True)
class Library:
    """A shared library by the name it is opened with, and the Debian package that has it."""

    name: str
    package: str


_EGL = (Library("libEGL.so.1", "libegl1"), Library("libGLESv2.so.2", "libgles2"))

LIBRARIES: Mapping[str, Sequence[Library]] = {
    "kmsdrm": (Library("libdrm.so.2", "libdrm2"), Library("libgbm.so.1", "libgbm1"), *_EGL),
    "wayland": (
        Library("libwayland-client.so.0", "libwayland-client0"),
        Library("libwayland-egl.so.1", "libwayland-egl1"),
        Library("libwayland-cursor.so.0", "libwayland-cursor0"),
        Library("libxkbcommon.so.0", "libxkbcommon0"),
        *_EGL,
    ),
    "x11": (
        Library("libX11.so.6", "libx11-6"),
        Library("libXext.so.6", "libxext6"),
        Library("libXcursor.so.1", "libxcursor1"),
        Library("libXi.so.6", "libxi6"),
        Library("libXfixes.so.3", "libxfixes3"),
        Library("libXrandr.so.2", "libxrandr2"),
    ),
}
"""What SDL 2 opens for each video driver (its dyn API headers)."""

MESA = "libgl1-mesa-dri"
"""The Debian package with Mesa's drivers, which libgbm and libEGL open by themselves."""


def built_in_drivers() -> tuple[str, ...]:
    """Return the video drivers that SDL was built with, in lower case; empty if SDL cannot be asked.

    pygame does not pass on SDL_GetVideoDriver. SDL must be loaded already, as a library of its own.
    """
    path = _loaded("libSDL2-2")
    if path is None:
        return ()
    try:
        sdl = ctypes.CDLL(str(path))
        sdl.SDL_GetVideoDriver.restype = ctypes.c_char_p
        names = [sdl.SDL_GetVideoDriver(index) for index in range(sdl.SDL_GetNumVideoDrivers())]
    except (OSError, AttributeError):
        return ()
    return tuple(name.decode("ascii", "replace").lower() for name in names if name)


def can_load(name: str) -> bool:
    """Tell whether the dynamic linker finds and loads a shared library; it stays loaded."""
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def has_gpu_drivers() -> bool:
    """Tell whether libgbm finds a driver for graphics cards: one of Mesa's, or a backend of another maker.

    True where that is not known. libgbm must be loaded.
    """
    gbm = _loaded("libgbm")
    if gbm is None or os.environ.get("LIBGL_DRIVERS_PATH") or os.environ.get("GBM_BACKENDS_PATH"):
        return True
    folder = gbm.parent
    return any(folder.glob("dri/*_dri.so")) or any(folder.glob("gbm/*_gbm.so"))


def missing_for(
    driver: str,
    *,
    built_in: Callable[[], Sequence[str]] = built_in_drivers,
    loads: Callable[[str], bool] = can_load,
    drives_cards: Callable[[], bool] = has_gpu_drivers,
) -> str:
    """Return what SDL lacks for a video driver, with the remedy after a colon; "" if nothing is known to be missing.

    >>> missing_for("kmsdrm", built_in=lambda: ["x11", "dummy"])
    'pygame draws only on x11, dummy here, not on kmsdrm: install pygame-ce in the place of pygame'
    """
    drivers = built_in()
    if drivers and driver not in drivers:
        remedy = "install pygame-ce in the place of pygame" if driver in LIBRARIES else "change SDL_VIDEODRIVER"
        return f"pygame draws only on {', '.join(drivers)} here, not on {driver}: {remedy}"
    missing = [library for library in LIBRARIES.get(driver, ()) if not loads(library.name)]
    if missing:
        names, packages = (
            " ".join(words) for words in zip(*((each.name, each.package) for each in missing), strict=True)
        )
        return f"libraries of the system are missing ({names}): apt-get install {packages}"
    if driver == "kmsdrm" and not drives_cards():
        return f"drivers of graphics cards are missing: apt-get install {MESA}"
    return ""


def _loaded(name: str) -> Path | None:
    """Return the file of a shared library that this process has loaded; its name begins with `name`."""
    try:
        maps = MAPS.read_text("utf-8", "surrogateescape")
    except OSError:
        return None
    found = re.search(rf"\S*/{re.escape(name)}[^/\s]*\.so[^/\s]*$", maps, re.MULTILINE)
    return Path(found[0]) if found else None
