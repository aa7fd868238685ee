"""The paths of all files in the data folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Paths below `root`; touches no file.

    >>> DataFolder(Path("/var/lib/tvapp")).views.as_posix()
    '/var/lib/tvapp/views'
    """

    root: Path

    @property
    def instance_lock(self) -> Path:
        """The file that the running program has locked."""
        return self.root / "lock"

    @property
    def tokens(self) -> Path:
        """The token cache: one file."""
        return self.root / "auth" / "tokens.json"

    @property
    def tiles(self) -> Path:
        """The tile cache: a SQLite database, with its journal files beside it."""
        return self.root / "tiles" / "tiles.sqlite"

    @property
    def geofences(self) -> Path:
        """Geofences kept for a start offline: one file for each account and store."""
        return self.root / "geofences"

    @property
    def outbox(self) -> Path:
        """Changes that are not in the store yet. Signing out keeps them, for when the same account signs in again."""
        return self.root / "outbox"

    @property
    def views(self) -> Path:
        """The last map view of each account."""
        return self.root / "views"

    @property
    def usage(self) -> Path:
        """How many requests this TV has sent to Azure Maps, by day: one file. Signing out keeps it: it names nobody."""
        return self.root / "usage"

    @property
    def lock_tries(self) -> Path:
        """How many wrong patterns were tried in a row: one file."""
        return self.root / "lock-tries"

    @property
    def screenshots(self) -> Path:
        """Pictures of the screen that an operator asked for."""
        return self.root / "screenshots"

    @property
    def crashes(self) -> Path:
        """Crash reports, and the count of crashes in a row.

        Reports stay when the account signs out: they hold nothing personal. Pictures of the screen beside them do not.
        """
        return self.root / "crashes"

    @property
    def control(self) -> Path:
        """The folder of the socket by which `tvapp ctl` reaches the running program."""
        return self.root / "control"
