"""Reads how systemd runs the service on this machine: as whom, on which data, with which settings (systemd.unit(5)).

The unit's files are read, and not `systemctl show`: that needs a running system manager.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

UNITS = ("tvapp.service", "tvapp-cage.service")
"""The console's own, and the one under a Wayland compositor."""

FOLDERS = tuple(Path(root, "systemd/system") for root in ("/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib"))
"""Where units are looked for, the first one first (systemd.unit(5), "Unit File Load Path")."""

LIMIT_BYTES = 1 << 18


@dataclass(frozen=True, slots=True)
class Service:
    """A service as its unit describes it. `credentials` are names and the files or folders behind them."""

    unit: str
    user: str = ""
    groups: tuple[str, ...] = ()
    data_dir: Path | None = None
    config: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    credentials: tuple[tuple[str, Path], ...] = ()


def installed_service(folders: Sequence[Path] = FOLDERS) -> Service | None:
    """Return the installed service: the enabled one, if there are two; None if there is none."""
    found = [unit for unit in UNITS if any((folder / unit).is_file() for folder in folders)]
    enabled = [unit for unit in found if any(True for folder in folders for _ in folder.glob(f"*.wants/{unit}"))]
    chosen = next(iter((*enabled, *found)), None)
    return read_service(chosen, folders) if chosen is not None else None


def read_service(unit: str, folders: Sequence[Path] = FOLDERS) -> Service:
    """Return a unit with its drop-ins; what cannot be read is left out."""
    settings: dict[str, list[str]] = {}
    main = next((folder / unit for folder in folders if (folder / unit).is_file()), None)
    drop_ins = {path.name: path for folder in reversed(folders) for path in folder.glob(f"{unit}.d/*.conf")}
    for path in (*([main] if main is not None else []), *(drop_ins[name] for name in sorted(drop_ins))):
        for key, value in _settings(_lines(path)):
            if value:
                settings.setdefault(key, []).append(value)
            else:
                settings[key] = []  # an empty value drops the former ones
    command = _words(settings.get("ExecStart", [""])[-1:])
    data_dir, config = _flag(command, "--data-dir"), _flag(command, "--config")
    pairs = [word.partition("=") for word in _words(settings.get("Environment", []))]
    return Service(
        unit,
        user=settings.get("User", [""])[-1],
        groups=tuple(" ".join(settings.get("SupplementaryGroups", [])).split()),
        data_dir=Path(data_dir) if data_dir else None,
        config=Path(config) if config else None,
        environment={name: value for name, _, value in pairs},
        credentials=tuple(_credentials(settings.get("LoadCredential", []))),
    )


def _lines(path: Path) -> Iterator[str]:
    """Yield the lines of a file, those that end with a backslash joined to the next."""
    try:
        text = path.read_bytes()[:LIMIT_BYTES].decode("utf-8", "replace")
    except OSError:
        return
    joined = ""
    for line in text.splitlines():
        if not joined and line.lstrip().startswith(("#", ";")):
            continue
        if line.endswith("\\"):
            joined += line[:-1] + " "
            continue
        yield joined + line
        joined = ""


def _settings(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    section = ""
    for line in lines:
        if line.strip().startswith("["):
            section = line.strip()
        elif section == "[Service]" and "=" in line:
            key, _, value = line.partition("=")
            yield key.strip(), value.strip()


def _words(values: Iterable[str]) -> list[str]:
    words: list[str] = []
    for value in values:
        try:
            words += shlex.split(value)
        except ValueError:
            words += value.split()
    return words


def _flag(command: Sequence[str], name: str) -> str:
    for index, word in enumerate(command):
        if word.startswith(f"{name}="):
            return word.partition("=")[2]
        if word == name and index + 1 < len(command):
            return command[index + 1]
    return ""


def _credentials(values: Iterable[str]) -> Iterator[tuple[str, Path]]:
    for value in values:
        name, _, path = value.partition(":")
        if name and path:
            yield name, Path(path)
