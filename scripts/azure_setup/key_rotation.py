"""Renews the keys of the Maps account one at a time, so that running screens always hold a key that opens the account.

A screen holds both keys and uses the other one when one is refused. So a key may be renewed only while every screen
holds the other one as it is now.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.azure_setup.resource_steps import in_subscription
from scripts.azure_setup.step import Command
from scripts.azure_setup.wanted import Wanted

OTHER = {"primary": "secondary", "secondary": "primary"}


@dataclass(frozen=True)
class Pair:
    """Both keys of the account, and the times at which they were made."""

    keys: Mapping[str, str] = field(repr=False)
    made: Mapping[str, str]

    @property
    def older(self) -> str:
        """Which key was made first; the primary one where the times do not say."""
        return "secondary" if (self.made["secondary"] or "~") < (self.made["primary"] or "~") else "primary"


def list_command(wanted: Wanted) -> Command:
    """Return the command that reads the keys."""
    where = ("--resource-group", wanted.group, "--name", wanted.maps)
    return in_subscription(wanted, "maps", "account", "keys", "list", *where)


def renew_command(wanted: Wanted, which: str) -> Command:
    """Return the command that renews one key."""
    where = ("--resource-group", wanted.group, "--name", wanted.maps, "--key", which)
    return in_subscription(wanted, "maps", "account", "keys", "renew", *where)


def parse_pair(answer: Mapping[str, Any]) -> Pair:
    """Return the keys in what `az` answered."""
    kinds = tuple(OTHER)
    return Pair(
        {kind: str(answer[f"{kind}Key"]) for kind in kinds},
        {kind: str(answer.get(f"{kind}KeyLastUpdated") or "") for kind in kinds},
    )


def obstacle(pair: Pair, held: tuple[str, ...], which: str) -> str:
    """Say why a key must not be renewed now; empty where it may. `held` is what the screens have."""
    other = OTHER[which]
    if pair.keys[other] in held:
        return ""
    return f"the screens do not have the {other} key as it is now, so without the {which} one their map would stop"


def read_keys(path: Path) -> tuple[str, ...]:
    """Return the keys in a file, one a line; none where there is no file."""
    try:
        return tuple(path.read_text(encoding="utf-8").split())
    except FileNotFoundError:
        return ()


def write_keys(path: Path, pair: Pair) -> None:
    """Replace the file in one step; only its owner (and its group, where it had one) can read it."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode) & 0o640
    except FileNotFoundError:
        mode = 0o600
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f"{pair.keys['primary']}\n{pair.keys['secondary']}\n")
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
