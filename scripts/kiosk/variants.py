"""Makes packages like one that is there, with other version numbers, for upgrades and downgrades."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

OLDER, NEWER = "u0", "u9"
LEFTOVER = "usr/lib/tvapp/only-in-the-older-version"
"""A file more, which an upgrade has to remove."""


class Variants:
    """The older and the newer package, made in a folder when they are asked for; `work` is for what goes again."""

    def __init__(self, package: Path, work: Path, folder: Path) -> None:
        self._package = package
        self._work = work
        self._folder = folder
        self.base = field(package, "Version").rpartition("u")[0]

    def path(self, suffix: str) -> Path:
        """Return the package whose version has this suffix, `OLDER` or `NEWER`."""
        target = self._folder / f"tvapp_{suffix}.deb"
        if not target.exists():
            tree = self._work / suffix
            subprocess.run(["dpkg-deb", "--raw-extract", str(self._package), str(tree)], check=True)
            control = tree / "DEBIAN" / "control"
            lines = control.read_text(encoding="utf-8").splitlines()
            lines = [f"Version: {self.base}{suffix}" if line.startswith("Version:") else line for line in lines]
            control.write_text("\n".join(lines) + "\n", encoding="utf-8")
            if suffix == OLDER:
                (tree / LEFTOVER).touch()
            build = ["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", str(tree), str(target)]
            subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
            shutil.rmtree(tree)
        return target


def field(package: Path, name: str) -> str:
    """Return a field of a Debian package's control file."""
    command = ["dpkg-deb", "--field", str(package), name]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
