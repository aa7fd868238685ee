"""The command behind `scripts/audit`: compares pinned versions with a file of advisories in the OSV format.

The format: https://ossf.github.io/osv-schema/ (`affected`: package, versions, ranges of events).
"""

from __future__ import annotations

import json
import re
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

REQUIREMENTS = Path(__file__).parent / "requirements"
LARGEST_ADVISORY = 4 << 20
_PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)==([^\s;\\]+)")
NOTHING_KNOWN, SOMETHING_KNOWN, NOT_COMPARED = 0, 1, 2


def normalised(name: str) -> str:
    """Return a package's name in the normal form of PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned(files: Sequence[Path]) -> dict[str, set[str]]:
    """Return the versions that requirement files pin, by package."""
    found: dict[str, set[str]] = {}
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            if match := _PIN.match(line):
                found.setdefault(normalised(match[1]), set()).add(match[2])
    return found


def is_affected(version: str, affected: Mapping[str, Any]) -> bool:
    """Tell whether an entry of `affected` covers a version: it is listed, or lies in a range."""
    if version in affected.get("versions", ()):
        return True
    own = Version(version)
    for ranged in affected.get("ranges", ()):
        if ranged.get("type") != "ECOSYSTEM":
            continue
        is_inside = False
        for event in ranged.get("events", ()):
            (kind, text), *_ = event.items()
            try:
                at = Version(text)
            except InvalidVersion:
                continue
            if kind == "introduced" and own >= at:
                is_inside = True
            elif (kind == "fixed" and own >= at) or (kind == "last_affected" and own > at):
                is_inside = False
        if is_inside:
            return True
    return False


def advisories(database: Path) -> Iterator[dict[str, Any]]:
    """Yield every advisory of a zip of JSON files.

    Raises:
        OSError, ValueError, zipfile.BadZipFile: the file is no such database.
    """
    with zipfile.ZipFile(database) as archive:
        for entry in archive.infolist():
            if entry.filename.endswith(".json") and entry.file_size <= LARGEST_ADVISORY:
                advisory = json.loads(archive.read(entry))
                if not advisory.get("withdrawn"):
                    yield advisory


def known(pins: Mapping[str, set[str]], database: Path) -> tuple[list[str], int]:
    """Return a line for each pinned version with a known problem, and the number of advisories read."""
    lines, count = set(), 0
    for advisory in advisories(database):
        count += 1
        for affected in advisory.get("affected", ()):
            package = affected.get("package", {})
            name = normalised(str(package.get("name", "")))
            if package.get("ecosystem") != "PyPI":
                continue
            for version in pins.get(name, ()):
                if is_affected(version, affected):
                    lines.add(f"{name} {version}: {advisory.get('id')}: {advisory.get('summary', '')[:120]}")
    return sorted(lines), count


def main(arguments: Sequence[str]) -> int:
    """Print what was compared and what is known; returns the exit status."""
    if not arguments:
        print("Nothing was compared: name a database, see the head of scripts/audit for where to get it.")
        return NOT_COMPARED
    database = Path(arguments[0])
    pins = pinned([Path(name) for name in arguments[1:]] or sorted(REQUIREMENTS.glob("*.txt")))
    try:
        lines, count = known(pins, database)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        print(f"Nothing was compared: {database}: {error}")
        return NOT_COMPARED
    if not count or not pins:
        print(f"Nothing was compared: {count} advisories, {len(pins)} packages.")
        return NOT_COMPARED
    print("\n".join(lines) if lines else "Nothing is known against the pinned packages.")
    print(f"{len(pins)} packages compared with {count} advisories of {database}.")
    return SOMETHING_KNOWN if lines else NOTHING_KNOWN


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
