"""Finds the fonts, pictures and map data that ship with the program."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def asset(name: str) -> Path:
    """Return the path of a shipped file, e.g. ``asset("fonts/B612-Regular.ttf")``.

    In an installed wheel the assets lie inside the package, in a source tree beside it. The result is cached, because
    every new line of text needs the path of its font.
    """
    package = Path(__file__).resolve().parent.parent
    installed = package / "assets"
    root = installed if installed.is_dir() else package.parent / "assets"
    return root / name
