"""One edit of one geofence as the viewer confirmed it, and what may become of it in a store. Immutable values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

ChangeKind = Literal["add", "edit", "delete"]


@dataclass(frozen=True, slots=True)
class Change:
    """One confirmed edit of one geofence.

    `id` is unique and stays the same however often the change is sent: it is what makes sending idempotent. `before`
    and `after` are GeoJSON Features, byte for byte: as the viewer saw it, and as it shall be. Empty `before`: it is
    new; empty `after`: it shall go. `source` is what the store calls the file that holds it (`Geofence.source`);
    empty: the store chooses one. `number` is the place it had in that file, a hint. `at` is when it was confirmed, in
    seconds since 1970 UTC.
    """

    id: str
    source: str
    geometry_id: str
    before: bytes = field(repr=False)
    after: bytes = field(repr=False)
    number: int = 0
    at: float = 0.0

    def __post_init__(self) -> None:
        if not self.before and not self.after:
            raise ValueError("a change without a before and an after changes nothing")

    @property
    def kind(self) -> ChangeKind:
        """What it does to the store."""
        if not self.before:
            return "add"
        return "edit" if self.after else "delete"


@dataclass(frozen=True, slots=True)
class Stored:
    """The store holds what the change wants; `source` is the file it is in now."""

    source: str


@dataclass(frozen=True, slots=True)
class Conflicting:
    """Somebody else changed the same geofence: `theirs` is its Feature as the store has it, empty where it is gone.

    Nothing was written.
    """

    theirs: bytes = field(repr=False)
    source: str = ""


Outcome: TypeAlias = Stored | Conflicting
"""What sending a change came to, where it came to an end."""


@dataclass(frozen=True, slots=True)
class Step:
    """How far a change has come on its way into the store.

    `resume` is the store's own note of where to go on after a restart (an operation's address); it is kept on disk
    before the next request goes out. `status` is a word for the viewer's progress: "sending", "checking" or
    "processing".
    """

    status: Literal["sending", "checking", "processing"]
    resume: str = ""
